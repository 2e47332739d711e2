"""How often a stage is tried: what may pass by itself is tried again, after a while, and not for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from drapto.engine import causes, process
from drapto.errors import DraptoError, StageError, printable
from drapto.rules.failures import foreseen
from drapto.rules.healing import heal
from drapto.state import memory
from drapto.state.breaker import Breaker
from drapto.state.events import RunPaused, RunResumed, StageRetried
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.engine.causes import Cause
    from drapto.rules.work import Work

T = TypeVar("T")

FIRST_WAIT = 0.5
"""Seconds before the second attempt; before each further one it is four times as long. What takes longer to
pass is the breaker's to wait for."""

LONGEST_WAIT = 60.0


class NotBegunError(StageError):
    """A task that is not begun, since those before it have failed alike."""


def persistently(work: Work, task: str, place: dict[str, Any], once: Callable[[], T]) -> T:
    """Do something, and again where it failed for what may pass.

    Args:
        work: The surroundings.
        task: The task's name.
        place: Which task it is, as events say it.
        once: What to do.

    Raises:
        DraptoError: It failed for good.
    """
    settings = work.project.config.processing
    breaker = Breaker(work.state.state_dir / "breaker", settings.breaker_reset)
    attempt = 0
    while True:
        _await_admission(work, breaker, task)
        attempt += 1
        began = time.time()
        try:
            result = once()
        except (DraptoError, OSError, MemoryError) as error:
            known = foreseen(error, work.title)
            cause = causes.of_error(known)
            if process.is_stopping():
                raise known  # noqa: B904  it has its cause
            if _healed(work, place, known, began, attempt):
                attempt -= 1
                continue
            again = cause.transient and not known.final
            _count(work, breaker, task, cause, again=again)
            if not again or attempt >= settings.max_attempts:
                raise known  # noqa: B904  as above
            wait = min(LONGEST_WAIT, FIRST_WAIT * 4 ** (attempt - 1))
            work.publish(
                StageRetried(
                    **place,
                    message=str(known),
                    cause=cause.name,
                    attempt=attempt,
                    attempts=settings.max_attempts,
                    seconds=wait,
                )
            )
            _sleep(wait)
        else:
            breaker.passed()
            return result


def _healed(work: Work, place: dict[str, Any], error: DraptoError, began: float, attempt: int) -> bool:
    """Return whether what the stage found broken was made again."""
    try:
        remade = heal(work, place, error, began)
    except (DraptoError, OSError) as failure:
        error.remedy = f"making it again failed, too ({failure}); {error.remedy or 'run again'}"
        return False
    if not remade:
        return False
    said = f"{error.problem}; made again by {', '.join(remade)}"
    attempts = work.project.config.processing.max_attempts
    text = said if error.path is None else f"{printable(error.path)}: {said}"
    cause = causes.BROKEN.name
    work.publish(
        StageRetried(**place, message=text, cause=cause, attempt=attempt, attempts=attempts, seconds=0.0)
    )
    return True


def _count(work: Work, breaker: Breaker, task: str, cause: Cause, *, again: bool) -> None:
    """Take in a failure; where all wait for it now, say so."""
    if cause is causes.OUT_OF_MEMORY:
        memory.was_killed(work.title.encode_data)
    if not again:
        if not cause.resource:
            breaker.passed()
        return
    alone = cause.resource or len(work.project.titles) == 1
    if breaker.failed(task, work.title.name, cause.name, alone=alone):
        reset = time_text(work.project.config.processing.breaker_reset)
        reason = f"all that is begun {cause.text}; nothing new begins for {reset}: {cause.remedy}"
        work.publish(RunPaused(title=work.title.name, reason=reason))


def _await_admission(work: Work, breaker: Breaker, task: str) -> None:
    """Wait until the task may begin.

    Raises:
        NotBegunError: It is not to begin in this run.
    """
    _await_leave(work)
    waited = False
    while True:
        answer = breaker.admit(task, work.title.name)
        if answer.refused:
            cause = causes.CAUSES[answer.refused]
            text = f"not begun: all that was begun before {cause.text}"
            error = NotBegunError(text, path=work.title.source, remedy=cause.remedy)
            error.cause = cause.name
            raise error
        if not answer.wait:
            break
        waited = True
        _sleep(min(answer.wait, 1.0))
    if waited:
        work.publish(RunResumed(title=work.title.name))


def _await_leave(work: Work) -> None:
    """Wait while who watches the run has it paused: what runs goes on to its end, nothing begins.

    Raises:
        StageError: It is being interrupted.
    """
    leave = work.state.leave
    if leave.given:
        return
    work.publish(RunPaused(title=work.title.name, reason="paused; it goes on when it is asked to"))
    while not leave.wait(0.1):
        if process.is_stopping():
            raise StageError("not begun, the run is being interrupted")
    work.publish(RunResumed(title=work.title.name))


def _sleep(seconds: float) -> None:
    """Wait, but not longer than the run lasts.

    Raises:
        StageError: It is being interrupted.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if process.is_stopping():
            raise StageError("not tried again, the run is being interrupted")
        time.sleep(min(0.1, left))
