"""Project directories on which doit runs as a user runs it."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.rules import DODO
from tests import forks

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[report]
enabled = false
[encoding]
preset = 13
[quality]
mode = "crf"
[processing]
chunk_size = 1
"""


@dataclass(frozen=True)
class Run:
    """A doit that has ended.

    Attributes:
        status: Its exit code.
        output: What it wrote to both outputs.
    """

    status: int
    output: str


@dataclass(frozen=True)
class ProjectDir:
    """A project directory."""

    root: Path

    def doit(self, *arguments: str, status: int = 0) -> Run:
        """Run doit and expect its exit code."""
        done = forks.run("doit", *arguments, cwd=self.root)
        assert done.returncode == status, done.stdout
        return Run(done.returncode, done.stdout)

    def executed(self, *arguments: str, status: int = 0) -> set[str]:
        """Run doit with its own console reporter; return the names of the tasks that it executed."""
        output = self.doit("run", "-r", "console", *arguments, status=status).output
        return set(re.findall(r"^\.  (\S+)", output, flags=re.MULTILINE))

    def configure(self, text: str) -> None:
        """Write the settings, on top of the fast ones."""
        (self.root / "drapto.toml").write_text(SETTINGS + text)

    def target(self, text: str) -> None:
        """Write the settings of quality that is aimed at, on top of the fast ones."""
        given = SETTINGS.replace('[quality]\nmode = "crf"\n', "")
        (self.root / "drapto.toml").write_text(given + text)

    def work(self, title: str = "clip") -> Path:
        """Return a title's work directory."""
        return self.root / "work" / title

    def finished(self) -> set[str]:
        """Return the tasks whose success is in the build state."""
        path = self.root / "work" / ".drapto" / "state.db"
        if not path.exists():
            return set()
        with contextlib.closing(sqlite3.connect(path)) as state:
            try:
                rows = state.execute("select task_id, task_data from doit").fetchall()
            except sqlite3.OperationalError:  # killed before the table was made
                return set()
        known = [(name, json.loads(data)) for name, data in rows]
        # "deps:" is written last
        return {name for name, row in known if "settings" in (row.get("_values_:") or {}) and "deps:" in row}


def new_project(root: Path, *sources: Path, settings: str = "") -> ProjectDir:
    """Make a project directory whose sources are links."""
    project = ProjectDir(root)
    (root / "source").mkdir(parents=True)
    (root / "dodo.py").write_text(DODO)
    project.configure(settings)
    for source in sources:
        (root / "source" / source.name).symlink_to(source)
    return project
