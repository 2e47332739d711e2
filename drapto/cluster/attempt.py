"""What is asked of one worker: a call, its reports, its files, as long as the worker is there."""

from __future__ import annotations

import secrets
from concurrent.futures import wait
from queue import Empty
from typing import TYPE_CHECKING, Any

from drapto.cluster import tasks
from drapto.cluster.worker import CALL, ENCODE, GIB, MEMORY
from drapto.errors import DraptoError, StageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.cluster.connection import Connection
    from drapto.cluster.placement import Offer
    from drapto.engine.execution import Needs

TICK = 0.2
"""Seconds between two looks whether a worker is still there."""

LAST_REPORTS = 1.0
"""Seconds for reports that the result has overtaken."""

_DONE = object()


class GoneError(Exception):
    """The scheduler is gone."""


class WorkerLostError(Exception):
    """The worker is gone, or hung."""


class Attempt:
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
        """Have the worker call a function of `drapto.cluster.tasks`; return its future.

        Raises:
            GoneError: The scheduler is gone.
        """
        key = key or f"drapto-{function.__name__}-{secrets.token_hex(6)}"
        try:
            return self.connection.submit(function, *arguments, key=key, worker=self._offer.address, **more)
        except Exception as error:  # whatever Dask raises where its scheduler is gone
            if self.connection.client.status == "running":
                raise
            raise GoneError from error

    def result(self, future: Any, *, keep: bool = False) -> Any:  # noqa: ANN401  Dask's; what the task returns
        """Wait for what a task returns.

        Args:
            future: The task.
            keep: Whether the worker is to keep what it returned.

        Raises:
            GoneError, WorkerLostError: There is none.
            DraptoError: As the task does.
        """
        with self.connection.inbox(future.key) as inbox:
            return self._awaited(future, inbox, None, keep=keep)

    def _awaited(
        self,
        future: Any,  # noqa: ANN401  Dask's
        inbox: Any,  # noqa: ANN401  a queue
        hear: Callable[[object], None] | None,
        *,
        keep: bool = False,
    ) -> Any:  # noqa: ANN401  what the task returns
        """Wait for what a task returns, and pass on what comes into its inbox meanwhile."""
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
                self._require_there()

    def _require_there(self) -> None:
        self._look()
        if self.connection.gone.is_set():
            raise GoneError
        if not self.connection.workers.has(self._offer.address):
            raise WorkerLostError(f"worker {self._offer.name} is gone")

    def _fetched(self, future: Any) -> Any:  # noqa: ANN401  what the task returned
        answer = self.connection.answer(future)
        try:
            while not wait([answer], TICK).done:
                self._require_there()
            return answer.result()
        finally:
            answer.cancel()  # nothing where it is there

    def _answer(self, future: Any) -> Any:  # noqa: ANN401  what the task returns
        if future.status == "finished":
            try:
                return self._fetched(future)
            except (DraptoError, GoneError, WorkerLostError):
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
        """Have the worker run a call; return what it answers. It says itself that it has begun."""
        needed = {ENCODE: float(taken.cpus)}
        if taken.memory:
            needed[MEMORY] = taken.memory / GIB
        # its first report may be here before the task is known to have been submitted
        with self.connection.inbox(head["token"]) as inbox:
            key = f"{CALL}{head['token']}"
            future = self.submit(tasks.perform, head, payload, key=key, resources=needed)
            answer: dict[str, Any] = self._awaited(future, inbox, hear)
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
