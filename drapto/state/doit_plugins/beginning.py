"""Has the command ``doit`` end quietly at Ctrl-C from the first moment on in which drapto is loaded.

doit loads its plugins before a dodo.py, so this is as early as drapto can be.
"""

from __future__ import annotations

import sys

from drapto import interrupts

COMMAND = "doit.__main__"


def is_command() -> bool:
    """Return whether this process is the command ``doit``, and not a program that uses drapto, or doit."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return COMMAND in sys.modules or getattr(spec, "name", None) == COMMAND


if is_command():
    interrupts.end_at_once()
