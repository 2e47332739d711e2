"""The metadata's file, and what is counted of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import ArtifactError
from drapto.media.hdr.dynamic import NOTHING, FrameMetadata, describe, read_dynamic, write_dynamic
from tests import dynamic

if TYPE_CHECKING:
    from pathlib import Path

PLUS = dynamic.hdr10plus(0)
RPU = dynamic.rpu()
FRAMES = [
    FrameMetadata(PLUS, RPU),
    FrameMetadata(PLUS, RPU),
    FrameMetadata(dynamic.hdr10plus(1)),
    NOTHING,
    NOTHING,
    FrameMetadata(rpu=RPU),
]


@pytest.mark.parametrize("frames", [FRAMES, FRAMES[3:], [NOTHING], FRAMES[:1]])
def test_frames_come_back(tmp_path: Path, frames: list[FrameMetadata]) -> None:
    write_dynamic(tmp_path / "d", frames)
    assert list(read_dynamic(tmp_path / "d", len(frames))) == frames


def test_a_repeated_frame_is_an_empty_line_and_an_empty_file_has_nothing(tmp_path: Path) -> None:
    write_dynamic(tmp_path / "d", FRAMES)
    assert [bool(line) for line in (tmp_path / "d").read_text().split("\n")] == [1, 0, 1, 1, 0, 1, 0]
    write_dynamic(tmp_path / "e", [])
    assert list(read_dynamic(tmp_path / "e", 3)) == [NOTHING] * 3


def test_a_file_of_other_frames_or_of_none_is_refused(tmp_path: Path) -> None:
    write_dynamic(tmp_path / "d", FRAMES)
    (tmp_path / "e").write_text("abc -\n")
    for name, count, problem in (
        ("d", 7, "6 frames instead of 7"),
        ("e", 1, "hexadecimal"),
        ("f", 1, "No such"),
    ):
        with pytest.raises(ArtifactError, match=problem):
            list(read_dynamic(tmp_path / name, count))


def test_the_numbers() -> None:
    assert describe([]) is None
    found = describe([*FRAMES, FrameMetadata(rpu=dynamic.rpu(layer="MEL"))])
    assert found is not None
    assert (found.hdr10plus_frames, found.rpu_frames, found.rpu_profiles) == (3, 4, (7, 8))
    assert (found.enhancement, found.rpu_problem) == ("MEL", None)


def test_one_full_layer_among_minimal_ones_and_one_broken_rpu_count() -> None:
    layers = [FrameMetadata(rpu=dynamic.rpu(layer=layer)) for layer in ("MEL", "FEL")]
    found = describe([*layers, FrameMetadata(rpu=RPU[:-1])])
    assert found is not None
    assert (found.enhancement, found.rpu_problem) == ("FEL", "cut short")
