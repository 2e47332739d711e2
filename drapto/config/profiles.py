"""Profiles: settings under a name. Some come with drapto, others are a person's own."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drapto.config import layers
from drapto.config.problems import nearest
from drapto.errors import ConfigError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from drapto.config.layers import Given, Key

PROFILE: Key = ("profile",)

MEANINGS: dict[str, str] = {
    "archive": "to keep for good: closer to the source, slower, larger",
    "balanced": "the defaults, by a name",
    "small": "where space is short: further from the source, smaller",
    "animation": "drawn pictures: judged by the VMAF that sees banding in flat areas",
    "grain": "grainy film: its grain is synthesised when it is played instead of being coded",
    "phone": "judged at a phone's size, sound in stereo",
}

SETTINGS: dict[str, dict[str, Any]] = {
    "archive": {
        "encoding": {"preset": 4, "vmaf_target": 96},
        "quality": {"floor": 8},
        "audio": {"bitrate": {"mono": 96, "stereo": 192, "5.1": 384, "7.1": 512}},
    },
    "balanced": {"encoding": {"preset": 6, "vmaf_target": 93}},
    "small": {
        "encoding": {"preset": 5, "vmaf_target": 88},
        "output": {"min_reduction": 0.1},
        "audio": {"bitrate": {"mono": 48, "stereo": 96, "5.1": 192, "7.1": 256}},
    },
    "animation": {"encoding": {"preset": 5, "vmaf_target": 93}, "quality": {"vmaf_model": "v1"}},
    "grain": {"encoding": {"preset": 5, "film_grain": True}},
    "phone": {
        "encoding": {"vmaf_target": 90},
        "quality": {"vmaf_model": "v1", "viewing": "phone"},
        "audio": {"downmix": "stereo", "bitrate": {"mono": 48, "stereo": 96}},
    },
}
"""What the profiles set; all else is as it would be without them."""


def folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return where a person's own profiles are (XDG Base Directory Specification)."""
    known = os.environ if environ is None else environ
    base = known.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "drapto"


def names() -> dict[str, str]:
    """Return the names of all profiles, each with what it is for, or where it is."""
    own = {path.stem: printable(path) for path in sorted(folder().glob("*.toml"))}
    return {**MEANINGS, **own}


def expand(model: type[BaseModel], given: Mapping[Key, Given]) -> dict[Key, Given]:
    """Return settings with those of the profile that they name below them; as they are where they name none.

    Raises:
        ConfigError: There is no such profile, or it cannot be read.
    """
    return _expanded(model, given, ())


def _expanded(model: type[BaseModel], given: Mapping[Key, Given], above: tuple[str, ...]) -> dict[Key, Given]:
    if PROFILE not in given:
        return dict(given)
    name, origin = given[PROFILE].value, given[PROFILE].origin
    if not isinstance(name, str) or name in above:
        problem = "is not the name of a profile" if not isinstance(name, str) else "goes round in a circle"
        raise ConfigError(f'profile = "{name}" {problem}', path=origin, remedy=_remedy(str(name)))
    return _expanded(model, _read(model, name, origin), (*above, name)) | dict(given)


def _read(model: type[BaseModel], name: str, origin: str) -> dict[Key, Given]:
    path = folder() / f"{name}.toml"
    if os.sep not in name and path.is_file():
        return layers.flatten(model, _parsed(path), str(path))
    if name not in SETTINGS:
        raise ConfigError(f'profile = "{name}" is not a profile', path=origin, remedy=_remedy(name))
    return layers.flatten(model, SETTINGS[name], f"profile {name}")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot be read ({error})", path=path, remedy="correct it") from None
    for table in ("titles", "version"):
        if table in found:
            raise ConfigError(f"{table} cannot be in a profile", path=path, remedy="set it in drapto.toml")
    return found


def _remedy(name: str) -> str:
    known = names()
    near = nearest(name, known)
    if near is not None:
        return f"did you mean {near}?"
    return f"there are {', '.join(known)}; your own go to {printable(folder())}/NAME.toml"
