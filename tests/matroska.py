"""Matroska elements for the tests: built, changed, and asked of mkvtoolnix where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.schema import SPECS, name_of
from drapto.media.matroska.tree import Reader
from drapto.media.matroska.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IDS = {spec.name: spec.id for spec in SPECS.values()}


def made(name: str, *content: Element | bytes | str | int) -> Element:
    """Return an element by its name in RFC 9559: of others, or of one value."""
    if content and not isinstance(content[0], Element):
        [value] = content
        if isinstance(value, int):
            value = unsigned(value)
        return Element(IDS[name], value.encode() if isinstance(value, str) else value)  # type: ignore[union-attr]
    return Element(IDS[name], tuple(part for part in content if isinstance(part, Element)))


def tree(element: Element) -> Any:
    """Return an element as nested pairs of names and values, for a test to compare and pytest to show."""
    if isinstance(element.content, tuple):
        return name_of(element.id), [tree(part) for part in element.content]
    return name_of(element.id), element.content


def read(path: Path, name: str, *, inline: int = 1 << 24) -> Element | None:
    """Return the first element of a file that has this name, on its highest level."""
    with path.open("rb") as file:
        return Reader(file, inline=inline).first(IDS[name])


def changed(elements: Path, target: Path, change: Callable[[Element], Element | None]) -> Path:
    """Copy a file of elements; ``change`` gets each one, the innermost first, and returns None to drop it."""

    def over(element: Element) -> Element | None:
        if isinstance(element.content, tuple):
            parts = [over(part) for part in element.content]
            element = Element(element.id, tuple(part for part in parts if part is not None))
        return change(element)

    with elements.open("rb") as file, target.open("wb") as written:
        reader = Reader(file)
        whole = [over(reader.tree(place)) for place in reader.top]
        write_file(written, [one for one in whole if one is not None], reader)
    return target


def without(*names: str) -> Callable[[Element], Element | None]:
    """Return a change that drops the elements of these names."""
    gone = {IDS[name] for name in names}
    return lambda element: None if element.id in gone else element


def mkvtoolnix(program: str, *arguments: str | Path) -> str:
    """Run a program of mkvtoolnix and return what it says; skip the test where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on this machine")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    # 1 is a warning
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def identified(path: Path) -> dict[str, Any]:
    """Return what mkvmerge sees in a file."""
    found: dict[str, Any] = json.loads(mkvtoolnix("mkvmerge", "-J", path))
    return found
