"""What this machine, or the container that drapto runs in, has to give: memory and processors.

Linux says it in ``/proc`` and in the control groups' files, of both versions; elsewhere psutil does.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Literal

CGROUPS = Path("/sys/fs/cgroup")

UNLIMITED = 1 << 60
"""Bytes from which a version 1 limit is none: the kernel writes a number near 2⁶³ there."""


@functools.cache
def cgroup_folders(controller: str) -> tuple[str, ...]:
    """Return the folders of this process's control group for ``controller``, and of those around it.

    The innermost comes first; any of them may hold a limit.
    """
    found: list[str] = []
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        names = controllers.split(",")
        if controllers and controller not in names:
            continue
        root = _root_of(controllers)
        folder = root / path.lstrip("/")
        while folder.is_relative_to(root):
            # in a container, the path may be the host's, of which nothing but the root is seen
            if folder.is_dir():
                found.append(str(folder))
            folder = folder.parent
    return tuple(dict.fromkeys(found))


def _root_of(controllers: str) -> Path:
    """Return where a hierarchy is mounted: version 2, named by no controllers, may lie beside the others."""
    if not controllers:
        beside = CGROUPS / "unified"
        return beside if beside.is_dir() else CGROUPS
    return CGROUPS / controllers


def _number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123  asked before every encode
            return int(file.read())
    except (OSError, ValueError):  # "max"
        return None


def _table(path: str) -> dict[str, int]:
    """Return a file of ``name number`` lines; what is not so is left out."""
    found = {}
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123
            for line in file:
                name, *values = line.replace(":", " ").split()
                if values and values[0].isdecimal():
                    found[name] = int(values[0])
    except OSError:
        pass
    return found


def available_memory() -> int:
    """Return the bytes of memory that may be taken now: of the machine, and of every group around us."""
    meminfo = _table("/proc/meminfo")
    if "MemAvailable" in meminfo:
        free = meminfo["MemAvailable"] * 1024
    else:
        import psutil  # noqa: PLC0415  not Linux

        free = int(psutil.virtual_memory().available)
    for folder in cgroup_folders("memory"):
        left = _left_in(folder)
        if left is not None:
            free = min(free, left)
    return max(0, free)


def _left_in(folder: str) -> int | None:
    """Return the bytes that a control group has left, its file cache counted as free; None: no limit."""
    limits = [_number(f"{folder}/{name}") for name in ("memory.max", "memory.high", "memory.limit_in_bytes")]
    known = [limit for limit in limits if limit is not None and limit < UNLIMITED]
    if not known:
        return None
    used = _number(f"{folder}/memory.current")
    if used is None:
        used = _number(f"{folder}/memory.usage_in_bytes") or 0
    stat = _table(f"{folder}/memory.stat")
    cache = stat.get("total_inactive_file", stat.get("inactive_file", 0))
    return min(known) - max(0, used - cache)


MEMORY_SHARE = 0.8
"""``auto``: the part of what is free that encoders may take; the rest is for the disk's cache, and others."""


@functools.cache
def _free_in_the_beginning() -> int:
    return available_memory()


def memory_budget(wanted: int | Literal["auto"]) -> int:
    """Return the bytes that all encoders together may take.

    What is free is found out once for each run (`look_again`): it does not shrink while they take it.
    """
    return int(MEMORY_SHARE * _free_in_the_beginning()) if wanted == "auto" else wanted


def look_again() -> None:
    """Forget what was free: a new run begins."""
    _free_in_the_beginning.cache_clear()


def memory_pressure() -> float:
    """Return the percent of the last ten seconds in which everything waited for memory; 0 where unknown."""
    return max(
        (
            _pressure(path)
            for path in (
                *(f"{one}/memory.pressure" for one in cgroup_folders("memory")[:1]),
                "/proc/pressure/memory",
            )
        ),
        default=0.0,
    )


def _pressure(path: str) -> float:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            for line in file:
                if line.startswith("full avg10="):
                    return float(line.split()[1].partition("=")[2])
    except (OSError, ValueError, IndexError):
        pass
    return 0.0


def cpu_quota() -> float | None:
    """Return how many processors' time the control groups grant; None where they set no limit."""
    found: list[float] = []
    for folder in cgroup_folders("cpu"):
        try:
            quota, period = Path(folder, "cpu.max").read_text(encoding="ascii").split()
        except (OSError, ValueError):
            quota, period = (
                str(_number(f"{folder}/cpu.cfs_quota_us")),
                str(_number(f"{folder}/cpu.cfs_period_us")),
            )
        if quota.isdecimal() and period.isdecimal() and int(quota) > 0 and int(period) > 0:
            found.append(int(quota) / int(period))
    return min(found, default=None)


def usable_cores() -> int:
    """Return the processors that this process may keep busy, at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)
    there = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    quota = cpu_quota()
    return there if quota is None else max(1, min(there, round(quota)))
