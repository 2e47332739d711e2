"""A machine beside this one: a network namespace with an address of its own, and files that only it sees."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Machine:
    """A namespace.

    Attributes:
        here: This machine's address on the link to it.
        there: Its own.
    """

    def __init__(self) -> None:
        number = secrets.randbelow(200) + 20
        self.name = f"drapto-{secrets.token_hex(3)}"
        self._link = f"d{secrets.token_hex(3)}"
        self.here, self.there = f"10.213.{number}.1", f"10.213.{number}.2"

    def begin(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", "there", "netns", self.name)
        _ip("addr", "add", f"{self.here}/24", "dev", self._link)
        _ip("link", "set", self._link, "up")
        for words in (("addr", "add", f"{self.there}/24", "dev", "there"), ("link", "set", "there", "up")):
            _ip("-n", self.name, *words)
        _ip("-n", self.name, "link", "set", "lo", "up")

    def hiding(self, folder: Path) -> list[str]:
        """Return what a command is run by, to run there and see nothing in ``folder``."""
        hidden = f'mount -t tmpfs tmpfs "{folder}" && exec "$@"'
        return ["ip", "netns", "exec", self.name, "unshare", "-m", "sh", "-c", hidden, "sh"]

    def inside(self) -> list[str]:
        """Return what a command is run by, to run there and see all files."""
        return ["ip", "netns", "exec", self.name]

    def cut_off(self) -> None:
        """Let nothing through."""
        _ip("link", "set", self._link, "down")

    def join(self) -> None:
        """Let all through again."""
        _ip("link", "set", self._link, "up")

    def end(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._link)
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)

    def slowed(self, rate: str) -> bool:
        """Let no more through than ``rate``; return whether this kernel can do that."""
        shaped = [
            "qdisc",
            "add",
            "dev",
            self._link,
            "root",
            "tbf",
            "rate",
            rate,
            "burst",
            "32k",
            "latency",
            "400ms",
        ]
        return subprocess.run(["tc", *shaped], capture_output=True, check=False).returncode == 0


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextlib.contextmanager
def machine() -> Iterator[Machine]:
    """Yield a machine; skip the test, with the reason, where none can be made here."""
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("unshare") is None:
        pytest.skip("network namespaces need root, ip and unshare")
    made = Machine()
    try:
        made.begin()
    except subprocess.CalledProcessError as error:
        made.end()
        pytest.skip(f"no network namespace can be made here: {error.stderr.decode().strip()}")
    try:
        yield made
    finally:
        made.end()
