"""A process group that ends with this process, however that ends.

A watcher, a shell of one line, leads the group and waits on a pipe whose other end this process holds. When
that end closes, it kills its group: the kernel closes it whatever ends this process, SIGKILL included. Only
POSIX is asked for. No child can slip away in between: it joins the group before it becomes its program, and
until then it holds the pipe open itself; and where the watcher has gone, there is no group to join, and the
child does not start. Only what kills the watcher alone leaves the children of that moment without it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import errno
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import IO

WATCHER = "trap '' HUP INT QUIT TERM; read -r _; kill -s KILL 0"
"""Waits for the end of its input, then kills its group, itself included."""

SHELL = "/bin/sh"


IOPRIO_WHO_PROCESS = 1
IOPRIO_CLASSES = {"best-effort": 2 << 13 | 7, "idle": 3 << 13}
"""ioprio_set(2): the class in the upper bits, the level within it in the lower; 7 is the lowest."""

IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "armv7l": 314, "riscv64": 30, "ppc64le": 273, "s390x": 282}
"""The system call's number by machine; the C library has no function for it."""


@dataclass(frozen=True)
class Priority:
    """How children stand behind what else the machine does.

    Attributes:
        nice: As nice(1), 0 to 19.
        io: A class of `IOPRIO_CLASSES`; empty for the usual one. Linux only.
    """

    nice: int = 0
    io: str = ""

    def give(self, pid: int) -> None:
        """Give it to a child, as far as the system lets."""
        with contextlib.suppress(OSError):
            if self.nice:
                os.setpriority(os.PRIO_PROCESS, pid, self.nice)
        number = IOPRIO_SET.get(os.uname().machine) if self.io and sys.platform == "linux" else None
        if number is not None:
            call = ctypes.CDLL(None).syscall
            call(number, IOPRIO_WHO_PROCESS, pid, IOPRIO_CLASSES[self.io])


class ChildGroup:
    """Starts children in a group of their own. Not safe for threads: the caller locks it.

    It costs one shell, about a millisecond and a megabyte, from the first child on; and nothing for each
    child, unlike a function that is called between fork and exec: that is unsafe in a process with threads,
    and makes Python copy this process's page tables (0.6 ms against 6.9 ms a child, at 200 MB).
    """

    def __init__(self) -> None:
        self._leader: int | None = None
        self._held: int | None = None

    def start(
        self,
        arguments: list[str],
        *,
        stdin: int | IO[bytes],
        stdout: int | IO[bytes],
        stderr: int | IO[bytes],
    ) -> subprocess.Popen[bytes]:
        """Start a child in the group.

        Raises:
            OSError: The program cannot be started.
        """

        def join() -> subprocess.Popen[bytes]:
            leader = self._watched()
            return subprocess.Popen(
                arguments, stdin=stdin, stdout=stdout, stderr=stderr, process_group=leader
            )

        try:
            return join()
        except PermissionError as error:
            if error.errno != errno.EPERM or error.filename is not None:
                raise
            # no such group in this session: the watcher was killed just now, or this is a new session. The
            # pipe to an old watcher stays open, since other children may be in its group
            self._leader = self._held = None
            return join()

    def _watched(self) -> int:
        """Return the group's number, with a watcher that is alive."""
        if self._leader is not None and self._is_alive(self._leader):
            return self._leader
        if self._held is not None:
            os.close(self._held)
        given, self._held = os.pipe()
        try:
            quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
            self._leader = os.posix_spawn(
                SHELL,
                [SHELL, "-c", WATCHER],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, given, 0), *quiet],
                setpgroup=0,
            )
        finally:
            os.close(given)
        return self._leader

    @staticmethod
    def _is_alive(leader: int) -> bool:
        try:
            return os.waitpid(leader, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def kill(self) -> None:
        """Kill the children, and all that they have started; the next child begins a new group."""
        leader, held = self._leader, self._held
        self._leader = self._held = None
        if leader is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)
        if held is not None:
            os.close(held)
        if leader is not None:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(leader, 0)

    def stop(self) -> None:
        """Stop the children where they are, but not the watcher, which must hear of this process's end."""
        if self._leader is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._leader, signal.SIGSTOP)
                os.kill(self._leader, signal.SIGCONT)

    def go_on(self) -> None:
        """Let the children go on."""
        if self._leader is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._leader, signal.SIGCONT)

    def forget(self) -> None:
        """Leave the group to the process that this one was forked from."""
        if self._held is not None:
            os.close(self._held)
        self._leader = self._held = None


def end_with_this_process(group: ChildGroup) -> None:
    """Kill the group's children also where this process ends well, as a program that uses drapto may."""
    atexit.register(group.kill)


PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when the thread that started it ends."""


def end_with(parent: int, sent: signal.Signals) -> None:
    """Get a signal when this process's parent ends, however that ends; Linux alone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, sent, 0, 0, 0)
    if os.getppid() != parent:  # it ended before: nobody would send the signal
        os.kill(os.getpid(), sent)
