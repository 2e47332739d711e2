"""What a program is to the bench: its version, and the command that its users would write."""

from __future__ import annotations

import re
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    Command = list[str | Path]

UNKNOWN = "unknown"
"""The version of a program that says none."""

HOURS = 4
"""After so many a command is given up, as one that hangs must not stop the table."""


class AbsentError(Exception):
    """A program is not there; the message is for the table."""


class NoWayError(Exception):
    """A program has nothing for what is asked; the message is for the table."""


@dataclass(frozen=True)
class Job:
    """What is asked of a program.

    Attributes:
        source: The film.
        folder: The program's own, absolute; it is there.
        preset: Of SVT-AV1.
        crf: The CRF, or None where ``target`` is asked for.
        target: The VMAF.
        tracks: Whether sound, subtitles and all else are to be kept, or there is a picture alone.
        chunk: Seconds of a segment, for those that cut films.
        surround: Sound tracks, from 0, of 5.1 channels that stand at the sides.
    """

    source: Path
    folder: Path
    preset: int
    crf: float | None
    target: float
    tracks: bool = False
    chunk: float = 15.0
    surround: tuple[int, ...] = ()

    @property
    def output(self) -> Path:
        """What most programs are told to write."""
        return self.folder / "out.mkv"


class Peer(ABC):
    """A program. `name` is what the table calls it."""

    name: ClassVar[str]
    starts_over: ClassVar[str] = ""
    """The mode in which it is killed and run again: that at a fixed CRF, unless it is ``target``."""

    def __init__(self, ffmpeg: Path) -> None:
        self.ffmpeg = ffmpeg

    @abstractmethod
    def version(self) -> str:
        """Return its version.

        Raises:
            AbsentError: It is not installed.
        """

    @abstractmethod
    def command(self, job: Job) -> Command:
        """Return what encodes, run in the job's folder.

        Raises:
            NoWayError: It has no way to do that.
        """

    def made(self, job: Job) -> Path:
        """Return the finished file."""
        return job.output

    def prepare(self, job: Job) -> None:  # noqa: B027  most need nothing
        """Make what stands beside the command."""

    def encoder(self, log: Path) -> str:
        """Return the version of its SVT-AV1, by what it said on a run; nothing where that tells none."""
        found = re.findall(
            r"SVT-AV1 Encoder Lib v?(\S+)", log.read_text(errors="replace") if log.exists() else ""
        )
        return found[-1] if found else ""


def bounded(command: Command) -> Command:
    """Return ``command``, ended where it hangs."""
    return ["timeout", "--foreground", "--kill-after=10", str(HOURS * 3600), *command]


def said(command: Command) -> str:
    """Return all that a command says."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout + done.stderr


def first_match(command: Command, pattern: str) -> str:
    """Return the first group of ``pattern`` in what a command says, or `UNKNOWN`."""
    found = re.search(pattern, said(command))
    return found[1] if found else UNKNOWN
