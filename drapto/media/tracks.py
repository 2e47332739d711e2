"""From a demuxed stream and its tally to the typed track."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import TYPE_CHECKING, TypedDict

from av.stream import Disposition

from drapto.media.hdr import colour
from drapto.media.model import (
    DISPOSITIONS,
    Attachment,
    AudioTrack,
    Chapter,
    SubtitleTrack,
    VideoTrack,
    is_statistics_tag,
)
from drapto.media.rate import NS, is_variable, nominal_rate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import AttachmentStream, Stream
    from av.subtitles.stream import SubtitleStream
    from av.video.stream import VideoStream

    from drapto.media.index import CoverTally, SubtitleTally, Tally, VideoTally
    from drapto.media.mediainfo import TrackFacts
    from drapto.media.model import DolbyVision, DynamicMetadata

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


def _common(stream: Stream, tally: Tally, facts: TrackFacts) -> _Common:
    base = stream.time_base or Fraction(1, 1000)
    return {
        "index": stream.index,
        "codec": stream.codec_context.codec.canonical_name,
        "language": facts.language or stream.metadata.get("language"),
        "title": stream.metadata.get("title"),
        "dispositions": tuple(name for name in DISPOSITIONS if Disposition[name] in stream.disposition),
        "tags": kept_tags(stream.metadata, own=OWN_FIELDS),
        "start": float((tally.first or 0) * base),
        "end": float(tally.end * base),
        "packets": tally.packets,
    }


def video_track(
    stream: VideoStream,
    tally: VideoTally,
    facts: TrackFacts,
    times: list[int],
    counted: Literal["packets", "decoded"],
    dynamic: DynamicMetadata | None,
    dolby_vision: DolbyVision | None,
) -> VideoTrack:
    """Return a video track.

    Args:
        stream: The demuxer's stream.
        tally: Its packets.
        facts: MediaInfo's word on it.
        times: Its frames' presentation times, nanoseconds.
        counted: How those were found.
        dynamic: What its frames have of their own.
        dolby_vision: The container's record.
    """
    frame = tally.trial.first
    if frame is None:
        raise ValueError("a video track without a frame")
    tick = round((stream.time_base or Fraction(1, 1000)) * NS)
    rate = nominal_rate(times, tick, stream.average_rate)
    common = _common(stream, tally, facts)
    common["start"] = times[0] / NS
    # the last frame lasts one nominal duration where its packet says nothing
    if tally.end * tick <= times[-1]:
        common["end"] = float(Fraction(times[-1], NS) + 1 / rate)
    said = colour.read_colour(frame, stream.codec_context, _chroma_location(stream, facts))
    mastering, light = colour.read_mastering(frame), colour.read_light(frame)
    in_frames = dynamic is not None and dynamic.hdr10plus_frames > 0
    hdr10plus = facts.hdr10plus or colour.has_hdr10plus(frame) or in_frames
    static, dolby = mastering is not None or light is not None, dolby_vision is not None
    hdr = colour.name_hdr(said.transfer, static=static, hdr10plus=hdr10plus, dolby_vision=dolby)
    return VideoTrack(
        **common,
        width=frame.width,
        height=frame.height,
        sar=stream.sample_aspect_ratio or Fraction(1),
        pix_fmt=frame.format.name,
        bit_depth=frame.format.components[0].bits,
        rate=rate,
        frames=len(times),
        counted=counted,
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
        rotation=frame.rotation,
        mirrored=colour.is_mirrored(frame),
    )


def _chroma_location(stream: VideoStream, facts: TrackFacts) -> str | None:
    if stream.codec_context.codec.canonical_name == "av1":
        return colour.av1_chroma_location(stream.codec_context.extradata)
    return facts.chroma_location


def audio_track(stream: AudioStream, tally: Tally, facts: TrackFacts) -> AudioTrack:
    """Return an audio track."""
    context = stream.codec_context
    layout = context.layout.name
    return AudioTrack(
        **_common(stream, tally, facts),
        profile=stream.profile,
        channels=context.channels,
        layout=None if "channels" in layout else layout,
        sample_rate=context.sample_rate,
    )


def subtitle_track(stream: SubtitleStream, tally: SubtitleTally, facts: TrackFacts) -> SubtitleTrack:
    """Return a subtitle track."""
    return SubtitleTrack(**_common(stream, tally, facts), digest=tally.hash.hexdigest())


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
