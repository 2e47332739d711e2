"""What was measured, kept line by line, so that a run that was ended goes on where it was."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Results:
    """A file of figures, each by its key.

    Attributes:
        path: The file.
        known: All that is in it: what was found, or ``{"failed": why}``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, dict[str, Any]] = {}
        if path.exists():
            text = path.read_text()
            if text and not text.endswith("\n"):
                path.write_text(text + "\n")  # else the next line would go with the rest of one
            for line in text.splitlines():
                try:
                    one = json.loads(line)
                except ValueError:
                    continue  # cut off by a kill: it is looked for again
                self.known[one["key"]] = one

    def get(self, *key: object) -> dict[str, Any]:
        """Return what was found of ``key``; nothing where it was not looked for."""
        return self.known.get(_joined(key), {})

    def find(self, look: Callable[[], dict[str, Any]], *key: object) -> dict[str, Any]:
        """Return what is known of ``key``, else what ``look`` finds; where it fails, how."""
        name = _joined(key)
        if name in self.known and "failed" not in self.known[name]:
            return self.known[name]
        try:
            found = look()
        except Exception as error:  # noqa: BLE001  a peer that fails has a row, and the others theirs
            found = {"failed": f"{error}".strip() or type(error).__name__}
        found = {"key": name, "at": round(time.time()), **found}
        with self.path.open("a") as file:
            file.write(json.dumps(found) + "\n")
        self.known[name] = found
        return found


def _joined(key: tuple[object, ...]) -> str:
    return "/".join(str(part) for part in key)
