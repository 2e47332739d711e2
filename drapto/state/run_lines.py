"""What a run's log says of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.state.events import (
    ErrorEvent,
    HookFailed,
    RunPaused,
    RunResumed,
    StageComplete,
    StageEvent,
    StageRetried,
    StageStarted,
)
from drapto.words import time_text

if TYPE_CHECKING:
    from drapto.state.events import Event


def line_of(event: Event) -> str:
    """Return the line of an event; empty where there is none."""
    where, text = _place(event), ""
    match event:
        case StageStarted():
            text = f"{where}: begins"
        case StageComplete():
            notes = "".join(f"; note: {note}" for note in event.notes)
            text = f"{where}: done in {time_text(event.seconds)}: {event.summary}{notes}".rstrip(": ")
        case ErrorEvent():
            cause = f" [{event.cause}]" if event.cause else ""
            text = f"{where}: failed{cause}: {event.message}"
        case StageRetried():
            again = f"again in {time_text(event.seconds)}"
            counted = f"attempt {event.attempt} of {event.attempts}"
            text = f"{where}: {counted} failed [{event.cause}], {again}: {event.message}"
        case HookFailed():
            text = f"{where}: {event.message}"
        case RunPaused():
            text = f"paused: {event.reason}"
        case RunResumed():
            text = "goes on"
    return text


def _place(event: Event) -> str:
    if not isinstance(event, StageEvent):
        return event.title
    return f"{event.title} {event.stage}" + ("" if event.part is None else f" {event.part}")
