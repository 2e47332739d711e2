"""Settings from several places, the later ones winning, each remembering where it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_origin

from drapto.config.keys import as_table, field_of, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    Key = tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """A value as it was given, not checked yet.

    Attributes:
        value: What TOML, the environment or the command line said.
        origin: The file's name, the variable's name, or the command line.
    """

    value: object
    origin: str


def flatten(model: type[BaseModel], data: Mapping[str, object], origin: str) -> dict[Key, Given]:
    """Return the single settings of nested tables, by key; aliases are put in their canonical form."""
    return {key: Given(value, origin) for key, value in _leaves(model, data, ())}


def _leaves(model: type[BaseModel], data: Mapping[str, object], above: Key) -> Iterable[tuple[Key, object]]:
    for name, value in data.items():
        field = field_of(model, name)
        key = (*above, name if field is None else table_name(name, field))
        if not isinstance(value, dict):
            yield key, value
        elif field is None:
            yield from _unquoted(model, name, value, above)
        elif (table := as_table(field)) is not None:
            yield from _leaves(table, value, key)
        elif key == ("titles",):  # each a table of settings itself
            for title, settings in value.items():
                if isinstance(settings, dict):
                    yield from (((*key, title, *inner), one) for inner, one in _leaves(model, settings, ()))
                else:
                    yield (*key, title), settings
        elif get_origin(field.annotation) is dict:
            yield from (((*key, entry), inner) for entry, inner in value.items())
        else:
            yield key, value


def _unquoted(
    model: type[BaseModel], name: str, value: Mapping[str, object], above: Key
) -> Iterable[tuple[Key, object]]:
    """Take ``5.1 = 256`` without quotes, which TOML reads as key 1 of a table 5."""
    for inner, given in value.items():
        known = field_of(model, f"{name}.{inner}") is not None
        yield (*above, f"{name}.{inner}") if known else (*above, name), given


def nest(settings: Mapping[Key, Given]) -> dict[str, object]:
    """Return single settings as nested tables again."""
    root: dict[str, object] = {}
    for key, given in sorted(settings.items(), key=lambda item: len(item[0])):
        put(root, key, given.value)
    return root


def put(root: dict[str, object], key: Key, value: object) -> None:
    """Set ``value`` at ``key``, making the tables on the way.

    Where a value stands in the place of a table it stays, for the schema to complain of.
    """
    table: object = root
    for part in key[:-1]:
        table = table.setdefault(part, {}) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table[key[-1]] = value
