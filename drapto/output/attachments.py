"""Attached files: fonts, covers.

libavformat shows an attached picture as a video track and would write it back as one, so that every attached
file is taken out and attached anew.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

import av
from av.stream import AttachmentStream, Disposition

from drapto.engine.atomic import PARTIAL
from drapto.engine.context import file_url
from drapto.errors import ArtifactError
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer

    from drapto.media.model import Attachment

UNKNOWN_TYPE = "application/octet-stream"
"""Matroska wants a media type for each attached file (RFC 9559, FileMediaType)."""


def indices(path: Path) -> list[int]:
    """Return which streams of ``path`` are attached files."""
    with av.open(file_url(path), **ANY_TEXT) as container:
        return [
            stream.index
            for stream in container.streams
            if isinstance(stream, AttachmentStream) or Disposition.attached_pic in stream.disposition
        ]


@contextlib.contextmanager
def extracted(source: Path, streams: Sequence[int], folder: Path) -> Iterator[list[Path]]:
    """Yield files in ``folder`` with the content of ``source``'s attached files; they are gone afterwards.

    Args:
        source: A Matroska file.
        streams: Which of its streams.
        folder: Where to; the names are those of partial files.
    """
    tag = secrets.token_hex(4)
    paths = [folder / f".attachment-{tag}-{index}{PARTIAL}" for index in streams]
    try:
        with av.open(file_url(source), **ANY_TEXT) as container:
            for index, path in zip(streams, paths, strict=True):
                path.write_bytes(_content(container, index, source))
        yield paths
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _content(container: InputContainer, index: int, source: Path) -> bytes:
    stream = container.streams[index]
    if isinstance(stream, AttachmentStream):
        return stream.data or b""
    # the demuxer hands out attached pictures before anything else
    for packet in container.demux(stream):
        if packet.size:
            return bytes(packet)
    raise ArtifactError(f"has no picture in stream {index}", path=source, remedy="run the probe again")


def attach_options(files: Sequence[Path], described: Sequence[Attachment]) -> list[str]:
    """Return ffmpeg's output options that attach ``files`` as what the source said of them."""
    options = []
    for number, (path, attachment) in enumerate(zip(files, described, strict=True)):
        options += ["-attach", file_url(path)]
        options += [f"-metadata:s:t:{number}", f"filename={attachment.filename or f'attachment-{number}'}"]
        options += [f"-metadata:s:t:{number}", f"mimetype={attachment.mimetype or UNKNOWN_TYPE}"]
    return options
