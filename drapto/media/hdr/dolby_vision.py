"""What becomes of a title's Dolby Vision, and the record that says so in the container.

In AV1 there is one profile, 10; its base layer is HDR10 (10.1), SDR (10.2) or HLG (10.4). HEVC's profile 8 is
the same but for the codec. Profile 7, the one of discs, adds a second layer to the picture: where that adds
nothing (MEL) the RPUs are those of profile 8 once they say so; where it may add something (FEL) they would be
wrong for the base layer alone. Profiles 5 and 10.0 have a base layer in colours of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from fractions import Fraction

    from drapto.media.model import Colour, DynamicMetadata, VideoTrack

PROFILE = 10
"""Of AV1."""

DUAL_LAYER = 7
BASE_LAYERS = {"smpte2084": 1, "bt709": 2, "arib-std-b67": 4}
"""The base layer's compatibility id by its transfer, where the primaries are those that go with it."""

OWN_COLOURS = ((5, 0), (10, 0))
"""Profile and compatibility id of a picture that only a Dolby Vision decoder gets right (IPT-PQ-c2)."""

LEVELS = (
    (1280 * 720 * 24, 1280),
    (1280 * 720 * 30, 1280),
    (1920 * 1080 * 24, 1920),
    (1920 * 1080 * 30, 2560),
    (1920 * 1080 * 60, 3840),
    (3840 * 2160 * 24, 3840),
    (3840 * 2160 * 30, 3840),
    (3840 * 2160 * 48, 3840),
    (3840 * 2160 * 60, 3840),
    (3840 * 2160 * 120, 3840),
    (3840 * 2160 * 120, 7680),
    (7680 * 4320 * 60, 7680),
    (7680 * 4320 * 120, 7680),
)
"""Most pixels a second, and widest picture, of levels 1 to 13 ("Dolby Vision Profiles and Levels")."""

RECORD_BYTES = 24


@dataclass(frozen=True)
class Plan:
    """What becomes of a title's Dolby Vision.

    Attributes:
        mode: ``none`` where it has none, ``keep``, ``drop`` (the base layer alone is kept) or ``refuse``.
        reason: Why, in one line.
        compatibility: Of the output's base layer, where it is kept.
        single_layer: The RPUs have to be told that there is no enhancement layer.
    """

    mode: Literal["none", "keep", "drop", "refuse"]
    reason: str
    compatibility: int = 0
    single_layer: bool = False

    @property
    def keeps(self) -> bool:
        """Whether the output is Dolby Vision."""
        return self.mode == "keep"


def unannounced(codec: str, colours: Colour, dynamic: DynamicMetadata | None) -> DolbyVision | None:
    """Return the record that a picture would have whose frames have RPUs; None where none has one.

    Muxers of before 2020 write none, and players that read the stream show Dolby Vision all the same.

    Args:
        codec: Its ffmpeg name.
        colours: Those of the base layer.
        dynamic: What its frames have.
    """
    if dynamic is None or not dynamic.rpu_frames:
        return None
    profile = max(dynamic.rpu_profiles, default=0) or 8
    own = profile == OWN_COLOURS[0][0]
    return DolbyVision(
        profile=PROFILE if codec == "av1" else profile,
        compatibility=0 if own else _of_base(colours),
        level=0,
        has_rpu=True,
        has_el=profile == DUAL_LAYER,
        has_bl=True,
    )


def plan(video: VideoTrack) -> Plan:
    """Decide what becomes of a title's Dolby Vision."""
    given = video.dolby_vision
    if given is None:
        return Plan("none", "the source is not Dolby Vision")
    if (given.profile, given.compatibility) in OWN_COLOURS or 5 in _profiles(video):  # noqa: PLR2004
        return Plan("refuse", f"profile {_name(given)} has no base layer that a plain player could show")
    compatibility = _compatibility(video)
    problem = _problem(video, compatibility)
    if problem:
        return Plan("drop", problem)
    assert video.dynamic is not None  # noqa: S101  there are RPUs, or that were the problem
    if video.dynamic.enhancement == "MEL":
        reason = "the enhancement layer adds nothing to the picture"
        return Plan("keep", reason, compatibility, single_layer=True)
    return Plan("keep", f"every frame has an RPU of profile {_name(given)}", compatibility)


def _problem(video: VideoTrack, compatibility: int) -> str | None:
    """Return why the Dolby Vision cannot be kept; None where it can."""
    dynamic = video.dynamic
    if dynamic is None or dynamic.rpu_frames == 0:
        return "there are no RPUs in the picture's track"
    missing = video.frames - dynamic.rpu_frames
    known = set(dynamic.rpu_profiles) <= {DUAL_LAYER, 8}
    problems = (
        (missing != 0, f"{missing} of {video.frames} frames have no RPU"),
        (dynamic.rpu_problem is not None, f"there is an RPU that cannot be read ({dynamic.rpu_problem})"),
        (
            dynamic.enhancement == "FEL",
            "AV1 cannot carry its enhancement layer, a part of the picture",
        ),
        (not known, "its RPUs are of a profile that AV1 has not"),
        (compatibility == 0, "its base layer is neither HDR10, HLG nor BT.709"),
    )
    return next((problem for true, problem in problems if true), None)


def _compatibility(video: VideoTrack) -> int:
    return _of_base(video.colour)


def _of_base(colours: Colour) -> int:
    """Return the compatibility id of a base layer; 0 where it is none of those that there are."""
    transfer, primaries = colours.transfer, colours.primaries
    fitting = "bt709" if transfer == "bt709" else "bt2020"
    return BASE_LAYERS.get(transfer or "", 0) if primaries == fitting else 0


def _profiles(video: VideoTrack) -> tuple[int, ...]:
    return video.dynamic.rpu_profiles if video.dynamic else ()


def _name(given: DolbyVision) -> str:
    return f"{given.profile}.{given.compatibility}"


def kept(decided: Plan, width: int, height: int, rate: Fraction) -> DolbyVision | None:
    """Return the configuration of the output, None where it is not Dolby Vision.

    Args:
        decided: The plan.
        width: Of the output, pixels.
        height: The same.
        rate: Frames per second.
    """
    if not decided.keeps:
        return None
    return DolbyVision(
        profile=PROFILE,
        compatibility=decided.compatibility,
        level=level(width, height, rate),
        has_rpu=True,
        has_el=False,
        has_bl=True,
    )


def level(width: int, height: int, rate: Fraction) -> int:
    """Return the Dolby Vision level of a picture; the highest for one that is beyond all."""
    pixels = width * height * rate
    for number, (most, widest) in enumerate(LEVELS, start=1):
        if pixels <= most and width <= widest:
            return number
    return len(LEVELS)


def record(configuration: DolbyVision) -> bytes:
    """Return the ``dvvC`` ("Dolby Vision Streams Within the ISO Base Media File Format", section 3.2)."""
    word = configuration.profile << 9 | configuration.level << 3
    word |= configuration.has_rpu << 2 | configuration.has_el << 1 | configuration.has_bl
    head = bytes([1, 0]) + word.to_bytes(2, "big") + bytes([configuration.compatibility << 4])
    return head.ljust(RECORD_BYTES, b"\0")
