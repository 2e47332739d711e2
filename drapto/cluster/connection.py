"""A run's connection to a Dask scheduler: who is there, who may be used, what they report."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from concurrent.futures import CancelledError
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import distributed

from drapto.cluster import tasks
from drapto.cluster.placement import Offer, Workers, unable
from drapto.cluster.worker import ENCODE, GIB, MEMORY
from drapto.engine.logs import write_log
from drapto.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future as Pending
    from pathlib import Path

    from drapto.cluster.greeting import Greeting

LOOK_EVERY = 1.0
"""Seconds between two looks at who is there. An answer of 32 workers takes 5 ms."""

SILENCE = 30.0
"""Seconds without a heartbeat, of which a worker sends one a second, after which it is taken for hung."""

CONNECT = 5.0
"""Seconds in which the scheduler answers."""


LOST = ("CancelledError", "FutureCancelledError", "KilledWorker")
"""The names of what Dask raises of a task whose worker, or whose scheduler, has ended."""


class Connection:
    """One connection; where it is lost, another one is made.

    Args:
        address: The scheduler's.
        greeting: What every worker is asked before it is used.
        log: The file that tells who came, went, and was refused.

    Attributes:
        workers: Those that may be used.
        gone: Set when the scheduler is.

    Raises:
        OSError: Nobody answers there.
    """

    def __init__(self, address: str, greeting: Greeting, log: Path) -> None:
        quieten()
        self.client: Any = _client(address)
        self.workers = Workers()
        self.gone = threading.Event()
        self.topic = f"{tasks.TOPIC}-{secrets.token_hex(6)}"
        self._greeting = greeting
        self._log = log
        self._inboxes: dict[str, SimpleQueue[Any]] = {}
        self._asked: dict[str, Pending[Any]] = {}
        self._known: dict[str, Offer] = {}
        self._beats: dict[str, tuple[object, float]] = {}
        self.refused: dict[str, str] = {}
        self.looked = threading.Event()
        self._has_looked = False
        self.client.subscribe_topic(self.topic, self._hear)
        threading.Thread(target=self._follow, name="cluster", daemon=True).start()

    def _hear(self, event: tuple[float, Any]) -> None:
        """Pass a report on; called in Dask's own thread."""
        message = event[1]
        inbox = self._inboxes.get(message["token"])
        if inbox is not None:
            inbox.put(message["report"])

    @contextlib.contextmanager
    def inbox(self, token: str) -> Any:  # noqa: ANN401  a context manager
        """Yield the queue of what a call reports."""
        queue: SimpleQueue[Any] = SimpleQueue()
        self._inboxes[token] = queue
        try:
            yield queue
        finally:
            del self._inboxes[token]

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: object,
        key: str,
        worker: str,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401  a future of Dask's
        """Have one worker call a function of `drapto.cluster.tasks`."""
        return self.client.submit(
            function, *arguments, key=key, workers=[worker], allow_other_workers=False, pure=False, **more
        )

    def answer(self, future: Any) -> Pending[Any]:  # noqa: ANN401  Dask's
        """Return what a task will have returned, to be waited for as long as its worker is there.

        It lies on the worker until it is fetched. Where that ends before, Dask's own ``Future.result`` waits
        for a worker that is no more.
        """
        fetched = self.client.gather(future, asynchronous=True)
        return asyncio.run_coroutine_threadsafe(fetched, self.client.loop.asyncio_loop)

    def _follow(self) -> None:
        """Look who is there, until the scheduler is gone."""
        while not self.gone.is_set():
            try:
                if self.client.status != "running":
                    break
                # Client.scheduler_info returns what its own periodic look, without workers, may have left
                self._look(self.client.sync(self.client.scheduler.identity, n_workers=-1)["workers"])
            except Exception as error:  # noqa: BLE001  whatever Dask raises when its scheduler is gone
                if not self.gone.is_set():
                    self._note(f"connection lost ({type(error).__name__}: {error})")
                break
            self.gone.wait(LOOK_EVERY / 5 if self._asked else LOOK_EVERY)
        self.gone.set()
        self.looked.set()

    def _look(self, found: dict[str, dict[str, Any]]) -> None:
        there = {address: info for address, info in found.items() if self._is_alive(address, info)}
        for address in [one for one in self._known if one not in there]:
            self._note(f"worker {self._known.pop(address).name} is gone")
        for address in [one for one in (*self._asked, *self.refused) if one not in there]:
            if (asked := self._asked.pop(address, None)) is not None:
                asked.cancel()
            self.refused.pop(address, None)
        for address in there:
            if address not in self._known and address not in self.refused and address not in self._asked:
                key = f"drapto-introduce-{secrets.token_hex(6)}"
                self._asked[address] = self.answer(
                    self.submit(tasks.introduce, self._greeting.asked(), key=key, worker=address)
                )
        for address, answer in list(self._asked.items()):
            if answer.done():
                del self._asked[address]
                self._meet(address, there[address], answer)
        self.workers.become(self._known, joining=len(self._asked))
        self._has_looked = True
        if not self._asked and there:
            self.looked.set()

    def _is_alive(self, address: str, info: dict[str, Any]) -> bool:
        """Return whether a worker's heartbeats go on; by this machine's clock, as others may go wrong."""
        now, said = time.monotonic(), info.get("last_seen")
        before = self._beats.get(address)
        if before is None or before[0] != said:
            self._beats[address] = said, now
            return True
        return now - before[1] < SILENCE

    def _meet(self, address: str, info: dict[str, Any], answer: Pending[Any]) -> None:
        name = str(info["name"])
        failure = CancelledError() if answer.cancelled() else answer.exception()
        if failure is None:
            problem = self._greeting.problem(answer.result())
        elif type(failure).__name__ in LOST:
            # it ended, or the scheduler did: that is no reason to refuse it; if it is there, it is asked anew
            self._note(f"worker {name} went before it had answered")
            return
        else:
            problem = f"does not answer ({failure!r})"
        resources = info["resources"]
        offer = Offer(address, name, int(resources.get(ENCODE, 0)), int(resources.get(MEMORY, 0.0) * GIB))
        if not problem and not offer.cpus:
            problem = "offers no encode slot; start it with `--preload drapto.cluster.worker`"
        if problem:
            self.refused[address] = f"worker {name} {problem}"
            self._note(self.refused[address])
        else:
            self._known[address] = offer
            self._note(f"worker {offer.said}, at {address}")

    def _note(self, text: str) -> None:
        with contextlib.suppress(OSError):
            write_log(self._log, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    def require_proven(self, patience: float) -> None:
        """Wait for all workers that are there to answer; once one may be used, `SILENCE` for the others.

        Args:
            patience: Seconds to wait for the first worker.

        Raises:
            ClusterError: There is none; or one may not be used, which is named with the reason.
        """
        began = time.monotonic()
        accepted = None
        while not self.looked.wait(0.05):
            now = time.monotonic()
            if accepted is None and self._known:
                accepted = now
            if accepted is not None and now - accepted > SILENCE:
                break  # one that hangs keeps nobody from the others; it is used, or refused, when it answers
            # who is there and has not answered yet is waited for longer: a machine may be busy
            most = patience if self._has_looked and not self._asked else self._greeting.patience
            if now - began > most:
                break
        if self.refused:
            raise unable("; ".join(sorted(self.refused.values())), self._greeting.remedy)

    def lose(self) -> None:
        """Have the scheduler notice at once that nobody waits any more; from a signal handler, too."""
        self.gone.set()
        client = self.client
        with contextlib.suppress(Exception):
            client.loop.add_callback(_abort, client)

    def close(self) -> None:
        """End the connection."""
        self.gone.set()
        with contextlib.suppress(Exception):
            self.client.close(timeout=2)


def quieten() -> None:
    """Have Dask say nothing: what a user should know of a cluster, drapto says."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in {"distributed", "tornado"}:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def require_keys(address: str, tls: Any, role: str) -> None:  # noqa: ANN401  Dask's, untyped
    """Refuse an address of TLS where Dask's settings name no certificate.

    Args:
        address: A scheduler's.
        tls: Dask's settings.
        role: ``client``, ``worker`` or ``scheduler``.

    Raises:
        UsageError: They name none.
    """
    if address.startswith("tls:") and tls.get_tls_config_for_role(role)["cert"] is None:
        remedy = "set distributed.comm.tls in Dask's configuration, see docs/cluster.md"
        raise UsageError("needs a certificate", path=address, remedy=remedy)


def _client(address: str) -> Any:  # noqa: ANN401  as below
    make: Any = distributed.Client
    security: Any = distributed.Security
    require_keys(address, security(), "client")
    return make(address, timeout=CONNECT, set_as_default=False, name="drapto")


def _abort(client: Any) -> None:  # noqa: ANN401  Dask's, half of it untyped
    stream = client.scheduler_comm
    if stream is not None:
        stream.comm.abort()
