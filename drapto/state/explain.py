"""Why a task runs, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["missing", "changed", "first run", "forced", "cascade", "unknown"]


@dataclass(frozen=True)
class Reason:
    """One reason for a task to run.

    Attributes:
        kind: ``missing`` (a target is not there), ``changed`` (a file or a setting), ``first run``,
            ``forced``, ``cascade`` (a task that it depends on runs), or ``unknown`` (doit says no more).
        what: The file, the setting or the task that it is about.
        detail: What of it, such as ``25 -> 30``; may be empty.
    """

    kind: Kind
    what: str
    detail: str = ""

    def __str__(self) -> str:
        """Return the reason as a few words."""
        if self.kind in ("first run", "forced"):
            return self.kind
        text = f"{self.kind}: {self.what}"
        return f"{text} ({self.detail})" if self.detail else text


def changed_settings(before: object, now: object, prefix: str = "") -> list[Reason]:
    """Name the settings that differ between two slices, nested ones by their dotted names."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return (
            []
            if before == now
            else [Reason("changed", prefix or "settings", f"{as_people_say(before)} -> {as_people_say(now)}")]
        )
    reasons = []
    for key in sorted(before.keys() | now.keys()):
        name = f"{prefix}.{key}" if prefix else str(key)
        reasons += changed_settings(before.get(key), now.get(key), name)
    return reasons


def as_people_say(value: object) -> str:
    """Return a setting's value in a line for people."""
    if isinstance(value, dict) and set(value) == {"width", "height", "x", "y"}:
        return "{width}:{height}:{x}:{y}".format(**value)
    if isinstance(value, dict):
        return (
            f"{str(value['metric']).upper()} {value['score']:g}"
            if {"metric", "score"} <= set(value)
            else "set"
        )
    if isinstance(value, float):
        # 24/255 is no exact decimal, and what is small is not nothing
        return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.4g}"
    if isinstance(value, bool):
        return str(value).lower()
    return "unset" if value is None else str(value)
