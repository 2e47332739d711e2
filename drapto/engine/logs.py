"""Logs that stay readable and bounded: one file a stage and title, the older half of a long one set aside.

An entry is appended in one write, so that those of encoders that end side by side do not mix.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from drapto.engine.private import open_private

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 8 << 20
"""Bytes from which a log is set aside as ``<name>.1``, in place of the one before: two files at most."""


def write_log(log: Path, text: str, *, limit: int = LIMIT, private: bool = False) -> None:
    """Append ``text`` to a log.

    Args:
        log: The file; its directory is made.
        text: An entry.
        limit: Bytes that the file may have before it is set aside.
        private: Whether it holds nothing for others.

    Raises:
        OSError: It cannot be written.
    """
    data = text.encode(errors="replace")
    try:
        handle = _open(log, private=private)
    except FileNotFoundError:
        log.parent.mkdir(parents=True, exist_ok=True)
        handle = _open(log, private=private)
    try:
        if os.fstat(handle).st_size > limit:
            with contextlib.suppress(OSError):  # another one did so just now
                os.replace(log, log.with_name(f"{log.name}.1"))  # noqa: PTH105  as fast as it can be
            os.close(handle)
            handle = _open(log, private=private)
        while data:
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)


def _open(log: Path, *, private: bool) -> int:
    if private:
        return open_private(log, append=True)
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
