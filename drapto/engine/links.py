"""Links in a directory of drapto's own: what lies behind one would be written, or removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def leading_out(folders: Iterable[Path], inside: Path, name: str) -> str | None:
    """Return the first link that leads out of ``inside``; None where none does.

    Args:
        folders: Directories that are looked at, and what is in them.
        inside: Where links may lead to. It may be one itself.
        name: The file among theirs that may not be one that leads out; other files are replaced and not
            written through.
    """
    root = f"{os.path.realpath(inside)}{os.sep}"
    found = (link for folder in folders for link in _links(os.fspath(folder), name))
    return next((link for link in found if not os.path.realpath(link).startswith(root)), None)


def _links(folder: str, name: str) -> list[str]:
    """Return the links among a directory, directories in it, and a file in it."""
    try:
        with os.scandir(folder) as entries:
            linked = [entry for entry in entries if entry.is_symlink()]
        found = [one.path for one in linked if one.is_dir() or one.name == name]
    except OSError:
        found = []  # none there yet, or none that can be read, which is said where it is worked in
    return [folder, *found] if os.path.islink(folder) else found  # noqa: PTH114  of every title of every run
