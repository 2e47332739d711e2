"""What passes between a run and its workers: drapto's own values alone, and paths by their place.

A path below one of the named roots is written as that root's name and the rest; each side has its own
directories under these names. What is read may hold drapto's own types, and plain ones of Python's; anything
else is refused before it is made.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import pickle
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from pydantic import BaseModel

from drapto.errors import ClusterError

OWN = "drapto"

PLAIN = frozenset(
    {
        ("builtins", "bytearray"),
        ("builtins", "complex"),
        ("builtins", "frozenset"),
        ("builtins", "range"),
        ("builtins", "set"),
        ("builtins", "slice"),
        ("collections", "OrderedDict"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
    }
)
"""Types that are no drapto's, and do nothing but hold a value."""

REBUILD = ("drapto.errors", "_rebuild")
"""The one function that is called: it makes an error of drapto's."""


class Collected:
    """The paths that a value names, as they were met."""

    def __init__(self) -> None:
        self.paths: dict[Path, None] = {}


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, roots: Mapping[str, Path], collected: Collected | None) -> None:
        super().__init__(file, protocol=5)
        # not copyreg's: Dask's libraries put ways of their own to write errors there, which no reader takes
        self.dispatch_table = {}
        self._roots = roots
        self._collected = collected

    def persistent_id(self, obj: object) -> tuple[str, str] | None:
        if not isinstance(obj, PurePath):
            return None
        if self._collected is not None:
            self._collected.paths[Path(obj)] = None
        return _placed(obj, self._roots)


def _placed(path: PurePath, roots: Mapping[str, Path]) -> tuple[str, str]:
    """Return the name of the root that a path lies below, none for any other, and the rest."""
    for name, root in roots.items():
        if path.is_relative_to(root):
            return name, path.relative_to(root).as_posix()
    return "", os.fspath(path)


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, roots: Mapping[str, Path]) -> None:
        super().__init__(file)
        self._roots = roots

    def persistent_load(self, pid: Any) -> Path:  # noqa: ANN401  whatever was written
        name, rest = pid
        if name == "":
            return Path(rest)
        if name not in self._roots or rest.startswith("/") or ".." in PurePath(rest).parts:
            raise pickle.UnpicklingError(f"a path outside of what is shared: {name}/{rest}")
        path: Path = self._roots[name] / rest
        return path

    def find_class(self, module_name: str, global_name: str) -> Any:  # noqa: ANN401  as pickle has it
        if (module_name, global_name) in PLAIN:
            return super().find_class(module_name, global_name)
        if module_name.partition(".")[0] in {OWN, "builtins", "av"}:
            found = super().find_class(module_name, global_name)
            is_type = isinstance(found, type)
            mine = is_type and found.__module__.partition(".")[0] == OWN
            raised = is_type and issubclass(found, Exception)
            if mine or raised or (module_name, global_name) == REBUILD:
                return found
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no value of drapto's")


def dump(value: object, roots: Mapping[str, Path], collected: Collected | None = None) -> bytes:
    """Return a value as bytes.

    Args:
        value: What can be pickled.
        roots: Directories, and programs, that the other side has elsewhere, by their names.
        collected: Gets the paths that the value names.
    """
    file = io.BytesIO()
    _Writer(file, roots, collected).dump(value)
    return file.getvalue()


def load(data: bytes, roots: Mapping[str, Path]) -> Any:  # noqa: ANN401  what was written
    """Return what `dump` wrote, with this side's directories.

    Args:
        data: The bytes.
        roots: This side's directories by their names.

    Raises:
        ClusterError: It holds anything but values of drapto's.
    """
    try:
        return _Reader(io.BytesIO(data), roots).load()
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, IndexError, ValueError) as error:
        said = " ".join(str(error).split())
        remedy = "use the same version of drapto everywhere"
        raise ClusterError(f"a message of the cluster was refused ({said})", remedy=remedy) from error


def fingerprint(value: object, roots: Mapping[str, Path]) -> str:
    """Return what is the same for equal values, in any process: 20 hexadecimal digits.

    `dump` does not say the same twice: it writes sets in the order of this process, and what a model was
    given beside what it took by default. Here a value is its fields, but for those that are
    incidental (`drapto.engine.execution.Call`).

    Args:
        value: As `dump` takes it.
        roots: As there.
    """
    return hashlib.blake2b(repr(_compared(value, roots)).encode(), digest_size=10).hexdigest()


def _compared(value: object, roots: Mapping[str, Path]) -> object:
    """Return a value as texts and tuples, in which equal ones are alike."""
    kind = type(value).__qualname__
    if isinstance(value, PurePath):
        return "path", *_placed(value, roots)
    if isinstance(value, BaseModel):
        return kind, _compared({name: getattr(value, name) for name in type(value).model_fields}, roots)
    if dataclasses.is_dataclass(value):
        fields = [one.name for one in dataclasses.fields(value) if not one.metadata.get("incidental")]
        return kind, _compared({name: getattr(value, name) for name in fields}, roots)
    if isinstance(value, Mapping):
        pairs = [repr((_compared(key, roots), _compared(each, roots))) for key, each in value.items()]
        return kind, *sorted(pairs)
    if isinstance(value, (list, tuple, set, frozenset)):
        each = [repr(_compared(one, roots)) for one in value]
        return kind, *(each if isinstance(value, (list, tuple)) else sorted(each))
    return kind, repr(value)
