"""What is wrong with a setting, in one line: where it was given, its key, the problem, the remedy."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, cast

from pydantic_core import PydanticCustomError

from drapto.config.keys import join, names_at, setting_at
from drapto.config.types import MIB, written_size
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_BOOLEANS = "write true or false"

_WRONG = {
    "greater_than_equal": "is less than {ge}",
    "greater_than": "is not more than {gt}",
    "less_than_equal": "is more than {le}",
    "less_than": "is not less than {lt}",
    "multiple_of": "is not a multiple of {multiple_of}",
    "finite_number": "is not a finite number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "int_parsing_size": "is too large",
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "string_type": "is not text",
    "path_type": "is not a path",
    "model_type": "is not a table of settings",
    "model_attributes_type": "is not a table of settings",
    "dict_type": "is not a table of settings",
    "literal_error": "is not {expected}",
}
"""Pydantic's error types, as people say them."""


def refuse(key: str, what: str, remedy: str) -> PydanticCustomError:
    """Return the error of a rule between settings, to be raised by a model's validator.

    Args:
        key: The setting of that model that it is reported for, dotted where it is in a table of it.
        what: What is wrong.
        remedy: What to do about it.
    """
    return PydanticCustomError("cross_field", "{what}", {"key": key, "what": what, "remedy": remedy})


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` looks like, None where it looks like none."""
    choices = sorted(known)
    close = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.6)
    return close[0] if close else None


def config_error(
    error: ValidationError, model: type[BaseModel], origins: Mapping[tuple[str, ...], str]
) -> ConfigError:
    """Return the one line for pydantic's findings.

    Args:
        error: What validating ``model`` raised.
        model: The whole schema.
        origins: Where each key was given: a file's name, a variable's, the command line.
    """
    findings = error.errors(include_url=False)
    keys = [_key(finding) for finding in findings]
    problem, remedy = _say(findings[0], model)
    others = [join(key) for key in keys[1:]]
    more = f" (also wrong: {', '.join(others)})" if others else ""
    return ConfigError(f"{_written(keys[0])} {problem}{more}", path=_origin(keys[0], origins), remedy=remedy)


def _written(key: tuple[str, ...]) -> str:
    """Return a key as it was given: on the command line, one that is no setting may be a single text."""
    parts = tuple(part for name in key for part in name.split("."))
    return ".".join(parts) if all(join((part,)) == part for part in parts) else join(key)


def _key(finding: ErrorDetails) -> tuple[str, ...]:
    key = tuple(str(part) for part in finding["loc"])
    if finding["type"] == "cross_field":
        return (*key, *cast("dict[str, str]", finding["ctx"])["key"].split("."))
    return key


def _origin(key: tuple[str, ...], origins: Mapping[tuple[str, ...], str]) -> str | None:
    """Return where ``key`` was given, or a table that holds it, or a key below it."""
    for length in range(len(key), 0, -1):
        if key[:length] in origins:
            return origins[key[:length]]
    return next((origin for name, origin in origins.items() if name[: len(key)] == key), None)


def _say(finding: ErrorDetails, model: type[BaseModel]) -> tuple[str, str | None]:
    """Return a finding's problem and remedy."""
    kind, context = finding["type"], finding.get("ctx", {})
    key = _key(finding)
    if kind == "extra_forbidden":
        return "is not a setting", _suggestion(key, model)
    if kind == "cross_field":
        return str(context["what"]), str(context["remedy"])
    given = _quoted(finding["input"])
    field = setting_at(model, key)
    remedy = f"expected {field.description}" if field is not None and field.description else None
    if kind == "value_error":  # raised by a validator of the schema, which says what belongs there
        return f"= {given} {context['error']}", None
    if kind.startswith("bool_"):
        remedy = _BOOLEANS
    wrong = _WRONG.get(kind)
    bounds = {name: _bound(value) for name, value in context.items()}
    return f"= {given} {wrong.format(**bounds) if wrong else finding['msg']}", remedy


def _suggestion(key: tuple[str, ...], model: type[BaseModel]) -> str:
    known = names_at(model, key[:-1])
    if "." in key[-1]:  # of the command line, with a mistake before the last dot
        dotted = {".".join(path): path for path in _all_keys(model)}
        if (whole := nearest(".".join(key), dotted)) is not None:
            return f"did you mean {join(dotted[whole])}?"
    match = nearest(key[-1], known)
    if match is not None:
        return f"did you mean {join((*key[:-1], match))}?"
    every = _all_keys(model)
    elsewhere = [path for path in every if path[-1] == key[-1]]
    elsewhere += [path for path in every if path[-1].startswith(f"{key[-1]}_")]
    if elsewhere:
        return f"did you mean {join(elsewhere[0])}?"
    table = f"[{join(key[:-1])}]" if key[:-1] else "the top level"
    return f"{table} knows {', '.join(known)}"


def _all_keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in names_at(model, above):
        key = (*above, name)
        found += [key, *_all_keys(model, key)]
    return found


def _bound(value: object) -> str:
    """Return a limit as people write it; only sizes are that large."""
    if isinstance(value, int | float):
        return written_size(int(value)) if value >= MIB else f"{value:g}"
    return str(value)


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  enough to recognise it by
