"""What becomes of each kind of Dolby Vision."""

from __future__ import annotations

from fractions import Fraction

import pytest

from drapto.media.hdr.dolby_vision import Plan, kept, level, plan, record
from drapto.media.model import Colour, DolbyVision, DynamicMetadata, VideoTrack
from tests.sources import video

PQ = Colour(primaries="bt2020", transfer="smpte2084", matrix="bt2020nc")
HLG = Colour(primaries="bt2020", transfer="arib-std-b67", matrix="bt2020nc")


def title(profile: int, compatibility: int = 1, *, colour: Colour = PQ, **found: object) -> VideoTrack:
    plain = {"hdr10plus_frames": 0, "rpu_frames": 24, "rpu_profiles": (8,)}
    return video(
        colour=colour,
        dolby_vision=DolbyVision(
            profile=profile,
            compatibility=compatibility,
            level=6,
            has_rpu=True,
            has_el=profile == 7,
            has_bl=True,
        ),
        dynamic=DynamicMetadata.model_validate(plain | found),
    )


def test_a_title_without_has_none() -> None:
    assert plan(video()).mode == "none"
    assert kept(plan(video()), 1920, 1080, Fraction(24)) is None


@pytest.mark.parametrize(
    ("track", "compatibility"),
    [
        (title(8), 1),
        (title(8, 4, colour=HLG), 4),
        (title(8, 2, colour=Colour(primaries="bt709", transfer="bt709")), 2),
        (title(10), 1),
    ],
)
def test_a_single_layer_is_kept(track: VideoTrack, compatibility: int) -> None:
    decided = plan(track)
    assert (decided.mode, decided.compatibility, decided.single_layer) == ("keep", compatibility, False)
    made = kept(decided, 3840, 1600, Fraction(24))
    assert made is not None
    assert (made.profile, made.compatibility, made.level) == (10, compatibility, 6)
    assert (made.has_bl, made.has_rpu, made.has_el) == (True, True, False)


def test_a_minimal_enhancement_layer_leaves_the_base_layer_and_its_rpus() -> None:
    decided = plan(title(7, 6, rpu_profiles=(7,), enhancement="MEL"))
    assert (decided.mode, decided.compatibility, decided.single_layer) == ("keep", 1, True)


@pytest.mark.parametrize(
    ("track", "reason"),
    [
        (title(7, 6, rpu_profiles=(7,), enhancement="FEL"), "enhancement layer"),
        (title(8, rpu_frames=23), "1 of 24 frames have no RPU"),
        (title(8, rpu_frames=0), "there are no RPUs"),
        (title(8, rpu_problem="its checksum is wrong"), "cannot be read (its checksum is wrong)"),
        (title(4, 2, rpu_profiles=(4,)), "a profile that AV1 has not"),
        (title(8, colour=Colour(primaries="bt709", transfer="smpte2084")), "neither HDR10, HLG nor"),
        (title(8).model_copy(update={"dynamic": None}), "there are no RPUs"),
    ],
)
def test_what_cannot_be_kept_whole_is_dropped_with_the_reason(track: VideoTrack, reason: str) -> None:
    decided = plan(track)
    assert decided.mode == "drop"
    assert reason in decided.reason
    assert kept(decided, 1920, 1080, Fraction(24)) is None


@pytest.mark.parametrize("track", [title(5, 0), title(10, 0), title(8, rpu_profiles=(5,))])
def test_own_colours_are_refused(track: VideoTrack) -> None:
    assert plan(track).mode == "refuse"


@pytest.mark.parametrize(
    ("size", "rate", "expected"),
    [
        ((256, 144), "24000/1001", 1),
        ((1920, 1080), "24", 3),
        ((1920, 1080), "30", 4),
        ((3840, 2160), "24000/1001", 6),
        ((3840, 2160), "60", 9),
        ((7680, 4320), "240", 13),
    ],
)
def test_the_level(size: tuple[int, int], rate: str, expected: int) -> None:
    assert level(*size, Fraction(rate)) == expected


def test_the_record_is_ffmpegs() -> None:
    made = kept(Plan("keep", "", 1), 256, 144, Fraction(24))
    assert made is not None
    # as libsvtav1 in ffmpeg 9.0.2 has it written for the same picture
    assert record(made) == bytes.fromhex("0100140d10") + bytes(19)
