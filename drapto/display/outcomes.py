"""What became of the titles in a run, for its summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.state.events import AnalysisComplete, ErrorEvent, FileDiscovered, StageComplete, TitleSkipped

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
        skipped: Why it was left alone; empty where it was not.
        copied: Whether the source itself was published then.
        problems: What failed, a line each: the file, what is wrong, the remedy.
    """

    title: str
    since: float
    until: float
    duration: float | None = None
    failed: bool = False
    validated: bool = False
    skipped: str = ""
    copied: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def published(self) -> bool:
        """Whether its output is what this run made it."""
        return not self.failed and (self.copied or not self.skipped)


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
            case TitleSkipped():
                outcome.copied = event.copied
                copied = "; the source itself is published" if event.copied else ""
                outcome.skipped = (
                    f"skipped: {event.reason}{copied}; to encode it all the same: {event.remedy}"
                )
            case StageComplete(stage="validate", decode_part=None):
                outcome.validated = True

    def ended(self) -> list[Outcome]:
        """Return what became of the titles that were finished, or failed, or were left alone."""
        return [one for one in self._all.values() if one.validated or one.failed or one.skipped]
