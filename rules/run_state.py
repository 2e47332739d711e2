"""What the tasks of one run share: the lock, the bus, the engine, the records. Two runs share nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from typing import TYPE_CHECKING

from drapto import tools
from drapto.about import VERSION
from drapto.engine import atomic, process
from drapto.engine.group import Priority
from drapto.engine.machine import look_again, memory_budget
from drapto.engine.vitals import patience
from drapto.errors import DraptoError, LockedError, UsageError
from drapto.rules.discovered import tell_sources
from drapto.rules.encoded_sizes import Skipping
from drapto.rules.following import Following
from drapto.rules.leave import Leave
from drapto.rules.listeners import Listeners
from drapto.rules.output_place import require_output
from drapto.rules.signals import watch_signals
from drapto.state.bus import Bus
from drapto.state.doit_plugins.order import Turns
from drapto.state.fingerprint import Fingerprints
from drapto.state.lock import ProjectLock
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.engine.execution import Engine
    from drapto.project import Project, Title
    from drapto.state.tally import Tally


class RunState:
    """What the tasks of a project share while it is worked on; each process has one for each project.

    Args:
        state_dir: The project's state directory, which is how it is known.

    Attributes:
        bus: Where this run's events are published.
        fingerprints: The memory of content digests.
        lock: The project's lock.
        run_name: Tells this run from the next.
        leave: Whether tasks may begin.
        turns: Which titles come first, where that was asked for.
        failed: The causes for which tasks of this run failed.
        healed: When what a task had made was found broken and made again, by the task's name.
        skipping: What is known of titles that are left alone.
        following: What says how far the run is.
        tasks_of: Returns all tasks of a title, as far as they are known now; the graph sets it.
    """

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.bus = Bus()
        self.fingerprints = Fingerprints(state_dir / "fingerprints.json")
        self.lock = ProjectLock(state_dir / "lock")
        self._engine: Engine | None = None
        self._tools: tools.Tools | None = None
        self.leave = Leave()
        self.turns = Turns()
        self.failed: set[str] = set()
        self.healed: dict[str, float] = {}
        self.skipping = Skipping()
        self.following = Following()
        self.tasks_of: Callable[[Title], Iterable[Task]] = lambda _title: ()
        self.listeners = Listeners(state_dir, self.bus)
        self.run_name = os.urandom(8).hex()
        self._said: set[tuple[str, str]] = set()
        self._running = False
        self._guard = threading.RLock()

    def engine(self, project: Project) -> Engine:
        """Return the engine that this run's work runs on.

        Raises:
            ConfigError: There is none of the name that the settings give.
        """
        with self._guard:
            if self._engine is None:
                from drapto.engine.execution import EngineSettings, engine_named

                config = project.config
                settings = EngineSettings(
                    self.state_dir,
                    cpus(project),
                    memory_budget(config.resources.max_memory),
                    writes=(project.work_dir, project.root / config.output.dir),
                    reserve=config.resources.disk_reserve,
                    disk_wait=config.resources.disk_wait,
                    options=config.engine.options(config.encoding.preset, config.encoding.crf.hd),
                    ffmpeg=lambda: tools.require(self.tools(project)).ffmpeg,
                    patience=patience(config.processing.stall_timeout),
                )
                self._engine = engine_named(config.engine.name, settings)
            return self._engine

    def tools(self, project: Project) -> tools.Tools:
        """Return the ffmpeg that this run works with: decided once, whatever becomes of PATH meanwhile.

        Raises:
            ToolMissingError: There is none, or it cannot be run.
        """
        with self._guard:
            if self._tools is None:
                self._tools = tools.find_tools(project.config.tools.ffmpeg)
            return self._tools

    def cancel(self) -> None:
        """End all that this run's engine runs."""
        engine = self._engine  # no lock: a signal may come while its own thread holds it
        if engine is None:
            process.kill_all()  # no work has begun; but a tool may have been asked about itself
        else:
            engine.cancel()

    def claim(self) -> bool:
        """Take the project for this run; return False where the run that had it before was killed.

        Raises:
            LockedError: Another run has it, in another process or in this one.
            UsageError: The state directory cannot be written to.
        """
        with self._guard:
            if self._running:
                raise LockedError(
                    "another run works here (in this process)",
                    path=self.state_dir,
                    remedy="wait for it to end",
                )
            try:
                ended_well = self.lock.acquire()
            except OSError as error:
                denied = error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}
                reason = "it may not be written to" if denied else error.strerror
                raise UsageError(
                    f"cannot be used as the build state ({reason})",
                    path=self.lock.path,
                    remedy="make the work directory writable, or set processing.temp_dir",
                ) from error
            self._running = True
            return ended_well

    def prepare(self, project: Project) -> None:
        """Make sure that this process may work in the project, and that what it does is recorded.

        Cheap when repeated: every task asks for it, also in the workers of doit's process runner.

        Raises:
            LockedError: Another run works in the project.
        """
        process.die_with_the_run()
        self.lock.acquire()
        with self._guard:
            self.listeners.record(project)

    @property
    def tally(self) -> Tally | None:
        """What was done in this run, or in the last one that has ended; None before there was one."""
        return self.listeners.tally

    def described(self, project: Project) -> str:
        """Return what the run works with; who needs an ffmpeg that does not answer asks it again."""
        with contextlib.suppress(DraptoError):
            found = self.tools(project)
            where = f"{found.ffmpeg} ({found.origin}), version {found.version}"
            return f"drapto {VERSION}, ffmpeg {where}, {count_text(len(project.titles), 'title')}"
        return f"drapto {VERSION}, an ffmpeg that does not answer"

    def once(self, title: Title, text: str) -> bool:
        """Return whether this is the first time in this run that ``text`` is to be said of a title."""
        with self._guard:
            said = (title.name, text) in self._said
            self._said.add((title.name, text))
        return not said

    def end(self, *, ended_well: bool = True) -> None:
        """End a run: write no more down, remember the digests, give the lock back.

        Args:
            ended_well: Whether the next run may believe that nothing was left lying about; where something
                failed, was interrupted or is still being written, it may not.
        """
        with self._guard:
            self.following.end()
            ended_well = ended_well and not (self.failed or process.is_stopping() or atomic.left_behind())
            self.listeners.close()
            if (close := getattr(self._engine, "close", None)) is not None:
                close()  # an engine that holds connections has it
            self._engine = self._tools = None
            self.failed = set()  # another one: who asked for the last run's may ask it still
            self.healed.clear()
            look_again()
            self._said.clear()
            self.skipping.encoded.clear()
            self.run_name = os.urandom(8).hex()
            with contextlib.suppress(OSError):  # only a memory: on a full disk, they are found out again
                self.fingerprints.save()
            self.lock.release(ended_well=ended_well)
            self._running = False


_states: dict[Path, RunState] = {}
_states_lock = threading.Lock()


def state_of(project: Project) -> RunState:
    """Return what the runs of a project share in this process; always the same one."""
    folder = project.state_dir
    with _states_lock:
        # every task asks: not made in vain, as `setdefault` would
        if folder not in _states:
            _states[folder] = RunState(folder)
        return _states[folder]


def bus_of(project: Project) -> Bus:
    """Return where the events of a project's runs in this process are published."""
    return state_of(project).bus


def cpus(project: Project) -> int:
    """Return how many processors a run of the project may use."""
    from drapto.engine.resources import cpu_slots

    return cpu_slots(project.config.resources.max_cpu)


def jobs(project: Project) -> int:
    """Return how many encoders may run side by side: on this machine, or under way in a cluster."""
    wanted = project.config.processing.parallel_jobs
    return (project.config.engine.slots or cpus(project)) if wanted == "auto" else int(wanted)


def context_for(project: Project, title: Title) -> StageContext:
    """Return the surroundings of a title's stages.

    Raises:
        ToolMissingError: There is no ffmpeg that can do the work.
    """
    from drapto.engine.context import StageContext
    from drapto.engine.resources import DiskRate

    found = tools.require(state_of(project).tools(project))
    return StageContext(
        title=title.name,
        ffmpeg=found.ffmpeg,
        logs=title.logs,
        disk_rate=DiskRate(project.config.resources.max_disk_io, project.state_dir / "disk"),
        ab_av1=project.config.tools.ab_av1,
        patience=patience(project.config.processing.stall_timeout),
    )


def begin(project: Project, *, own: bool = True) -> None:
    """Begin a run: lock the project, sweep up what a killed run left, and die tidily from now on.

    Args:
        project: The project.
        own: Whether the process is drapto's own.

    Raises:
        LockedError: Another run works in the project.
        ToolMissingError: There is no ffmpeg.
        UsageError: The output directory cannot be written to.
    """
    config, resources = project.config, project.config.resources
    tools.locate(config.tools.ffmpeg)
    if config.quality.engine == "ab-av1":
        from drapto.encoding.abav1 import find_ab_av1

        find_ab_av1(config.tools.ab_av1)
    require_output(project)
    for check in _checks:
        check(project)
    state = state_of(project)
    ended_well = state.claim()
    try:
        if not ended_well:
            from drapto.rules.leftovers import sweep

            sweep(project)
        process.allow_children()
        process.set_priority(Priority(resources.nice, "" if resources.ionice == "none" else resources.ionice))
        if (known := project.state_dir / "breaker").exists():
            from drapto.state.breaker import Breaker

            Breaker(known, 0).begin()
        if config.engine.name != "local":  # which is made when there is work for it
            state.engine(project)  # refused now, where there is none of that name
        watch_signals(_cancel_all, own=own)
        tell_sources(project, state.bus)
        state.listeners.begin(project, lambda: state.described(project))
    except BaseException:
        state.end(ended_well=False)
        raise


_checks: list[Callable[[Project], None]] = []


def before_each_run(check: Callable[[Project], None]) -> None:
    """Have ``check`` called before a run begins; it may refuse it with a `UsageError`."""
    _checks.append(check)


def _cancel_all() -> None:
    for state in list(_states.values()):
        state.cancel()
