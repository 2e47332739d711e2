"""The promises about colours and static HDR metadata. Pure: models in, checks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import AV1_CHROMA_LOCATIONS
from drapto.media.yuv import delivered
from drapto.output.judging import exact, noted, words
from drapto.output.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.media.model import LightLevels, MasteringDisplay, VideoTrack
    from drapto.output.model import Severity

LUMINANCE = 0.01
CHROMATICITY = 1 / 50_000
"""AV1's metadata holds a mastering display in steps of 1/256 cd/m², 1/16384 cd/m² and 1/65536 (AV1
specification, section 6.7.4), HEVC's in steps of 1/10000 cd/m² and 1/50000."""

ALIKE = {
    "range": frozenset[str](),
    "primaries": frozenset({"smpte170m", "bt470bg", "smpte240m", "bt709", "film"}),
    "transfer": frozenset({"bt709", "smpte170m", "bt2020-10", "bt2020-12", "iec61966-2-1"}),
    "matrix": frozenset({"smpte170m", "bt470bg", "fcc"}),
}
"""What a viewer does not tell from one another: the same formula, or nearly (ITU-T H.273, tables 2 to 4)."""


def check_colours(source: VideoTrack, output: VideoTrack) -> Iterator[Check]:
    """Yield the checks of what the source says of its colours; what it leaves open is not asked."""
    colour = delivered(source)
    for name, alike in ALIKE.items():
        said, kept = getattr(colour, name), getattr(output.colour, name)
        if said is not None:
            severity: Severity = "differs" if {said, kept} <= alike else "broken"
            yield exact(f"video colour {name}", said, kept, severity)
    location = colour.chroma_location
    if location in AV1_CHROMA_LOCATIONS and location is not None:
        yield noted("video chroma location", location, output.colour.chroma_location)
    if source.mastering is not None:
        yield _mastering(source.mastering, output.mastering)
    if source.light is not None:
        yield _light(source.light, output.light)


def _mastering(given: MasteringDisplay, kept: MasteringDisplay | None) -> Check:
    name = "video mastering display"
    # a display without light or colours is none: whoever wrote that had nothing to say
    meant = given.max_luminance > given.min_luminance and all(map(all, _corners(given)))
    lost: Severity = "broken" if meant and kept is None else "differs"
    passed = (
        kept is not None
        and abs(given.max_luminance - kept.max_luminance) <= LUMINANCE
        and abs(given.min_luminance - kept.min_luminance) <= LUMINANCE
        and all(
            abs(a - b) <= CHROMATICITY
            for corner, other in zip(_corners(given), _corners(kept), strict=True)
            for a, b in zip(corner, other, strict=True)
        )
    )
    return Check(name=name, expected=str(given), found=words(kept), passed=passed, severity=lost)


def _corners(display: MasteringDisplay) -> list[tuple[float, float]]:
    return [display.red, display.green, display.blue, display.white]


def _light(given: LightLevels, kept: LightLevels | None) -> Check:
    lost = kept is None and given.max_cll > 0
    return exact("video light levels", given, kept, "broken" if lost else "differs")
