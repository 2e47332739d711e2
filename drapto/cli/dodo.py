"""The dodo.py of a project, and those that earlier versions wrote: they import a package that is no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drapto.engine.atomic import write_text

if TYPE_CHECKING:
    from pathlib import Path

FILE = "dodo.py"

EARLIER_IMPORT = re.compile(r"^import rules\b", re.MULTILINE)
NEW_IMPORT = "from drapto import rules"

EARLIER = '''"""The build graph of this directory: `doit` runs it. Settings are in drapto.toml."""

import rules

project = rules.here(__file__)
DOIT_CONFIG = rules.doit_config(project)


def task_graph():
    """Yield all tasks."""
    yield from rules.graph(project)
'''

EARLIER_TEXTS = (EARLIER, EARLIER.replace('    """Yield all tasks."""\n', ""))
"""All that `drapto init` wrote while the graph was a package of its own."""


def is_earlier(path: Path) -> bool:
    """Return whether a dodo.py imports the graph by the name that it had in earlier versions."""
    try:
        return EARLIER_IMPORT.search(path.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def bring_up_to_date(path: Path, text: str) -> str:
    """Replace a dodo.py by ``text`` if an earlier version wrote it and nobody changed it since.

    Returns:
        What became of it, as the end of a sentence that begins with its name.
    """
    if not is_earlier(path):
        return "is there already"
    if path.read_text(encoding="utf-8") in EARLIER_TEXTS:
        write_text(path, text)
        return f"rewritten: the graph is imported by `{NEW_IMPORT}` now"
    return f"is there already, and changed by hand: write `{NEW_IMPORT}` where it has `import rules`"


def advice(folder: Path) -> str | None:
    """Return one line for whoever would run `doit` in a project of an earlier version; None in any other."""
    if is_earlier(folder / FILE):
        return f"{FILE} is of an earlier version and `doit` cannot read it: run `drapto init`"
    return None
