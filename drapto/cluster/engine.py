"""The engine ``dask``: calls that need processors run on the workers of a cluster, all others here."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from drapto.cluster import staging
from drapto.cluster.calls import written_by
from drapto.engine import process
from drapto.engine.causes import KILLED, NO_SPACE, of_error
from drapto.engine.execution import EngineSettings, LocalEngine, Waiting
from drapto.engine.resources import require_space
from drapto.engine.room import Paused, Resumed
from drapto.errors import ClusterError, ConfigError, DraptoError, StageError, ToolFailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.cluster.connection import Connection
    from drapto.cluster.remote import Remote
    from drapto.engine.execution import Call, Needs, Report

T = TypeVar("T")

FIRST_WAIT = 10.0
"""Seconds to wait for the scheduler, and for the first worker, when a run begins."""

PATIENCE = 120.0
"""Seconds to wait for them to come back: a scheduler that is restarted, workers that join it anew."""

MOST_LOST = 3
"""Workers that may be lost under one call; then it may be the call that ends them."""

FOLDER = "cluster"
"""In the state directory: the calls' copies of the work directories, nonces."""


class DaskEngine:
    """Runs calls on the workers of a Dask cluster. Any thread may use it.

    Nothing is connected to before the first call that goes there: a run with nothing to do needs no cluster.

    Args:
        settings: What it is made with; its options are those of ``[engine]``.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._options = settings.options
        self._pushes = self._options.get("transfer") == "push"
        self._local = LocalEngine(settings)
        self._folder: Path = settings.folder / FOLDER
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._owner = os.getpid()
        self._proven = self._was_gone = False
        self._stopped = threading.Event()
        self._failure: ClusterError | None = None
        if importlib.util.find_spec("distributed") is None:
            raise ConfigError("engine dask needs Dask", remedy="install it: pip install 'drapto[dask]'")
        if not self._options.get("scheduler"):
            raise ConfigError(
                "engine.dask.scheduler is not set",
                remedy="name the scheduler, as tcp://host:8786, or --cluster",
            )
        staging.sweep(self._folder)

    def capacity(self) -> Needs:
        """Return all processors, and the memory that one call can have; this machine's before any call."""
        connection = self._connection
        return self._local.capacity() if connection is None else connection.workers.capacity()

    def run(self, call: Call[T], needs: Needs, on_event: Callable[[Report], None]) -> T:
        """Wait until a worker has what the call needs, run it there, and return what it returns.

        Raises:
            ClusterError: There is no cluster, or no worker that may run it.
            DraptoError: As the call does.
        """
        written = written_by(call) if needs.cpus else None
        if written is None:
            return self._local.run(call, needs, on_event)
        from drapto.cluster.remote import Remote  # noqa: PLC0415  brings Dask

        remote = Remote(call, written, self._folder, pushes=self._pushes)
        if self._pushes and not remote.is_within:
            return self._local.run(call, needs, on_event)  # it reads the source, which is not sent
        self._local.wait_for_room(on_event)
        for need in needs.disk:
            require_space(need.folder, need.bytes, need.what, place=need.place)
        result: T = self._persistently(remote, needs, on_event)
        return result

    def _persistently(self, remote: Remote, needs: Needs, on_event: Callable[[Report], None]) -> Any:  # noqa: ANN401
        """Run a call on one worker, or on another where that is lost."""
        from drapto.cluster.attempt import GoneError, WorkerLostError  # noqa: PLC0415  brings Dask

        lost: list[str] = []
        tell = partial(on_event, Waiting("a worker"))
        while True:
            if remote.adopted():
                return remote.returned()
            remote.salvage()
            connection = self._connected(on_event)
            try:
                look = partial(self._look, connection, tell)
                with connection.workers.hold(needs, look, self._patience) as (offer, taken):
                    self._proven = True
                    return remote.run(connection, offer, taken, on_event, self._require_going)
            except GoneError:
                self._forget(connection)
            except WorkerLostError as error:
                lost.append(str(error))
                if len(lost) >= MOST_LOST:
                    remote.salvage()
                    raise _fatal(lost) from error
            except (DraptoError, OSError) as error:
                if of_error(error) is not NO_SPACE or not connection.workers.avoid(offer.address):
                    raise

    @property
    def _patience(self) -> float:
        """Seconds to wait for a scheduler and for a worker: there was one, or it may be a wrong address."""
        return PATIENCE if self._proven or self._was_gone else FIRST_WAIT

    def _look(self, connection: Connection, tell: Callable[[], None]) -> None:
        """Raise where it is in vain to wait for a worker; else tell that it is waited for."""
        from drapto.cluster.attempt import GoneError  # noqa: PLC0415  brings Dask

        tell()
        self._require_going()
        if connection.gone.is_set():
            raise GoneError

    def _require_going(self) -> None:
        if self._stopped.is_set() or process.is_stopping():
            raise StageError("not done, the run is being interrupted")

    def _connected(self, on_event: Callable[[Report], None]) -> Connection:
        """Return the connection, made where there is none, with all workers proven the first time.

        Raises:
            ClusterError: There is no cluster.
            ToolFailedError: This machine's own ffmpeg fails at what the workers are held against.
        """
        with self._lock:
            if self._owner != os.getpid():  # a worker of doit's: its parent's connection is not its own
                self._owner, self._connection = os.getpid(), None
            if self._connection is not None and not self._connection.gone.is_set():
                return self._connection
            if self._failure is not None:
                raise self._failure
            try:
                self._connection = self._made(on_event)
            except ClusterError as error:
                error.final = True
                self._failure = error
                raise
            return self._connection

    def _made(self, on_event: Callable[[Report], None]) -> Connection:
        from drapto.cluster.connection import Connection  # noqa: PLC0415  brings Dask
        from drapto.cluster.placement import unable  # noqa: PLC0415  as above

        address = str(self._options["scheduler"])
        greeting, log = self._greeting(), self._settings.folder / "logs" / "cluster.log"
        until = time.monotonic() + self._patience
        told = False
        while True:
            self._require_going()
            try:
                connection = Connection(address, greeting, log)
                break
            except UsageError as error:
                raise unable(str(error), "") from error
            except (OSError, ValueError) as error:
                if time.monotonic() > until or isinstance(error, ValueError):
                    said = " ".join(str(error).split())[:200]
                    raise unable(
                        f"no scheduler answers at {address} ({said})", "check engine.dask.scheduler"
                    ) from error
            if not told and (self._proven or self._was_gone):
                told = True
                on_event(Paused(f"the scheduler at {address} does not answer"))
            time.sleep(0.2)
        if told:
            on_event(Resumed())
        if not self._proven:
            try:
                connection.require_proven(FIRST_WAIT)
            except ClusterError:
                connection.close()
                raise
        return connection

    def _greeting(self) -> Any:  # noqa: ANN401  brings Dask
        from drapto.cluster import trial  # noqa: PLC0415  not before a cluster is needed
        from drapto.cluster.greeting import Greeting  # noqa: PLC0415  as above

        options = self._options
        self._folder.mkdir(parents=True, exist_ok=True)
        return Greeting(
            None if self._pushes else self._folder,
            self._settings.ffmpeg() if self._settings.ffmpeg else Path("ffmpeg"),
            self._settings.folder / "versions.json",
            trial.asked(int(options.get("preset", 10)), float(options.get("crf", 30.0))),
            mixed=bool(options.get("mixed")),
        )

    def _forget(self, connection: Connection) -> None:
        self._was_gone = True
        with self._lock:
            if self._connection is connection:
                self._connection = None
        connection.close()

    def cancel(self) -> None:
        """End what runs, here and on the workers, and start no more; takes no lock: a signal may call it."""
        self._stopped.set()
        connection = self._connection
        if connection is not None and self._owner == os.getpid():
            connection.lose()
        self._local.cancel()

    def close(self) -> None:
        """End the connection, and remove what was for this run alone."""
        connection, self._connection = self._connection, None
        if connection is not None and self._owner == os.getpid():
            connection.close()
        with contextlib.suppress(OSError):
            staging.sweep(self._folder)
            self._folder.rmdir()


def _fatal(lost: list[str]) -> ToolFailedError:
    error = ToolFailedError(
        f"{len(lost)} workers were lost while they ran it, the last: {lost[-1]}",
        remedy="see whether they have enough memory, and run again",
    )
    error.cause = KILLED.name
    error.final = True
    return error
