"""What became of the titles in a run, for its summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.state.events import AnalysisComplete, ErrorEvent, FileDiscovered, StageComplete

if TYPE_CHECKING:
    from drapto.state.events import Event


@dataclass
class Outcome:
    """What became of a title in this run.

    Attributes:
        title: Its name.
        since, until: When its first stage began, and its last one ended, monotonic seconds.
        duration: How long it plays, seconds; None where it was not probed in this run: then the run may have
            done only a part of the work, and its time says nothing of the title's speed.
        failed: Whether a stage failed.
        validated: Whether the finished file was.
        problems: What failed, a line each: the file, what is wrong, the remedy.
    """

    title: str
    since: float
    until: float
    duration: float | None = None
    failed: bool = False
    validated: bool = False
    problems: list[str] = field(default_factory=list)


class Outcomes:
    """Follows the events of a run. Not safe for threads: the display locks it."""

    def __init__(self) -> None:
        self._all: dict[str, Outcome] = {}

    def feed(self, event: Event, now: float) -> None:
        """Take in ``event``, which happened at ``now`` (monotonic seconds)."""
        if isinstance(event, FileDiscovered):
            return  # every title is discovered, few have work to do
        outcome = self._all.setdefault(event.title, Outcome(event.title, now, now))
        outcome.until = now
        match event:
            case AnalysisComplete():
                outcome.duration = event.seconds
            case ErrorEvent():
                outcome.failed = True
                if event.message not in outcome.problems:  # a full disk ends every segment that is tried
                    outcome.problems.append(event.message)
            case StageComplete(stage="validate", decode_part=None):
                outcome.validated = True

    def ended(self) -> list[Outcome]:
        """Return what became of the titles that were finished, or failed."""
        return [one for one in self._all.values() if one.validated or one.failed]
