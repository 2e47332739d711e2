"""What doit's command line asks for that shapes the graph, which doit itself does not tell a dodo.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doit.cmd_base import DodoTaskLoader
from doit.cmd_run import Run
from doit.cmdparse import CmdParseError
from doit.doit_cmd import DoitMain

if TYPE_CHECKING:
    from collections.abc import Sequence

MAY_FORCE = re.compile(r"-[a-zA-Z]*a|--al")
"""What a word that asks for it begins with; a look at the words is cheap, doit's parser is not."""


def forced(words: Sequence[str]) -> bool:
    """Return whether ``doit``, called with these words, runs what is up to date, too (``-a``).

    They are read by doit's own parser: options may be joined (``-an1``), or take values.
    """
    if not any(MAY_FORCE.match(word) for word in words):
        return False
    command = words[0] if words[0] in {known.get_name() for known in DoitMain.DOIT_CMDS} else None
    if command not in {None, Run.get_name()}:
        return False
    parser = Run(task_loader=DodoTaskLoader()).cmdparser
    try:
        options, _ = parser.parse(list(words if command is None else words[1:]))
    except CmdParseError:
        return False  # doit says so itself
    return bool(options["always"])
