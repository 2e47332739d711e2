"""Ctrl-C before a run begins and after it has ended: one line and an exit code, never a traceback.

Until a run listens to signals itself, Python raises KeyboardInterrupt wherever it is, mostly in the import of
a module. From there it comes out as a traceback; or it is shown and forgotten, where it is raised in a
callback of Python's own, as the import system has some.

What comes before this module is loaded is not drapto's: the start of Python and, of ``doit``, doit's modules.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

INTERRUPTED = 130
"""The exit code, `drapto.errors.EXIT_INTERRUPTED`; that module is not loaded by then."""

ANEW = ("--force", "-a", "--always-execute")
"""Options of drapto's, and of doit's, by which what is done already would be done once more."""

KEEPS_NOTHING = ("score", "compare", "sample", "probe", "crop")
"""Commands that leave nothing to go on from."""

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")
"""What a shell takes as it is."""

IMPORT_SYSTEM = "<frozen importlib."
"""How the file of each frame of Python's import system begins."""

MODEL_BUILDER = "pydantic/_internal/_model_construction.py"
"""How that of pydantic's ends that builds what checks a model, at its first use: an interrupt there comes out
as an error of the model."""

SAVES = ("doit/dependency.py", "save_success")
"""The file, and the function in it, by which doit writes down that a task has succeeded, value by value.
Broken off in its midst, what took minutes would be done once more."""

LATER = 0.02
"""Seconds until an interrupt that came during an import, or such a save, is tried again."""

MOST = 25
"""How often it is: what takes longer, as it waits for a disk or a processor, is broken off."""

_ours = False
_heard = 0
_again = False
_code: int | None = None
_put_off = 0


def line(program: str, arguments: Sequence[str] | None = None) -> str:
    """Return what an interrupted process says: the command that goes on, as a shell takes it.

    It imports nothing: it may be asked in the midst of an import.

    Args:
        program: Its name.
        arguments: Its arguments; this process's own by default.
    """
    given = sys.argv[1:] if arguments is None else arguments
    words = [program, *(one for one in given if one not in ANEW)]
    how = "begin anew" if words[1:2] and words[1] in KEEPS_NOTHING else "resume"
    return f"interrupted; to {how}: {' '.join(map(_quoted, words))}"


def _quoted(word: str) -> str:
    """Return a word as a shell takes it, and as a terminal may have it: names may come from strangers."""
    if word and PLAIN.issuperset(word):
        return word
    if word.isprintable():
        return "'" + word.replace("'", "'\"'\"'") + "'"
    raw = "".join(chr(byte) if chr(byte) in PLAIN else f"\\x{byte:02x}" for byte in os.fsencode(word))
    return f"$'{raw}'"


def end_at_once() -> None:
    """End this process at Ctrl-C with a line: there is nothing yet that would have to be put in order."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        _end_if_over()
        os.write(2, f"{line('doit')}\n".encode())
        os._exit(INTERRUPTED)

    _listen(end)


def wait_for_imports(said: str) -> None:
    """Raise KeyboardInterrupt at Ctrl-C as Python does, but when the import that it comes in has ended.

    Args:
        said: What to say where the import takes too long, and the process is ended in it.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        _end_if_over()
        if put_off(number, frame):
            return
        if _is_in_one_go(frame):
            os.write(2, f"{said}\n".encode())
            os._exit(INTERRUPTED)
        note(number)
        raise KeyboardInterrupt

    _listen(interrupt)
    if _ours:
        watch_what_is_forgotten()


def end(line: str) -> None:
    """Say a line of drapto's own, and end this process as interrupted."""
    os.write(2, f"{line}\n".encode())
    sys.exit(INTERRUPTED)


def is_over(code: int) -> None:
    """From now on, a signal ends this process with ``code`` and no word: all is done but for Python's exit.

    Nothing happens in a process that is not drapto's, or doit's, own.
    """
    global _code  # noqa: PLW0603  a process ends once
    if _ours:
        _code = code


def note(number: int) -> None:
    """Remember that a signal interrupted this process."""
    global _heard  # noqa: PLW0603  as above
    _heard = number


def was_heard() -> bool:
    """Return whether this process was interrupted: what goes wrong from then on does so for that."""
    return _heard != 0


def is_again() -> bool:
    """Return, once, whether a signal that comes now is an earlier one, sent again by this module."""
    global _again
    again, _again = _again, False
    return again


def watch_what_is_forgotten() -> None:
    """Interrupt this process again where Python would show an interrupt and forget it.

    So it does with what is raised in callbacks: of weak references, as its import system has some, of a fork,
    of an object's end.
    """
    hook = sys.unraisablehook

    def forgotten(what: sys.UnraisableHookArgs) -> None:
        if issubclass(what.exc_type, KeyboardInterrupt) and _heard:
            _send_again(_heard)
        else:
            hook(what)

    sys.unraisablehook = forgotten


def put_off(number: int, frame: FrameType | None) -> bool:
    """Send this process a signal again in a moment, if it came amid what goes on; return whether it did.

    Args:
        number: The signal.
        frame: What it came in.
    """
    global _put_off  # noqa: PLW0603  the handlers of signals are the process's
    _end_if_over()
    if not _is_in_one_go(frame) or _put_off >= MOST:
        _put_off = 0
        return False
    _put_off += 1
    _send_again(number)
    return True


def _send_again(number: int) -> None:
    """Send this process a signal in a moment."""

    def send(*_: object) -> None:
        global _again  # noqa: PLW0603  as above
        _again = True
        os.kill(os.getpid(), number)

    # no thread: to start one takes a lock, which this very thread may hold
    signal.signal(signal.SIGALRM, send)
    # Python gives signals back to the system when it exits, and an alarm would end a run that ended well
    atexit.unregister(_stop_alarm)
    atexit.register(_stop_alarm)
    signal.setitimer(signal.ITIMER_REAL, LATER)


def _stop_alarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def _listen(handler: object) -> None:
    """Handle Ctrl-C, unless somebody does already, or it is ignored, as a shell has it in the background."""
    global _ours  # noqa: PLW0603  as above
    with contextlib.suppress(ValueError):  # in another than the main thread, a process is a program's
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, handler)  # type: ignore[arg-type]
            _ours = True


def _end_if_over() -> None:
    if _code is not None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # it is closed, or was being written to
                stream.flush()
        os._exit(_code)


def _is_in_one_go(frame: FrameType | None) -> bool:
    """Return whether a frame, or one that called it, loads modules, builds models or saves a success."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(IMPORT_SYSTEM) or file.endswith(MODEL_BUILDER):
            return True
        if file.endswith(SAVES[0]) and frame.f_code.co_name == SAVES[1]:
            return True
        frame = frame.f_back
    return False
