"""The process in which a worker runs its calls: ``python -m drapto.cluster.runner``.

One at a time, so that a call that is cancelled is ended by ending the process, and what it has started goes
with it (`drapto.engine.group`). It reads calls from its standard input and ends when that does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import IO, Any

from drapto.cluster import wire
from drapto.cluster.calls import REMOTE
from drapto.cluster.frames import HEARTBEAT, RAISED, REPORT, RETURNED, receive, send
from drapto.engine import causes, process, spent
from drapto.engine.execution import Call
from drapto.engine.group import Priority
from drapto.engine.spent import Spent
from drapto.errors import ClusterError, DraptoError

BEAT = 1.0
"""Seconds between two signs of life while a call runs."""


class Speaker:
    """Writes messages, from any thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, kind: bytes, data: bytes = b"") -> None:
        """Write a message; end the process where nobody reads any more."""
        with self._lock:
            try:
                send(self._stream, kind, data)
            except OSError:
                os._exit(1)


def main() -> None:
    """Run calls until the standard input ends."""
    speaker = Speaker(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what a library prints is no message
    if len(sys.argv) > 1:
        process.set_priority(Priority(int(sys.argv[1])))
    while (message := receive(sys.stdin.buffer)) is not None:
        head, _, payload = message[1].partition(b"\n")
        done = threading.Event()
        threading.Thread(target=_beat, args=(speaker, done), daemon=True).start()
        kind, answer = _performed(json.loads(head), payload, speaker)
        done.set()
        speaker.say(kind, answer)


def _beat(speaker: Speaker, done: threading.Event) -> None:
    while not done.wait(BEAT):
        speaker.say(HEARTBEAT)


def _performed(head: dict[str, Any], payload: bytes, speaker: Speaker) -> tuple[bytes, bytes]:
    """Run a call; return what it returns, or raises, as a message."""
    roots = {name: Path(path) for name, path in head["roots"].items()}
    try:
        call = wire.load(payload, roots)
        _require_known(call)
        value = call.run(lambda report: speaker.say(REPORT, wire.dump(report, roots)))
        return RETURNED, wire.dump(value, roots)
    except Exception as error:  # noqa: BLE001  whatever it is, it is for the one that asked
        return RAISED, wire.dump(_told(error, head["folder"], head["shown"]), roots)
    finally:
        speaker.say(REPORT, wire.dump(sum(spent.take().values(), Spent()), roots))


def _require_known(call: object) -> None:
    """Refuse what is no call of drapto's, and none that a worker runs.

    Raises:
        ClusterError: It is not.
    """
    if not isinstance(call, Call) or call.function not in REMOTE:
        name = getattr(call, "function", type(call).__name__)
        remedy = "use the same version of drapto everywhere"
        raise ClusterError(f"{name} is no call that a worker runs", remedy=remedy)


def _told(error: Exception, folder: str, shown: str) -> Exception:
    """Return an error as it can be sent: with its cause, and with the files' own names.

    Args:
        error: The error.
        folder: Where the call's files lie here.
        shown: What that is a copy of.
    """
    if isinstance(error, DraptoError):
        if not error.cause and error.__cause__ is not None:
            error.cause = causes.of_error(error).name
        parts = (error.problem, error.path, error.remedy)
        named = tuple(part and part.replace(folder, shown) for part in parts)
        error.problem, error.path, error.remedy = named[0] or "", named[1], named[2]
        error.args = named
        return error
    if isinstance(error, OSError):
        if isinstance(error.filename, str | bytes | os.PathLike):
            error.filename = os.fsdecode(error.filename).replace(folder, shown)
        return error
    of_library = type(error).__module__.partition(".")[0] == "av"
    if of_library or isinstance(error, ValueError | ArithmeticError | MemoryError):
        return error
    import traceback  # noqa: PLC0415  a fault of drapto's own

    return RuntimeError(f"on a worker: {''.join(traceback.format_exception(error))}")


if __name__ == "__main__":
    main()
