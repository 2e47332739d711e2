"""Files that hold nothing for others: locks, clocks, counters, journals, caches.

They lie in a directory that may have come from elsewhere. So none is opened through a link, which could lead
to anybody's file, and opening one empties nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODE = 0o600


def open_private(path: Path | str, *, append: bool = False) -> int:
    """Open a file for reading and writing, made where it is not there; return its descriptor.

    Args:
        path: The file. Its directory is there.
        append: Whether all that is written goes to its end.

    Raises:
        OSError: It cannot be opened, or is a link (``ELOOP``).
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_APPEND if append else 0)
    return os.open(path, flags, MODE)
