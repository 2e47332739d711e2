"""What was learnt on this machine of what work costs: ``times.json`` in the user's state directory.

It is a memory alone: where it cannot be read, is damaged, or cannot be written, the shipped priors hold.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drapto.engine import atomic
from drapto.progress.costs import Costs, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LAYOUT = 2
"""Of the file; another one's is forgotten, since sizes may be counted otherwise."""

MOST_KINDS = 128
"""Kinds that are remembered; of more, those that were measured last."""

MOST_BYTES = 1 << 20
"""A file that is larger is none of drapto's."""

MOST_RATIOS = 100.0
"""What logarithms of ratios sum up to at most."""

Measured = tuple[str, float, float]
"""A measurement: the kind of work, its size, its slot seconds."""


def path() -> Path | None:
    """Return the file: below ``XDG_STATE_HOME``, or ``~/.local/state``; None where there is no home."""
    given = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(given):  # noqa: PTH117  the XDG specification has others ignored
        return Path(given, "drapto", "times.json")
    try:
        return Path.home() / ".local" / "state" / "drapto" / "times.json"
    except RuntimeError:
        return None


def load() -> Costs:
    """Return what is known of what work costs here."""
    return Costs(_lines())


def add(measured: Iterable[Measured]) -> None:
    """Add measurements to the file, as far as it can be written; other runs may have done so, too."""
    if (file := path()) is None:
        return
    costs = Costs(_lines())
    for one in measured:
        costs.learn(*one)
    kinds = dict(list(costs.learnt.items())[-MOST_KINDS:])
    with contextlib.suppress(OSError):
        atomic.write_text(file, _text(kinds), durable=False)


def _text(kinds: Mapping[str, Line]) -> str:
    found = {"layout": LAYOUT, "kinds": {kind: list(astuple(line)) for kind, line in kinds.items()}}
    return json.dumps(found, indent=1) + "\n"


def _lines() -> dict[str, Line]:
    """Return what the file has, entry by entry: one that is damaged costs itself alone."""
    file = path()
    try:
        if file is None or file.stat().st_size > MOST_BYTES:
            return {}
        found: Any = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    kinds = found.get("kinds") if isinstance(found, dict) and found.get("layout") == LAYOUT else None
    if not isinstance(kinds, dict):
        return {}
    return {kind: line for kind, held in kinds.items() if (line := _line(held)) is not None}


def _line(held: object) -> Line | None:
    size = len(Line.__dataclass_fields__)
    if not isinstance(held, list) or len(held) != size:
        return None
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in held):
        return None
    if min(held[:-1]) < 0 or abs(held[-1]) > MOST_RATIOS:
        return None
    return Line(*map(float, held))
