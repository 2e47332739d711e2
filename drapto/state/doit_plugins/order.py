"""Which of the tasks that may run begins first.

doit 0.37 runs them in the order in which they became ready, and wakes those that waited for the same task in
the order of a set, by chance. So a title's join would stand in line behind the encodes of all titles after
it: on a shelf of discs, the first would be finished last. And the longest encode, which is yielded first so
that the last to end is a short one, may begin last and end alone.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from doit import control

if TYPE_CHECKING:
    from doit.task import Task

FILLER = "share"
"""A key of the ``meta`` of tasks that can wait until nothing else of their title is to begin, and then fill
the processors that the last long tasks leave idle: parts of work that is needed at its very end."""


class _Line(dict[Any, None]):
    """As much of a set as doit uses here, in order."""

    def add(self, node: object) -> None:
        """Stand last, unless standing in it already."""
        self.setdefault(node)


class OrderedNode(control.ExecNode):  # type: ignore[misc]  # doit is untyped
    """A task in doit's dispatcher, with those that wait for it in order."""

    def __init__(self, task: Task, parent: Any) -> None:  # noqa: ANN401  doit's own node, or None
        super().__init__(task, parent)
        self.waiting_me = _Line()


class ReadyQueue:
    """As much of a deque as doit uses for what is ready: title by title, in each in order, fillers last.

    What belongs to no title, or stands for other tasks, comes before all: it does nothing itself, and what it
    stands for gets in line. A title's turn is that in which doit first came to it.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, bool, int, Any]] = []
        self._turns: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many stand in it."""
        return len(self._heap)

    def append(self, node: Any) -> None:  # noqa: ANN401  doit's node
        """Stand in line."""
        place = node.task.meta or {}
        turn = self._turns.setdefault(place["title"], len(self._turns)) if "title" in place else -1
        self._count += 1
        heapq.heappush(self._heap, (turn, FILLER in place, self._count, node))

    def popleft(self) -> Any:  # noqa: ANN401
        """Return whose turn it is."""
        return heapq.heappop(self._heap)[-1]


class OrderedDispatcher(control.TaskDispatcher):  # type: ignore[misc]
    """doit's dispatcher, with the tasks that are ready in a `ReadyQueue`."""

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401  as doit makes it
        super().__init__(*arguments)
        self.ready = ReadyQueue()


def keep_order() -> None:
    """Have doit use `OrderedNode` and `OrderedDispatcher`, in this process."""
    control.ExecNode = OrderedNode
    control.TaskDispatcher = OrderedDispatcher
