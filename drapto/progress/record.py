"""What a run writes for those who look at it from outside: how far it is, and why titles failed.

``running.json`` is there while a run works, with who that is: a run that was killed leaves one that names a
process which is no more. ``failed.json`` has the last failure of each title until it succeeds, ``given.json``
the settings that the run which finished a title was given for itself alone. All are bounded, and worth
nothing to the work itself: they are written as far as they can be.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import psutil

from drapto.engine import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RUNNING = "running.json"
FAILED = "failed.json"
GIVEN = "given.json"

LAYOUT = 1

MOST_TITLES = 500
"""Titles of which a run tells, those that it works on first."""

MOST_STAGES = 32
"""Stages of a title that are told of."""

MOST_TEXT = 2_000
"""Characters of a failure that are kept."""

SILENT = 60.0
"""Seconds after which a run on another machine, which writes every other second, counts as gone."""


def me() -> dict[str, Any]:
    """Return what tells this process from every other one: machine, pid, and when it began."""
    with contextlib.suppress(psutil.Error):
        return {"host": socket.gethostname(), "pid": os.getpid(), "born": psutil.Process().create_time()}
    return {"host": socket.gethostname(), "pid": os.getpid(), "born": 0.0}


def write_running(folder: Path, state: dict[str, Any]) -> None:
    """Write how far a run is; ``folder`` is the project's state directory.

    Raises:
        OSError: It cannot be written.
    """
    atomic.write_text(folder / RUNNING, json.dumps({"layout": LAYOUT, **state}) + "\n", durable=False)


def remove_running(folder: Path) -> None:
    """Say that no run works any more."""
    with contextlib.suppress(OSError):
        (folder / RUNNING).unlink(missing_ok=True)


def read_running(folder: Path) -> dict[str, Any] | None:
    """Return how far the run is that works in a project now; None where none does."""
    found = _read(folder / RUNNING)
    return found if found and _is_alive(found) else None


def _is_alive(state: dict[str, Any]) -> bool:
    pid, updated = state.get("pid"), state.get("updated")
    if not isinstance(pid, int) or not isinstance(updated, int | float):
        return False
    if state.get("host") != socket.gethostname():
        return abs(time.time() - updated) < SILENT
    try:
        return abs(psutil.Process(pid).create_time() - float(state.get("born", 0.0))) < 1.0
    except (psutil.Error, TypeError, ValueError):
        return False


def failures(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the last failure of each title that has not succeeded since."""
    found = _read(folder / FAILED) or {}
    titles = found.get("titles")
    if not isinstance(titles, dict):
        return {}
    return {
        name: one
        for name, one in titles.items()
        if isinstance(one, dict) and isinstance(one.get("error"), str)
    }


def note_failure(folder: Path, title: str, *, stage: str, part: int | None, cause: str, error: str) -> None:
    """Write down why a title failed, and when.

    Raises:
        OSError: It cannot be written.
    """
    known = failures(folder)
    known.pop(title, None)
    at = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    one = {"at": at, "stage": stage, "part": part, "cause": cause, "error": error[:MOST_TEXT]}
    _write_failures(folder, {**dict(list(known.items())[-MOST_TITLES + 1 :]), title: one})


def forget_failure(folder: Path, title: str) -> None:
    """Write down that a title has failed no longer.

    Raises:
        OSError: It cannot be written.
    """
    known = failures(folder)
    if known.pop(title, None) is not None:
        _write_failures(folder, known)


def given(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the settings that titles were finished with, where these were given for one run alone."""
    titles = (_read(folder / GIVEN) or {}).get("titles")
    return (
        {name: one for name, one in titles.items() if isinstance(one, dict)}
        if isinstance(titles, dict)
        else {}
    )


def note_given(folder: Path, title: str, settings: Mapping[str, object]) -> None:
    """Write down which settings a title was finished with that were given for this run alone.

    Raises:
        OSError: It cannot be written.
    """
    known = given(folder)
    if known.get(title, {}) == settings:
        return
    known.pop(title, None)
    if settings:
        known = {**dict(list(known.items())[-MOST_TITLES + 1 :]), title: dict(settings)}
    text = json.dumps({"layout": LAYOUT, "titles": known}, indent=1, default=str)
    atomic.write_text(folder / GIVEN, f"{text}\n")


def _write_failures(folder: Path, titles: dict[str, dict[str, Any]]) -> None:
    text = json.dumps({"layout": LAYOUT, "titles": titles}, indent=1)
    atomic.write_text(folder / FAILED, f"{text}\n")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("layout") == LAYOUT else None
