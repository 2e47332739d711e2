"""Tasks that wait for the same one begin in the order that they were yielded.

doit 0.37 keeps those that wait for a task in a set, and wakes them in whatever order that has: by chance. The
longest encodes are yielded first so that the last to end are short; by chance, a long one may begin last and
end alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit import control

if TYPE_CHECKING:
    from doit.task import Task


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


def keep_order() -> None:
    """Have doit's dispatcher use `OrderedNode`, in this process."""
    control.ExecNode = OrderedNode
