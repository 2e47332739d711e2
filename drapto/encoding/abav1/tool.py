"""Finds ab-av1, and asks it for its version."""

from __future__ import annotations

import functools
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine import process
from drapto.engine.vitals import INSTANT
from drapto.errors import ToolFailedError, ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT = "DRAPTO_AB_AV1"

NAME = "ab-av1"

INSTALL = "cargo install ab-av1 --locked"

OLDEST = (0, 11, 5)
"""The first whose `crf-search` has `--stdout-format json` (its CHANGELOG.md)."""


@dataclass(frozen=True)
class AbAv1:
    """The ab-av1 in use.

    Attributes:
        program: The program.
        origin: Where it was found: ``config``, ``environment``, ``PATH`` or ``cargo``.
        version: Its version, as it says it.
    """

    program: Path
    origin: str
    version: str


def find_ab_av1(configured: Path | None = None, environ: Mapping[str, str] | None = None) -> AbAv1:
    """Return the ab-av1 to use: as configured, by `DRAPTO_AB_AV1`, on `PATH`, or where cargo installs it.

    Args:
        configured: A path, or a name to look up on ``PATH``.
        environ: The environment; the process's own by default.

    Raises:
        ToolMissingError: What was asked for is not there, nothing is, or it is too old.
    """
    environ = os.environ if environ is None else environ
    asked = environ.get(ENVIRONMENT) or None
    if asked is not None and configured is not None and os.fspath(configured) == asked:
        configured = None  # the settings have it from the environment
    for wish, origin in ((configured, "config"), (asked, "environment")):
        if wish is not None:
            return _examined(_located(os.fspath(wish), origin, environ), origin)
    cargo = Path(environ.get("CARGO_HOME") or Path(environ.get("HOME", "/")) / ".cargo") / "bin"
    for place, origin in ((environ.get("PATH", os.defpath), "PATH"), (str(cargo), "cargo")):
        found = shutil.which(NAME, path=place)
        if found is not None:
            return _examined(Path(found).absolute(), origin)
    raise ToolMissingError("no ab-av1 was found", remedy=f"get it with `{INSTALL}`")


def _located(wish: str, origin: str, environ: Mapping[str, str]) -> Path:
    found = shutil.which(wish, path=environ.get("PATH", os.defpath))
    if found is None:
        remedy = "correct its path" if origin == "config" else f"correct or unset {ENVIRONMENT}"
        raise ToolMissingError(
            "is not a program that can be run", path=wish, remedy=f"{remedy}, or get ab-av1 with `{INSTALL}`"
        )
    return Path(found).absolute()


@functools.cache
def _examined(program: Path, origin: str) -> AbAv1:
    """Ask for the version (one short child process; cached), and refuse one that is too old."""
    remedy = f"get a newer one with `{INSTALL}`"
    try:
        said = process.run([program, "--version"], limits=INSTANT).stdout.decode(errors="replace")
    except ToolFailedError as error:
        problem = f"does not work as an ab-av1 ({error.problem})"
        raise ToolMissingError(problem, path=program, remedy=remedy) from error
    match = re.match(r"ab-av1 ((\d+)\.(\d+)\.(\d+)\S*)", said)
    if match is None:
        raise ToolMissingError("does not answer as an ab-av1 does", path=program, remedy=remedy)
    if tuple(map(int, match.groups()[1:])) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise ToolMissingError(
            f"this ab-av1 ({match[1]}) is older than {needed}, the first that reports its search as JSON",
            path=program,
            remedy=remedy,
        )
    return AbAv1(program, origin, match[1])
