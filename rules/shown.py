"""How the graph, and a user who selects a target, writes a path."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.project import Project


def shown(project: Project, path: Path | str) -> str:
    """Return a path from the project directory, where it lies in it."""
    # as text: this is asked for every file of every task, and pathlib is slow at it
    return str(path).removeprefix(f"{project.root}{os.sep}")
