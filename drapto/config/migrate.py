"""Older layouts of drapto.toml, and the way to the present one.

Version 1 was flat: every setting at the top level (`FLAT`). Version 2 had the sections of today, with a flat
CRF (``encoding.crf``, ``encoding.crf_uhd``) and settings worded as their opposites (`SECTIONED`). Version 3
is the schema. A file without ``version`` is of the version whose settings it uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.config.layers import put
from drapto.config.problems import nearest
from drapto.config.schema import CURRENT_VERSION
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drapto.config.layers import Key

FLAT: dict[str, tuple[Key, ...]] = {
    "preset": (("encoding", "preset"),),
    "crf": (("encoding", "crf", "sd"), ("encoding", "crf", "hd")),
    "crf_sd": (("encoding", "crf", "sd"),),
    "crf_hd": (("encoding", "crf", "hd"),),
    "crf_uhd": (("encoding", "crf", "uhd"),),
    "vmaf_target": (("encoding", "vmaf_target"),),
    "film_grain": (("encoding", "film_grain"),),
    "svt_params": (("encoding", "svt_params"),),
    "pix_fmt": (("encoding", "pix_fmt"),),
    "enable_chunked_encoding": (("encoding", "mode"),),
    "chunk_size": (("processing", "chunk_size"),),
    "parallel_jobs": (("processing", "parallel_jobs"),),
    "temp_dir": (("processing", "temp_dir"),),
    "keep_work": (("processing", "keep_work"),),
    "max_memory": (("resources", "max_memory"),),
    "max_cpu": (("resources", "max_cpu"),),
    "max_disk_io": (("resources", "max_disk_io"),),
    "source_dir": (("input", "source_dir"),),
    "file_pattern": (("input", "file_pattern"),),
    "min_size": (("input", "min_size"),),
    "max_size": (("input", "max_size"),),
    "output_dir": (("output", "dir"),),
    "disable_crop": (("crop", "enabled"),),
    "ffmpeg": (("tools", "ffmpeg"),),
}
"""Version 1: each setting, and what it is today."""

SECTIONED: dict[Key, tuple[Key, ...]] = {
    ("encoding", "crf"): (("encoding", "crf", "sd"), ("encoding", "crf", "hd")),
    ("encoding", "crf_uhd"): (("encoding", "crf", "uhd"),),
    ("encoding", "chunked"): (("encoding", "mode"),),
    ("crop", "disabled"): (("crop", "enabled"),),
}
"""Version 2: the settings that have moved since."""

_OPPOSITES = {("crop", "enabled")}
_MODES = {("encoding", "mode")}


@dataclass(frozen=True)
class Migrated:
    """A file's settings in the present layout.

    Attributes:
        data: Nested tables, not checked yet; ``version`` is the present one.
        version: The version that the file is of.
        moved: Where each old key's value is now.
        notes: What a user should know of it, a line each.
    """

    data: dict[str, object]
    version: int
    moved: dict[Key, Key]
    notes: tuple[str, ...] = ()


def migrate(data: Mapping[str, object], path: Path) -> Migrated:
    """Return the settings of a file of any version in the present layout.

    Args:
        data: The file's tables.
        path: The file, for messages.

    Raises:
        ConfigError: Its version is unknown, or it mixes the layouts of two.
    """
    version = _version(data, path)
    rest = {name: value for name, value in data.items() if name != "version"}
    if version == CURRENT_VERSION:
        return Migrated({"version": CURRENT_VERSION, **rest}, version, {})
    moved = _from_flat(rest, path) if version == 1 else _from_sections(rest)
    result: dict[str, object] = {"version": CURRENT_VERSION}
    places: dict[Key, Key] = {}
    for old, new, value in moved:
        put(result, new, value)
        places.setdefault(old, new)
    note = f"{path} is of version {version}: run `drapto config migrate` to rewrite it"
    return Migrated(result, version, places, (note,))


def _version(data: Mapping[str, object], path: Path) -> int:
    version = data.get("version")
    if version is None:
        return _recognised_layout(data)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ConfigError(
            f"version = {version!r} is not a version", path=path, remedy=f"write version = {CURRENT_VERSION}"
        )
    if version > CURRENT_VERSION:
        raise ConfigError(
            f"version = {version} is newer than this drapto, which reads up to {CURRENT_VERSION}",
            path=path,
            remedy="update drapto",
        )
    return version


def _recognised_layout(data: Mapping[str, object]) -> int:
    if any(name in FLAT for name in data):
        return 1
    for section, name in SECTIONED:
        table = data.get(section)
        if isinstance(table, dict) and name in table and not isinstance(table[name], dict):
            return 2
    return CURRENT_VERSION


def _from_flat(data: Mapping[str, object], path: Path) -> list[tuple[Key, Key, object]]:
    moved: list[tuple[Key, Key, object]] = []
    # crf first, so that crf_sd and crf_hd win over it whatever their order in the file
    for name, value in sorted(data.items(), key=lambda item: item[0] != "crf"):
        if name not in FLAT:
            match = nearest(name, FLAT)
            remedy = (
                f"did you mean {match}?" if match else f"write version = {CURRENT_VERSION} if it is of today"
            )
            raise ConfigError(f"{name} is not a setting of version 1", path=path, remedy=remedy)
        moved += [((name,), new, _converted(name, new, value)) for new in FLAT[name]]
    return moved


def _from_sections(data: Mapping[str, object]) -> list[tuple[Key, Key, object]]:
    moved: list[tuple[Key, Key, object]] = []
    for section, table in data.items():
        if not isinstance(table, dict):
            moved.append(((section,), (section,), table))
            continue
        for name, value in table.items():
            old = (section, name)
            places = SECTIONED.get(old, (old,)) if not isinstance(value, dict) else (old,)
            moved += [(old, new, _converted(name, new, value)) for new in places]
    return moved


def _converted(name: str, new: Key, value: object) -> object:
    """Return an old setting's value as the new one says it."""
    if not isinstance(value, bool) or name == new[-1]:
        return value
    if new in _OPPOSITES:
        return not value
    if new in _MODES:
        return "chunked" if value else "standard"
    return value
