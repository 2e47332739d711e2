"""What `drapto doctor` checks."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

import psutil

from drapto.encoding.abav1 import INSTALL, find_ab_av1
from drapto.engine import hwaccel, machine, resources
from drapto.errors import ToolMissingError
from drapto.tools import BUNDLED, NEEDED_ENCODERS, WANTED_FILTERS, find_tools
from drapto.versions import versions_of
from drapto.words import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.config import Config

PACKAGES = ("doit", "pydantic", "av", "pymediainfo", "click", "rich", "psutil", "imageio-ffmpeg")

LOW_DISK = 20 * 1000**3
"""Bytes that a DVD or a small Blu-ray needs for its segments, encoded segments and output together."""


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        state: ``failed`` where no title can be encoded for it.
        found: What is there.
        remedy: What to do about it; empty where nothing is to be done.
    """

    name: str
    state: Literal["ok", "warning", "failed"]
    found: str
    remedy: str = ""


def examine(root: Path, config: Config) -> list[Check]:
    """Return what there is to say of this machine for a project in ``root``."""
    return [
        _system(),
        *_packages(),
        _mediainfo(),
        *_ffmpeg(config),
        _ab_av1(),
        *_folders(root, config),
        _memory(config),
        _processors(config),
    ]


def _system() -> Check:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("system", "ok", found)


def _packages() -> list[Check]:
    checks = []
    for name in PACKAGES:
        try:
            checks.append(Check(name, "ok", metadata.version(name)))
        except metadata.PackageNotFoundError:
            checks.append(Check(name, "failed", "not installed", f"pip install {name}"))
    return checks


def _mediainfo() -> Check:
    from pymediainfo import MediaInfo  # noqa: PLC0415  absent packages are reported, not raised, above

    if MediaInfo.can_parse():
        return Check("libmediainfo", "ok", "found")
    return Check("libmediainfo", "failed", "not found", "reinstall pymediainfo from a wheel, which brings it")


def _ffmpeg(config: Config) -> list[Check]:
    try:
        tools = find_tools(config.tools.ffmpeg)
    except ToolMissingError as error:
        where = "" if error.path is None else f"{error.path}: "
        return [Check("ffmpeg", "failed", where + error.problem, error.remedy or BUNDLED)]
    checks = [Check("ffmpeg", "ok", f"{tools.version} ({tools.origin}: {tools.ffmpeg})")]
    if tools.missing:
        checks.append(Check("capabilities", "failed", f"lacks {', '.join(tools.missing)}", BUNDLED))
    elif tools.lacking:
        remedy = f"only measuring quality needs it: {BUNDLED}"
        checks.append(Check("capabilities", "warning", f"lacks {', '.join(tools.lacking)}", remedy))
    else:
        checks.append(Check("capabilities", "ok", ", ".join((*NEEDED_ENCODERS, *WANTED_FILTERS))))
    checks.append(Check("versions", "ok", _versions(tools.ffmpeg)))
    return [*checks, _hardware(config, tools.ffmpeg)]


def _versions(ffmpeg: Path) -> str:
    """Say the versions of what decides a result, where they can be learnt."""
    found = versions_of(ffmpeg)
    named = (("SVT-AV1", found.svt_av1), ("libopus", found.libopus), ("libvmaf", found.libvmaf))
    rows = [f"{name} {version or 'does not say'}" for name, version in (*named, ("drapto", found.drapto))]
    return ", ".join(rows)


def _hardware(config: Config, ffmpeg: Path) -> Check:
    """Look for hardware that decodes: a title is encoded without it, too."""
    asked = config.decoding.hardware
    there = hwaccel.available(ffmpeg)
    found = f"{', '.join(there) or 'none found'} (decoding.hardware is {asked})"
    name = "hardware decoding"
    if asked == "off" and there:
        return Check(name, "ok", found, 'decoding.hardware = "auto" uses it where the bytes stay the same')
    if asked in ("off", "auto") or asked in there:
        return Check(name, "ok", found)
    known = asked in hwaccel.listed(ffmpeg)
    why = f"nothing is seen of {asked}" if known else f"this ffmpeg was built without {asked}"
    return Check(name, "warning", found, f"{why}: titles are decoded by ffmpeg itself where it fails")


def _ab_av1() -> Check:
    """Look for the optional engine: nothing is amiss without it, only where one is named that will not do."""
    try:
        found = find_ab_av1()
    except ToolMissingError as error:
        if error.path is None:
            return Check("ab-av1", "ok", "not installed; only quality.engine ab-av1 needs it", INSTALL)
        return Check("ab-av1", "warning", f"{error.path}: {error.problem}", error.remedy or INSTALL)
    return Check("ab-av1", "ok", f"{found.version} ({found.origin}: {found.program})")


def _folders(root: Path, config: Config) -> list[Check]:
    return [
        _folder("work directory", root / config.processing.temp_dir, "processing.temp_dir"),
        _folder("output directory", root / config.output.dir, "output.dir"),
    ]


def _folder(name: str, path: Path, key: str) -> Check:
    existing = path
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Check(
            name, "failed", f"{existing} cannot be written to", f"correct its permissions, or set {key}"
        )
    free = psutil.disk_usage(str(existing)).free
    found = f"{size_text(free)} free in {existing}"
    if free < LOW_DISK:
        return Check(
            name, "warning", found, f"a film may need more: free some space, or set {key} to another disk"
        )
    return Check(name, "ok", found)


def _memory(config: Config) -> Check:
    available = machine.available_memory()
    wanted = machine.memory_budget(config.resources.max_memory)
    found = f"{size_text(available)} available, up to {size_text(wanted)} used"
    if available < wanted:
        return Check("memory", "warning", found, "close other programs, or lower resources.max_memory")
    return Check("memory", "ok", found)


def _processors(config: Config) -> Check:
    cores = machine.usable_cores()
    slots = resources.cpu_slots(config.resources.max_cpu)
    return Check("processors", "ok", f"{cores} usable, encoders for {slots}")
