"""doit's process runner, whose workers may end: killed by the kernel for lack of memory, by hand, or crashed.

doit 0.37 has all workers share two queues, and waits for ever for the result of one that is no more; one that
is killed while it holds a lock of a queue takes the others with it. Here each has its own connection, and its
end is noticed. What it was at is done by another, until `ATTEMPTS` have ended over it; then that task fails
with its cause. No worker is started anew: to fork a process that has threads by then is not safe.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from dataclasses import dataclass
from multiprocessing import Pipe, Process, connection
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask
from doit.runner import JobHold, MRunner

from drapto.engine import causes, spent
from drapto.state import relay
from drapto.state.doit_plugins.reporter import StageFailed
from drapto.state.doit_plugins.seat import Seat

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from drapto.engine.causes import Cause
    from drapto.engine.spent import Spent

ATTEMPTS = 3
"""How many workers may end over one task."""

LOOK_EVERY = 5.0
"""Seconds between two looks at workers that say nothing."""

LOOKS = 24
"""How many looks in a row may find a worker stopped (SIGSTOP): it holds up all that waits for it. Where the
whole run is stopped, as by Ctrl-Z, nobody looks, and nothing is counted."""


@dataclass
class Worker:
    """A worker, as the run sees it.

    Attributes:
        process: Its process.
        link: The run's end of its connection.
        job: What it is at, doit's; None where it waits.
        stopped: How many looks in a row have found it stopped.
    """

    process: Process
    link: Connection
    job: Any = None
    stopped: int = 0


@dataclass(frozen=True)
class Loss:
    """A task whose worker has ended.

    Attributes:
        task: The task's name.
        cause: Why the worker ended.
        message: The same, for a person.
        attempt: Which of `ATTEMPTS` it was.
    """

    task: str
    cause: Cause
    message: str
    attempt: int


class Crew:
    """All workers, and what waits for one: as much of doit's two queues as the run uses.

    Args:
        on_retry: Called where what a worker was at when it ended will be done by another.
        on_end: Called where no worker is left.
    """

    def __init__(self, on_retry: Callable[[Loss], None], on_end: Callable[[], None]) -> None:
        self._on_retry = on_retry
        self._on_end = on_end
        self._workers: list[Worker] = []
        self._waiting: deque[Any] = deque()
        self._lost: dict[str, Loss] = {}
        self._attempts: Counter[str] = Counter()
        self._late: list[Any] = []
        self._hired = self._dismissed = 0
        self._looked = time.monotonic()
        self._oom_kills = causes.oom_kills()

    def hire(self, process: Process, link: Connection) -> None:
        """Take in a worker that has been started."""
        self._workers.append(Worker(process, link))
        self._hired += 1

    def put(self, job: Any) -> None:  # noqa: ANN401  doit's
        """Have a job done; None, once for each worker, says that there are no more."""
        if job is None:
            self._dismissed += 1
            if self._dismissed == self._hired:
                self._see_off()
        elif job.type is not JobHold.type:  # which says no more than that a worker waits
            self._waiting.append(job)
            self._hand_out()

    def _see_off(self) -> None:
        """Have all workers end; doit waits for them, and a stopped one would keep it for ever."""
        for worker in list(self._workers):
            self._send(worker, None)
        for worker in self._workers:
            worker.process.join(LOOK_EVERY)
            if _is_stopped(worker.process):
                worker.process.kill()  # it has nothing to do, or it would have been waited for

    def get(self) -> Any:  # noqa: ANN401  doit's result
        """Wait for what comes of a job, and return it; also where it is that its worker has ended."""
        if self._late:
            return self._late.pop(0)
        while True:
            self._hand_out()
            if self._lost:
                return _failed(self._lost.pop(next(iter(self._lost))), alone=not self._workers)
            if not self._workers:
                raise InvalidTask("all workers have ended")
            links = {worker.link: worker for worker in self._workers}
            ends = {worker.process.sentinel: worker for worker in self._workers}
            self._end_stopped()
            for ready in connection.wait([*links, *ends], timeout=LOOK_EVERY):
                worker = links.get(ready) or ends[ready]  # type: ignore[call-overload, index]
                if worker in self._workers and (result := self._heard(worker)) is not None:
                    return result

    def _end_stopped(self) -> None:
        """Kill workers that were stopped and are not continued; what they are at is done by others."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        for worker in self._workers:
            worker.stopped = worker.stopped + 1 if _is_stopped(worker.process) else 0
            if worker.stopped >= LOOKS:
                worker.process.kill()

    def empty(self) -> bool:
        """Return whether nothing more has come, when all workers have ended."""
        for worker in list(self._workers):
            while worker in self._workers and worker.link.poll():
                if (result := self._heard(worker)) is not None:
                    self._late.append(result)
        return not self._late

    def _heard(self, worker: Worker) -> Any:  # noqa: ANN401  doit's result
        """Return what comes of a worker's job, and pass on what it tells besides; None where nothing does."""
        ended = not worker.process.is_alive()  # asked first: what it said before it ended is there by then
        try:
            while worker.link.poll():
                message = worker.link.recv()
                if isinstance(message, tuple):
                    return self._taken(worker, *message)
                relay.deliver(message)
        except (EOFError, OSError):
            ended = True
        if ended:
            self._bury(worker)
        return None

    def _taken(self, worker: Worker, result: Any, took: dict[Path, Spent]) -> Any:  # noqa: ANN401  doit's result
        for folder, one in took.items():
            spent.add(folder, one)
        if "reporter" not in result:
            worker.job = None
        return result

    def _hand_out(self) -> None:
        while self._waiting and (free := [worker for worker in self._workers if worker.job is None]):
            if self._send(free[0], self._waiting[0]):
                free[0].job = self._waiting.popleft()
        if not self._workers:
            self._give_up()

    def _send(self, worker: Worker, job: Any) -> bool:  # noqa: ANN401  doit's
        try:
            worker.link.send(job)
        except OSError:
            self._bury(worker)
            return False
        return True

    def _bury(self, worker: Worker) -> None:
        """Take leave of a worker that has ended; what it was at is done by another."""
        self._workers.remove(worker)
        worker.link.close()
        worker.process.join()
        killed = causes.oom_kills()
        loss = None
        if worker.job is not None:
            loss = self._loss(worker, max(0, killed - self._oom_kills))
        self._oom_kills = killed
        if loss is None:
            return
        if loss.attempt < ATTEMPTS and self._workers:
            self._waiting.appendleft(worker.job)
            self._on_retry(loss)
        else:
            self._lost[loss.task] = loss

    def _loss(self, worker: Worker, oom_kills: int) -> Loss:
        status, name = worker.process.exitcode or 0, worker.job.name
        self._attempts[name] += 1
        cause = causes.of_child(status, (), oom_kills=oom_kills)
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        if worker.stopped >= LOOKS:
            how = "was stopped by a signal, and was not continued"
        why = f"{cause.text} (it {how})" if cause is causes.OUT_OF_MEMORY else how
        text = f"its worker, process {worker.process.pid}, {why}"
        return Loss(name, cause, text, self._attempts[name])

    def _give_up(self) -> None:
        """Have all that waits fail: nobody is left who could do it."""
        self._on_end()
        last = next(reversed(self._lost.values()), None)
        cause = causes.KILLED if last is None else last.cause
        while self._waiting:
            name = self._waiting.popleft().name
            self._lost[name] = Loss(name, cause, "its worker has ended", ATTEMPTS)


def _is_stopped(process: Process) -> bool:
    import psutil  # noqa: PLC0415  only where a run takes its time

    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
    return False


def _failed(loss: Loss, *, alone: bool) -> dict[str, Any]:
    """Return what doit would hear of a task that has failed in a worker."""
    text = f"{loss.message}{', and no worker is left' if alone else ''}; {loss.cause.remedy}"
    return {
        "name": loss.task,
        "failure": StageFailed(text, loss.cause.name),
        "task": {},
        "out": [],
        "err": [],
    }


class WatchedRunner(MRunner):  # type: ignore[misc]  # doit is untyped
    """doit's process runner, with a `Crew` in place of its queues."""

    def Queue(self) -> Crew:  # noqa: N802  doit's name
        """Return what takes jobs and gives results: the same for both."""
        if self.crew is None:
            self.crew = Crew(self._tell, self._stop)
        return self.crew

    crew: Crew | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what a worker gets, where it is not forked: the others are not its business."""
        return {**super().__getstate__(), "crew": None}

    def _run_start_processes(self, job_q: Crew, result_q: Crew) -> list[Process]:
        """Start the workers, and give each its first job (doit's own method of this name)."""
        del result_q
        workers: list[Process] = []
        try:
            for _ in range(self.num_process):
                job = self.get_next_job(None)
                if job is None:
                    break  # there are fewer tasks
                workers.append(self._start(job_q))
                job_q.put(job)
        except BaseException:
            for worker in workers:  # Python waits for them when it ends
                worker.terminate()
            raise
        return workers

    def _start(self, crew: Crew) -> Process:
        here, there = Pipe()
        seat = Seat(there)
        process = Process(target=self.execute_task_subprocess, args=(seat, seat, self.reporter.__class__))
        process.start()
        there.close()
        crew.hire(process, here)
        return process

    def _tell(self, loss: Loss) -> None:
        """Have the reporter say that a task is tried again, if it can."""
        tell = getattr(self.reporter, "worker_ended", None)
        if tell is not None:
            tell(self.tasks[loss.task], loss.message, loss.cause.name, loss.attempt, ATTEMPTS)

    def _stop(self) -> None:
        """Have nothing more begin."""
        self._stop_running = True
