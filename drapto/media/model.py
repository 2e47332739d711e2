"""What drapto knows of a source: the typed content of ``probe.json`` and ``crop.json``.

Times are seconds unless a name says otherwise; frame timestamps are integer nanoseconds, which hold any
Matroska tick exactly (RFC 9559, TimestampScale is in nanoseconds).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from drapto.engine.document import Document, Model, Rational
from drapto.media.crop_info import CropInfo as CropInfo  # noqa: PLC0414  passed on from here
from drapto.media.crop_info import CropRect as CropRect  # noqa: PLC0414  passed on from here
from drapto.media.crop_info import CropSample as CropSample  # noqa: PLC0414  passed on from here
from drapto.media.foreign import ForeignCodec
from drapto.media.opus import OpusStream
from drapto.media.peculiar import PeculiarPicture, PeculiarSound, PeculiarSubtitles

DISPOSITIONS = (
    "default",
    "forced",
    "hearing_impaired",
    "visual_impaired",
    "original",
    "dub",
    "comment",
    "lyrics",
    "captions",
    "descriptions",
)
"""The dispositions that Matroska can carry and drapto keeps, by ffmpeg's names."""

AV1_CHROMA_LOCATIONS = (None, "left", "topleft")
"""ffmpeg's names of AV1's chroma_sample_position, from 0 (AV1 specification, section 6.4.2); no others."""

STATISTICS_TAGS = ("BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "SOURCE_ID")
"""mkvmerge's statistics tags: they describe the source's tracks, not the output's, so they are dropped
(with ``-eng`` suffixes and the ``_STATISTICS_*`` tags)."""


def is_statistics_tag(name: str) -> bool:
    """Tell whether a tag states a fact of the source's bytes that is false in the output."""
    upper = name.upper()
    return upper.startswith("_STATISTICS_") or upper.split("-")[0] in STATISTICS_TAGS or upper == "ENCODER"


class MasteringDisplay(Model):
    """SMPTE ST 2086 mastering display colour volume.

    Attributes:
        red, green, blue, white: CIE 1931 (x, y) chromaticities.
        min_luminance, max_luminance: cd/m².
    """

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]
    min_luminance: float
    max_luminance: float


class LightLevels(Model):
    """CTA-861.3 content light levels, cd/m²."""

    max_cll: int
    max_fall: int


class DolbyVision(Model):
    """The stream's Dolby Vision configuration record.

    Attributes:
        profile: 5, 7, 8, 10, …
        compatibility: Base layer signal compatibility id (8.1 has 1, 8.4 has 4).
        level: The record's level.
        has_rpu, has_el, has_bl: Which parts the stream says it carries.
    """

    profile: int
    compatibility: int
    level: int
    has_rpu: bool
    has_el: bool
    has_bl: bool


class DynamicMetadata(Model):
    """What changes from frame to frame, in numbers; all of it is in ``dynamic.txt``.

    Attributes:
        hdr10plus_frames: Frames with SMPTE ST 2094-40 metadata.
        rpu_frames, caption_frames: Frames with a Dolby Vision RPU, and with closed captions.
        rpu_profiles: The Dolby Vision profiles that the RPUs look like, ascending; 0 for an unknown one.
        rpu_problem: Why an RPU cannot be read; None where all can.
        enhancement: The enhancement layer that the RPUs describe: ``MEL`` adds nothing, ``FEL`` may; None
            where they describe none.
    """

    hdr10plus_frames: int
    rpu_frames: int
    caption_frames: int = 0
    rpu_profiles: tuple[int, ...] = ()
    rpu_problem: str | None = None
    enhancement: Literal["MEL", "FEL"] | None = None


class Colour(Model):
    """Colour description by ffmpeg's names (ITU-T H.273); None is "unspecified".

    Attributes:
        range: ``tv`` or ``pc``.
        primaries, transfer, matrix, chroma_location: Such as ``bt709``, ``smpte2084``, ``bt2020nc``,
            ``left``.
    """

    range: str | None = None
    primaries: str | None = None
    transfer: str | None = None
    matrix: str | None = None
    chroma_location: str | None = None


class Track(Model):
    """What every track has.

    Attributes:
        index: The stream's index in the source, as ffmpeg counts.
        codec: ffmpeg's codec name.
        language: As in the source (``eng``, ``de-CH``), None where it has none.
        title: The track's name.
        dispositions: The names in `DISPOSITIONS` that are set, in that order.
        tags: The other tags, statistics dropped.
        start: First presentation time, seconds.
        end: Last packet's presentation time plus its duration, seconds.
        packets: How many packets it has.
    """

    index: int
    codec: str
    language: str | None = None
    title: str | None = None
    dispositions: tuple[str, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    start: float = 0.0
    end: float = 0.0
    packets: int = 0


class VideoTrack(Track, PeculiarPicture):
    """The picture.

    Attributes:
        width, height: Coded picture, pixels.
        sar: Sample aspect ratio, 1 where the source says none.
        pix_fmt: ffmpeg's pixel format name.
        bit_depth: Bits per component.
        rate: Nominal frame rate, frames per second.
        frames: How many frames decode; their timestamps are in ``timestamps.txt``.
        counted: How they were counted: ``packets`` (one packet is one frame), or ``decoded``.
        variable: True where the frame durations differ by more than a tick.
        keyframes: How many packets are keyframes.
        colour, mastering, light, dolby_vision: What is said of the colour; None where nothing is.
        hdr10plus: ST 2094-40 dynamic metadata is there.
        dynamic: How many frames have metadata of their own; None where none has.
        hdr: The field's name for it all.
        scan: What the stream claims of its fields.
        top_field_first: The claimed order, where it claims one.
        rotation: Degrees that a player turns the picture, counter-clockwise.
        mirrored: Whether it mirrors it before that.
    """

    width: int
    height: int
    sar: Rational
    pix_fmt: str
    bit_depth: int
    rate: Rational
    frames: int
    counted: Literal["packets", "decoded"]
    variable: bool
    keyframes: int
    colour: Colour = Field(default_factory=Colour)
    mastering: MasteringDisplay | None = None
    light: LightLevels | None = None
    dolby_vision: DolbyVision | None = None
    hdr10plus: bool = False
    dynamic: DynamicMetadata | None = None
    hdr: Literal["SDR", "HDR10", "HDR10+", "HLG", "PQ", "Dolby Vision"] = "SDR"
    scan: Literal["progressive", "interlaced", "unknown"] = "unknown"
    top_field_first: bool | None = None
    rotation: int = 0
    mirrored: bool = False


class AudioTrack(Track, PeculiarSound):
    """One audio track.

    Attributes:
        profile: Such as ``DTS-HD MA``, None where the codec has none.
        channels: How many.
        layout: ffmpeg's layout name (``5.1(side)``); None where the source says none.
        sample_rate: Hz.
        spacing: Seconds between packets of which some have no time of their own; 0 where all have one.
        opus: More of an Opus track; None of any other, and where an earlier drapto looked.
    """

    profile: str | None = None
    channels: int
    layout: str | None = None
    sample_rate: int
    spacing: float = 0.0
    opus: OpusStream | None = None


class SubtitleTrack(Track, PeculiarSubtitles):
    """One subtitle track; ``digest`` is the SHA-256 of its packets' payloads, in order, hexadecimal.

    ``foreign`` is the codec of one that ffmpeg does not know.
    """

    digest: str
    foreign: ForeignCodec | None = None


class Attachment(Model):
    """A font, a cover.

    Attributes:
        index: The stream's index in the source.
        filename, mimetype: As in the source.
        size: Bytes.
        sha256: Hexadecimal.
    """

    index: int
    filename: str
    mimetype: str | None
    size: int
    sha256: str


class Chapter(Model):
    """A chapter; ``start`` and ``end`` in nanoseconds."""

    start: int
    end: int
    title: str | None = None


class SourceInfo(Document):
    """Everything that the later stages ask of a source (``probe.json``).

    Attributes:
        digest: The source's content digest (`drapto.state.fingerprint`), which says what this describes.
        size: Bytes.
        container: As mediainfo names it.
        duration: The container's claim in seconds, None where it makes none. Never a count of frames.
        writer: The application that wrote the file.
        tags: Global tags, statistics dropped.
        video: The film (`drapto.media.film`).
        other_video: Further video tracks, cover art not counted.
        notes: What a user should know, a line each.
    """

    digest: str
    size: int
    container: str
    duration: float | None
    writer: str | None
    tags: dict[str, str]
    video: VideoTrack
    other_video: tuple[VideoTrack, ...] = ()
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    notes: tuple[str, ...] = ()
