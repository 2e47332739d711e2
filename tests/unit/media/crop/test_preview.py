from __future__ import annotations

from drapto.media.crop.preview import choose_samples
from drapto.media.model import CropInfo, CropRect, CropSample
from tests.sources import video


def crop(samples: list[CropSample]) -> CropInfo:
    return CropInfo(
        digest="d",
        source_width=640,
        source_height=360,
        rect=CropRect(width=640, height=272, x=0, y=44),
        method="detected",
        reason="tests",
        samples=tuple(samples),
    )


def sample(time: float, top: int = 44) -> CropSample:
    return CropSample(time=time, left=0, right=0, top=top, bottom=44)


def test_pictures_from_all_over_and_those_that_would_be_cut_into() -> None:
    samples = [sample(number, 10 if number in (31, 32) else 44) for number in range(60)]
    times = choose_samples(crop(samples), video(end=60.0))
    assert len(times) == 9
    assert times == sorted(set(times))
    assert {31.0, 32.0} < set(times)
    assert times[0] < 10
    assert times[-1] > 45


def test_dark_pictures_tell_nothing_and_a_title_without_samples_is_shown_all_over() -> None:
    dark = [CropSample(time=number) for number in range(60)]
    assert choose_samples(crop(dark), video(end=90.0)) == [5 + 10 * number for number in range(9)]
    assert choose_samples(crop([*dark, sample(33)]), video(end=90.0)).count(33.0) == 1
