"""Presentation times, kept in mkvmerge's "timestamp format v2": a line a frame, milliseconds.

The format is public (mkvmerge's manual, "External timestamp files") and read by other tools; six decimals
make it exact to the nanosecond, which is Matroska's finest tick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER = "# timestamp format v2"
NS_PER_MS = 1_000_000


def write_timestamps(path: Path, times: Sequence[int]) -> None:
    """Write presentation times (nanoseconds, ascending) to ``path``, whole or not at all."""
    lines = [HEADER]
    for time in times:
        sign, size = ("-", -time) if time < 0 else ("", time)
        whole, rest = divmod(size, NS_PER_MS)
        lines.append(f"{sign}{whole}.{rest:06d}" if rest else f"{sign}{whole}")
    atomic.write_text(path, "\n".join(lines) + "\n")


def read_timestamps(path: Path) -> list[int]:
    """Read presentation times in nanoseconds.

    Raises:
        ArtifactError: The file is missing or not in the format.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        if header != HEADER:
            raise ArtifactError("is not a timestamp file", path=path, remedy="delete it and run again")
        return [_nanoseconds(line) for line in lines]
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"cannot be read ({error})", path=path, remedy="delete it and run again"
        ) from error


def _nanoseconds(text: str) -> int:
    whole, _, rest = text.partition(".")
    size = int(whole.removeprefix("-")) * NS_PER_MS + int(f"{rest:0<6}" if rest else 0)
    return -size if text.startswith("-") else size
