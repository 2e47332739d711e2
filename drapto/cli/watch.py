"""`drapto watch`: encodes what arrives in a folder."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.arrivals import Arrivals
from drapto.cli.building import built
from drapto.cli.encode import MOST_JOBS
from drapto.cli.output import say
from drapto.cli.ranges import Number, Whole
from drapto.display.busy import Busy
from drapto.errors import EXIT_INTERRUPTED, LockedError, UsageError, printable
from drapto.project import open_project
from drapto.state.lock import ProjectLock
from drapto.tools import find_tools, require
from drapto.words import count_text

if TYPE_CHECKING:
    from types import FrameType

    from drapto.config import Config
    from drapto.project import Project
    from drapto.sources import Source

QUIET = 30.0
"""Seconds for which a file must not have changed. A copy over a slow network pauses for some."""

LOOK_EVERY = 2.0
"""Seconds between two looks while a file grows: what is only written to changes no folder."""

IDLE = 60.0
"""Seconds between two looks where nothing is known to happen: not every file system tells of a change."""


@click.command(
    short_help="Encode what arrives in a folder.",
    epilog=options.examples("drapto watch /rips -o /films", "drapto watch /rips -o /films --quiet 120"),
)
@click.argument("folder", metavar="DIR", type=options.PATH)
@click.option("-o", "--output", type=options.PATH, metavar="DIR", required=True, help="Where the films go.")
@options.work_dir
@click.option("-n", "--jobs", type=Whole(1, MOST_JOBS), metavar="JOBS", help="Tasks side by side.")
@click.option(
    "--quiet",
    type=Number(0, 86400),
    default=QUIET,
    show_default=True,
    metavar="SECONDS",
    help="How long a file must not have grown.",
)
@click.option("--once", is_flag=True, help="End when everything that is there is encoded.")
@options.profile_option
@options.set_options
@options.config_file
@options.events_option
def watch(
    *,
    folder: Path,
    output: Path,
    work_dir: Path | None,
    jobs: int | None,
    quiet: float,
    once: bool,
    events: Path | None,
    **named: Unpack[options.Set],
) -> int:
    """Encode every MKV in DIR, and in the folders in it, as soon as it no longer grows; go on until stopped.

    Folders are mirrored below the output directory. What is finished is not done again, also after a restart.
    A file that fails is tried again when it has changed.
    """
    if not folder.is_dir():
        raise UsageError("is not a directory", path=folder, remedy="name the folder that files arrive in")
    config = _config(output, work_dir, named)
    require(find_tools(config.tools.ffmpeg))
    folder = folder.absolute()
    work = Path.cwd() / config.processing.temp_dir
    arrivals = Arrivals(folder, quiet, config, (output.absolute(), work))
    lock = ProjectLock(work / ".drapto" / "watch.lock")
    lock.path.parent.mkdir(parents=True, exist_ok=True)
    lock.acquire()
    signal.signal(signal.SIGTERM, _stop)
    try:
        return _follow(arrivals, config, once=once, jobs=jobs, events=events)
    finally:
        lock.release()


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def _config(output: Path, work_dir: Path | None, named: options.Set) -> Config:
    places = {"output.dir": output, "processing.temp_dir": work_dir, "profile": named["profile"]}
    loaded = options.settings(named["set_"], named["config_file"], places)
    config = loaded.config
    if "/" in config.input.file_pattern:
        return config
    pattern = f"**/{config.input.file_pattern}"
    return config.model_copy(update={"input": config.input.model_copy(update={"file_pattern": pattern})})


def _follow(arrivals: Arrivals, config: Config, *, once: bool, jobs: int | None, events: Path | None) -> int:
    """Look, encode what is whole, and wait, until stopped; return the exit code."""
    say(f"Watching {printable(arrivals.folder)}; Ctrl-C ends it, and the same command goes on.")
    done: dict[Path, tuple[int, int]] = {}
    code = 0
    while True:
        whole = [source for source in arrivals.look(time.monotonic()) if _changed(source, done)]
        if whole:
            code, unfinished = _encode(whole, config, jobs, events)
            if code == EXIT_INTERRUPTED:
                return code
            arrivals.failed(unfinished)
            done |= {source.path: _stamp(source) for source in whole if source.path not in unfinished}
        elif once and not arrivals.growing:
            return code
        else:
            _wait(arrivals)


def _encode(
    sources: list[Source], config: Config, jobs: int | None, events: Path | None
) -> tuple[int, set[Path]]:
    """Encode; return the exit code, and the sources that are left undone.

    One that cannot be taken at all, such as a second one for the same output, does not keep others from it.
    """
    try:
        project = open_project(Path.cwd(), config, sources)
        code = built(project, events, force=False, jobs=jobs)
    except LockedError:
        raise
    except UsageError as error:
        if len(sources) == 1:
            say(f"error: {error}", err=True)
            return error.exit_code, {sources[0].path}
        results = [_encode([source], config, jobs, events) for source in sources]
        return max(code for code, _ in results), set().union(*(left for _, left in results))
    return code, _unfinished(project) if code and code != EXIT_INTERRUPTED else set()


def _stamp(source: Source) -> tuple[int, int]:
    found = source.path.stat()
    return found.st_size, found.st_mtime_ns


def _changed(source: Source, done: dict[Path, tuple[int, int]]) -> bool:
    try:
        return done.get(source.path) != _stamp(source)
    except OSError:
        return False


def _unfinished(project: Project) -> set[Path]:
    """Return the sources that the run has left undone."""
    from drapto import rules  # noqa: PLC0415  the graph is only needed where something failed

    left = rules.unfinished(project)
    paths = {title.source for title in project.titles if title.name in left}
    if paths:
        say(f"{count_text(len(paths), 'file')} left undone; tried again when changed", err=True)
    return paths


def _wait(arrivals: Arrivals) -> None:
    """Wait for a change in the folder, or for the time to look again."""
    if arrivals.growing:
        files = count_text(arrivals.growing, "file")
        with Busy(f"waiting for {files} to stay unchanged for {arrivals.quiet:g} s"):
            time.sleep(min(LOOK_EVERY, max(0.1, arrivals.quiet / 4)))
        return
    from watchfiles import watch as changes  # noqa: PLC0415  costs a run that watches nothing some milliseconds

    for _ in changes(
        arrivals.folder, rust_timeout=round(IDLE * 1000), yield_on_timeout=True, watch_filter=None
    ):
        return
