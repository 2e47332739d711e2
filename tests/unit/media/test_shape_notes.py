"""What is said where the stream and the container give a picture's pixels another shape."""

from __future__ import annotations

from fractions import Fraction

import pytest

from drapto.media.matroska.pictures import PLAIN, Margins, TrackHead
from drapto.media.notes import shape_notes
from tests.sources import video

SILENT = TrackHead(width=720, height=576)
WIDE = Fraction(64, 45)


def test_a_shape_that_only_the_stream_tells_is_said_with_what_to_do() -> None:
    [note] = shape_notes(SILENT, WIDE, video(width=720, height=576))
    assert "pixels 64:45" in note
    assert "--set display-width=1024 --set display-height=576" in note


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (SILENT, None),
        (SILENT, Fraction(1)),
        (SILENT, Fraction(640, 639)),
        (TrackHead(width=720, height=576, display=(720, 576)), WIDE),
        (TrackHead(width=720, height=576, crop=Margins(left=8)), WIDE),
        (TrackHead(width=720, height=576, stereo_mode=1), WIDE),
        (PLAIN, WIDE),
    ],
)
def test_what_the_container_states_holds(head: TrackHead, said: Fraction | None) -> None:
    assert shape_notes(head, said, video(width=720, height=576)) == []
