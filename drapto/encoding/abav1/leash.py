"""Become another program, which dies with its parent: ``python leash.py PROGRAM [ARGUMENT…]``.

ab-av1 starts ffmpeg without such a precaution. When ab-av1 alone is killed, because of an error here, nothing
else ends what that has started. A script of its own, for the standard library alone: a start
costs 24 ms.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when its parent ends. It outlives execve(2)."""


def become(command: list[str]) -> NoReturn:
    """Replace this process by ``command``, whose first item is a path.

    The parent has to be in this process group, as all are that drapto starts: another parent means that the
    one that asked for this has died before the kernel could be told.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getpgid(os.getppid()) != os.getpgrp():
            sys.exit(f"{command[0]}: not started, its parent has died")
    os.execv(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    become(sys.argv[1:])
