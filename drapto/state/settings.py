"""What doit asks before it believes that a task is up to date, beyond its files' content."""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar

from drapto.upgrade import Redo, difference, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from drapto.engine.document import Document
    from drapto.state.explain import Reason
    from drapto.state.fingerprint import Fingerprints
    from drapto.upgrade import Kind, Use

KEY = "settings"
LATER = "later"
MADE = "made"
MADE_WITH = "made_with"


class _Check(ABC):
    """A check that is called as ``check(task, values)``."""

    def configure_task(self, task: Any) -> None:  # noqa: ANN401, B027  doit is untyped; some save nothing
        """Have what it goes by saved with the task's success; nothing by default."""

    @abstractmethod
    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether the task is up to date, as far as this check goes."""


class UpToDate:
    """All checks of a task as one.

    doit looks up with `inspect` how it is to call each, and for thousands of tasks that takes longer than the
    checks themselves; the one that is left has its signature given.

    Attributes:
        checks: The checks.
        failed: Those that said no when doit last asked.
    """

    __signature__: ClassVar = Signature(
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("task", "values")]
    )

    def __init__(self, *checks: _Check) -> None:
        self.checks = checks
        self.failed: list[_Check] = []

    def configure_task(self, task: Any) -> None:  # noqa: ANN401  doit's classes are untyped
        """Have all that the checks go by saved with the task's success (doit calls this)."""
        for check in self.checks:
            check.configure_task(task)

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether all say yes (doit calls this by these names)."""
        self.failed = [check for check in self.checks if not check(task, values)]
        return not self.failed


@dataclass(eq=False, repr=False)
class SettingsUnchanged(_Check):
    """Says whether a task's settings are those of its last success, and has doit remember them.

    doit's own ``config_changed`` keeps a hash; this keeps the values, so that a plan can name what changed.

    Attributes:
        slice: The slice, JSON values only; or what returns it, where it follows from files that the tasks
            before this one make.
    """

    slice: dict[str, Any] | Callable[[], dict[str, Any]]

    @property
    def settings(self) -> dict[str, Any]:
        """The slice as it is now."""
        return self.slice() if callable(self.slice) else self.slice

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


@dataclass(eq=False, repr=False)
class LaterSettings(_Check):
    """As `SettingsUnchanged`, of what a task began to read in a later version of drapto.

    What was made before that, when nothing of it was remembered, stays.

    Attributes:
        slice: The slice, JSON values only.
    """

    slice: dict[str, Any]

    def configure_task(self, task: Any) -> None:  # noqa: ANN401  doit's classes are untyped
        """Have the settings saved with the task's success (doit calls this)."""
        task.value_savers.append(lambda: {LATER: self.slice})

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether the settings saved in ``values`` are these (doit calls this by these names)."""
        del task
        return LATER not in values or bool(values[LATER] == self.slice)


@dataclass(eq=False, repr=False)
class DocumentWhole(_Check):
    """Says whether a JSON target can be read; one that a user, or a failing disk, damaged is made again.

    Attributes:
        path: The target, absolute.
        kind: What it must hold.
    """

    path: Path
    kind: type[Document]

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return False where the file is there and damaged; a missing one is doit's to notice."""
        del task
        with contextlib.suppress(OSError):
            now = self.path.stat()
            made: Mapping[str, Any] = values.get(MADE) or {}
            own = (state for name, state in made.items() if str(self.path).endswith(name))
            if [now.st_size, now.st_mtime_ns] in (state[:2] for state in own):
                return True  # as it was made, which was whole: nothing needs to be read
        return not self.path.exists() or self.kind.read_if_whole(self.path) is not None


@dataclass(eq=False, repr=False)
class FileHolds(_Check):
    """Says whether a file is still what a task left, by a look that is not at its content alone.

    Attributes:
        path: The file.
        holds: Returns whether it is.
    """

    path: Path
    holds: Callable[[], bool]

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether it is; one that is missing is doit's to notice."""
        del task, values
        return not self.path.exists() or self.holds()


@dataclass(eq=False, repr=False)
class MadeByVersion(_Check):
    """Says whether a task's target may stay, after another version of the encoder than now made it.

    What made it is remembered with the task's success, so that nothing is read and nothing is decided as long
    as it is what is in use now.

    Attributes:
        kind: What the target is.
        recorded: Returns the versions that the target's record names; empty where it names none.
        current: Returns those in use now.
        decide: Returns what becomes of the title; asked only where these differ.
    """

    kind: Kind
    recorded: Callable[[], Sequence[str]]
    current: Callable[[], Sequence[str]]
    decide: Callable[[], Use | Redo]

    def configure_task(self, task: Any) -> None:  # noqa: ANN401  doit's classes are untyped
        """Have the versions saved with the task's success (doit calls this)."""
        task.value_savers.append(self.values)

    def values(self) -> dict[str, Any]:
        """Return what is saved: nothing where nothing is known."""
        made = list(self.recorded())
        return {MADE_WITH: made} if any(made) else {}

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether what made the target is good enough (doit calls this by these names)."""
        del task
        return self.reason(values) is None

    def reason(self, values: Mapping[str, Any]) -> Reason | None:
        """Return why the target is made again; None where it stays, or where nobody knows what made it."""
        made = values.get(MADE_WITH)
        if not made or same(made, self.current()) or not isinstance(self.decide(), Redo):
            return None
        from drapto.state.explain import Reason  # noqa: PLC0415  a run with nothing to do has no reasons

        return Reason("changed", "encoder version", difference(made, self.current(), self.kind))


@dataclass(eq=False, repr=False)
class TargetsAsMade(_Check):
    """Says whether a task's targets are still as it made them, and has doit remember how that was.

    doit only asks whether a target is there. One that was cut, overwritten or put there by something else
    would be taken for what its task made, and what it lacks might not be missed before someone watches it.

    Attributes:
        root: The project directory; what lies in it is remembered by its place there, so that it may move.
        targets: Returns the targets; called when the task has succeeded.
        fingerprints: The project's.
    """

    root: Path
    targets: Callable[[], Iterable[Path]]
    fingerprints: Fingerprints

    def configure_task(self, task: Any) -> None:  # noqa: ANN401  doit's classes are untyped
        """Have the targets' states saved with the task's success (doit calls this)."""
        task.value_savers.append(self.values)

    def values(self) -> dict[str, Any]:
        """Return what is saved: of a target that is gone already nothing, it is missing then."""
        states = {}
        for path in self.targets():
            with contextlib.suppress(FileNotFoundError):
                states[self._name(path)] = self.fingerprints.state(path)
        return {MADE: states}

    def _name(self, path: Path) -> str:
        return str(path).removeprefix(f"{self.root}{os.sep}")

    def __call__(self, task: object, values: Mapping[str, Any]) -> bool:
        """Return whether the targets are as saved in ``values`` (doit calls this by these names)."""
        del task
        return not self.changed(values)

    def changed(self, values: Mapping[str, Any]) -> list[str]:
        """Return the targets that are there, and are not as saved in ``values``."""
        made: dict[str, list[Any]] = values.get(MADE) or {}
        root = str(self.root)
        # as text: this is asked for every target of every task, and pathlib is slow at it
        return [name for name, state in made.items() if self._differs(os.path.join(root, name), state)]  # noqa: PTH118

    def _differs(self, path: str, state: list[Any]) -> bool:
        size, mtime, digest = state
        try:
            now = os.stat(path)  # noqa: PTH116
            if now.st_size != size:
                return True
            return bool(now.st_mtime_ns != mtime and self.fingerprints.of(path) != digest)
        except FileNotFoundError:
            return False  # a missing target is doit's to notice
        except OSError:
            return True  # raised here, it would end the run for all titles
