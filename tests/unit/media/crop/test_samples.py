from __future__ import annotations

import pytest

from drapto.media.crop.samples import WANTED, sample_times


@pytest.mark.parametrize(
    ("length", "left_out"),
    [(10, 0), (300, 0), (301, 30), (1200, 30), (1201, 60), (3600, 60), (3601, 180), (9000, 180)],
)
def test_samples_are_spread_evenly_and_leave_the_left_out_out(length: int, left_out: int) -> None:
    times = sample_times(5.0, 5.0 + length)
    assert len(times) == WANTED
    step = (length - left_out) / WANTED
    assert times[0] == pytest.approx(5.0 + step / 2)
    assert times[-1] == pytest.approx(5.0 + length - left_out - step / 2)
