"""Settings of single titles, which stand above those of the project."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator

from drapto.config.layers import nest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

    from drapto.config.layers import Given, Key

    Settings = TypeVar("Settings", bound=BaseModel)

TITLES = "titles"
"""The table: ``[titles."Name".encoding]``."""

WHOLE = (
    *(("version",), (TITLES,), ("resources",), ("tools",), ("engine",), ("output", "dir")),
    *(("input", name) for name in ("source_dir", "file_pattern", "min_size", "max_size")),
    *(("processing", name) for name in ("parallel_jobs", "temp_dir", "stall_timeout")),
    *(("processing", name) for name in ("max_attempts", "breaker_reset", "keep_work")),
    *(("crop", "titles"), ("deinterlace", "titles")),
)
"""What holds for a run as a whole, or is of single titles itself."""


def read_overrides(value: object) -> object:
    """Return settings by title; each must be a table."""
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise ValueError('is not a table of titles, such as [titles."Mr. Bean".encoding]')
    return value


Overrides = Annotated[dict[str, dict[str, Any]], BeforeValidator(read_overrides)]


def is_of_whole(key: Key) -> bool:
    """Tell whether a setting cannot be of a single title."""
    return any(key[: len(one)] == one for one in WHOLE)


def split(given: Mapping[Key, Given]) -> tuple[dict[Key, Given], dict[str, dict[Key, Given]]]:
    """Return the settings of the project, and those of titles, each by key."""
    project = {key: value for key, value in given.items() if key[0] != TITLES}
    titles: dict[str, dict[Key, Given]] = {}
    for key, value in given.items():
        if key[0] == TITLES and len(key) > 1:
            titles.setdefault(key[1], {})[key[2:]] = value
    return project, titles


def of_title(config: Settings, names: Sequence[str]) -> Settings:
    """Return the settings of a title; ``config`` itself where none are given for it."""
    titles: dict[str, dict[str, Any]] = getattr(config, TITLES)
    found = [titles[name] for name in _in_order(titles, names)]
    if not found:
        return config
    values = config.model_dump(by_alias=True, exclude={TITLES})
    for one in found:
        _lay(values, one)
    return type(config).model_validate(values)


def fits(pattern: str, names: Iterable[str]) -> bool:
    """Tell whether a name or a pattern is of a title that is called so."""
    return any(name == pattern or fnmatchcase(name, pattern) for name in names)


def _in_order(titles: Iterable[str], names: Sequence[str]) -> list[str]:
    fitting = [one for one in titles if fits(one, names)]
    return sorted(fitting, key=lambda one: one in names)


def _lay(values: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Lay nested settings over others, in place."""
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(values.get(name), dict):
            _lay(values[name], value)
        else:
            values[name] = value


def nested(titles: Mapping[str, Mapping[Key, Given]]) -> dict[str, dict[str, object]]:
    """Return the settings of titles as nested tables."""
    return {name: nest(given) for name, given in titles.items()}
