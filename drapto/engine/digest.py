"""Content digests: what tells a touched, copied or restored file from a changed one.

A file of up to `WHOLE_LIMIT` bytes is read whole. Of a larger one, its size, its first and last `EDGE` bytes
and `BLOCKS` blocks evenly spaced between them are read: about 6 MiB, whatever the size.

What that can miss: an edit in place that keeps the size and touches none of the sampled bytes, such as a few
bytes patched in the middle of a large source. Anything that inserts or removes a byte changes the size, and a
remux, a re-encode and an edit of the headers all change the ends, so they are seen.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


WHOLE_LIMIT = 16 * MIB
"""Largest file, in bytes, that is read whole."""


EDGE = MIB
"""Bytes read at each end of a larger file: a Matroska's headers, and its cues or tags, lie there."""


BLOCK = 64 << 10
"""Bytes of each block read in between."""


BLOCKS = 64
"""How many blocks are read in between."""


def digest(path: Path | str) -> str:
    """Return the content digest of the file at ``path``: BLAKE2b, 40 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        return digest_of(handle, os.fstat(handle).st_size)
    finally:
        os.close(handle)


def digest_of(handle: int, size: int) -> str:
    """Return the digest of the open file ``handle`` of ``size`` bytes; its position is not moved."""
    state = hashlib.blake2b(str(size).encode() + b"\n", digest_size=20)
    for start, length in _ranges(size):
        for offset in range(start, start + length, MIB):
            state.update(os.pread(handle, min(MIB, start + length - offset), offset))
    return state.hexdigest()


def _ranges(size: int) -> list[tuple[int, int]]:
    """Return the (offset, length) pairs that are read of a file of ``size`` bytes, in order."""
    if size <= WHOLE_LIMIT:
        return [(0, size)]
    room = size - 2 * EDGE - BLOCK
    blocks = [(EDGE + room * (number + 1) // (BLOCKS + 1), BLOCK) for number in range(BLOCKS)]
    return [(0, EDGE), *blocks, (size - EDGE, EDGE)]
