"""The house as docs/design.md draws it: its folders, its floors, its words, and how large its rooms are."""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

LINES_OF_A_FILE = 330
LINES_OF_A_FUNCTION = 60

BANNED = (
    *("bench", "draw", "guess", "guesser", "maker", "mend", "mended", "paper", "pencil", "piece", "pieces"),
    *("seeker", "sketch", "sketches", "stray", "thorough", "turned", "workbench", "workshop"),
)
"""Words that no identifier holds, in small letters: the field has others for what they stood for."""

CONTRACT_NAMES = {"_draw", "thorough"}
"""Identifiers that others gave: a method of rich's thread, a setting and the slices that have it."""


def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name; `rules` is read where it lies."""
    found = {}
    for top, package in ((ROOT / "drapto", ("drapto",)), (ROOT / "rules", ("drapto", "rules"))):
        for path in top.rglob("*.py"):
            if "rules" in path.relative_to(top).parts:
                continue  # by its link, on a Python that follows links
            parts = (*package, *path.relative_to(top).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@functools.cache
def tree_of(name: str) -> ast.Module:
    """Return what a module says: to read them all takes seconds, which a worker without such a test saves."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the modules that a module imports, wherever it does so, also for type checkers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in MODULES else node.module


@functools.cache
def imports() -> dict[str, list[str]]:
    """Return for each module which others it imports."""
    return {
        name: sorted({one for one in imported(tree_of(name)) if one in MODULES and one != name})
        for name in MODULES
    }


def circles(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """Return for each knot of modules a shortest way around through its first one."""
    found: list[list[str]] = []
    knotted: set[str] = set()
    for start in sorted(graph):
        if start in knotted:
            continue
        before: dict[str, str] = {}
        queue = [start]
        for at in queue:
            for to in graph[at]:
                if to not in before:
                    before[to] = at
                    queue.append(to)
        if start in before:
            way = [start]
            while len(way) == 1 or way[-1] != start:
                way.append(before[way[-1]])
            found.append(way[::-1])
            knotted |= set(way)
    return found


def drawn_floors() -> list[set[str]]:
    """Return the floors of the list in docs/design.md, from the top."""
    text = DESIGN.split("The floors, from the top:", 1)[1].split("\n\n", 2)[1]
    return [set(re.findall(r"`(\w+)`", line)) for line in text.splitlines()]


def drawn_rooms() -> set[str]:
    """Return the folders and modules that the block under "The house" draws below drapto/."""
    block = DESIGN.split("## The house", 1)[1].split("```", 2)[1]
    drawn: set[str] = set()
    above: list[str] = []
    for line in block.splitlines():
        match = re.match(r"( *)([\w.]+)(/?) ", line)
        if match is None:
            continue
        depth = len(match[1]) // 2
        above[depth:] = [match[2].removesuffix(".py")]
        drawn.add(".".join(above))
    return {name for name in drawn if name.split(".")[0] == "drapto"}


def is_drawn(name: str) -> bool:
    """Return whether a module has to be drawn: every folder, and what lies beside the wings."""
    is_folder = MODULES[name].name == "__init__.py"
    return is_folder or (name.count(".") == 1 and not name.endswith("__main__"))


def test_what_is_drawn_exists_and_what_exists_is_drawn() -> None:
    assert drawn_rooms() == {name for name in MODULES if is_drawn(name)}


def test_the_drawn_floors_are_those_of_the_contract() -> None:
    [contract] = [one for one in CONTRACTS["contracts"] if one["id"] == "floors"]
    floors = [set(re.split(r" [|:] ", layer)) for layer in contract["layers"]]
    assert drawn_floors() == floors
    assert set().union(*floors) == {name.split(".")[1] for name in drawn_rooms() if name.count(".") == 1}


def test_no_import_runs_up() -> None:
    floor = {name: number for number, floor in enumerate(drawn_floors()) for name in floor}
    wings = {name: name.split(".")[1] for name in MODULES if name not in {"drapto", "drapto.__main__"}}
    up = [
        f"{name} -> {other}"
        for name, wing in wings.items()
        for other in imports()[name]
        if other in wings and wing != wings[other] and floor[wings[other]] <= floor[wing]
    ]
    assert up == []


def test_no_contract_has_exceptions() -> None:
    assert not any("ignore_imports" in contract for contract in CONTRACTS["contracts"])


def test_there_is_no_circle_among_modules() -> None:
    assert [" -> ".join(way) for way in circles(imports())] == []


def test_a_circle_would_be_seen() -> None:
    graph = {"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": [], "e": ["e", "a"]}
    assert circles(graph) == [["b", "c", "b"], ["e", "e"]]


def test_no_file_is_too_long() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in MODULES.values()}
    assert {name: count for name, count in lines.items() if count > LINES_OF_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lines = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name in MODULES
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: count for name, count in lines.items() if count > LINES_OF_A_FUNCTION} == {}


def identifiers(tree: ast.AST) -> Iterator[str]:
    """Yield every name that a module defines, uses or imports."""
    for node in ast.walk(tree):
        for field in ("name", "id", "attr", "arg"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value


@pytest.mark.parametrize("name", sorted(MODULES))
def test_identifiers_are_the_fields_words(name: str) -> None:
    found = {
        one
        for one in (*identifiers(tree_of(name)), name)
        if one not in CONTRACT_NAMES
        and {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", one)} & set(BANNED)
    }
    assert found == set()
