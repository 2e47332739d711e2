"""Which of the tasks that may run begins first.

doit 0.37 runs them in the order in which they became ready, and wakes those that waited for the same task in
the order of a set, by chance. So a title's join would stand in line behind the encodes of all titles after
it: on a shelf of discs, the first would be finished last. And the longest encode, which is yielded first so
that the last to end is a short one, may begin last and end alone.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from doit import cmd_run, control, runner
from doit.cmd_run import Run

from drapto import interrupts
from drapto.state.doit_plugins.workers import WatchedRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FILLER = "decode_part"
"""A key of the ``meta`` of tasks that can wait until nothing else of their title is to begin, and then fill
the processors that the last long tasks leave idle: parts of work that is needed at its very end."""


class _Line(dict[Any, None]):
    """As much of a set as doit uses here, in order."""

    def add(self, node: object) -> None:
        """Stand last, unless standing in it already."""
        self.setdefault(node)


class Turns:
    """In which order titles are worked on, where that was asked for; any thread may ask, also during a run.

    Attributes:
        asked: How often it was.
    """

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}
        self.asked = 0

    def wish(self, names: Sequence[str]) -> None:
        """Have titles worked on in this order; those that are not named come after them."""
        self._turns = {name: turn for turn, name in enumerate(names)}
        self.asked += 1

    def of(self, title: str, otherwise: int) -> int:
        """Return a title's turn, which is ``otherwise`` where none was asked for."""
        turns = self._turns
        return turns.get(title, len(turns) + otherwise)


class ReadyQueue:
    """As much of a deque as doit uses for what is ready: title by title, in each in order, fillers last.

    What belongs to no title, or stands for other tasks, comes before all: it does nothing itself, and what it
    stands for gets in line. A title's turn is that in which doit first came to it.
    """

    def __init__(self, wished: Turns | None = None) -> None:
        self._heap: list[tuple[int, bool, int, Any]] = []
        self._turns: dict[str, int] = {}
        self._count = 0
        self._wished = wished or Turns()
        self._known = self._wished.asked

    def __len__(self) -> int:
        """How many stand in it."""
        return len(self._heap)

    def append(self, node: Any) -> None:  # noqa: ANN401  doit's node
        """Stand in line."""
        self._count += 1
        heapq.heappush(self._heap, (self._turn(node), FILLER in (node.task.meta or {}), self._count, node))

    def _turn(self, node: Any) -> int:  # noqa: ANN401
        title = (node.task.meta or {}).get("title")
        if title is None:
            return -1
        return self._wished.of(title, self._turns.setdefault(title, len(self._turns)))

    def popleft(self) -> Any:  # noqa: ANN401
        """Return whose turn it is."""
        if self._known != self._wished.asked:
            self._known = self._wished.asked
            self._heap = [(self._turn(node), *rest, node) for _, *rest, node in self._heap]
            heapq.heapify(self._heap)
        return heapq.heappop(self._heap)[-1]


class OrderedDispatcher(control.TaskDispatcher):  # type: ignore[misc]  # doit is untyped
    """doit's dispatcher: what is ready in a `ReadyQueue`, what waits for one task in order."""

    def __init__(self, *arguments: Any, turns: Turns | None = None) -> None:  # noqa: ANN401  as doit makes it
        super().__init__(*arguments)
        self.ready = ReadyQueue(turns)

    def _gen_node(self, parent: Any, task_name: str) -> Any:  # noqa: ANN401
        """Return a new node for a task, or None where there is one (doit's own method of this name)."""
        node = super()._gen_node(parent, task_name)
        if node is not None:
            node.waiting_me = _Line()
        return node


class OrderedControl(control.TaskControl):  # type: ignore[misc]
    """doit's task control, with an `OrderedDispatcher`."""

    turns: Turns | None = None

    def task_dispatcher(self) -> OrderedDispatcher:
        """Return the dispatcher of the selected tasks (doit calls this)."""
        return OrderedDispatcher(self.tasks, self.targets, self.selected_tasks, turns=self.turns)


class OrderedRun(Run):  # type: ignore[misc]
    """doit's command ``run`` that keeps the order, for a program's own runs: nothing of doit is replaced."""

    turns: Turns | None = None

    @property
    def control(self) -> OrderedControl:
        """The task control of this run."""
        return self._control

    @control.setter
    def control(self, made: Any) -> None:  # noqa: ANN401  doit's own, just made
        made.__class__ = OrderedControl
        made.turns = self.turns
        self._control: OrderedControl = made

    @classmethod
    def get_name(cls) -> str:
        """Return the command's name."""
        return "run"


def ordered_run(turns: Turns) -> type[OrderedRun]:
    """Return the command ``run`` of a run whose titles may be put in another order."""
    return type("TurnedRun", (OrderedRun,), {"turns": turns})


def keep_order() -> None:
    """Have the command ``doit`` keep the order: in its own process, which loads a dodo.py for one run.

    And have it end with drapto's exit codes, of which doit knows only some; and go on where a worker of its
    process runner has ended.
    """
    cmd_run.MRunner = WatchedRunner
    control.TaskDispatcher = OrderedDispatcher
    runner.Runner.run_all = _run_all


def _told(run_all: Callable[[Any, Any], int]) -> Callable[[Any, Any], int]:
    """Return doit's method with the exit code that the reporter makes of its."""

    def told(self: Any, dispatcher: Any) -> int:  # noqa: ANN401
        code = run_all(self, dispatcher)
        of_reporter = getattr(self.reporter, "exit_code", None)
        code = code if of_reporter is None else int(of_reporter(code))
        interrupts.is_over(code)
        return code

    return told


_run_all = _told(runner.Runner.run_all)
