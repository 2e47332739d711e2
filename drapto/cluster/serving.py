"""Schedulers and workers as processes of their own: what the commands of `drapto cluster` start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import dask
from distributed import Scheduler, Security, Worker
from distributed.comm.addressing import get_address_host
from distributed.utils import get_ip

from drapto.cluster import worker as preload
from drapto.cluster.connection import quieten, require_keys
from drapto.engine.group import end_with as end_with_parent
from drapto.errors import UsageError
from drapto.words import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LOOPBACK = "127.0.0.1"

SETTINGS = {
    # a worker that is cut off is noticed by its silence, and its calls are run elsewhere
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 200,
}

_make: Any = Security  # untyped
_ip: Any = get_ip  # as well

WORKER_BLOCKED = ("run", "run_coroutine", "actor_execute", "actor_attribute", "plugin-add")
SCHEDULER_BLOCKED = (
    *("run_function", "broadcast", "restart", "restart_workers"),
    *("register_scheduler_plugin", "register_worker_plugin", "register_nanny_plugin"),
)
"""Dask's ways for a client to run functions of its own, beside the tasks that it submits."""

RETRY = 2.0
"""Seconds between two tries of a worker to find its scheduler."""

SPARE_THREADS = 2
"""Beyond its encode slots: for questions, and for files."""


class _Silent:
    """Has no web server: Dask's own listens on all interfaces, dashboard or not."""

    def start_http_server(self, *arguments: object, **more: object) -> None:
        """Start none."""


class SilentScheduler(_Silent, Scheduler):
    """A scheduler without a web server, that runs no functions of clients."""

    def __init__(self, *arguments: Any, **more: Any) -> None:  # noqa: ANN401  as Dask's
        super().__init__(*arguments, **more)
        self.blocked_handlers = list(SCHEDULER_BLOCKED)


class SilentWorker(_Silent, Worker):
    """A worker without a web server, that runs no functions of clients but those of tasks."""

    def __init__(self, *arguments: Any, **more: Any) -> None:  # noqa: ANN401  as Dask's
        super().__init__(*arguments, **more)
        self.blocked_handlers = list(WORKER_BLOCKED)


def security(ca_file: str | None, certificate: str | None, key: str | None) -> Security:
    """Return Dask's TLS settings: those that are given, else those of Dask's own configuration."""
    if ca_file is None and certificate is None and key is None:
        known: Security = _make()
        return known
    own = {
        f"tls_{role}_{kind}": value
        for role in ("scheduler", "worker", "client")
        for kind, value in (("cert", certificate), ("key", key))
    }
    given: Security = _make(tls_ca_file=ca_file, require_encryption=True, **own)
    return given


async def schedule(listen: str, tls: Security, ready: Callable[[str], None]) -> None:
    """Be a scheduler until the process is ended.

    Args:
        listen: Its address, ``tcp://host:port``.
        tls: Dask's TLS settings.
        ready: Told the address, once it listens.

    Raises:
        UsageError: The address cannot be listened on.
    """
    require_keys(listen, tls, "scheduler")
    protocol, _, place = listen.rpartition("://")
    host, _, port = place.rpartition(":")
    try:
        async with SilentScheduler(
            host=host or LOOPBACK, port=int(port), protocol=protocol or "tcp", dashboard=False, security=tls
        ) as scheduler:
            ready(scheduler.address)
            await scheduler.finished()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot listen ({error})", path=listen, remedy="name host and port, as tcp://127.0.0.1:8786"
        ) from error


def _reaching(scheduler: str) -> str:
    """Return this machine's address on the way to the scheduler: Dask alone would listen on all."""
    host: str = get_address_host(scheduler)
    own: str = LOOPBACK if host in {"localhost", LOOPBACK} else _ip(host)
    return own


async def work(
    scheduler: str,
    given: dict[str, float],
    tls: Security,
    *,
    name: str | None,
    listen: str | None,
    stay: bool,
    say: Callable[[str], None],
) -> None:
    """Be a worker; where the scheduler goes, wait for the next one.

    Args:
        scheduler: Its address.
        given: What the worker has (`drapto.cluster.worker.resources`).
        tls: Dask's TLS settings.
        name: Its name; the host's by default.
        listen: The host or address to listen on; by default the one that reaches the scheduler.
        stay: Whether to wait for another scheduler.
        say: Told what happens, a line each.
    """
    require_keys(scheduler, tls, "worker")
    waiting = False
    while True:
        try:
            async with SilentWorker(
                scheduler,
                nthreads=int(given[preload.ENCODE]) + SPARE_THREADS,
                name=name or f"{socket.gethostname()}-{os.getpid()}",
                resources=given,
                host=listen or _reaching(scheduler),
                memory_limit=0,
                dashboard=False,
                preload=[preload.__name__],
                security=tls,
                death_timeout=10,
            ) as worker:
                say(f"worker {worker.name} at {worker.address}: {_has(given)}")
                waiting = False
                await worker.finished()
        except (OSError, TimeoutError, RuntimeError) as error:
            if not stay:
                raise UsageError(f"no scheduler answers ({error})", path=scheduler) from error
        if not stay:
            return
        if not waiting:
            waiting = True
            say(f"waits for the scheduler at {scheduler}")
        await asyncio.sleep(RETRY)


def _has(given: dict[str, float]) -> str:
    """Return what a worker has, in words."""
    slots = count_text(int(given[preload.ENCODE]), "encode slot")
    return f"{slots}, {size_text(given[preload.MEMORY] * preload.GIB)} of memory"


def serve(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run until a signal comes; end tidily then."""
    quieten()

    async def until_signalled() -> None:
        task = asyncio.ensure_future(coroutine)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with dask.config.set(SETTINGS):
        asyncio.run(until_signalled())


def end_with(parent: int) -> None:
    """End this process when its parent does, however that ends; Linux alone."""
    if sys.platform == "linux":
        end_with_parent(parent, signal.SIGTERM)
