"""Events as records for other programs: a line of JSON each, in a versioned layout.

`schema` describes them; docs/events.schema.json is what it says, and a test holds the two together.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import typing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drapto.about import VERSION
from drapto.errors import printable
from drapto.state import events, progress_events
from drapto.terminal import Shown
from drapto.words import DIGITS

if TYPE_CHECKING:
    from typing import TextIO

    from drapto.state.events import Event

LAYOUT = 1
"""The version of the records' layout. Names may come to it; none goes, and none changes its meaning."""

_JSON = {int: "integer", float: "number", str: "string", bool: "boolean", Path: "string", type(None): "null"}


def record(event: Event, now: datetime | None = None) -> dict[str, Any]:
    """Return ``event`` as a record: ``v``, ``time`` (ISO 8601, UTC), ``event`` and its own attributes."""
    fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    return _head(event.name, now) | {name: _plain(value) for name, value in fields.items()}


def _head(name: str, now: datetime | None) -> dict[str, Any]:
    stamp = (now or datetime.now(UTC)).isoformat(timespec="milliseconds")
    return {"v": LAYOUT, "time": stamp, "event": name}


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return printable(value)
    if isinstance(value, float):
        return round(value, DIGITS)
    return list(value) if isinstance(value, tuple) else value


class EventWriter:
    """A subscriber that writes each event as a line; any thread may call it.

    The first line is ``run_started``, the last ``run_ended`` with the run's exit code.

    Args:
        stream: Where the lines go; each is flushed, so that a reader has it at once.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._put(_head("run_started", None) | {"drapto": VERSION})

    def __call__(self, event: Event) -> None:
        """Write ``event``."""
        self._put(record(event))

    def end(self, exit_code: int) -> None:
        """Write how the run ended."""
        self._put(_head("run_ended", None) | {"exit_code": exit_code})

    def _put(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._stream.write(f"{json.dumps(line)}\n")
            self._stream.flush()


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of one line."""
    named = [getattr(module, name) for module in (events, progress_events) for name in module.__all__]
    kinds = [kind for kind in named if kind not in _ABSTRACT]
    variants = [_variant(kind.name, _properties(kind), _required(kind)) for kind in kinds]
    variants.append(_variant("run_started", {"drapto": {"type": "string"}}, ["drapto"]))
    variants.append(_variant("run_ended", {"exit_code": {"type": "integer"}}, ["exit_code"]))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of drapto --events",
        "oneOf": variants,
    }


_ABSTRACT = (events.Event, events.StageEvent)


def _variant(name: str, own: dict[str, Any], required: list[str]) -> dict[str, Any]:
    head = {
        "v": {"const": LAYOUT},
        "time": {"type": "string", "format": "date-time"},
        "event": {"const": name},
    }
    return {
        "type": "object",
        "properties": head | own,
        "required": [*head, *required],
        "additionalProperties": False,
    }


def _properties(kind: type[Event]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, {**vars(events), "Path": Path})
    return {field.name: _type(hints[field.name]) for field in dataclasses.fields(kind)}


def _required(kind: type[Event]) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def _type(hint: Any) -> dict[str, Any]:  # noqa: ANN401  a type, however it is written
    if hint in _JSON:
        return {"type": _JSON[hint]}
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _type(arguments[0])}
    return {"type": [_JSON[one] for one in arguments]}


if __name__ == "__main__":
    Shown(sys.stdout).write(f"{json.dumps(schema(), indent=1)}\n")  # for docs/events.schema.json
