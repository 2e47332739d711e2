"""Who follows a run besides its display: its records, its log, its tally, the user's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.project import Project
    from drapto.state.bus import Bus, Subscription
    from drapto.state.events import Event
    from drapto.state.tally import Tally

    Make = Callable[[Project, Bus], Callable[[Event], None] | None]

_others: list[Make] = []


def in_each_run(make: Make) -> None:
    """Have what ``make`` returns for a project, and its bus, follow each of its runs; None follows none."""
    _others.append(make)


class Listeners:
    """Subscribes them, each once in a run. Not safe for threads: the run's state locks it.

    Args:
        state_dir: The project's state directory.
        bus: Where the run's events are published.

    Attributes:
        tally: What was done in this run, or in the last one that has ended; None before there was one.
    """

    def __init__(self, state_dir: Path, bus: Bus) -> None:
        self._state_dir = state_dir
        self._bus = bus
        self.tally: Tally | None = None
        self._recording: Subscription | None = None
        self._counting: list[Subscription] = []
        self._logging: Subscription | None = None

    def record(self, project: Project) -> None:
        """Have what becomes of segments written down; cheap when repeated."""
        if self._recording is None:
            from drapto.state.recorder import Recorder

            recorder = Recorder({title.name: title.encode_data for title in project.titles})
            self._recording = self._bus.subscribe(recorder)

    def begin(self, project: Project, head: Callable[[], str]) -> None:
        """Have what happens in this run counted and written down, one log for each run.

        Args:
            project: The project.
            head: Returns what is to stand at the log's beginning.
        """
        if self._logging is not None:
            return
        from drapto.state.run_log import RunLog
        from drapto.state.tally import Tally

        self._logging = self._bus.subscribe(RunLog(self._state_dir / "logs", head))
        self.tally = Tally({title.name: title.logs for title in project.titles})
        self._counting = [self._bus.subscribe(self.tally)]
        # ended before the tally is, which hears how they went
        others = [made for make in _others if (made := make(project, self._bus)) is not None]
        self._counting = [*map(self._bus.subscribe, others), *self._counting]

    def wait(self) -> None:
        """Wait for who has something to end, such as commands that are called; count no more."""
        for subscription in self._counting:
            subscription()
        self._counting = []

    def close(self) -> None:
        """End all subscriptions."""
        self.wait()
        for subscription in (self._recording, self._logging):
            if subscription is not None:
                subscription()
        self._recording = self._logging = None
