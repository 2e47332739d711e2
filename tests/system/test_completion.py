"""Completion as the recipes set it up, in real shells at a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pyte
import pytest

from tests.documents import ROOT

PATIENCE = 120.0
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='READY '"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u; PS1='READY '"),
    "fish": (["fish", "--no-config", "-i"], "function fish_prompt; echo -n 'READY '; end"),
}
"""How each is started without a person's own settings, and what gives it a prompt to wait for."""


def setup(shell: str) -> str:
    """Return the line that the recipes have for a shell."""
    found = re.search(rf"^\| {shell} \| `(.*?)` in ", RECIPES, re.MULTILINE)
    assert found is not None
    return found[1].replace("\\|", "|")


class Terminal:
    """A shell at a terminal."""

    def __init__(self, shell: str, home: Path) -> None:
        self._screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self._screen)
        command, prompt = SHELLS[shell]
        self._handle, theirs = pty.openpty()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {"HOME": str(home), "PATH": path, "TERM": "xterm", "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=home,
        )  # fmt: skip
        os.close(theirs)
        self.type(f"{prompt}\n")
        self.wait_for("READY")
        self.type(f"{setup(shell)}; echo set'-'up\n")
        self.wait_for("set-up")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._handle)

    def type(self, text: str) -> None:
        os.write(self._handle, text.encode())

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + PATIENCE
        while not any(text in line for line in self._screen.display):
            assert time.monotonic() < end, "\n".join(line.rstrip() for line in self._screen.display)
            if select.select([self._handle], [], [], 0.2)[0]:
                self._stream.feed(os.read(self._handle, 1 << 16))


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_commands_options_profiles_and_settings(shell: str, tmp_path: Path) -> None:
    for program in ("setsid", shell):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine")
    with Terminal(shell, tmp_path) as terminal:
        terminal.type("drapto enc\t")
        terminal.wait_for("drapto encode ")
        terminal.type("--overw\t")
        terminal.wait_for("drapto encode --overwrite ")
        terminal.type("--profile arch\t")
        terminal.wait_for("--overwrite --profile archive ")
        terminal.type("--set encoding.pres\t")
        terminal.wait_for("archive --set encoding.preset=")
        terminal.type("4 ")  # no space is between
        terminal.wait_for("--set encoding.preset=4 ")
