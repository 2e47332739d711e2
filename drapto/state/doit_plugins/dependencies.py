"""A task's dependencies, of which doit asks of each file whether the task that makes it is among them.

doit keeps them in a list and looks through it: for the join of 10,000 segments at fifty million names, each
time that the graph is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class TaskNames(list[str]):
    """A list, as much as doit uses of it, that knows at once what is in it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        super().__init__(names)
        self._known = set(self)

    def append(self, name: str) -> None:
        """Add a name at the end."""
        super().append(name)
        self._known.add(name)

    def extend(self, names: Iterable[str]) -> None:
        """Add names at the end."""
        for name in names:
            self.append(name)

    def __contains__(self, name: object) -> bool:
        """Return whether a name is among them."""
        return name in self._known

    def __reduce__(self) -> tuple[type[TaskNames], tuple[list[str]]]:
        """Pickle as a list is."""
        return TaskNames, (list(self),)
