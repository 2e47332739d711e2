from __future__ import annotations

import pytest

from drapto.media.fields.weave import Fit, preference, read_fits


@pytest.mark.parametrize(
    ("fits", "expected"),
    [
        # of two moments: one order fits as well as the frame itself, the other one worse
        ([Fit(0.2, 0.2, 0.5)], 1.0),
        ([Fit(0.2, 0.5, 0.2)], 1.0),
        # of one moment, in motion: both orders fit worse, and about equally so
        ([Fit(0.2, 0.5, 0.5)], 0.0),
        ([Fit(0.2, 0.5, 0.4)], 0.333),
        # a period of four lines that moves by one: both orders fit better
        ([Fit(0.5, 0.2, 0.2)], 0.0),
        # the first field is the last one of the frame before, as in some PAL films
        ([Fit(0.3, 0.1, 0.5)], 2.0),
        # a cut fits neither, and says nothing
        ([Fit(0.2, 0.2, 0.6), Fit(0.2, 0.4, 0.4)], 0.667),
        ([Fit(0.2, 0.2, 0.2)], None),
        ([], None),
    ],
)
def test_how_much_the_order_of_fields_matters(fits: list[Fit], expected: float | None) -> None:
    found = preference(fits)
    assert found == (None if expected is None else pytest.approx(expected, abs=0.001))


def test_what_ffmpeg_prints_of_a_frame_is_read() -> None:
    text = "frame:0 pts:0 pts_time:0\nlavfi.msad.msad.Y=0.1\nlavfi.msad.msad.U=0.2\nlavfi.msad.msad.V=0.3\n"
    assert read_fits(text + "lavfi.msad.msad_avg=0.2\n") == [(0.1, 0.2, 0.3)]
