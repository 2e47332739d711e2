"""`drapto cluster`: schedulers and workers, for encoding on several machines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click

from drapto.cli import options
from drapto.cli.group import Suggesting
from drapto.cli.output import say
from drapto.cli.ranges import Whole
from drapto.errors import EXIT_INTERRUPTED, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LOCAL = "tcp://127.0.0.1:8786"

PARENT = "DRAPTO_CLUSTER_PARENT"
"""Environment variable: the process with which this one ends."""


def _tls(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add Dask's own TLS options."""
    for name, text in (
        ("--tls-key", "The private key, PEM."),
        ("--tls-cert", "The certificate, PEM."),
        ("--tls-ca-file", "The certificates of those that are trusted, PEM."),
    ):
        command = click.option(name, type=click.Path(exists=True, dir_okay=False), metavar="FILE", help=text)(
            command
        )
    return command


@click.group(
    cls=Suggesting,
    short_help="Encode on several machines.",
    epilog=options.examples("drapto cluster local -n 2", "drapto cluster worker tcp://coordinator:8786"),
)
def cluster() -> None:
    """Start what encodes on several machines, with Dask; see docs/cluster.md.

    Then `drapto run --cluster ADDRESS` has the cluster encode.
    """
    import importlib.util  # noqa: PLC0415  for this command alone

    if importlib.util.find_spec("distributed") is None:
        raise UsageError("a cluster needs Dask", remedy="install it: pip install 'drapto[dask]'")


@cluster.command(
    short_help="Start a scheduler.",
    epilog=options.examples("drapto cluster scheduler --listen tcp://10.0.0.1:8786"),
)
@click.option("--listen", default=LOCAL, show_default=True, metavar="ADDRESS", help="Where it listens.")
@_tls
def scheduler(*, listen: str, tls_ca_file: str | None, tls_cert: str | None, tls_key: str | None) -> int:
    """Be the scheduler of a cluster until Ctrl-C. It listens on this machine alone, unless told otherwise."""
    from drapto.cluster import serving  # noqa: PLC0415  brings Dask

    _bind()
    tls = serving.security(tls_ca_file, tls_cert, tls_key)
    serving.serve(serving.schedule(listen, tls, lambda address: say(f"scheduler at {address}")))
    return 0


@cluster.command(
    short_help="Start a worker.",
    epilog=options.examples(
        "drapto cluster worker tcp://10.0.0.1:8786", "drapto cluster worker tls://coord:8786 --slots 8"
    ),
)
@click.argument("address")
@click.option("--slots", type=Whole(1, 1024), help="Encoders side by side; default: the processors.")
@click.option("--memory", metavar="SIZE", help="Memory for them, such as 8GB; default: most of what is free.")
@click.option("--name", help="What it is called; default: the machine's name.")
@click.option(
    "--listen", metavar="HOST", help="Where it listens; default: the address that reaches the scheduler."
)
@click.option("--nice", type=Whole(0, 19), default=0, help="How nice its encoders are.")
@click.option(
    "--scratch", type=click.Path(exists=True, file_okay=False), help="Where files that are sent to it lie."
)
@click.option("--once", is_flag=True, help="End with the scheduler, instead of waiting for the next.")
@_tls
def worker(
    *,
    address: str,
    slots: int | None,
    memory: str | None,
    name: str | None,
    listen: str | None,
    nice: int,
    scratch: str | None,
    once: bool,
    tls_ca_file: str | None,
    tls_cert: str | None,
    tls_key: str | None,
) -> int:
    """Be a worker of the cluster whose scheduler is at ADDRESS, until Ctrl-C."""
    from drapto.cluster import serving  # noqa: PLC0415  brings Dask
    from drapto.cluster import worker as here  # noqa: PLC0415  as above

    _bind()
    os.environ[here.NICE] = str(nice)
    if scratch is not None:
        os.environ[here.SCRATCH] = scratch
    given = here.resources(slots, _bytes(memory))
    tls = serving.security(tls_ca_file, tls_cert, tls_key)
    serving.serve(serving.work(address, given, tls, name=name, listen=listen, stay=not once, say=say))
    return 0


@cluster.command(
    short_help="Try it on this machine.",
    epilog=options.examples("drapto cluster local", "drapto cluster local -n 4 --slots 2"),
)
@click.option("-n", "--workers", default=2, show_default=True, type=Whole(1, 64), help="How many workers.")
@click.option("--slots", type=Whole(1, 1024), help="Encoders of each; default: its share of the processors.")
@click.option(
    "--listen", default=LOCAL, show_default=True, metavar="ADDRESS", help="Where the scheduler listens."
)
def local(*, workers: int, slots: int | None, listen: str) -> int:
    """Start a scheduler and workers on this machine, until Ctrl-C; a worker that ends is started anew."""
    from drapto.engine.machine import memory_budget, usable_cores  # noqa: PLC0415  for this command alone

    share = slots or max(1, usable_cores() // workers)
    memory = memory_budget("auto") // workers
    commands = {"scheduler": ["scheduler", "--listen", listen]}
    for number in range(1, workers + 1):
        given = ["--slots", str(share), "--memory", f"{memory} B", "--listen", "127.0.0.1"]
        commands[f"local-{number}"] = ["worker", listen, "--name", f"local-{number}", *given]
    say(f"try it: drapto run --cluster {listen}")
    return _kept_going(commands)


def _bytes(text: str | None) -> int | None:
    """Return the bytes that an option names.

    Raises:
        UsageError: It names none.
    """
    if text is None:
        return None
    from drapto.config.types import read_size  # noqa: PLC0415  for this option alone

    try:
        size = read_size(text)
    except ValueError as error:
        raise UsageError(f"--memory {text} {error}", remedy="name a size") from error
    return int(str(size))


def _kept_going(commands: dict[str, list[str]]) -> int:
    """Keep processes of `drapto cluster` going until a signal comes."""
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: stopping.append(number))
    running: dict[str, subprocess.Popen[bytes]] = {}
    began: dict[str, float] = {}
    while not stopping:
        for name, command in commands.items():
            if name not in running or running[name].poll() is not None:
                if time.monotonic() - began.get(name, -10.0) < 1.0:
                    continue
                began[name] = time.monotonic()
                running[name] = subprocess.Popen(
                    [sys.executable, "-m", "drapto", "cluster", *command],
                    env=os.environ | {PARENT: str(os.getpid())},
                    start_new_session=True,
                )
        time.sleep(0.1)
    if stopping[0] == signal.SIGINT:
        sys.stderr.write("\n")  # ends the line of ^C, as click does of other commands
    for child in running.values():
        child.terminate()
    for child in running.values():
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
    return EXIT_INTERRUPTED if stopping[0] == signal.SIGINT else 0


def _bind() -> None:
    """End with the command that started this one, where one did."""
    parent = os.environ.pop(PARENT, "")
    if parent:
        from drapto.cluster import serving  # noqa: PLC0415  brings Dask

        serving.end_with(int(parent))
