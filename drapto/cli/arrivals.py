"""Which files of a watched folder have arrived whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.sources import Source, find_sources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from drapto.config import Config

State = tuple[int, int, int]
"""A file's size, modification time in nanoseconds, and inode."""


@dataclass
class Arrivals:
    """Follows a folder from look to look; nothing is kept: after a restart every file is looked at anew.

    Attributes:
        folder: The folder that is watched, with all folders in it.
        quiet: Seconds for which a file must not have changed.
        config: The settings that say which files are sources.
        outside: Folders whose files are no sources, though they lie in it: outputs, work files.
    """

    folder: Path
    quiet: float
    config: Config
    outside: tuple[Path, ...] = ()
    _seen: dict[Path, tuple[State, float]] = field(default_factory=dict)
    _failed: dict[Path, State] = field(default_factory=dict)
    _looked: float = 0.0

    def look(self, now: float) -> list[Source]:
        """Return the sources that are whole, but those that failed as they are now.

        Args:
            now: Monotonic seconds.
        """
        found = find_sources(self.folder, self.config, self.outside)
        states = {path: state for path in found if (state := _state(path)) is not None}
        before, self._looked = self._seen, now
        self._seen = {
            path: before[path] if path in before and before[path][0] == state else (state, now)
            for path, state in states.items()
        }
        return [
            Source.of(path, self.folder)
            for path, (state, since) in self._seen.items()
            if now - since >= self.quiet and self._failed.get(path) != state
        ]

    @property
    def growing(self) -> int:
        """How many files were seen at the last look that have not been whole for long enough."""
        return sum(self._looked - since < self.quiet for _, since in self._seen.values())

    def failed(self, paths: Iterable[Path]) -> None:
        """Do not take these again before they have changed."""
        self._failed |= {path: state for path in paths if (state := _state(path)) is not None}


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except OSError:
        return None  # gone between two looks
    return found.st_size, found.st_mtime_ns, found.st_ino
