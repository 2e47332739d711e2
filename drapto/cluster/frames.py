"""Messages over a pipe: a kind of one byte, a length, the bytes."""

from __future__ import annotations

import struct
from typing import IO

HEAD = struct.Struct(">cI")
"""The kind, and how many bytes follow."""

REPORT, HEARTBEAT, RETURNED, RAISED = b"r", b"h", b"v", b"e"


def send(stream: IO[bytes], kind: bytes, data: bytes = b"") -> None:
    """Write a message.

    Raises:
        OSError: Nobody reads any more.
    """
    stream.write(HEAD.pack(kind, len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Return the next message, kind and bytes; None where the other side has ended."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, size = HEAD.unpack(head)
    data = stream.read(size)
    return (kind, data) if len(data) == size else None
