"""`drapto serve`: a page that shows the queue while it is worked on."""

from __future__ import annotations

import secrets
import signal
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.encode import MOST_JOBS
from drapto.cli.output import say
from drapto.cli.ranges import Whole
from drapto.cli.titles import nothing_here
from drapto.errors import UsageError

if TYPE_CHECKING:
    from types import FrameType

PORT = 8373
LEAST_TOKEN = 16


@click.command(
    short_help="Show the queue in a browser, start and pause it there.",
    epilog=options.examples("drapto serve --open", "drapto serve --start", "drapto serve --host 0.0.0.0"),
)
@options.project_options
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="What to listen on.")
@click.option("--port", type=Whole(0, 65535), default=PORT, show_default=True, help="0 takes any.")
@click.option(
    "--token",
    metavar="TEXT",
    help="What a browser must know; made up where --host is not this machine alone.",
)
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="Another name that this machine is asked by."
)
@click.option("-n", "--jobs", type=Whole(1, MOST_JOBS), metavar="JOBS", help="Tasks side by side.")
@click.option("--start", is_flag=True, help="Begin at once.")
@click.option("--open", "open_", is_flag=True, help="Open the page in a browser.")
def serve(
    *,
    host: str,
    port: int,
    token: str | None,
    allow_host: tuple[str, ...],
    jobs: int | None,
    start: bool,
    open_: bool,
    **named: Unpack[options.Named],
) -> int:
    """Show the project's queue in a browser: progress, failures, reports. Work begins when Start is pressed.

    Only this machine can open it, unless --host says otherwise; then whoever opens it needs the address with
    the token that is printed. What is sent is not encrypted: use it in a network that you trust.

    INPUT is an MKV file, a directory of them, or a title of this project, as `drapto run` takes it.
    """
    from drapto.serve.guard import Guard, is_loopback  # noqa: PLC0415  the graph comes once the arguments are good

    if token is not None and (len(token) < LEAST_TOKEN or not token.isascii() or not token.isalnum()):
        raise UsageError(
            f"--token is not {LEAST_TOKEN} letters and digits, or more",
            remedy="leave it out, and one is made up",
        )
    if token is None:
        token = "" if is_loopback(host) else secrets.token_hex(16)
    project = options.open_named(named)
    if not project.titles:
        say(nothing_here(project))
    from drapto.serve import working  # noqa: PLC0415  as above

    work = working.Work(project, jobs)
    shown = f"[{host}]" if ":" in host else host

    def ready(found: int) -> None:
        address = f"http://{shown}:{found}/" + (f"?token={token}" if token else "")
        say(f"Serving {address}\nCtrl-C ends it; what is finished stays so.")
        if open_:
            import webbrowser  # noqa: PLC0415  only who asks for it

            webbrowser.open(address)
        if start:
            work.act("start", {})

    signal.signal(signal.SIGTERM, _stop)
    return working.serve(work, (host, port), Guard(host, token, allow_host), ready)


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
