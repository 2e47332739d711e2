"""What work needs while it runs, as rules say it: a graph that has nothing to do loads no engine for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class DiskNeed:
    """Room on a disk.

    Attributes:
        folder: Where it is wanted; the folder need not be there yet.
        bytes: How much.
        what: What the bytes are for, for the message.
        place: ``work`` or ``output``: the directory that could be set to another disk.
    """

    folder: Path
    bytes: int
    what: str
    place: Literal["work", "output"] = "work"


@dataclass(frozen=True)
class Needs:
    """What a call needs for as long as it runs.

    Attributes:
        cpus: Processors; 0 for what waits for the disk.
        memory: Bytes of memory.
        disk: Room on disks, which must be there when it begins.
    """

    cpus: int = 0
    memory: int = 0
    disk: tuple[DiskNeed, ...] = ()


@dataclass(frozen=True)
class Started:
    """The first report of every call: it has what it needs, and begins.

    Attributes:
        where: The name of the machine that it runs on; empty for this one.
    """

    where: str = ""


@dataclass(frozen=True)
class Waiting:
    """A report before `Started`, where what the call needs is not free at once.

    Attributes:
        what: What it waits for, in a few words.
    """

    what: str
