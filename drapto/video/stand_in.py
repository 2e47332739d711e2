"""Video that PyAV does not let Matroska's muxer write, through it and past it.

Matroska holds every codec. Those that it has no name of its own for, VC-1, DV and HuffYUV among them, lie in
it as they do in AVI or QuickTime (Matroska's codec specification: ``V_MS/VFW/FOURCC``, ``V_QUICKTIME``).
libavformat's muxer writes these only for those who ask it to be less strict, which PyAV does not. So the
packets pass for uncompressed pictures, which it neither reads nor changes, and the file that it wrote is
then told what they are, in the source's own words.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av

from drapto.errors import ElementError, SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.codecs import foreign_codecs
from drapto.media.matroska.ebml import Element, void
from drapto.media.matroska.tree import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import OutputContainer
    from av.video.stream import VideoStream

    from drapto.media.foreign import ForeignCodec

OPTIONS = {"allow_raw_vfw": "1"}
"""Of the muxer: uncompressed pictures with a CodecPrivate, whose room the source's takes."""

UNWRITTEN = frozenset({"rv10", "rv20", "rv30", "rv40"})
"""RealVideo, which Matroska has names for, and libavformat's muxer too, but writes none of."""

PIXEL = bytes(3)
"""A file of which a stream is taken that says it is uncompressed."""

SHAPE = ("width", "height", "pix_fmt", "color_range", "color_primaries", "color_trc", "colorspace")
"""What the muxer writes of a picture beside its codec."""

ROOM = 64
"""Bytes that a source's CodecID may be longer than ``V_MS/VFW/FOURCC``, and then some."""


def is_needed(template: VideoStream) -> bool:
    """Tell whether a stream's codec is one that may not be copied into Matroska without more ado."""
    with av.open(io.BytesIO(), "w", format="matroska") as container:
        name = template.codec_context.codec.name
        return name in UNWRITTEN or name not in container.supported_codecs


def codec_of(source: Path, stream: int) -> ForeignCodec:
    """Return what a Matroska file says of a track's codec.

    Args:
        source: The file.
        stream: The track, by ffmpeg's index.

    Raises:
        SourceError: It says nothing.
    """
    try:
        return foreign_codecs(source, [stream])[stream]
    except KeyError as error:
        raise SourceError(
            "its list of tracks cannot be read", path=source, remedy="remux it with mkvmerge"
        ) from error


def add(container: OutputContainer, template: VideoStream, codec: ForeignCodec) -> VideoStream:
    """Return a stream that passes for uncompressed, with room for ``codec``; nothing is written yet."""
    with av.open(io.BytesIO(PIXEL), format="rawvideo", options={"video_size": "1x1"}) as plain:
        stream = container.add_stream_from_template(plain.streams.video[0], opaque=True)
    for name in SHAPE:
        setattr(stream.codec_context, name, getattr(template.codec_context, name))
    stream.time_base = template.time_base
    stream.codec_context.extradata = bytes(ROOM + len(codec.private) // 2)
    return stream


def unmask(path: Path, codec: ForeignCodec) -> None:
    """Write into a file with one such stream what its codec is.

    Raises:
        ElementError: The file has not been written to its end.
    """
    with path.open("r+b") as file:
        reader = Reader(file)
        place, tracks = reader.place(ids.TRACKS), reader.first(ids.TRACKS)
        entry = tracks.find(ids.TRACK_ENTRY) if tracks else None
        if place is None or place.end is None or entry is None:
            raise ElementError("no list of tracks")
        kept = [part for part in entry.parts if part.id not in (ids.CODEC_ID, ids.CODEC_PRIVATE)]
        said = [Element(ids.CODEC_ID, codec.id.encode())]
        if codec.private:
            said.append(Element(ids.CODEC_PRIVATE, bytes.fromhex(codec.private)))
        made = Element(ids.TRACKS, (Element(ids.TRACK_ENTRY, (*kept, *said)),)).encode()
        file.seek(place.at)
        file.write(made + void(place.end - place.at - len(made)))
