"""The HTTP side: pages, messages as they come (server-sent events), and what is asked for."""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from drapto.errors import UsageError
from drapto.serve.guard import COOKIE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.serve.board import Board
    from drapto.serve.guard import Guard

MOST_BODY = 64 << 10
"""Bytes of what is asked for."""

PATIENCE = 30.0
"""Seconds that a request may take to arrive."""

HEARTBEAT = 10.0
"""Seconds after which a line is sent that says nothing, so that a reader who is gone is noticed."""

AT_MOST_EVERY = 0.3
"""Seconds between two snapshots that are sent to one reader."""

OWN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

REPORT_POLICY = "sandbox allow-scripts; frame-ancestors 'none'"
"""A report is a page of another origin to the browser: should a stranger's script ever run in one, it could
ask this server for nothing."""

KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}

PAGES = {
    "/": "serve/pages/index.html",
    "/serve.css": "serve/pages/serve.css",
    "/serve.js": "serve/pages/serve.js",
    "/page.css": "report/templates/page.css",
    "/page.js": "report/templates/page.js",
}


class Server(ThreadingHTTPServer):
    """Serves a board.

    Args:
        address: Host and port; port 0 takes any.
        board: What is shown.
        guard: Who may ask.
        act: Called with what is asked for, ``start``, ``pause``, ``retry`` or ``move``, and its arguments;
            returns whether it could be done.

    Raises:
        UsageError: The address cannot be listened on.
    """

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], board: Board, guard: Guard, act: Callable[[str, dict[str, Any]], bool]
    ) -> None:
        self.board, self.guard, self.act = board, guard, act
        self.closing = threading.Event()
        if ":" in address[0]:
            import socket  # noqa: PLC0415  for IPv6 alone

            self.address_family = socket.AF_INET6
        try:
            super().__init__(address, Handler)
        except OSError as error:
            raise UsageError(
                f"cannot be listened on ({error.strerror or error})",
                path=f"{address[0]}:{address[1]}",
                remedy="choose another --port, or end what uses it",
            ) from error

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  socketserver's
        """Say nothing of a reader that went away."""
        del request, client_address


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout: ClassVar[float] = PATIENCE
    server_version = "drapto"
    sys_version = ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's
        """Write nothing: the terminal is for what happens to titles."""

    def do_GET(self) -> None:
        """Answer with a page, a report, the state, or the messages from now on."""
        url = urlsplit(self.path)
        given = parse_qs(url.query).get("token", [""])[0]
        if (
            given
            and self.server.guard.knows(self.headers.get("Host") or "")
            and self.server.guard.accepts(given)
        ):
            self._remember(given)
        elif (refusal := self.server.guard.refuses("GET", self.headers)) is not None:
            self._say(refusal.status, refusal.reason)
        elif url.path in PAGES:
            self._send(200, (files("drapto") / PAGES[url.path]).read_bytes(), KINDS[_suffix(PAGES[url.path])])
        elif url.path == "/api/state":
            self._send(200, json.dumps(self.server.board.snapshot()).encode(), "application/json")
        elif url.path == "/events":
            self._stream()
        elif url.path.startswith("/report/"):
            self._report(unquote(url.path.removeprefix("/report/")))
        else:
            self._say(404, "there is nothing here")

    def do_POST(self) -> None:
        """Do what is asked for."""
        if (refusal := self.server.guard.refuses("POST", self.headers)) is not None:
            self._say(refusal.status, refusal.reason)
            return
        try:
            size = int(self.headers.get("Content-Length") or 0)
            if not 0 <= size <= MOST_BODY:
                self._say(413, "that is too much")
                return
            asked = json.loads(self.rfile.read(size) or b"{}")
        except ValueError:
            self._say(400, "that is no JSON")
            return
        action = urlsplit(self.path).path.removeprefix("/api/")
        if action not in ("start", "pause", "retry", "move") or not isinstance(asked, dict):
            self._say(404, "there is nothing here")
        elif self.server.act(action, asked):
            self._send(200, b"{}", "application/json")
        else:
            self._say(409, "that cannot be done now")

    def _remember(self, token: str) -> None:
        """Have the browser keep the token, and take it out of the address."""
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Set-Cookie", f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/")
        self._headers(0, "text/plain", OWN_POLICY)

    def _report(self, name: str) -> None:
        title = self.server.board.title(name)
        page: Path | None = None if title is None else title.report
        try:
            content = b"" if page is None else page.read_bytes()
        except OSError:
            content = b""
        if content:
            self._send(200, content, "text/html", REPORT_POLICY)
        else:
            self._say(404, "there is no report of that title yet")

    def _stream(self) -> None:
        """Send the state now, whenever it changes, and all that happens, until the reader is gone."""
        line = self.server.board.listen()
        if line is None:
            self._say(503, "too many are looking at this already")
            return
        try:
            self.send_response(200)
            self._headers(None, "text/event-stream", OWN_POLICY)
            sent, due = 0.0, True
            while not self.server.closing.is_set():
                now = time.monotonic()
                if due and now - sent >= AT_MOST_EVERY:
                    self._message("snapshot", self.server.board.snapshot())
                    sent, due = now, False
                try:
                    message = line.get(timeout=AT_MOST_EVERY if due else HEARTBEAT)
                except queue.Empty:
                    if not due:
                        self.wfile.write(b": still there\n\n")
                        self.wfile.flush()
                        due = True  # how far the picture is has changed, too
                    continue
                if message is None:
                    break
                name, said = message
                if name == "state":
                    due = True
                elif name == "progress":
                    due = due or now - sent >= 1
                else:
                    self._message("happened", said)
        except OSError:
            return
        finally:
            self.server.board.leave(line)

    def _message(self, name: str, said: dict[str, Any]) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(said)}\n\n".encode())
        self.wfile.flush()

    def _say(self, status: int, text: str) -> None:
        self._send(status, f"{text}\n".encode(), "text/plain")

    def _send(self, status: int, content: bytes, kind: str, policy: str = OWN_POLICY) -> None:
        self.send_response(status)
        self._headers(len(content), kind, policy)
        self.wfile.write(content)

    def _headers(self, size: int | None, kind: str, policy: str) -> None:
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        if size is not None:
            self.send_header("Content-Length", str(size))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()


def _suffix(name: str) -> str:
    return name[name.rindex(".") :]
