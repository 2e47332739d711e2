"""What an action works with: its title, the engine that its work runs on, the bus that hears of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from drapto.engine.needs import Needs, Started, Waiting
from drapto.rules import run_state
from drapto.rules.waits import Waits
from drapto.state import memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.engine.context import StageContext
    from drapto.engine.execution import Engine, Report
    from drapto.project import Project, Title
    from drapto.rules.run_state import RunState
    from drapto.state.events import Event

T = TypeVar("T")

DISK_BOUND = Needs()
"""What waits for the disk, not for the processor."""

ONE_CPU = Needs(cpus=1)


@dataclass(frozen=True)
class Work:
    """The surroundings of a rule's action.

    Attributes:
        project: The project.
        title: The title.
        state: What the tasks of this run share.
        place: Which task it is, as events say it; empty for work that is no task's.
    """

    project: Project
    title: Title
    state: RunState
    place: dict[str, Any] = field(default_factory=dict)
    _waits: Waits = field(default_factory=Waits)

    @property
    def context(self) -> StageContext:
        """What the work itself is given, wherever it runs.

        Raises:
            ToolMissingError: There is no ffmpeg that can do it.
        """
        return run_state.context_for(self.project, self.title)

    def run(
        self,
        function: Callable[..., T],
        /,
        needs: Needs = DISK_BOUND,
        *,
        told: Callable[[Report], None] | None = None,
        **arguments: object,
    ) -> T:
        """Have the run's engine call ``function``, which stands at the top of its module.

        Args:
            function: What to call; if it has a parameter ``report``, the engine fills it in.
            needs: What it needs for as long as it runs.
            told: Is told when it begins (`Started`), and what it reports.
            arguments: What to call it with; they can be pickled.

        Raises:
            DraptoError: As the function does.
        """
        from drapto.engine.execution import Call

        engine = self.state.engine(self.project)
        with self._waits.call() as began:
            return engine.run(
                Call.of(function, **arguments),
                self._grown(needs, engine),
                self._hearing(told or _unheard, began),
            )

    def _grown(self, needs: Needs, engine: Engine) -> Needs:
        """Return what is needed: twice as much memory for each time that the title lacked it."""
        times = self.doublings if needs.memory else 0
        if not times:
            return needs
        return replace(needs, memory=min(engine.capacity().memory, needs.memory << times))

    @property
    def doublings(self) -> int:
        """How often an encode of the title was killed for lack of memory."""
        return memory.doublings(self.title.encode_data)

    def _hearing(self, told: Callable[[Report], None], began: Callable[[], bool]) -> Callable[[Report], None]:
        # not for a run with nothing to do
        from drapto.engine.room import Paused, Resumed
        from drapto.state.events import RunPaused, RunResumed
        from drapto.state.progress_events import StageRunning, StageWaiting

        def hear(report: Report) -> None:
            if isinstance(report, Waiting):
                if self.place and self._waits.waits():
                    self.publish(StageWaiting(**self.place, waits_for=report.what))
                return
            if isinstance(report, Started) and began():
                self.publish(StageRunning(**self.place))
            if isinstance(report, Paused):
                self.publish(RunPaused(title=self.title.name, reason=report.why))
            elif isinstance(report, Resumed):
                self.publish(RunResumed(title=self.title.name))
            else:
                told(report)

        return hear

    def publish(self, event: Event) -> None:
        """Tell all that follow the run."""
        self.state.bus.publish(event)

    def once(self, text: str) -> bool:
        """Return whether this is the first time in this run that ``text`` is to be said of the title."""
        return self.state.once(self.title, text)


def _unheard(report: Report) -> None:
    del report
