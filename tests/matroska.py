"""Matroska elements for the tests: built, changed, and asked of mkvtoolnix where it is installed."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from drapto.media.matroska.ebml import Element, Range, unsigned
from drapto.media.matroska.schema import SPECS, TABLE, name_of
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


def read(path: Path, name: str) -> Element | None:
    """Return the first element of a file that has this name, on its highest level."""
    with path.open("rb") as file:
        reader = Reader(file)
        found = reader.first(IDS[name])
        return None if found is None else in_memory(found, reader)


def in_memory(element: Element, reader: Reader) -> Element:
    """Return an element with all payloads in memory."""
    if isinstance(element.content, Range):
        return Element(element.id, b"".join(reader.payload(element.content)))
    if isinstance(element.content, tuple):
        return Element(element.id, tuple(in_memory(part, reader) for part in element.content))
    return element


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


def _nesting() -> dict[int, list[int]]:
    """Return what lies in each master by the schema's table; chapters and tags lie in themselves, too."""
    children: dict[int, list[int]] = {}
    above: list[int] = []
    for line in TABLE.strip("\n").split("\n"):
        depth = (len(line) - len(line.lstrip())) // 4
        element = int(line.split()[0], 16)
        del above[depth:]
        for parent in above[-1:]:
            children.setdefault(parent, []).append(element)
        above.append(element)
    for recursive in ("ChapterAtom", "SimpleTag"):
        children[IDS[recursive]].append(IDS[recursive])
    return children


CHILDREN = _nesting()

TEXT = st.characters(exclude_characters="\0", exclude_categories=["Cs"])

VALUES = {
    "unsigned": st.integers(0, 2**64 - 1).map(unsigned),
    "signed": st.binary(min_size=1, max_size=8),
    "date": st.binary(min_size=8, max_size=8),
    "float": st.floats(allow_nan=False).map(lambda value: struct.pack(">d", value)),
    "string": st.text(TEXT, max_size=20).map(str.encode),
    "binary": st.binary(max_size=300),
}

TOP_NAMES = ("Info", "Tracks", "Chapters", "Tags", "Attachments")


@st.composite
def random_elements(draw: st.DrawFn, names: tuple[str, ...] = TOP_NAMES) -> Element:
    """Return a random element with one of these names, and random ones in it as the schema allows."""
    return _drawn(draw, IDS[draw(st.sampled_from(names))], 7)


def _drawn(draw: st.DrawFn, element: int, depth: int) -> Element:
    kind = SPECS[element].kind
    if kind != "master":
        return Element(element, draw(VALUES[kind]))
    allowed = [one for one in CHILDREN.get(element, ()) if depth > 0 or SPECS[one].kind != "master"]
    chosen = draw(st.lists(st.sampled_from(allowed), max_size=4)) if allowed else []
    return Element(element, tuple(_drawn(draw, one, depth - 1) for one in chosen))
