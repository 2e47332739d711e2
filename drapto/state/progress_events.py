"""How far a run is, and what waits in it, as values: they come from what follows a run's other events."""

from __future__ import annotations

from dataclasses import dataclass

from drapto.state.events import Event, StageEvent

__all__ = ["QueueProgress", "StageRunning", "StageWaiting", "TitleProgress"]


@dataclass(frozen=True, kw_only=True)
class StageWaiting(StageEvent):
    """A stage that has begun cannot work yet.

    Attributes:
        waits_for: What it waits for, in a few words: ``a processor``, ``memory``.
    """

    name = "stage_waiting"
    waits_for: str


@dataclass(frozen=True, kw_only=True)
class StageRunning(StageEvent):
    """A stage has what it waited for, and works."""

    name = "stage_running"


@dataclass(frozen=True, kw_only=True)
class TitleProgress(Event):
    """How far a title is, about once a second while something of it is left to do.

    Attributes:
        fraction: How much of its work is done, 0 to 1, all stages weighted by what they take on this machine.
        seconds_left: Until it is finished, those that it waits for other titles included; None where that
            is not known yet.
    """

    name = "title_progress"
    fraction: float
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class QueueProgress(Event):
    """How far the whole run is, about once a second.

    Attributes:
        title: Empty: it is of all titles.
        fraction: How much of the work on all titles is done, 0 to 1.
        seconds_left: Until the last one is finished; None where that is not known yet.
        titles: How many titles the run works on.
        finished: How many of them need no more work: finished, failed, or left alone.
    """

    name = "queue_progress"
    title: str = ""
    fraction: float
    seconds_left: float | None = None
    titles: int
    finished: int
