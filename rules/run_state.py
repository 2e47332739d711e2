"""What the tasks of a project share while it is worked on: the lock, the tools, the slots, the records."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
import uuid
from typing import TYPE_CHECKING, Any

from drapto import tools
from drapto.engine import atomic, process
from drapto.engine.context import StageContext
from drapto.engine.execution import EngineSettings, LocalEngine
from drapto.engine.resources import cpu_slots
from drapto.engine.slots import Slots
from drapto.project import require_output
from drapto.state.bus import bus
from drapto.state.events import FileDiscovered
from drapto.state.fingerprint import Fingerprints
from drapto.state.lock import ProjectLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from drapto.engine.execution import Engine
    from drapto.project import Project, Title
    from drapto.state.bus import Subscription

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@functools.cache
def fingerprints(state_dir: Path) -> Fingerprints:
    """Return the memory of content digests of the project whose state is in ``state_dir``."""
    return Fingerprints(state_dir / "fingerprints.json")


_locks: dict[Path, ProjectLock] = {}


def lock(state_dir: Path) -> ProjectLock:
    """Return the lock of the project whose state is in ``state_dir``; always the same one."""
    return _locks.setdefault(state_dir, ProjectLock(state_dir / "lock"))


def slots(project: Project) -> Slots:
    """Return the CPU slots of a project."""
    return Slots(project.state_dir / "slots", cpu_slots(project.config.resources.max_cpu))


def engine(project: Project) -> Engine:
    """Return what runs the project's work."""
    memory = project.config.resources.max_memory
    return LocalEngine(EngineSettings(project.state_dir, slots(project).count, memory))


def jobs(project: Project) -> int:
    """Return how many encoders may run side by side."""
    wanted = project.config.processing.parallel_jobs
    return slots(project).count if wanted == "auto" else int(wanted)


def context_for(project: Project, title: Title) -> StageContext:
    """Return the surroundings of a title's stages.

    Raises:
        ToolMissingError: There is no ffmpeg that can do the job.
    """
    found = tools.require(tools.find_tools(project.config.tools.ffmpeg))
    return StageContext(
        title=title.name,
        ffmpeg=found.ffmpeg,
        logs=title.logs,
        cpu=slots(project),
        disk_rate=project.config.resources.max_disk_io,
        ab_av1=project.config.tools.ab_av1,
    )


def prepare(project: Project) -> None:
    """Make sure that this process may work in the project, and that what it does is recorded.

    Cheap when repeated.

    Raises:
        LockedError: Another run works in the project.
    """
    lock(project.state_dir).acquire()
    _record(project)


_recordings: dict[Path, Subscription] = {}
_recordings_lock = threading.Lock()


def _record(project: Project) -> None:
    """Have the project's events written down, once in each process, until the run ends."""
    with _recordings_lock:
        if project.state_dir not in _recordings:
            from drapto.state.recorder import Recorder

            recorder = Recorder({title.name: title.encode_data for title in project.titles})
            _recordings[project.state_dir] = bus.subscribe(recorder)


_runs: dict[Path, str] = {}


def run_name(project: Project) -> str:
    """Return what tells a project's run from its others in this process."""
    return _runs.setdefault(project.state_dir, uuid.uuid4().hex)


def begin(project: Project) -> None:
    """Begin a run: lock the project, mend what a killed run left, and die tidily from now on.

    Raises:
        LockedError: Another run works in the project.
        ToolMissingError: There is no ffmpeg.
        UsageError: The output directory cannot be written to.
    """
    tools.locate(project.config.tools.ffmpeg)
    if project.config.quality.engine == "ab-av1":
        from drapto.encoding.abav1 import find_ab_av1

        find_ab_av1(project.config.tools.ab_av1)
    require_output(project)
    ended_well = lock(project.state_dir).acquire()
    if not ended_well:
        for title in project.titles:
            atomic.sweep(title.work)
            atomic.sweep_beside(title.output)
    process.allow_children()
    _watch_signals()
    for title in project.titles:
        if title.source.is_file():
            size = title.source.stat().st_size
            bus.publish(FileDiscovered(title=title.name, source=title.source, bytes=size))


def end(project: Project) -> None:
    """End a run: write no more down, remember the digests, give the lock back."""
    with _recordings_lock:
        if project.state_dir in _recordings:
            _recordings.pop(project.state_dir)()
    _runs.pop(project.state_dir, None)
    with contextlib.suppress(OSError):  # only a memory: on a full disk, they are found out again
        fingerprints(project.state_dir).save()
    lock(project.state_dir).release()


def _watch_signals() -> None:
    """Make a signal end the run as Ctrl-C does, and take its children with it."""
    if threading.current_thread() is not threading.main_thread():
        return  # a program that runs drapto in a thread handles its signals itself

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        process.kill_all()
        raise KeyboardInterrupt

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    sys.excepthook = _quiet_interrupt(sys.excepthook)


@contextlib.contextmanager
def signals_restored() -> Iterator[None]:
    """Give a program that calls drapto its own signal handlers back after a run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = [(number, signal.getsignal(number)) for number in SIGNALS]
    hook = sys.excepthook
    try:
        yield
    finally:
        sys.excepthook = hook
        for number, handler in handlers:
            if handler is not None:  # None: not set from Python, so it cannot be put back
                signal.signal(number, handler)


def _quiet_interrupt(hook: Any) -> Any:
    """Say one line, not a traceback, when an interrupt ends the process."""

    def say(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.stderr.write("interrupted; run again to go on from here\n")
            sys.stderr.flush()
            os._exit(130)
        hook(kind, error, trace)

    return say
