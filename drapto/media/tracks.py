"""From a demuxed stream and its tally to the typed track."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypedDict

from av.stream import Disposition

from drapto.media import peculiarities
from drapto.media.hdr import colour
from drapto.media.hdr.dolby_vision import unannounced
from drapto.media.index import AudioTally, OpusTally
from drapto.media.model import (
    DISPOSITIONS,
    Attachment,
    AudioTrack,
    Chapter,
    Colour,
    SubtitleTrack,
    VideoTrack,
    is_statistics_tag,
)
from drapto.media.opus import LARGEST_SEAM, OpusStream, family_of
from drapto.media.orientation import orientation
from drapto.media.rate import NS, is_variable, nominal_rate
from drapto.media.stereo import ALPHA_TAG, TAG, mode_of, name_of
from drapto.media.uniform import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import AttachmentStream, Stream
    from av.subtitles.stream import SubtitleStream
    from av.video.stream import VideoStream

    from drapto.media.foreign import ForeignCodec
    from drapto.media.form import Form
    from drapto.media.frame_count import Counted
    from drapto.media.index import CoverTally, VideoTally
    from drapto.media.matroska.pictures import TrackHead
    from drapto.media.mediainfo import TrackFacts
    from drapto.media.model import DolbyVision, DynamicMetadata
    from drapto.media.tally import SubtitleTally, Tally

OWN_FIELDS = ("language", "title", "filename", "mimetype")
"""Tags that have a field of their own."""


class _Common(TypedDict):
    """The fields of `Track`."""

    index: int
    codec: str
    language: str | None
    title: str | None
    dispositions: tuple[str, ...]
    tags: dict[str, str]
    start: float
    end: float
    packets: int


def kept_tags(metadata: Mapping[str, str], *, own: tuple[str, ...] = ()) -> dict[str, str]:
    """Return tags without the source's statistics and without those of the names in ``own``."""
    return {
        name: value for name, value in metadata.items() if not is_statistics_tag(name) and name not in own
    }


def _common(stream: Stream, tally: Tally, facts: TrackFacts, codec: str | None = None) -> _Common:
    base = stream.time_base or Fraction(1, 1000)
    return {
        "index": stream.index,
        "codec": codec or stream.codec_context.codec.canonical_name,
        "language": facts.language or stream.metadata.get("language"),
        "title": stream.metadata.get("title"),
        "dispositions": tuple(name for name in DISPOSITIONS if Disposition[name] in stream.disposition),
        "tags": kept_tags(stream.metadata, own=OWN_FIELDS),
        "start": float((tally.first or 0) * base),
        "end": float(tally.end * base),
        "packets": tally.packets,
    }


@dataclass(frozen=True)
class Said:
    """What was found out about a picture beside its packets.

    Attributes:
        facts: MediaInfo's word on it.
        head: The container's, on its shape.
        dynamic: What its frames have of their own.
        dolby_vision: The container's record; None where it has none.
    """

    facts: TrackFacts
    head: TrackHead
    dynamic: DynamicMetadata | None
    dolby_vision: DolbyVision | None


def video_track(
    stream: VideoStream, tally: VideoTally, times: list[int], counted: Counted, about: Said
) -> VideoTrack:
    """Return a video track.

    Args:
        stream: The demuxer's stream.
        tally: Its packets.
        times: Its frames' presentation times, nanoseconds.
        counted: How those were found.
        about: What else is known of it.
    """
    facts, head, dynamic = about.facts, about.head, about.dynamic
    base = stream.time_base or Fraction(1, 1000)
    form, frame = counted.history.kept(base, times[-1] / NS)
    tick = round(base * NS)
    rate = nominal_rate(times, tick, stream.average_rate)
    common = _common(stream, tally, facts)
    common["tags"], common["start"] = _with_stereo(common["tags"], mode_of(head, frame)), times[0] / NS
    # the last frame lasts one nominal duration where its packet says nothing
    if tally.end * tick <= times[-1]:
        common["end"] = float(Fraction(times[-1], NS) + 1 / rate)
    said = Colour(
        range=form.range,
        primaries=form.primaries,
        transfer=form.transfer,
        matrix=form.matrix,
        chroma_location=_chroma_location(stream, facts),
    )
    said = described(said, [form for _, form in counted.history.forms])
    dolby_vision = about.dolby_vision or unannounced(common["codec"], said, dynamic)
    mastering, light = colour.read_mastering(frame), colour.read_light(frame)
    in_frames = bool(dynamic and dynamic.hdr10plus_frames)
    hdr10plus = facts.hdr10plus or colour.has_hdr10plus(frame) or in_frames
    static, dolby = mastering is not None or light is not None, dolby_vision is not None
    hdr = colour.name_hdr(said.transfer, static=static, hdr10plus=hdr10plus, dolby_vision=dolby)
    return VideoTrack(
        **common,
        width=form.width,
        height=form.height,
        sar=_sar(stream, head, counted.history.forms[0][1], form),
        pix_fmt=frame.format.name,
        bit_depth=frame.format.components[0].bits,
        rate=rate,
        frames=len(times),
        counted=counted.how,
        variable=is_variable(times, tick),
        keyframes=len(tally.keyframes),
        colour=said,
        mastering=mastering,
        light=light,
        dolby_vision=dolby_vision,
        hdr10plus=hdr10plus,
        dynamic=dynamic,
        hdr=hdr,
        scan=facts.scan,
        top_field_first=facts.top_field_first if facts.scan == "interlaced" else None,
        **orientation(frame),
        **peculiarities.picture(counted, head, frame, base, tally.trial),
    )


def _with_stereo(tags: dict[str, str], mode: int) -> dict[str, str]:
    """Return a track's tags with that of its StereoMode, which the muxer makes an element of.

    That of an alpha channel is left out, as the channel is.
    """
    others = {name: value for name, value in tags.items() if name.lower() not in (TAG, ALPHA_TAG)}
    return {**others, TAG: name_of(mode)} if mode else others


def _sar(stream: VideoStream, head: TrackHead, first: Form, kept: Form) -> Fraction:
    """Return the shape of the pixels of a picture that is shown at the container's size, as all are."""
    coded = (first.width, first.height)
    if head.needs_own_shape:
        said = head.sar
    else:
        said = head.sar_of(*coded) or stream.sample_aspect_ratio or Fraction(1)
    return said * Fraction(first.width * kept.height, first.height * kept.width)


def _chroma_location(stream: VideoStream, facts: TrackFacts) -> str | None:
    if stream.codec_context.codec.canonical_name == "av1":
        return colour.av1_chroma_location(stream.codec_context.extradata)
    return facts.chroma_location


def audio_track(stream: AudioStream, tally: AudioTally, facts: TrackFacts) -> AudioTrack:
    """Return an audio track, as it is where it has the most channels."""
    form, forms = tally.history.claimed, tally.history.forms
    base = stream.time_base or Fraction(1, 1000)
    changes = tally.history.changes(base)
    if changes:
        form = max((form for _, form in forms), key=lambda form: form.channels)
    return AudioTrack(
        **_common(stream, tally, facts),
        profile=stream.profile,
        channels=form.channels,
        layout=form.layout,
        sample_rate=form.sample_rate,
        first_form=forms[0][1] if changes else None,
        changes=changes,
        filled=round(tally.filled, 3),
        spacing=float(tally.spacing * base),
        opus=_opus(tally, stream) if isinstance(tally, OpusTally) and not changes else None,
    )


def _opus(tally: OpusTally, stream: AudioStream) -> OpusStream | None:
    base = stream.time_base or Fraction(1, 1000)
    family = family_of(stream.codec_context.extradata)
    if family is None or not tally.length:
        return None
    kilobits = round(float(tally.size * 8 / (tally.length * base) / 1000), 1)
    return OpusStream(family=family, kilobits=kilobits, seamless=tally.astray * base <= LARGEST_SEAM)


def subtitle_track(
    stream: SubtitleStream, tally: SubtitleTally, facts: TrackFacts, foreign: ForeignCodec | None = None
) -> SubtitleTrack:
    """Return a subtitle track; ``foreign`` is the codec of one that ffmpeg does not know."""
    common = _common(stream, tally, facts, foreign.name if foreign else None)
    digest = tally.hash.hexdigest()
    return SubtitleTrack(**common, digest=digest, endless=tally.endless, foreign=foreign)


def attachment(stream: AttachmentStream) -> Attachment:
    """Return an attached file."""
    return _attached(stream, stream.data or b"")


def cover(stream: Stream, tallies: Mapping[int, CoverTally]) -> Attachment:
    """Return an attached picture, which the demuxer shows as a video stream."""
    return _attached(stream, tallies[stream.index].data)


def _attached(stream: Stream, data: bytes) -> Attachment:
    return Attachment(
        index=stream.index,
        filename=stream.metadata.get("filename", ""),
        mimetype=stream.metadata.get("mimetype"),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def chapters(container: InputContainer) -> tuple[Chapter, ...]:
    """Return the chapters in their order."""
    return tuple(
        Chapter(
            start=round(chapter["start"] * base * NS),
            end=round(chapter["end"] * base * NS),
            title=chapter["metadata"].get("title"),
        )
        for chapter in container.chapters()
        if (base := chapter["time_base"]) is not None
    )
