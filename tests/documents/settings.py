"""The tables of settings, variables and profiles in docs/: filled in between two comments each."""

from __future__ import annotations

import re
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MultipleOf
from pydantic.fields import FieldInfo

from drapto.config import Config, profiles
from drapto.config.environment import VARIABLES
from drapto.config.keys import join, setting_at
from drapto.config.types import PASSTHROUGH, VIDEO_CODECS, written_size
from drapto.config.writing import entries, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MARKS = re.compile(r"(<!-- settings: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

CODECS = {name for name in VIDEO_CODECS if VIDEO_CODECS[name].startswith(name)}
"""The codecs by one name each."""

KINDS = {
    "read_size": "a size",
    "read_size_or_auto": "auto, a size",
    "read_seconds": "seconds",
    "read_wait": 'a time, such as `"5 min"`',
    "read_path": "a path",
    "read_codecs": f"a list of {', '.join(PASSTHROUGH)}",
    "read_video_codecs": f"a list of {', '.join(sorted(CODECS))}",
    "read_selectors": "a list of selectors",
    "read_selector": "a selector",
    "read_share": 'a fraction, such as `0.1` or `"24/255"`',
    "read_part": 'a fraction, such as `0.1` or `"10 %"`',
    "read_off": "false, a number",
    "_read_jobs": "auto, 1 to 32",
    "check_rect": '`"width:height:x:y"`, even numbers',
    "check": "`key=value` pairs joined by `:`",
    "_check_pattern": "a pattern inside the source directory",
    "check_span": 'a part, such as `"10:00-12:00"`, `"1:02:03-"` or `"-90"`',
    "_check_command": "a command",
}
"""What is said of values that a function of its own reads, by that function's name."""

NEGATED = {
    "DRAPTO_DISABLE_CROP": ", the other way round",
    "DRAPTO_ENABLE_CHUNKED_ENCODING": ": `chunked` if true, `standard` if false",
}


def filled(text: str) -> str:
    """Return a page with its tables as the code has them now."""
    return MARKS.sub(lambda match: f"{match[1]}{table(match[2])}\n{match[4]}", text)


def asked(text: str) -> set[str]:
    """Return the tables that a page has."""
    return {match[2] for match in MARKS.finditer(text)}


def table(name: str) -> str:
    """Return a table: of a section's settings, or of ``environment`` or ``profiles``."""
    if name == "environment":
        rows = [(f"`{one}`", f"`{join(key)}`{NEGATED.get(one, '')}") for one, key in VARIABLES.items()]
        return _table(("variable", "sets"), rows)
    if name == "profiles":
        profile_rows = [
            (f"`{one}`", meaning, ", ".join(f"`{line}`" for line in _lines(profiles.SETTINGS[one])))
            for one, meaning in profiles.MEANINGS.items()
        ]
        return _table(("name", "for", "sets"), profile_rows)
    return _table(("key", "default", "takes", "meaning"), list(_section(name)))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    cells = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    lines[1] = "|" + "---|" * len(head)
    return "\n".join(lines)


def _lines(settings: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[str]:
    for name, value in settings.items():
        key = (*above, name)
        if isinstance(value, dict):
            yield from _lines(value, key)
        else:
            yield f"{join(key)} = {value_text(value)}"


def sections() -> list[str]:
    """Return the names of all tables of settings; those of the file itself are ``file``."""
    return list(dict.fromkeys(_section_of(key) for key, _ in entries(Config())))


def _section_of(key: tuple[str, ...]) -> str:
    return key[0] if len(key) > 1 else "file"


def _section(name: str) -> Iterator[tuple[str, str, str, str]]:
    for key, value in entries(Config()):
        field = setting_at(Config, key)
        if _section_of(key) == name and field is not None:
            shown = "unset" if value is None else f"`{value_text(value)}`"
            yield f"`{join(key)}`", shown, takes(field), _escaped(field.description or "")


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")


def takes(field: FieldInfo) -> str:
    """Return which values a setting takes, in a few words."""
    found: list[Any] = [*field.metadata, *_metadata(field.annotation)]
    readers = [one.func.__name__ for one in found if hasattr(one, "func")]
    kind = next((KINDS[name] for name in readers if name in KINDS), "")
    literals = [str(value) for value in _literals(field.annotation)]
    bounds = _bounds(found, sizes="size" in kind)
    if literals:
        bounds = bounds if bounds and "auto" in literals else ""
        if kind and "auto" in literals:
            kind = kind.removeprefix("auto, ")
            return ", ".join(filter(None, ("auto", kind, bounds)))
        return ", ".join(literals)
    if field.annotation is bool:
        return "true, false"
    return ", ".join(filter(None, (kind, bounds))) or "a name"


def _parts(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType, Annotated) else ()


def _metadata(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        for one in kind.__metadata__:
            yield from one.metadata if isinstance(one, FieldInfo) else [one]
        yield from _metadata(kind.__origin__)
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _metadata(part)


def _literals(kind: Any) -> Iterator[object]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) is Annotated:
        yield from _literals(kind.__origin__)
    else:
        for part in _parts(kind):
            yield from _literals(part)


def _bounds(found: list[Any], *, sizes: bool) -> str:
    def text(value: Any) -> str:
        return written_size(value) if sizes else f"{value:g}"

    by = {type(one): one for one in found}
    low = by[Ge].ge if Ge in by else None
    high = by[Le].le if Le in by else None
    said = []
    if low is not None and high is not None:
        said.append(f"{text(low)} to {text(high)}")
    elif low and not (sizes and low == 1):
        said.append(f"{text(low)} or more")
    said += [f"above {text(by[Gt].gt)}"] if Gt in by else []
    said += [f"below {text(by[Lt].lt)}"] if Lt in by else []
    said += ["in quarter steps"] if MultipleOf in by else []
    return ", ".join(said)
