"""What a stage needs besides its input: the tool, the log, its share of the machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drapto.engine import process
from drapto.engine.causes import FAILED
from drapto.engine.logs import write_log
from drapto.engine.vitals import PATIENCE, Limits
from drapto.errors import SpaceError, ToolFailedError
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from drapto.engine.resources import DiskRate


def file_url(path: Path) -> str:
    """Return ``path`` as ffmpeg takes it literally, without reading protocols or patterns out of it."""
    return f"file:{path}"


@dataclass(frozen=True)
class EncodeProgress:
    """One report of a running ffmpeg.

    Attributes:
        frame: Frames written so far; of a segment's part, with those that lie before it.
        fps: Frames per second since its start.
        size: Bytes written so far.
        position: Presentation time reached, seconds; for streams without frames.
        peak: The most memory that it held, bytes, once it has ended; 0 before.
        first: Frames of a segment that lie before the part that is encoded.
    """

    frame: int
    fps: float
    size: int
    position: float = 0.0
    peak: int = 0
    first: int = 0


@dataclass(frozen=True)
class StageContext:
    """The surroundings of a title's stages. Picklable, so that it crosses doit's process runner.

    Attributes:
        title: The title's name.
        ffmpeg: The ffmpeg program.
        logs: The directory of the title's logs.
        disk_rate: How fast drapto itself may write when it copies streams.
        ab_av1: The ab-av1 program; None to look for one.
        patience: Seconds without a sign of life after which a child is killed; 0: never.
    """

    title: str
    ffmpeg: Path
    logs: Path
    disk_rate: DiskRate
    ab_av1: Path | None = None
    patience: float = PATIENCE

    def run_ffmpeg(
        self,
        arguments: Sequence[str | Path],
        *,
        log: str,
        about: Path | None = None,
        on_progress: Callable[[EncodeProgress], None] | None = None,
        feed: Iterable[bytes] | None = None,
        verbosity: str = "error",
        target: Path | None = None,
    ) -> process.Finished:
        """Run ffmpeg with ``arguments``, logged to the log of its stage.

        Args:
            arguments: Everything after the global options; name files with `file_url`.
            log: The stage, and its part behind a hyphen: ``encode-0001``; a stage has one file.
            about: The file to name in an error.
            on_progress: Called about twice a second; standard output then carries the reports.
            feed: Chunks for standard input (``pipe:0``).
            verbosity: ffmpeg's log level.
            target: What it writes, to be held against what it says that it has written: what a tool, or a
                disk, left out of a file need not be missed by those who read it.

        Raises:
            ToolFailedError, ToolMissingError, SpaceError: As `process.run`; or the target is not whole.
        """
        last = EncodeProgress(0, 0.0, 0)

        def told(report: EncodeProgress) -> None:
            nonlocal last
            last = report
            if on_progress is not None:
                on_progress(report)

        reporting = on_progress is not None or target is not None
        reports = ["-progress", "pipe:1", "-stats_period", "0.5"] if reporting else []
        finished = self.run(
            [self.ffmpeg, "-nostdin", "-hide_banner", "-v", verbosity, *reports, *arguments],
            log=log,
            about=about,
            on_line=_progress_reader(told) if reporting else None,
            feed=feed,
        )
        if target is not None and (size := _size(target)) < last.size:
            problem = f"ffmpeg left {size_text(size)} of the {size_text(last.size)} that it wrote"
            error = ToolFailedError(problem, path=about or target, remedy="check the disk, and run again")
            error.cause = FAILED.name
            raise error
        return replace(finished, frames=last.frame)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        log: str,
        about: Path | None = None,
        on_line: Callable[[str], bool | None] | None = None,
        feed: Iterable[bytes] | None = None,
        forgive: Callable[[process.Finished], bool] | None = None,
    ) -> process.Finished:
        """Run a program, logged to the log of its stage; see `process.run`.

        Raises:
            ToolFailedError, ToolMissingError, SpaceError: As `process.run`.
        """
        try:
            return process.run(
                command,
                log=self._log(log),
                entry=log,
                on_line=on_line,
                feed=feed,
                about=about,
                forgive=forgive,
                limits=Limits(self.patience),
            )
        except SpaceError as error:
            # the child writes into the title's directory, and does not say which file it was
            raise SpaceError(error.problem, path=self.logs.parent, remedy=error.remedy) from error

    def _log(self, log: str) -> Path:
        """Return a stage's log; what is after the hyphen says which of its entries are meant."""
        return self.logs / f"{log.partition('-')[0]}.log"

    def note(self, text: str, *, log: str) -> None:
        """Write a line to the log of a stage, for the entry ``log``."""
        write_log(self._log(log), f"# {log}: {text}\n\n")


def _progress_reader(on_progress: Callable[[EncodeProgress], None]) -> Callable[[str], bool]:
    """Return a reader of ffmpeg's ``-progress`` lines: ``key=value``, ``progress=`` ending a block.

    It tells of each line whether ffmpeg has got on: it reports also where it is stuck.
    """
    seen: dict[str, str] = {}
    reached: tuple[int, int, float] | None = None

    def read(line: str) -> bool:
        nonlocal reached
        key, _, value = line.partition("=")
        seen[key] = value.strip()
        if key != "progress":
            return False
        report = EncodeProgress(
            frame=int(_number(seen.get("frame"))),
            fps=_number(seen.get("fps")),
            size=int(_number(seen.get("total_size"))),
            position=_number(seen.get("out_time_us")) / 1e6,
        )
        before, reached = reached, (report.frame, report.size, report.position)
        on_progress(report)
        return reached != before

    return read


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _number(text: str | None) -> float:
    """Read ffmpeg's number, which may be ``N/A``."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
