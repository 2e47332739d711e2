"""Every way in which the output's metadata may differ from what was promised."""

from __future__ import annotations

import pytest

from drapto.media.hdr.dynamic import FrameMetadata, describe
from drapto.media.model import Colour, DolbyVision, VideoTrack
from drapto.output.dynamic_checks import check_dynamic
from tests import dynamic
from tests.sources import video

FRAMES = [
    FrameMetadata(dynamic.hdr10plus(number), dynamic.rpu(brightest=1000 + number)) for number in range(24)
]
PQ = Colour(primaries="bt2020", transfer="smpte2084", matrix="bt2020nc")


def track(profile: int | None, frames: list[FrameMetadata]) -> VideoTrack:
    record = profile and DolbyVision(
        profile=profile, compatibility=1, level=1, has_rpu=True, has_el=False, has_bl=True
    )
    return video(colour=PQ, dolby_vision=record or None, dynamic=describe(frames))


def failed(output: VideoTrack, found: list[FrameMetadata]) -> dict[str, str]:
    checks = check_dynamic(track(8, FRAMES), output, FRAMES, found)
    return {check.name: check.found for check in checks if not check.passed}


def test_the_same_passes() -> None:
    assert failed(track(10, FRAMES), FRAMES) == {}
    checks = list(check_dynamic(track(8, FRAMES), track(10, FRAMES), FRAMES, FRAMES))
    assert [check.name for check in checks] == ["video Dolby Vision", "video HDR10+", "video RPUs"]
    assert checks[2].expected == "24 frames, byte for byte"


def test_a_title_without_any_has_nothing_to_check() -> None:
    assert list(check_dynamic(video(), video(), [FrameMetadata()] * 24, [])) == []


@pytest.mark.parametrize(
    ("found", "name", "words"),
    [
        ([*FRAMES[:5], FrameMetadata(FRAMES[5].hdr10plus), *FRAMES[6:]], "video RPUs", "frame 5 has none"),
        ([*FRAMES[:2], FRAMES[1]._replace(rpu=FRAMES[2].rpu), *FRAMES[3:]], "video HDR10+", "frame 2 has"),
        ([FRAMES[1], *FRAMES[1:]], "video RPUs", "frame 0 has"),
        (FRAMES[:23], "video RPUs", "23 frames"),
        ([], "video HDR10+", "frame 0 has none"),
    ],
)
def test_each_difference_is_found_and_its_frame_named(
    found: list[FrameMetadata], name: str, words: str
) -> None:
    assert failed(track(10, FRAMES), found)[name].startswith(words)


def test_the_record_must_be_as_planned() -> None:
    assert list(failed(track(None, FRAMES), FRAMES)) == ["video Dolby Vision"]
    assert list(failed(track(8, FRAMES), FRAMES)) == ["video Dolby Vision"]
    invented = check_dynamic(video(), track(10, []), [FrameMetadata()] * 24, [])
    assert [(check.name, check.passed) for check in invented] == [("video Dolby Vision", False)]
