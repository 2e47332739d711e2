"""One call on one worker: its files, its reports, its end."""

from __future__ import annotations

import secrets
from queue import Empty
from typing import TYPE_CHECKING, Any, TypeVar

from drapto.cluster import tasks, wire
from drapto.cluster.calls import LOGS
from drapto.cluster.frames import RETURNED
from drapto.cluster.staging import Stage
from drapto.cluster.worker import CALL, ENCODE, GIB, LEASE, MEMORY
from drapto.engine import spent
from drapto.engine.execution import Started
from drapto.engine.spent import Spent
from drapto.errors import DraptoError, StageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.cluster.calls import Written
    from drapto.cluster.connection import Connection
    from drapto.cluster.placement import Offer
    from drapto.engine.execution import Call, Needs, Report

T = TypeVar("T")

TICK = 0.2
"""Seconds between two looks whether a worker is still there."""

LAST_REPORTS = 1.0
"""Seconds for reports that the result has overtaken."""

_DONE = object()


class GoneError(Exception):
    """The scheduler is gone."""


class WorkerLostError(Exception):
    """The worker is gone, or hung."""


class Remote:
    """A call for the cluster.

    Args:
        call: The call.
        written: What it writes.
        parent: Where its copies of the work directory lie.
        pushes: Whether files are sent.
    """

    def __init__(self, call: Call[Any], written: Written, parent: Path, *, pushes: bool) -> None:
        self._written = written
        self._parent = parent
        self._pushes = pushes
        self._roots = {"title": written.title}
        programs = {}
        context = call.arguments.get("context")
        if context is not None:
            programs = {"ffmpeg": context.ffmpeg, "clock": context.disk_rate.clock}
        collected = wire.Collected()
        self._payload = wire.dump(call, self._roots | programs, collected)
        self._reads = [path for path in collected.paths if path.is_file() and path not in programs.values()]
        self._stage = Stage(parent, self._payload, written, self._reads)

    @property
    def is_within(self) -> bool:
        """Whether it reads nothing but files of the title's work directory."""
        return all(path.is_relative_to(self._written.title) for path in self._reads)

    def adopted(self) -> bool:
        """Return whether an earlier attempt has ended well while nobody heard of it; take that one."""
        before = None if self._pushes else self._stage.finished_before()
        if before is None:
            return False
        self._stage = before
        return True

    def returned(self) -> Any:  # noqa: ANN401  what the call returns
        """Return what the call of an adopted copy returned; move its files to their places."""
        value = wire.load(self._stage.result(), self._roots)
        self._stage.spend()
        self._stage.take_logs(str(self._stage.folder))
        self._stage.adopt()
        self._stage.remove()
        return value

    def run(
        self,
        connection: Connection,
        offer: Offer,
        taken: Needs,
        on_event: Callable[[Report], None],
        look: Callable[[], None],
    ) -> Any:  # noqa: ANN401  what the call returns
        """Run it on a worker.

        Raises:
            GoneError, WorkerLostError: It is not known what came of it.
            DraptoError: As the call does.
        """
        stage = self._stage = Stage(self._parent, self._payload, self._written, self._reads)
        attempt = _Attempt(connection, offer, look)
        if self._pushes:
            return self._pushed(stage, attempt, taken, on_event)
        stage.link()
        try:
            answer = attempt.perform(
                self._head(stage, connection), self._payload, taken, self._hearing(on_event)
            )
        except GoneError:
            raise  # it may yet end well; `adopted` looks for that
        except BaseException:
            self.salvage()
            raise
        try:
            return self._taken_over(stage, answer)
        finally:
            stage.remove()

    def salvage(self) -> None:
        """Take over what the last attempt has left whole, such as encodes of a search; remove the rest."""
        if not self._pushes and self._stage.folder.is_dir():
            self._stage.adopt(renewed=False)
            self._stage.remove()

    def _pushed(
        self, stage: Stage, attempt: _Attempt, taken: Needs, on_event: Callable[[Report], None]
    ) -> Any:  # noqa: ANN401  what the call returns
        """Run it on a worker that sees none of the files."""
        lease = attempt.submit(tasks.begin, stage.token, key=f"{LEASE}{stage.token}")
        try:
            attempt.result(lease, keep=True)
            for name, path in stage.inputs:
                attempt.send(stage.token, name, path)
            head = self._head(stage, attempt.connection)
            answer = attempt.perform(head, self._payload, taken, self._hearing(on_event))
            for name, size, digest in answer["files"]:
                if self._written.owns(name) or name.startswith(f"{LOGS}/"):
                    attempt.fetch(stage.token, name, stage.folder / name, size, digest)
            return self._taken_over(stage, answer)
        finally:
            lease.release()
            stage.remove()

    def _head(self, stage: Stage, connection: Connection) -> dict[str, Any]:
        return {
            "token": stage.token,
            "topic": connection.topic,
            "sent": self._pushes,
            "folder": "" if self._pushes else str(stage.folder),
            "title": str(self._written.title),
            "owned": list(self._written.owned),
        }

    def _hearing(self, on_event: Callable[[Report], None]) -> Callable[[object], None]:
        def hear(report: object) -> None:
            said = wire.load(report, self._roots) if isinstance(report, bytes) else report
            if isinstance(said, Spent):
                spent.add(self._written.title / LOGS, said)
            else:
                on_event(said)

        return hear

    def _taken_over(self, stage: Stage, answer: dict[str, Any]) -> Any:  # noqa: ANN401  what the call returns
        value = wire.load(answer["data"], self._roots)
        stage.spend()
        stage.take_logs(answer["folder"])
        stage.adopt()
        if answer["kind"] != RETURNED:
            raise value
        return value


class _Attempt:
    """What is asked of one worker.

    Args:
        connection: The cluster.
        offer: The worker.
        look: Raises where the run is being interrupted.
    """

    def __init__(self, connection: Connection, offer: Offer, look: Callable[[], None]) -> None:
        self.connection = connection
        self._offer = offer
        self._look = look

    def submit(self, function: Callable[..., Any], *arguments: object, key: str = "", **more: Any) -> Any:  # noqa: ANN401  a future of Dask's
        key = key or f"drapto-{function.__name__}-{secrets.token_hex(6)}"
        try:
            return self.connection.submit(function, *arguments, key=key, worker=self._offer.address, **more)
        except Exception as error:  # whatever Dask raises where its scheduler is gone
            if self.connection.client.status == "running":
                raise
            raise GoneError from error

    def result(
        self,
        future: Any,  # noqa: ANN401  Dask's
        hear: Callable[[object], None] | None = None,
        token: str = "",
        *,
        keep: bool = False,
    ) -> Any:  # noqa: ANN401  what the task returns
        """Wait for what a task returns, and pass on what it reports meanwhile.

        Args:
            future: The task.
            hear: Is told the reports.
            token: Names the call that reports.
            keep: Whether the worker is to keep what it returned.

        Raises:
            GoneError, WorkerLostError: There is none.
            DraptoError: As the task does.
        """
        with self.connection.inbox(token or future.key) as inbox:
            future.add_done_callback(lambda _: inbox.put(_DONE))
            heard = 0
            try:
                while (report := self._next(inbox)) is not _DONE:
                    heard += 1
                    if hear is not None:
                        hear(report)
                answer = self._answer(future)
                while hear is not None and heard < answer["reports"]:
                    try:
                        hear(inbox.get(timeout=LAST_REPORTS))
                    except Empty:
                        break
                    heard += 1
                return answer
            finally:
                if not self.connection.gone.is_set():
                    if not future.done():
                        future.cancel()
                    elif not keep:
                        future.release()

    def _next(self, inbox: Any) -> object:  # noqa: ANN401  a queue
        while True:
            try:
                return inbox.get(timeout=TICK)
            except Empty:
                self._look()
                if self.connection.gone.is_set():
                    raise GoneError from None
                if not self.connection.workers.has(self._offer.address):
                    raise WorkerLostError(f"worker {self._offer.name} is gone") from None

    def _answer(self, future: Any) -> Any:  # noqa: ANN401  what the task returns
        if future.status == "finished":
            try:
                return future.result(timeout=60)
            except DraptoError:
                raise
            except Exception as error:
                raise WorkerLostError(f"worker {self._offer.name} is gone ({error})") from error
        if future.status == "error":
            raised = future.exception()
            if isinstance(raised, DraptoError | OSError):
                raise raised
            if type(raised).__name__ == "KilledWorker":
                raise WorkerLostError(f"worker {self._offer.name} is gone")
            raise StageError(f"worker {self._offer.name} failed: {raised!r}") from raised
        self._look()
        if self.connection.client.status != "running":
            raise GoneError
        raise WorkerLostError(f"worker {self._offer.name} is gone")

    def perform(
        self, head: dict[str, Any], payload: bytes, taken: Needs, hear: Callable[[object], None]
    ) -> dict[str, Any]:
        """Have the worker run a call; return what it answers."""
        hear(Started(where=self._offer.name))
        needed = {ENCODE: float(taken.cpus)}
        if taken.memory:
            needed[MEMORY] = taken.memory / GIB
        future = self.submit(tasks.perform, head, payload, key=f"{CALL}{head['token']}", resources=needed)
        answer: dict[str, Any] = self.result(future, hear, head["token"])
        return answer

    def send(self, token: str, name: str, path: Path) -> None:
        """Send a file to the worker, a chunk at a time.

        Raises:
            StageError: It has not arrived as it is.
        """
        with path.open("rb") as file:
            offset = 0
            while (data := file.read(tasks.CHUNK)) or not offset:
                self.result(self.submit(tasks.put, token, name, offset, data))
                offset += len(data)
                if not data:
                    break
        if self.result(self.submit(tasks.digest, token, name)) != tasks.digest_of(path):
            raise _damaged(path, self._offer.name)

    def fetch(self, token: str, name: str, path: Path, size: int, digest: str) -> None:
        """Fetch a file from the worker, a chunk at a time.

        Raises:
            StageError: It has not arrived as it is.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            offset = 0
            while offset < size and (data := self.result(self.submit(tasks.get, token, name, offset))):
                file.write(data)
                offset += len(data)
            file.flush()
        if path.stat().st_size != size or tasks.digest_of(path) != digest:
            raise _damaged(path, self._offer.name)


def _damaged(path: Path, worker: str) -> StageError:
    error = StageError(f"was damaged on its way to or from worker {worker}", path=path, remedy="run again")
    error.cause = "failed"
    return error
