"""What a run knows of titles that are left alone, or will be: how large their encoded segments are."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.project import Title
    from drapto.state.events import TitleSkipped


class EncodedSizes:
    """What a run knows of its titles' segments. Any thread may call it.

    Others may lie there, too: of other settings, or of another source. They count for nothing.
    """

    def __init__(self) -> None:
        self._kept: dict[str, set[int]] = {}
        self._sizes: dict[str, dict[int, int]] = {}
        self._lock = threading.Lock()

    def keep(self, place: dict[str, Any]) -> None:
        """Take in that a task is up to date; ``place`` says which, as events say it."""
        if "segment" in place:
            self._kept.setdefault(place["title"], set()).add(place["segment"])

    def add(self, title: Title, segment: int, size: int) -> dict[int, int]:
        """Take in a segment of ``size`` bytes; return the sizes of all of the title, by number."""
        with self._lock:
            sizes = self._sizes.setdefault(title.name, {})
            sizes[segment] = size
            for number in self._kept.pop(title.name, set()) - sizes.keys():
                with contextlib.suppress(OSError):
                    sizes[number] = (title.encoded / f"{number:04d}.mkv").stat().st_size
            return dict(sizes)

    def clear(self) -> None:
        """Forget all: a run has ended."""
        with self._lock:
            self._kept.clear()
            self._sizes.clear()


@dataclass
class Skipping:
    """What a run knows of titles that are left alone.

    Attributes:
        encoded: How large the segments are that are encoded as the settings are now.
        titles: Why titles are left alone, by their names, as was known when the tasks were made.
        wanted: Those of which it is known that their codec is none that is skipped.
        told: Returns what is told of a task that is not begun, as its title is left alone; None of others.
            The graph sets it.
    """

    encoded: EncodedSizes = field(default_factory=EncodedSizes)
    titles: dict[str, str] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    told: Callable[[Any, str], TitleSkipped | None] = lambda _work, _name: None
