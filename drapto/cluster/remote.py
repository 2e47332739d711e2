"""One call on one worker: its files, its reports, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from drapto.cluster import tasks, wire
from drapto.cluster.attempt import Attempt, GoneError, WorkerLostError
from drapto.cluster.calls import LOGS
from drapto.cluster.frames import RETURNED
from drapto.cluster.staging import Stage
from drapto.cluster.worker import LEASE
from drapto.engine import spent
from drapto.engine.spent import Spent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.cluster.calls import Written
    from drapto.cluster.connection import Connection
    from drapto.cluster.placement import Offer
    from drapto.engine.execution import Call, Needs, Report

T = TypeVar("T")


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
        roots = self._roots | programs
        self._payload = wire.dump(call, roots, collected)
        self._print = wire.fingerprint(call, roots)
        self._reads = [path for path in collected.paths if path.is_file() and path not in programs.values()]
        self._stage = Stage(parent, self._print, written, self._reads)

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
        stage = self._stage = Stage(self._parent, self._print, self._written, self._reads)
        attempt = Attempt(connection, offer, look)
        if self._pushes:
            return self._pushed(stage, attempt, taken, on_event)
        stage.link()
        try:
            answer = attempt.perform(
                self._head(stage, connection), self._payload, taken, self._hearing(on_event)
            )
        except (GoneError, WorkerLostError):
            raise  # it may have ended well, or may yet; `adopted` looks for that, and `salvage` for the rest
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
        self, stage: Stage, attempt: Attempt, taken: Needs, on_event: Callable[[Report], None]
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
