"""What drapto does in its own process is given up, too, where it shows no sign of life.

A read from a disk that is gone, or from a server that does not answer, may never return, and no thread can be
ended that waits for it. So such work is done in a thread of its own, whose processor time and bytes the
kernel counts; where nothing comes of it for too long, whoever waits for it goes on without it, and the run
can end. What was given up does nothing more that counts: it may neither report nor put a file under its name.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from drapto.engine.causes import STALLED_DISK
from drapto.engine.vitals import BYTES_A_SECOND, CPU_SHARE, LOOK
from drapto.errors import StageError
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

SHORTEST = 0.05
"""Seconds between two looks, at least."""

_excused: set[int] = set()
"""Threads that wait for what is watched itself, or is slow without a sign: a child, the flush of a file."""

_given_up: set[int] = set()
"""Threads that nobody waits for any more. Their numbers do not return while they are there."""


class GivenUpError(BaseException):
    """Ends a thread that nobody waits for any more; no failure of anything, so that none handles it."""


@contextlib.contextmanager
def excused() -> Iterator[None]:
    """Need show no sign of life during the block."""
    own = threading.get_ident()
    outer = own in _excused
    _excused.add(own)
    try:
        yield
    finally:
        if not outer:
            _excused.discard(own)


def require_wanted() -> None:
    """Go no further in a thread that was given up.

    Raises:
        GivenUpError: It was.
    """
    if threading.get_ident() in _given_up:
        raise GivenUpError


def watched(
    work: Callable[[], T],
    patience: float,
    *,
    path: Callable[[], str | None] = lambda: None,
    paused: Callable[[], bool] = lambda: False,
) -> T:
    """Do something in a thread of its own, and return what it returns.

    Args:
        work: What to do.
        patience: Seconds without a sign of life after which it is given up; 0 or less: never.
        path: Returns the file that it works on, where the kernel does not tell.
        paused: Tells whether all work waits.

    Raises:
        StageError: It was given up.
        RuntimeError: Its thread has ended without doing it, as a tracer or a debugger may have it.
        BaseException: What ``work`` raised.
    """
    if patience <= 0:
        return work()
    worker = _Worker(work)
    look_every = max(SHORTEST, patience / LOOK)
    signs = _Signs(worker, look_every)
    while not worker.done.wait(look_every):
        if worker.is_gone:
            raise RuntimeError("the thread of a call ended before the call")
        if worker.ident in _excused or paused():
            signs.forget()
        elif signs.silent_for() >= patience and not worker.done.is_set():
            _given_up.add(worker.ident)
            problem = f"stalled: nothing could be read from it, or written to it, for {time_text(patience)}"
            error = StageError(problem, path=_file_of(worker) or path(), remedy=STALLED_DISK.remedy)
            error.cause = STALLED_DISK.name
            raise error
    return worker.result()


class _Worker(Generic[T]):
    """A thread that does something once.

    Attributes:
        done: Set when it has ended.
        ident: Python's number of the thread.
        native: The kernel's.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self.done = threading.Event()
        self._work = work
        self._error: BaseException | None = None
        # a daemon: one that never returns must not keep the process
        self._thread = threading.Thread(target=self._run, name="work", daemon=True)
        self._thread.start()
        self.ident = self._thread.ident or 0
        self.native = self._thread.native_id or 0

    @property
    def is_gone(self) -> bool:
        """Whether the thread is no more, and has not even begun."""
        return not self._thread.is_alive() and not self.done.is_set()

    def _run(self) -> None:
        try:
            self._returned = self._work()
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            self._error = error
        finally:
            self.done.set()
            _given_up.discard(threading.get_ident())

    def result(self) -> T:
        """Return what came of it.

        Raises:
            BaseException: What was raised.
        """
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # it refers to the frames that refer to this
        return self._returned


class _Signs:
    """Tells how long a thread has shown no sign of life, by what the kernel counts of it.

    Args:
        worker: The thread.
        look_every: Seconds after which it is asked, as long as this process and the machine are awake.
    """

    def __init__(self, worker: _Worker[T], look_every: float) -> None:
        self._worker = worker
        self._look_every = look_every
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._alive = self._asked = time.monotonic()
        self._base = self._usage()

    def silent_for(self) -> float:
        """Return the seconds since its last sign of life."""
        now = time.monotonic()
        if now - self._asked > 5.0 + 2 * self._look_every:
            self.forget()  # nobody asked for so long: drapto itself was stopped, or the machine slept
            return 0.0
        self._asked = now
        cpu, moved = self._usage()
        seconds = now - self._alive
        if cpu - self._base[0] >= CPU_SHARE * seconds or moved - self._base[1] >= BYTES_A_SECOND * seconds:
            self._alive, self._base = now, (cpu, moved)
        return now - self._alive

    def _usage(self) -> tuple[float, int]:
        """Return the thread's processor seconds, and the bytes that it moved."""
        folder = f"/proc/self/task/{self._worker.native}"
        try:
            with open(f"{folder}/stat", "rb") as file:  # noqa: PTH123  as little as can be, it is asked often
                times = file.read().rpartition(b")")[2].split()[11:13]
            with open(f"{folder}/io", "rb") as file:  # noqa: PTH123
                counts = [int(line.partition(b":")[2]) for line in file.readlines()[:2]]
        except (OSError, ValueError):  # it has ended; or the kernel is another, and counts nothing of threads
            return time.monotonic(), 0
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK"), sum(counts)


def _file_of(worker: _Worker[T]) -> str | None:
    """Return the file of the system call in which a thread is; None where that cannot be told."""
    try:
        with open(f"/proc/self/task/{worker.native}/syscall", encoding="ascii") as file:  # noqa: PTH123
            handle = int(file.read().split()[1], 16)
        name = os.readlink(f"/proc/self/fd/{handle}")  # noqa: PTH115  it may be the name of no file
    except (OSError, ValueError, IndexError):
        return None
    return name if name.startswith("/") and not name.startswith(("/dev/", "/proc/")) else None


def _begin_in_a_fork() -> None:
    """Forget the other process's threads: this one's may get their numbers."""
    _given_up.clear()
    _excused.clear()


os.register_at_fork(after_in_child=_begin_in_a_fork)
