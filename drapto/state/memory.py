"""What the encodes of a title were found to need of memory: measured, and learnt from those that were killed.

An estimate holds for most pictures and presets, not for all. So the most that an encoder of a title held is
kept with it, for the next run; and where the kernel killed one for lack of memory, each counts for twice as
much from then on, so that half as many run side by side.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from drapto.engine import atomic

if TYPE_CHECKING:
    from pathlib import Path

FILE = "memory.json"

MARGIN = 1.1
"""Times what was measured that one counts for: the next segment may be longer, or harder."""

GROWN = 1.02
"""Times what is known from which a peak is written down anew."""

MOST_DOUBLINGS = 6

_lock = threading.Lock()


def measured(folder: Path, kind: str) -> int:
    """Return the bytes that an encode of a title's takes, by what was measured; 0 where nothing was.

    Args:
        folder: The title's ``encode_data`` directory.
        kind: What decides the memory: the picture's size, the preset.
    """
    peak = _read(folder).get("peaks", {}).get(kind, 0)
    return int(MARGIN * peak) if isinstance(peak, int) else 0


def doublings(folder: Path) -> int:
    """Return how often an encode of the title was killed for lack of memory."""
    count = _read(folder).get("kills", 0)
    return min(MOST_DOUBLINGS, count) if isinstance(count, int) else 0


def learn(folder: Path, kind: str, peak: int) -> None:
    """Take in the most that an encode held, bytes."""
    with _lock:
        known = _read(folder)
        peaks = known.get("peaks")
        peaks = peaks if isinstance(peaks, dict) else {}
        if peak > GROWN * peaks.get(kind, 0):
            _write(folder, {**known, "peaks": {**peaks, kind: peak}})


def was_killed(folder: Path) -> None:
    """Take in that an encode was killed for lack of memory."""
    with _lock:
        known = _read(folder)
        _write(folder, {**known, "kills": doublings(folder) + 1})


def _read(folder: Path) -> dict[str, Any]:
    """Return what is known: no `Document`, since the graph of a run with nothing to do reads it."""
    try:
        found = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(folder: Path, known: dict[str, Any]) -> None:
    atomic.write_text(folder / FILE, json.dumps(known, sort_keys=True) + "\n", durable=False)
