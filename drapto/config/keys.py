"""Walks the schema by key: ``encoding.crf.uhd`` is the path of a setting through its tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def join(key: tuple[str, ...]) -> str:
    """Return a key as TOML writes it."""
    return ".".join(quote(part) for part in key)


def quote(name: str) -> str:
    """Return one part of a key, quoted where TOML needs it."""
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped) + '"'


def table_name(name: str, field: FieldInfo) -> str:
    """Return a field's name in the file."""
    return field.alias or name


def names_at(model: type[BaseModel], key: tuple[str, ...]) -> list[str]:
    """Return the names in the table at ``key``; nothing where it is no table of settings."""
    table = _table(model, key)
    return [] if table is None else [table_name(name, field) for name, field in table.model_fields.items()]


def setting_at(model: type[BaseModel], key: tuple[str, ...]) -> FieldInfo | None:
    """Return the setting at ``key``, or the free table that it is an entry of."""
    if key[:1] == ("titles",) and len(key) > 2:  # noqa: PLR2004  a title's name, then a setting
        return setting_at(model, key[2:])
    table = _table(model, key[:-1]) if key else None
    field = None if table is None else field_of(table, key[-1])
    if field is None and len(key) > 1:
        return setting_at(model, key[:-1])
    return field


def split(model: type[BaseModel], text: str) -> tuple[str, ...]:
    """Return the key that ``text`` names.

    Names that hold dots themselves (``audio.bitrate.5.1``, ``crop.titles.Mr. Bean``) need no quotes here.
    """
    if text.startswith("titles."):
        title, own = _first(text.removeprefix("titles."))
        return ("titles", title, *(split(model, own) if own else ()))
    key: list[str] = []
    table: type[BaseModel] | None = model
    rest = text
    while rest:
        name = None if table is None else _leading_name(table, rest)
        if table is None or name is None:
            key.append(rest.strip('"'))  # an entry of a free table, or nothing that the schema knows
            break
        field = field_of(table, name.strip('"'))
        rest = rest[len(name) + 1 :]
        key.append(name.strip('"') if field is None else table_name(name, field))
        table = None if field is None else as_table(field)
    return tuple(key)


def _first(text: str) -> tuple[str, str]:
    """Return the first part of a key, which may be quoted, and the rest."""
    if text.startswith('"') and (end := text.find('"', 1)) > 0:
        return text[1:end], text[end + 1 :].removeprefix(".")
    name, _, rest = text.partition(".")
    return name, rest


def _leading_name(table: type[BaseModel], text: str) -> str | None:
    """Return the table's name that ``text`` starts with, as it is written there."""
    for own, field in table.model_fields.items():
        for name in (own, field.alias or own, f'"{field.alias}"'):
            if text == name or text.startswith(f"{name}."):
                return name
    return None


def _table(model: type[BaseModel], key: tuple[str, ...]) -> type[BaseModel] | None:
    table: type[BaseModel] | None = model
    for name in key:
        field = field_of(table, name) if table is not None else None
        table = as_table(field) if field is not None else None
    return table


def field_of(table: type[BaseModel], name: str) -> FieldInfo | None:
    """Return the field that the file, or the schema, calls ``name``."""
    for own, field in table.model_fields.items():
        if name in (own, field.alias):
            return field
    return None


def as_table(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a table of settings, None for a single setting."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
