"""The commands that a page tells people to type: its fenced blocks of ``sh``, and what is said before each.

A block that begins with ``#!`` is a file, and not typed. A comment before a block says how it is run:

- ``<!-- not run: REASON -->``: it is not; its options are held against the commands all the same;
- ``<!-- with: NAME=value -->``: with this in the environment;
- ``<!-- needs: PROGRAM -->``: only where that program is.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.documents.tree import all_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SHELLS = {"sh", "bash"}
NOTE = re.compile(r"<!-- (not run|with|needs): (.*?) -->\s*\Z")

PROGRAMS = {
    *(
        "drapto",
        "doit",
        "pip",
        "pipx",
        "pytest",
        "make",
        "python",
        "python3",
        "cargo",
        "docker",
        "git",
        "man",
    ),
    *(
        "apt",
        "sudo",
        "ffmpeg",
        "mkvmerge",
        "jq",
        "systemctl",
        "mv",
        "cp",
        "rm",
        "cd",
        "npm",
        "dask",
        "kubectl",
    ),
}
"""What commands in the pages begin with."""


@dataclass(frozen=True)
class Block:
    """Commands of a page.

    Attributes:
        line: The line of the page on which they begin.
        language: What the fence calls them.
        text: The commands.
        notes: What is said before them: ``not run``, ``with``, ``needs``.
    """

    line: int
    language: str
    text: str
    notes: dict[str, str] = field(default_factory=dict)


def blocks(page: Path) -> list[Block]:
    """Return a page's fenced blocks."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        said = NOTE.search(text[: match.start()].rstrip(" "))
        notes = {} if said is None else {said[1]: said[2]}
        line = text.count("\n", 0, match.start()) + 2
        found.append(Block(line, match[2], textwrap.dedent(match[3]), notes))
    return found


def shell(page: Path) -> list[Block]:
    """Return the blocks that a shell reads."""
    return [block for block in blocks(page) if block.language in SHELLS]


def unfenced(page: Path) -> list[str]:
    """Return commands that stand in a block without a fence that says ``sh``: no test would find them."""
    found = [
        line.strip()
        for block in blocks(page)
        if not block.language
        for line in block.text.splitlines()
        if line.split()[:1] and line.split()[0] in PROGRAMS
    ]
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for match in re.finditer(r"(?:\A|\n\n)((?: {4,}.*(?:\n|\Z))+)", text):
        found += [line.strip() for line in match[1].splitlines() if line.split()[0] in PROGRAMS]
    return found


def mentioned(page: Path) -> Iterator[str]:
    """Yield every call of drapto on a page: in blocks, and among the text."""
    text = page.read_text(encoding="utf-8")
    for block in shell(page):
        for line in block.text.replace("\\\n", " ").splitlines():
            yield from re.findall(r"(?:^|[;&|(]|\$ |INT 8h) *(drapto(?: .*)?)$", line)
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text).replace("\\|", "|")):
        if re.match(r"drapto [a-z]", code):
            yield code


COMMANDS = {found.name: found for found in all_commands()}


def problem(call: str) -> str | None:
    """Return what is wrong with a call of drapto: a command or an option that does not exist."""
    words = shlex.split(call, comments=True)
    for stop in (">", ">>", "2>&1", "|", "&&", ";", "||", "…", "...", "&"):
        words = words[: words.index(stop)] if stop in words else words
    if "--" in words:
        words = words[: words.index("--")]
    name = "drapto"
    rest = words[1:]
    while rest and f"{name} {rest[0]}" in COMMANDS:
        name, rest = f"{name} {rest[0]}", rest[1:]
    if name == "drapto" and rest and not rest[0].startswith("-"):
        return f"there is no command {rest[0]}"
    known = COMMANDS[name].names() | {"-h", "--help"}
    given = [word.split("=")[0] for word in rest if re.match(r"--?[a-zA-Z]", word)]
    unknown = [word for word in given if word not in known]
    return f"{name} has no {', '.join(unknown)}" if unknown else None
