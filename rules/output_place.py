"""The output directory, before anything is encoded for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drapto.errors import UsageError

if TYPE_CHECKING:
    from drapto.project import Project


def require_output(project: Project) -> None:
    """Refuse an output directory that cannot be written to, before anything is encoded for it.

    Where every title's output is there already, nothing is asked of it.

    Raises:
        UsageError: Names the directory.
    """
    remedy = "choose another output directory"
    for title in project.titles:
        if not title.output.is_file():
            folder = title.output.parent
            while not os.path.lexists(folder):
                folder = folder.parent
            if not folder.is_dir():
                raise UsageError("is not a directory", path=folder, remedy=remedy)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise UsageError("cannot be written to", path=folder, remedy=f"make it writable, or {remedy}")
            return
