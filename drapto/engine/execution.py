"""Where work runs: a call is data, and an engine obtains what it needs, runs it, and can cancel it.

The work itself never holds a slot. A rule says what its work needs; the engine waits until that is free,
tells when the work begins, passes on what it reports, and gives everything back. So there is one place that
counts what is used, and one that could run the work elsewhere: a package of its own can bring an engine,
registered under the entry point group ``drapto.engines`` and chosen by ``engine.name``.
"""

from __future__ import annotations

import contextlib
import inspect
import os
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from drapto.engine import process
from drapto.engine.crowd import Crowd
from drapto.engine.needs import DiskNeed as DiskNeed  # noqa: PLC0414  passed on from here
from drapto.engine.needs import Needs as Needs  # noqa: PLC0414  passed on from here
from drapto.engine.needs import Started as Started  # noqa: PLC0414  passed on from here
from drapto.engine.needs import Waiting as Waiting  # noqa: PLC0414  passed on from here
from drapto.engine.resources import require_space
from drapto.engine.room import Room
from drapto.engine.slots import Slots
from drapto.engine.watch import require_wanted, watched
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")

GROUP = "drapto.engines"

MEMORY_UNIT = 64 << 20
"""Bytes of memory that one slot stands for: a fifth of what the smallest encoder takes."""


Report = object
"""What a call tells: `Waiting` where it has to, `Started` when it begins, then picklable values of its own,
such as `EncodeProgress`."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """Work as data: it can be pickled, and run in another process, on another machine.

    Attributes:
        function: What to call, ``package.module:name``.
        arguments: What to call it with, by keyword: paths, frozen models, numbers; no open files, no locks.
            A dataclass's field with the metadata ``incidental`` changes nothing in what comes out: calls that
            differ in it alone are the same one.
    """

    function: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, function: Callable[..., T], /, **arguments: object) -> Call[T]:
        """Return the call of a function that stands at the top of its module.

        A function with a parameter ``report`` is given what it reports by the engine.
        """
        return cls(f"{function.__module__}:{function.__qualname__}", arguments)

    def run(self, report: Callable[[Report], None]) -> T:
        """Call it here and now; what it reports goes to ``report``.

        Raises:
            DraptoError: As the function does.
        """
        import pkgutil  # noqa: PLC0415  not for a run that finds nothing to do

        function: Callable[..., T] = pkgutil.resolve_name(self.function)
        if "report" in inspect.signature(function).parameters:
            return function(**self.arguments, report=report)
        return function(**self.arguments)


class Engine(Protocol):
    """Runs calls. Any thread may use it."""

    def capacity(self) -> Needs:
        """Return all that it has to give: processors, memory."""

    def run(self, call: Call[T], needs: Needs, on_event: Callable[[Report], None]) -> T:
        """Wait until what the call needs is free, run it, and return what it returns.

        ``on_event`` is called with `Waiting` where it has to wait, with `Started` once it begins, then with
        what it reports; in any thread.

        Raises:
            DraptoError: As the call does; or there is no room on a disk.
        """

    def cancel(self) -> None:
        """End everything that runs, and start no more; what waits fails."""


@dataclass(frozen=True)
class EngineSettings:
    """What an engine is made with.

    Attributes:
        folder: The project's state directory, for files of its own.
        cpus: How many processors a run may use.
        memory: How many bytes of memory its encoders may use.
        writes: The directories on whose disks it writes.
        reserve: Bytes that stay free there; or ``auto``.
        disk_wait: Seconds to wait for room there.
        options: An engine's own settings, by their names.
        ffmpeg: Returns the run's ffmpeg; None where nobody asks.
        patience: Seconds without a sign of life after which a call is given up; 0: never.
    """

    folder: Path
    cpus: int
    memory: int
    writes: tuple[Path, ...] = ()
    reserve: int | Literal["auto"] = 0
    disk_wait: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    ffmpeg: Callable[[], Path] | None = None
    patience: float = 0.0


class LocalEngine:
    """Runs calls in this process, in the thread that asks, as many at once as this machine has slots for.

    The slots are locks on files, which bind the threads of this process and the workers of doit's process
    runner alike.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._cpus = Slots(settings.folder / "slots", settings.cpus)
        self._memory = Slots(settings.folder / "memory", max(1, settings.memory // MEMORY_UNIT))
        self._room = Room(settings.writes, settings.reserve, settings.disk_wait)
        self._crowd = Crowd()
        self._patience = settings.patience

    def capacity(self) -> Needs:
        """Return the processors and the memory that the settings grant."""
        return Needs(cpus=self._cpus.count, memory=self._memory.count * MEMORY_UNIT)

    def run(self, call: Call[T], needs: Needs, on_event: Callable[[Report], None]) -> T:
        """Hold what the call needs, and run it.

        Raises:
            SpaceError: A disk has not enough room, and none came.
            StageError: The call showed no sign of life.
            DraptoError: As the call does.
        """
        self._room.wait(on_event)
        for need in needs.disk:
            require_space(need.folder, need.bytes, need.what, place=need.place)
        with self._held(needs, on_event), self._crowd.joined(needs.memory), self._room.watched(on_event):
            on_event(Started())
            return watched(
                lambda: call.run(_while_wanted(on_event)),
                self._patience,
                path=lambda: _path_of(call),
                paused=process.is_paused,
            )

    def wait_for_room(self, on_event: Callable[[Report], None]) -> None:
        """Wait until there is room on the disks, as `run` does.

        Raises:
            SpaceError: There was none for too long.
        """
        self._room.wait(on_event)

    @contextlib.contextmanager
    def _held(self, needs: Needs, on_event: Callable[[Report], None]) -> Iterator[None]:
        """Hold slots for the block: processors before memory, so that two never wait for each other."""
        with contextlib.ExitStack() as stack:
            if needs.cpus:
                stack.enter_context(self._cpus.hold(needs.cpus, lambda: on_event(Waiting("a processor"))))
            if needs.memory:
                units = needs.memory // MEMORY_UNIT
                stack.enter_context(self._memory.hold(units, lambda: on_event(Waiting("memory"))))
            yield

    def cancel(self) -> None:
        """Kill all child processes, and start no more."""
        process.kill_all()


def _while_wanted(on_event: Callable[[Report], None]) -> Callable[[Report], None]:
    """Pass on what a call reports, until nobody waits for it any more."""

    def told(report: Report) -> None:
        require_wanted()
        on_event(report)

    return told


def _path_of(call: Call[T]) -> str | None:
    """Return the file that a call reads, or the first that it names."""
    given = call.arguments
    paths = [given.get("source"), *given.values()]
    return next((os.fspath(one) for one in paths if isinstance(one, os.PathLike)), None)


def engine_named(name: str, settings: EngineSettings) -> Engine:
    """Return the engine called ``name``: ``local``, or one that a package registered under `GROUP`.

    Raises:
        ConfigError: None is registered under that name.
    """
    if name == "local":
        return LocalEngine(settings)
    for entry in entry_points(group=GROUP, name=name):
        engine: Engine = entry.load()(settings)
        return engine
    raise ConfigError(f"no engine is called {name!r}", remedy="install the package that brings it")
