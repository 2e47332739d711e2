"""What doit asks before it believes that a task is up to date, beyond its files' content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drapto.engine.document import Document

KEY = "settings"


@dataclass(frozen=True)
class SettingsUnchanged:
    """Says whether a task's settings are those of its last success, and has doit remember them.

    doit's own ``config_changed`` keeps a hash; this keeps the values, so that a plan can name what changed.

    Attributes:
        settings: The slice: JSON values only.
    """

    settings: dict[str, Any]

    def configure_task(self, task: Any) -> None:  # noqa: ANN401  doit's classes are untyped
        """Have the settings saved with the task's success (doit calls this)."""
        task.value_savers.append(self.values)

    def values(self) -> dict[str, Any]:
        """Return what is saved."""
        return {KEY: self.settings}

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether the settings saved in ``values`` are these (doit calls this by these names)."""
        del task
        return bool(values.get(KEY) == self.settings)


@dataclass(frozen=True)
class DocumentWhole:
    """Says whether a JSON target can be read; one that a user, or a failing disk, damaged is made again.

    Attributes:
        path: The target, absolute.
        kind: What it must hold.
    """

    path: Path
    kind: type[Document]

    def __call__(self) -> bool:
        """Return False where the file is there and damaged; a missing one is doit's to notice."""
        return not self.path.exists() or self.kind.read_if_whole(self.path) is not None
