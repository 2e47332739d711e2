"""A cluster on this machine for tests: a scheduler and workers, as the commands start them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECKOUT = Path(__file__).parent.parent


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """Processes of `drapto cluster`; ``folder`` gets what they say, and the workers' scratch."""

    def __init__(self, folder: Path, *, protocol: str = "tcp", tls: Sequence[str] = ()) -> None:
        self.folder = folder
        self.address = f"{protocol}://127.0.0.1:{free_port()}"
        self.tls = list(tls)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "scratch").mkdir(parents=True)

    def _start(
        self, name: str, *arguments: str, within: Sequence[str] = (), env: dict[str, str] | None = None
    ) -> None:
        with (self.folder / f"{name}.log").open("ab") as said:
            self.processes[name] = subprocess.Popen(
                [*within, sys.executable, "-m", "drapto", "cluster", *arguments, *self.tls],
                stdout=said,
                stderr=said,
                env=os.environ | {"PYTHONFAULTHANDLER": "1"} | (env or {}),
                process_group=0,
            )

    def schedule(self, listen: str = "") -> None:
        self._start("scheduler", "scheduler", "--listen", listen or self.address)
        self.await_said("scheduler", "scheduler at")

    def work(
        self,
        name: str,
        slots: int = 1,
        memory: str = "4 GiB",
        *,
        within: Sequence[str] = (),
        env: dict[str, str] | None = None,
        more: Sequence[str] = (),
        wait: bool = True,
    ) -> None:
        given = ["--name", name, "--slots", str(slots), "--memory", memory]
        scratch = ["--scratch", str(self.folder / "scratch")]
        self._start(name, "worker", self.address, *given, *scratch, *more, within=within, env=env)
        if wait:
            self.await_said(name, "worker ")

    def await_said(self, name: str, text: str, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while text not in (said := (self.folder / f"{name}.log").read_text()):
            assert self.processes[name].poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.processes[name].send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.processes.pop(name).wait(20)
            before = len(list(self.folder.glob(f"{name}-*.log")))
            with contextlib.suppress(FileNotFoundError):  # a folder that is done with may be gone
                (self.folder / f"{name}.log").rename(self.folder / f"{name}-{before + 1}.log")

    def stacks(self) -> str:
        """End all processes, and return where each thread of theirs was."""
        for process in self.processes.values():
            process.send_signal(signal.SIGABRT)  # faulthandler tells
            process.wait(20)
        logs = [self.folder / f"{name}.log" for name in self.processes]
        self.processes.clear()
        return "\n".join(f"{log.stem}: {log.read_text(errors='replace')}" for log in logs)

    def scratch(self) -> list[Path]:
        """Return what lies on the workers' disks."""
        found = (self.folder / "scratch").rglob("*")
        return [path for path in found if path.is_file() and path.name != "disk"]

    def close(self) -> None:
        for name in list(self.processes):
            self.processes[name].send_signal(signal.SIGCONT)
            self.kill(name, signal.SIGTERM)
        shutil.rmtree(self.folder / "scratch", ignore_errors=True)


def encoders(root: Path) -> list[psutil.Process]:
    """Return the encoders that write below ``root``."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        words = one.info["cmdline"] or ()
        if "libsvtav1" in words and any(str(root) in word for word in words):
            found.append(one)
    return found


def await_encoder(root: Path, seconds: float = 240.0) -> psutil.Process:
    """Return an encoder that writes below ``root``, once there is one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := encoders(root):
            return found[0]
        time.sleep(0.02)
    raise AssertionError("no encoder began")
