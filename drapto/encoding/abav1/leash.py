"""Become another program, which dies with its parent: ``python leash.py PROGRAM [ARGUMENT…]``.

ab-av1 starts ffmpeg without such a precaution. When drapto is killed with SIGKILL, the kernel kills ab-av1,
drapto's child, but not what that has started. A script of its own, for the standard library alone: a start
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

    The parent has to lead the process group, as what drapto starts does: another parent means that the one
    that asked for this has died before the kernel could be told.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != os.getpgrp():
            sys.exit(f"{command[0]}: not started, its parent has died")
    os.execv(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    become(sys.argv[1:])
