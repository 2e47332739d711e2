from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.fields.deinterlace import cannot_be_interlaced
from drapto.media.fields.idet import LENGTH, RUNS, choose_runs, read_labels
from drapto.media.fields.model import Cadence, FieldPoint, FieldsInfo, Tally, cadence, mixture_notes
from tests.sources import video

if TYPE_CHECKING:
    from drapto.media.fields.model import Kind, RunVerdict

FILM = cadence("telecined", "frame")


def test_each_kind_has_its_cadence() -> None:
    assert Cadence(taken=5, given=4) == FILM
    assert cadence("telecined", "field") == FILM
    assert cadence("interlaced", "field") == Cadence(taken=1, given=2)
    assert cadence("interlaced", "frame") == cadence("mixed", "field") == cadence("progressive", "field")
    assert cadence("mixed", "field") == Cadence()


@pytest.mark.parametrize(
    ("kind", "verdicts", "said"),
    [
        ("interlaced", ("still", "progressive", "interlaced", "progressive"), "at 2 of 3 places"),
        ("interlaced", ("still", "interlaced"), None),
        ("progressive", ("progressive", "interlaced"), None),
        ("mixed", ("progressive", "telecined"), None),
    ],
)
def test_whole_pictures_of_an_interlaced_title_are_told(
    kind: Kind, verdicts: tuple[RunVerdict, ...], said: str | None
) -> None:
    tally = Tally(tff=1)
    points = tuple(
        FieldPoint(time=60.0 * number, frames=1, single=tally, multiple=tally, verdict=one)
        for number, one in enumerate(verdicts)
    )
    notes = mixture_notes(FieldsInfo(digest="d", kind=kind, method="detected", reason="r", points=points))
    if said is None:
        assert notes == []
    else:
        [note] = notes
        assert f"progressive {said} with movement, as at 1:00: it is deinterlaced there, too" in note


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=60), st.sampled_from([(1, 1), (1, 2), (5, 4)]))
def test_as_many_times_as_frames_and_all_ascend(steps: list[int], cycle: tuple[int, int]) -> None:
    pulse = Cadence(taken=cycle[0], given=cycle[1])
    source = [sum(steps[: number + 1]) * 10 for number in range(len(steps))]
    shown = pulse.times(source, source[-1] + 10)
    assert len(shown) == pulse.frames(len(source))
    assert shown == sorted(set(shown))
    assert shown[0] == source[0]
    assert shown[-1] < source[-1] + 10


def test_film_frames_share_the_time_of_their_cycle() -> None:
    assert FILM.times([0, 10, 20, 30, 40, 50, 61], 70) == [0, 12, 25, 38, 50, 61]
    assert FILM.times([0, 10, 20, 30, 40], 60) == [0, 15, 30, 45]
    # a gap between two cycles stays where it is
    assert FILM.times([0, 10, 20, 30, 40, 100, 110, 120, 130, 140], 150)[4:] == [100, 112, 125, 138]


@pytest.mark.parametrize(
    ("fields", "looked_at"),
    [
        ({"codec": "mpeg2video", "height": 480, "rate": Fraction(30000, 1001), "scan": "interlaced"}, True),
        ({"codec": "mpeg2video", "height": 576, "rate": 25, "scan": "progressive"}, True),
        ({"codec": "mpeg2video", "height": 480, "rate": Fraction(24000, 1001), "scan": "progressive"}, False),
        ({"codec": "mpeg2video", "height": 480, "rate": Fraction(24000, 1001), "scan": "unknown"}, True),
        ({"codec": "h264", "height": 1080, "rate": 25, "scan": "interlaced"}, True),
        ({"codec": "h264", "height": 1080, "rate": 24, "scan": "progressive"}, False),
        ({"codec": "vc1", "height": 1080, "rate": Fraction(30000, 1001), "scan": "unknown"}, True),
        ({"codec": "h264", "height": 720, "rate": 50, "scan": "progressive"}, False),
        ({"codec": "h264", "height": 266, "rate": 25, "scan": "progressive"}, True),
        ({"codec": "h264", "height": 64, "rate": 25, "scan": "interlaced"}, False),
        ({"codec": "hevc", "height": 2160, "rate": 50, "scan": "unknown"}, False),
        ({"codec": "av1", "height": 480, "rate": 25, "scan": "unknown"}, False),
    ],
)
def test_which_titles_are_looked_at(fields: dict[str, object], looked_at: bool) -> None:
    assert (cannot_be_interlaced(video(**fields)) is None) is looked_at


def test_runs_are_spread_over_a_title_and_a_short_one_is_looked_at_whole() -> None:
    assert choose_runs(video(frames=RUNS * LENGTH)) == [(None, RUNS * LENGTH)]
    runs = choose_runs(video(frames=100_000, start=10.0, end=4010.0))
    assert len(runs) == RUNS
    times = [run.time or 0.0 for run in runs]
    assert 90 < times[0] < times[-1] < 3930
    assert {run.frames for run in runs} == {LENGTH}


def test_the_labels_of_idet_are_read() -> None:
    text = "frame:0 pts:0 pts_time:0\nlavfi.idet.repeated.current_frame=top\nlavfi.idet.repeated.top=1.00\n"
    text += "lavfi.idet.single.current_frame=undetermined\nlavfi.idet.multiple.current_frame=tff\n"
    assert read_labels(text) == (["undetermined"], ["tff"])
