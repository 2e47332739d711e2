"""Where ab-av1 finds what it runs: an ``ffmpeg`` and an ``ffprobe``, on ``PATH`` by these names."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.errors import ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.encoding.abav1.tool import AbAv1

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Toolchain:
    """The programs that ab-av1 finds, and what it works on.

    Attributes:
        program: What starts ab-av1.
        source: A link to the video file.
        temp: Where its samples belong.
    """

    program: Path
    source: Path
    temp: Path


@contextlib.contextmanager
def toolchain(folder: Path, tool: AbAv1, source: Path, ffmpeg: Path) -> Iterator[Toolchain]:
    """Make ``folder`` anew, yield what is in it, and remove it.

    Raises:
        ToolMissingError: Programs cannot be run there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    temp = folder.absolute()
    try:
        write_programs(temp / "bin", tool.program, ffmpeg)
        # ab-av1 derives its own file names from this one, which must not become too long
        link = temp / "source.mkv"
        link.symlink_to(source.absolute())
        yield Toolchain(temp / "bin" / "ab-av1", link, temp)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_programs(folder: Path, ab_av1: Path, ffmpeg: Path) -> None:
    """Write an ``ab-av1`` that finds beside it, by their common names, our ffmpeg and our answer to ffprobe.

    Raises:
        ToolMissingError: Programs cannot be run there, and ab-av1 would silently take others from ``PATH``.
    """
    # by its name, a folder with a colon in it could not be on PATH
    enter = f'cd {shlex.quote(str(folder))} || exit\nexport PATH=".:$PATH"\n'
    # without the directory that Python would add: what is beside a script must not shadow its library
    leash = (sys.executable, "-I", "-S", HERE / "leash.py", ffmpeg.absolute())
    _write_script(folder / "ab-av1", ab_av1, before=enter)
    _write_script(folder / "ffmpeg", *leash)
    _write_script(folder / "ffprobe", sys.executable, "-P", HERE / "ffprobe.py")


def _write_script(path: Path, *command: str | Path, before: str = "") -> None:
    # by way of a shell: an interpreter's path after "#!" may hold no space, and not be long
    text = f'#!/bin/sh\n{before}exec {shlex.join(map(str, command))} "$@"\n'
    with atomic.replacing(path, durable=False) as partial:
        partial.write_bytes(os.fsencode(text))
    path.chmod(0o755)
    if not os.access(path, os.X_OK):
        raise ToolMissingError(
            "no program can be run from here, as ab-av1 has to",
            path=path.parent,
            remedy="set processing.temp_dir to a file system that is not mounted noexec",
        )
