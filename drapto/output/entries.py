"""The entry of each track of the finished file: the codec's part is ffmpeg's, the rest the source's."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING

from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, real, unsigned
from drapto.media.matroska.languages import three_letters
from drapto.media.model import SubtitleTrack
from drapto.media.rate import NS, is_variable, nominal_rate
from drapto.output.statistics import TICK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from drapto.media.foreign import ForeignCodec
    from drapto.media.model import Track
    from drapto.output.tags import EncoderTag

DOLBY_VISION = int.from_bytes(b"dvvC", "big")
"""The mapping's type of the record of Dolby Vision profiles 8 to 10 (Matroska's codec specification, block
additional mappings)."""

FLAGS = {
    "default": ids.FLAG_DEFAULT,
    "forced": ids.FLAG_FORCED,
    "hearing_impaired": ids.FLAG_HEARING_IMPAIRED,
    "visual_impaired": ids.FLAG_VISUAL_IMPAIRED,
    "descriptions": ids.FLAG_TEXT_DESCRIPTIONS,
    "original": ids.FLAG_ORIGINAL,
    "comment": ids.FLAG_COMMENTARY,
}
"""ffmpeg's names of what Matroska has flags for; ``dub`` is a FlagOriginal of 0."""

DESCRIBING = (
    *(ids.FLAG_ENABLED, *FLAGS.values(), ids.NAME, ids.LANGUAGE, ids.LANGUAGE_BCP47),
    *(ids.ATTACHMENT_LINK, ids.TRACK_TRANSLATE),
)
"""What a source says of a track whatever its codec."""

SHAPE = (
    *(ids.DISPLAY_WIDTH, ids.DISPLAY_HEIGHT, ids.DISPLAY_UNIT, ids.ASPECT_RATIO_TYPE, *ids.PIXEL_CROP),
    *(ids.STEREO_MODE, ids.OLD_STEREO_MODE, ids.ALPHA_MODE, ids.PROJECTION),
)
"""What says how a decoded picture is shown. PixelCrop is never written: the picture has been cropped."""

DISPLAY = (ids.DISPLAY_WIDTH, ids.DISPLAY_HEIGHT, ids.DISPLAY_UNIT, ids.ASPECT_RATIO_TYPE)
PIXELS, CENTIMETRES, INCHES, ASPECT, UNKNOWN = range(5)
"""What a display size is given in (RFC 9559, DisplayUnit)."""

FLAT = 0
"""A picture that is not of a sphere (RFC 9559, ProjectionType)."""


@dataclass(frozen=True)
class Picture:
    """What is known of the finished picture beside its packets.

    Attributes:
        width, height: Pixels.
        sar: The shape of a pixel.
        rotation: Degrees by which players are to rotate it, counter-clockwise, from -180, left out, to 180.
        dolby_vision: The configuration record, where it is Dolby Vision.
        times: When each frame is shown, nanoseconds, ascending.
        encoder: How it was made; None says nothing of it.
        stereo_mode: How it holds two eyes' pictures, 0 for one; None: as the source's entry says.
    """

    width: int
    height: int
    sar: Fraction = Fraction(1)
    rotation: int = 0
    dolby_vision: bytes | None = None
    times: Sequence[int] = ()
    stereo_mode: int | None = None
    encoder: EncoderTag | None = None


def entry(own: Element, source: Element | None, track: Track, uid: int, picture: Picture | None) -> Element:
    """Return a track's entry.

    Args:
        own: As ffmpeg wrote it.
        source: The source's; None where the track does not come from its tracks.
        track: What the probe knows of it, for a track without an entry.
        uid: Its UID.
        picture: What is known of it, where it is the picture.

    Raises:
        ElementError: A number in the source's entry is none.
    """
    described = labels(track) if source is None else source.of(*describing(track))
    replaced = {*describing(track), ids.TRACK_UID, ids.DEFAULT_DURATION}
    number = own.of(ids.TRACK_NUMBER)
    rest = [part for part in own.parts if part.id not in {*replaced, ids.TRACK_NUMBER}]
    if isinstance(track, SubtitleTrack) and track.foreign is not None:
        rest = [part for part in rest if part.id not in {ids.CODEC_ID, ids.CODEC_PRIVATE}]
        rest += _codec(track.foreign)
    made = [*number, Element(ids.TRACK_UID, unsigned(uid)), *described]
    if picture is None:
        return Element(own.id, (*made, *rest))
    duration = default_duration(picture.times, source)
    made += [Element(ids.DEFAULT_DURATION, unsigned(duration))] if duration else []
    if picture.dolby_vision is not None:
        mapping = (
            Element(ids.BLOCK_ADDITION_TYPE, unsigned(DOLBY_VISION)),
            Element(ids.BLOCK_ADDITION_EXTRA_DATA, picture.dolby_vision),
        )
        rest.append(Element(ids.BLOCK_ADDITION_MAPPING, mapping))
    shown = source.find(ids.VIDEO) if source else None
    rest = [_video(part, shown, picture) if part.id == ids.VIDEO else part for part in rest]
    return Element(own.id, (*made, *rest))


def describing(track: Track) -> tuple[int, ...]:
    """Return what is kept of what a source says of a track: of one that is copied, its codec's name, too."""
    return (*DESCRIBING, ids.CODEC_NAME) if isinstance(track, SubtitleTrack) else DESCRIBING


def overlays(sources: Sequence[Element | None], made: Sequence[Element]) -> list[list[Element]]:
    """Return, for each track, which others players take where it has nothing (RFC 9559, TrackOverlay).

    A source names them by its own numbers; those of tracks that are not kept are left out.

    Args:
        sources: The source's entries; None of a track without one.
        made: The output's, in the same order.
    """
    numbers = {
        source.number(ids.TRACK_NUMBER): one.number(ids.TRACK_NUMBER)
        for source, one in zip(sources, made, strict=True)
        if source is not None
    }
    return [
        [
            Element(ids.TRACK_OVERLAY, unsigned(numbers[number]))
            for one in (source.of(ids.TRACK_OVERLAY) if source else ())
            if (number := int.from_bytes(one.value, "big")) in numbers
        ]
        for source in sources
    ]


def _codec(foreign: ForeignCodec) -> Iterator[Element]:
    """Yield what an entry says of a codec that ffmpeg does not know."""
    yield Element(ids.CODEC_ID, foreign.id.encode())
    if foreign.private:
        yield Element(ids.CODEC_PRIVATE, bytes.fromhex(foreign.private))


def labels(track: Track) -> list[Element]:
    """Return the describing part of an entry, from what the probe, or another file, says of a track."""
    found = [Element(flag, unsigned(name in track.dispositions)) for name, flag in FLAGS.items()]
    if "original" not in track.dispositions and "dub" not in track.dispositions:
        found = [flag for flag in found if flag.id != ids.FLAG_ORIGINAL]
    language = track.language or "und"
    found.append(Element(ids.LANGUAGE, three_letters(language).encode("ascii", errors="replace")))
    if "-" in language:
        found.append(Element(ids.LANGUAGE_BCP47, language.encode("ascii", errors="replace")))
    return [*found, *([Element(ids.NAME, track.title.encode())] if track.title else [])]


def unique_uids(wanted: Sequence[int | None], taken: Collection[int]) -> list[int]:
    """Return a UID for each track: the one wanted, or the smallest free one where that is 0 or not unique.

    Args:
        wanted: The source's, None or 0 where it has none.
        taken: All of the source's, those of tracks that are left out among them.
    """
    found: dict[int, None] = {}
    reserved = {*taken, *(uid for uid in wanted if uid)}
    free = (number for number in count(1) if number not in reserved)
    for uid in wanted:
        found[uid if uid and uid not in found else next(free)] = None
    return list(found)


def default_duration(times: Sequence[int], source: Element | None) -> int | None:
    """Return how long each frame is shown, nanoseconds; None where that differs, or nobody knows.

    The source's number is taken where it is true: there, it says the rate more exactly than the times do.
    """
    claimed = source.number(ids.DEFAULT_DURATION) if source else 0
    if is_variable(times, TICK):
        return None
    claim = Fraction(NS, claimed) if claimed else None
    if len(times) < 2:  # noqa: PLR2004  one frame has no rate
        return claimed or None
    rate = nominal_rate(times, TICK, claim)
    if claim and abs(claim - rate) <= rate / 10_000:
        return claimed
    return round(NS / rate)


def _video(own: Element, source: Element | None, picture: Picture) -> Element:
    kept = [part for part in own.parts if part.id not in SHAPE]
    given = source or Element(ids.VIDEO, ())
    shape = [*_stereo(given, picture), *_display(given, picture), *_projection(given, picture)]
    return Element(own.id, (*kept, *shape))


def _stereo(source: Element, picture: Picture) -> Iterator[Element]:
    """Yield how the picture holds two eyes': the source's word, else its stream's; nothing of one eye's."""
    if picture.stereo_mode is None or picture.stereo_mode == source.number(ids.STEREO_MODE):
        yield from source.of(ids.STEREO_MODE)
    elif picture.stereo_mode:
        yield Element(ids.STEREO_MODE, unsigned(picture.stereo_mode))


def _display(source: Element, picture: Picture) -> Iterator[Element]:
    """Yield the display size, in the source's own words where the picture has the source's size and shape."""
    size = (source.number(ids.PIXEL_WIDTH), source.number(ids.PIXEL_HEIGHT))
    cropped = any(part.number(one) for part in (source,) for one in ids.PIXEL_CROP)
    sar = stated_sar(source)
    stereo = source.number(ids.STEREO_MODE) != 0
    if size == (picture.width, picture.height) and not cropped and (stereo or picture.sar == (sar or 1)):
        # 0, which is no size, is as none at all (RFC 9559, DisplayWidth)
        nothing = 0 in (source.number(ids.DISPLAY_WIDTH, 1), source.number(ids.DISPLAY_HEIGHT, 1))
        yield from source.of(*(() if nothing else DISPLAY))
        return
    # libavformat takes the shape of one eye's half for that of a pixel (matroskadec.c)
    shape = sar if stereo and sar is not None else picture.sar
    if shape != 1:
        width, height = display_size(picture.width, picture.height, shape)
        yield Element(ids.DISPLAY_WIDTH, unsigned(width))
        yield Element(ids.DISPLAY_HEIGHT, unsigned(height))


def stated_sar(source: Element) -> Fraction | None:
    """Return the shape of a pixel by an entry's display size, as libavformat takes it; None without one.

    Raises:
        ElementError: A number is none.
    """
    width, height = source.number(ids.PIXEL_WIDTH), source.number(ids.PIXEL_HEIGHT)
    wide, high = source.number(ids.DISPLAY_WIDTH), source.number(ids.DISPLAY_HEIGHT)
    if source.number(ids.DISPLAY_UNIT) >= UNKNOWN or not (width and height and wide and high):
        return None
    return Fraction(wide * height, high * width)


def display_size(width: int, height: int, sar: Fraction) -> tuple[int, int]:
    """Return the size in square pixels at which a picture with pixels of shape ``sar`` is shown.

    One side stays as it is; the other is a whole number where it can be.
    """
    wide, high = width * sar, height / sar
    if wide.denominator > 1 and high.denominator == 1:
        return width, int(high)
    return round(wide), height


def _projection(source: Element, picture: Picture) -> Iterator[Element]:
    """Yield how the picture lies on a sphere, or is rotated."""
    given = source.find(ids.PROJECTION)
    if given is not None:
        roll = given.find(ids.PROJECTION_POSE_ROLL)
        others = given.of(ids.PROJECTION_POSE_YAW, ids.PROJECTION_POSE_PITCH)
        same = round(real(roll.value) if roll else 0.0) == picture.rotation
        if given.number(ids.PROJECTION_TYPE) != FLAT or (same and not any(real(one.value) for one in others)):
            yield given
            return
    if picture.rotation:
        # a flat picture, rotated (RFC 9559, ProjectionPoseRoll: counter-clockwise where it is positive)
        flat = Element(ids.PROJECTION_TYPE, unsigned(FLAT))
        turn = Element(ids.PROJECTION_POSE_ROLL, struct.pack(">d", picture.rotation))
        yield Element(ids.PROJECTION, (flat, turn))
