"""When Python looks for garbage in a process that belongs to a build graph."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RARE = (200_000, 50, 1000)
"""Thresholds for Python's collector, some hundred times the usual ones.

A process of doit's lives as long as its graph: looking through that for garbage again and again took a fifth
of a run with nothing to do, on 10,000 tasks.
"""


USUAL = (10_000, 50, 1000)
"""The same while work is done: 200,000 objects that nobody uses any more would be 60 MB."""


def make_rare() -> None:
    """Let the collector run rarely from now on: for a process that is doit's, not one that uses drapto."""
    gc.set_threshold(*RARE)


def make_usual() -> None:
    """Let it run more often from now on, but not through what is there, where it was made to run rarely."""
    if gc.get_threshold() == RARE:
        gc.freeze()
        gc.set_threshold(*USUAL)


def make_none() -> None:
    """Look through nothing more where nothing was done: Python would, as the process ends, three times."""
    if gc.get_threshold() == RARE:
        gc.freeze()


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Let the collector rest while the block runs.

    Modules stay for good, and importing the graph makes some 100,000 objects: looking through them took 7 %
    of a run with nothing to do, on 500 segments.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
