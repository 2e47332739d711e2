"""What a Matroska file's head says of its tracks' use and of the shape of its pictures.

libavformat keeps of this what it can express: it multiplies the pixel's shape of a stereoscopic picture, and
says nothing of tracks that are not to be played.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.records import streams
from drapto.media.matroska.tree import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.matroska.ebml import Element

PIXELS, ASPECT = 0, 3
"""The display unit in which a display size is one of pixels, and the last in which it is one at all, be it
a ratio (RFC 9559, DisplayUnit)."""


@dataclass(frozen=True)
class Margins:
    """What a player is to cut off each side of a decoded picture, pixels (RFC 9559, PixelCrop…)."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything is cut off."""
        return any((self.left, self.right, self.top, self.bottom))


@dataclass(frozen=True)
class TrackHead:
    """What a track's entry says.

    Attributes:
        enabled: It is to be played at all (RFC 9559, FlagEnabled).
        width, height: The coded picture, pixels; 0 where the track has none.
        crop: What is cut off it.
        display: The size at which the rest is shown, in ``unit``; None where the entry does not say one.
        unit: Of ``display``; 0 is pixels.
        stereo_mode: How a picture holds two eyes' (RFC 9559, StereoMode); 0 holds one.
        alpha: Each picture has a second one with its opacity (RFC 9559, AlphaMode).
    """

    enabled: bool = True
    width: int = 0
    height: int = 0
    crop: Margins = Margins()
    display: tuple[int, int] | None = None
    unit: int = PIXELS
    stereo_mode: int = 0
    alpha: bool = False

    @property
    def needs_own_shape(self) -> bool:
        """Tell whether libavformat's word on the shape of a pixel is not the file's."""
        return bool(self.crop) or self.stereo_mode != 0

    @property
    def sar(self) -> Fraction:
        """The shape of a pixel of the picture that is left.

        The display size is that after the crop. A writer that adds a crop to a finished file leaves it at the
        whole picture's; then it says nothing of the rest but that its pixels are square.
        """
        crop = self.crop
        width = self.width - crop.left - crop.right
        height = self.height - crop.top - crop.bottom
        if self.display is None or 0 in self.display or width <= 0 or height <= 0:
            return Fraction(1)
        wide, high = self.display
        uncut_wide = wide == self.width and width < self.width
        uncut_high = high == self.height and height < self.height
        if self.unit == PIXELS and (uncut_wide or uncut_high):
            width, height = self.width, self.height
        return Fraction(wide * height, high * width)

    def sar_of(self, width: int, height: int) -> Fraction | None:
        """Return the shape of a pixel of a decoded picture that has not the size that the entry says.

        Old writers state whole macroblocks, 1088 lines of 1080, and a display size beside them. libavformat
        takes that for the size of what is stated. None where the sizes are the same, or nothing is stated.
        """
        if self.display is None or self.unit > ASPECT or (self.width, self.height) == (width, height):
            return None
        if self.display == (self.width, self.height):
            return Fraction(1)
        return Fraction(self.display[0] * height, self.display[1] * width)


PLAIN = TrackHead()


def track_heads(source: Path) -> dict[int, TrackHead]:
    """Return what the tracks' entries say, by ffmpeg's stream index; nothing where they cannot be read."""
    try:
        with source.open("rb") as file:
            entries = streams(Reader(file).first(ids.TRACKS))
        return {number: _head(entry) for number, entry in entries.items()}
    except ElementError:
        return {}  # ffmpeg has read the same head: what it makes of it is all there is


def _head(entry: Element) -> TrackHead:
    enabled = entry.number(ids.FLAG_ENABLED, 1) != 0
    video = entry.find(ids.VIDEO)
    if video is None:
        return TrackHead(enabled)
    said = {part.id: int.from_bytes(part.value, "big") for part in video.parts}
    width, height = said.get(ids.PIXEL_WIDTH, 0), said.get(ids.PIXEL_HEIGHT, 0)
    sides = (ids.PIXEL_CROP_LEFT, ids.PIXEL_CROP_RIGHT, ids.PIXEL_CROP_TOP, ids.PIXEL_CROP_BOTTOM)
    crop = Margins(*(said.get(side, 0) for side in sides))
    if crop.left + crop.right >= width or crop.top + crop.bottom >= height:
        crop = Margins()  # nothing would be left, which no player takes at its word
    display = (said.get(ids.DISPLAY_WIDTH, 0), said.get(ids.DISPLAY_HEIGHT, 0))
    return TrackHead(
        enabled=enabled,
        width=width,
        height=height,
        crop=crop,
        display=display if all(display) else None,
        unit=said.get(ids.DISPLAY_UNIT, PIXELS),
        stereo_mode=said.get(ids.STEREO_MODE, 0),
        alpha=said.get(ids.ALPHA_MODE, 0) == 1,
    )
