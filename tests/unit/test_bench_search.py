"""The benchmark of the search: its films are arithmetic here, the search is drapto's own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from bench import report, search
from bench.curves import CRFS, EVERY, Curves
from bench.film import TARGET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 1440


def film(missing: Callable[[int, int], float]) -> Curves:
    """Return a film with a keyframe each 48 frames, of whose frame at a CRF so much is missing to 100."""
    measured = range(3, FRAMES, EVERY)
    losses = {crf: tuple(math.log(missing(frame, crf)) for frame in measured) for crf in CRFS}
    sizes = {crf: (round(1e5 / crf),) * FRAMES for crf in CRFS}
    return Curves("film", tuple(range(0, FRAMES, 48)), losses, sizes)


def usual(frame: int, crf: int) -> float:
    """Return what VMAF 93 at CRF 26 is, with a growth that is the usual one."""
    del frame
    return 7.3 * math.exp(0.057 * (crf - 26))


def test_a_film_of_one_kind_takes_one_encode_of_each_part(tmp_path: Path) -> None:
    found = search.searched(film(usual), tmp_path / "search", seconds=15)
    assert len(found) == search.SEEDS
    for title in found:
        assert sum(one.frames for one in title.segments) == FRAMES
        assert title.encodes == pytest.approx(1)
        assert title.starts == 4
        assert abs(title.vmaf - TARGET) < 0.3
        assert title.bytes_ratio == pytest.approx(1, abs=0.02)
        assert {one.why for one in title.segments} == {"target"}


def test_scenes_that_differ_cost_encodes_and_bytes(tmp_path: Path) -> None:
    def alternating(frame: int, crf: int) -> float:
        return usual(frame, crf) * (4.0 if frame // 230 % 2 else 0.2)

    curves = film(alternating)
    found = search.searched(curves, tmp_path / "search", seconds=15)
    title = found[0]
    assert title.encodes > 1
    assert title.starts > 4
    rows = {row.name: row.found for row in report.search_rows(found)}
    assert rows["film: encodes per segment, mean"] > 1
    assert rows["film: bytes / at one CRF, as good"] > 1


def test_a_film_that_no_crf_makes_bad_ends_at_the_bound(tmp_path: Path) -> None:
    title = search.searched(film(lambda frame, crf: 1 + crf / 50 + frame % 2), tmp_path / "s", seconds=15)[0]
    assert all(one.why != "target" and one.vmaf > 95 for one in title.segments)


def test_what_lies_between_two_crfs_is_on_a_line_of_the_loss() -> None:
    curves = film(usual)
    frames = range(100, 200)
    assert curves.score(frames, 24) == pytest.approx(100.3 - usual(0, 24), abs=0.01)
    assert curves.score(frames, 28.5) == pytest.approx(100.3 - usual(0, 28), abs=0.25)
    assert len(curves.values(frames, 24)) == 20
    assert curves.bytes(frames, 18) > curves.bytes(frames, 20) > curves.bytes(frames, 24)
    at = curves.at_one_crf(93.0)
    assert curves.bytes(range(FRAMES), 27) < at < curves.bytes(range(FRAMES), 25)


def test_a_part_of_few_frames_has_a_measured_one() -> None:
    assert len(film(usual).values(range(4, 6), 24)) == 1
