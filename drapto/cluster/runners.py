"""A worker's runners: processes, started when they are needed, used again, and killed for a cancel."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from drapto.cluster.frames import HEARTBEAT, RAISED, REPORT, RETURNED, receive, send
from drapto.engine import causes
from drapto.engine.group import ChildGroup, end_with_this_process
from drapto.errors import ClusterError, StalledError, ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SILENCE = 60.0
"""Seconds without a sign of life after which a runner is given up; it gives one each second."""

MODULE = "drapto.cluster.runner"


class Runner:
    """One process that runs a call at a time.

    Args:
        popen: The process.
    """

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self._heard = time.monotonic()
        self.overdue = False

    @property
    def is_alive(self) -> bool:
        """Whether it can take a call."""
        return self._popen.poll() is None

    def kill(self) -> None:
        """End it, and what it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._popen.pid, signal.SIGKILL)

    def watch(self, seconds: float) -> None:
        """Kill it where it has been silent for so long."""
        if time.monotonic() - self._heard > seconds:
            self.overdue = True
            self.kill()

    def perform(
        self, head: dict[str, Any], payload: bytes, report: Callable[[bytes], None]
    ) -> tuple[bytes, bytes]:
        """Run a call; return what came of it, a kind and bytes.

        Raises:
            ToolFailedError: The process ended.
        """
        assert self._popen.stdin is not None  # noqa: S101  these are pipes
        assert self._popen.stdout is not None  # noqa: S101
        killed_before = causes.oom_kills()
        self._heard = time.monotonic()
        try:
            send(self._popen.stdin, b"c", json.dumps(head).encode() + b"\n" + payload)
            while (message := receive(self._popen.stdout)) is not None:
                self._heard = time.monotonic()
                kind, data = message
                if kind == REPORT:
                    report(data)
                elif kind != HEARTBEAT:
                    return kind, data
        except OSError:
            pass
        raise self._ended(causes.oom_kills() - killed_before)

    def _ended(self, oom_kills: int) -> Exception:
        self.kill()
        status = self._popen.wait()
        if self.overdue:
            return StalledError(
                f"a worker's process showed no sign of life for {SILENCE:.0f} s", remedy="run again"
            )
        error = ToolFailedError(f"a worker's process was ended (status {status})", remedy="run again")
        error.cause = (causes.OUT_OF_MEMORY if oom_kills else causes.KILLED).name
        return error

    def close(self) -> None:
        """End it, and its pipes."""
        self.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Runners:
    """All runners of a worker. Any thread may use it.

    Args:
        nice: Of all that they run, as nice(1).
    """

    def __init__(self, nice: int = 0) -> None:
        self._nice = nice
        self._group = ChildGroup()
        end_with_this_process(self._group)
        self._idle: list[Runner] = []
        self._busy: dict[str, Runner] = {}
        self._lock = threading.RLock()
        self._closed = False
        threading.Thread(target=self._look_after, name="runners", daemon=True).start()

    @contextlib.contextmanager
    def taken(self, token: str) -> Iterator[Runner]:
        """Yield a runner for one call.

        Args:
            token: Names the call, for `kill`.

        Raises:
            ClusterError: The worker ends.
        """
        with self._lock:
            if self._closed:
                raise ClusterError("the worker is ending")
            runner = self._fresh()
            self._busy[token] = runner
        try:
            yield runner
        finally:
            with self._lock:
                del self._busy[token]
                usable = runner.is_alive and not runner.overdue and not self._closed
                if usable:
                    self._idle.append(runner)
            if not usable:
                runner.close()

    def _fresh(self) -> Runner:
        """Return an idle runner, or a new one."""
        while self._idle:
            runner = self._idle.pop()
            if runner.is_alive:
                return runner
            runner.close()
        command = [sys.executable, "-m", MODULE, str(self._nice)]
        popen = self._group.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return Runner(popen)

    def kill(self, token: str) -> None:
        """End a call, where it runs."""
        with self._lock:
            runner = self._busy.get(token)
            if runner is not None:
                runner.kill()

    def _look_after(self) -> None:
        while not self._closed:
            time.sleep(1.0)
            with self._lock:
                busy = list(self._busy.values())
            for runner in busy:
                runner.watch(SILENCE)

    def close(self) -> None:
        """End all of them, at once, and begin no more."""
        with self._lock:
            self._closed = True
            self._group.kill()
            for runner in (*self._idle, *self._busy.values()):
                runner.kill()


__all__ = ["RAISED", "RETURNED", "Runner", "Runners"]
