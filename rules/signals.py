"""A signal ends a run: everything that it started, within seconds, with one line and the right exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from drapto import interrupts
from drapto.engine import process
from drapto.errors import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

GRACE = 4.0
"""Seconds that a run may take to end after a signal, before its process is ended."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


_last_resort: threading.Timer | None = None


def watch_signals(cancel: Callable[[], None], *, own: bool = False) -> None:
    """Make a signal end the run as Ctrl-C does, and take its children with it.

    Args:
        cancel: Ends what runs.
        own: Whether the process is drapto's own, and may be ended, whatever its threads are at: what runs in
            libraries hears no interrupt.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # a program that runs drapto in a thread handles its signals itself

    main = os.getpid()

    def stop(number: int, frame: FrameType | None) -> None:
        again = not interrupts.is_again() and process.is_stopping()
        cancel()
        process.kill_all()
        if os.getpid() != main:
            os._exit(EXIT_INTERRUPTED)  # a worker of doit's: what it was at is swept up by the next run
        if own:
            _end_soon(0 if again else GRACE)
            if interrupts.put_off(number, frame):
                return
            interrupts.note(number)
        raise KeyboardInterrupt

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    sys.excepthook = _quiet_interrupt(sys.excepthook)
    if own:
        interrupts.watch_what_is_forgotten()


def _end_soon(seconds: float) -> None:
    """End the process after ``seconds`` if it is still there, as its display and its threads may not."""
    global _last_resort  # noqa: PLW0603  a process ends once
    if _last_resort is None:
        _last_resort = threading.Timer(seconds, os._exit, [EXIT_INTERRUPTED])
        _last_resort.daemon = True
        _last_resort.start()
    elif seconds == 0:
        os._exit(EXIT_INTERRUPTED)


@contextlib.contextmanager
def signals_restored() -> Iterator[None]:
    """Give a program that calls drapto its own signal handlers back after a run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _last_resort  # noqa: PLW0603  as above
    handlers = [(number, signal.getsignal(number)) for number in SIGNALS]
    hooks = sys.excepthook, sys.unraisablehook
    try:
        yield
    finally:
        if _last_resort is not None:
            _last_resort.cancel()
            _last_resort = None
        sys.excepthook, sys.unraisablehook = hooks
        for number, handler in handlers:
            if handler is not None:  # None: not set from Python, so it cannot be put back
                signal.signal(number, handler)


def _quiet_interrupt(hook: Any) -> Any:
    """Say one line, not a traceback, when an interrupt ends the process."""

    def say(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            program = os.path.basename(sys.argv[0])  # noqa: PTH119  of whatever started it
            started = "doit" if program in ("doit", "__main__.py") else program
            sys.stderr.write(f"{interrupts.line(started)}\n")
            sys.stderr.flush()
            os._exit(EXIT_INTERRUPTED)
        hook(kind, error, trace)

    return say
