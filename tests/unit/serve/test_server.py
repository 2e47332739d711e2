"""The HTTP side of `drapto serve`, asked by sockets."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from drapto.errors import UsageError
from drapto.serve.board import Board
from drapto.serve.guard import Guard
from drapto.serve.server import Server
from drapto.state.events import StageStarted
from tests import known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASK = {"X-Drapto": "1", "Content-Type": "application/json"}
TOKEN = "t" * 32


class Asked(list[tuple[str, dict[str, Any]]]):
    """What was asked for; ``pause`` cannot be done."""

    def __call__(self, action: str, asked: dict[str, Any]) -> bool:
        self.append((action, asked))
        return action != "pause"


@pytest.fixture
def board(tmp_path: Path) -> Board:
    project = known.project_in(tmp_path, names=["a"])
    return Board(project, ["a"])


@pytest.fixture
def asked() -> Asked:
    return Asked()


def served(board: Board, guard: Guard, asked: Asked) -> Iterator[int]:
    server = Server(("127.0.0.1", 0), board, guard, asked)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def port(board: Board, asked: Asked) -> Iterator[int]:
    yield from served(board, Guard("127.0.0.1"), asked)


@pytest.fixture
def open_port(board: Board, asked: Asked) -> Iterator[int]:
    yield from served(board, Guard("0.0.0.0", TOKEN), asked)  # noqa: S104  it listens on this machine alone


def fetch(
    port: int, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(
        "GET" if body is None else "POST", path, body, (ASK | named) if body is not None else named
    )
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("path", ["/", "/page.css", "/serve.css", "/page.js", "/serve.js", "/api/state"])
def test_pages_come_with_a_policy_that_lets_nothing_in(port: int, path: str) -> None:
    status, headers, content = fetch(port, path)
    assert (status, bool(content)) == (200, True)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/report/..%2f..%2fdrapto.toml", "/report/a", "/pages/index.html"]
)
def test_nothing_else_is_given_out(port: int, path: str) -> None:
    assert fetch(port, path)[0] == 404


def test_a_report_is_given_out_as_a_strangers_page(port: int, board: Board) -> None:
    report = board.titles[0].report
    report.parent.mkdir(parents=True)
    report.write_text("<p>a page</p>")
    status, headers, content = fetch(port, "/report/a")
    assert (status, content) == (200, b"<p>a page</p>")
    assert headers["Content-Security-Policy"] == "sandbox allow-scripts; frame-ancestors 'none'"


def test_what_is_asked_for_is_done(port: int, asked: Asked) -> None:
    assert fetch(port, "/api/move", b'{"title": "a", "by": 1}')[0] == 200
    assert fetch(port, "/api/pause", b"{}")[0] == 409
    assert asked == [("move", {"title": "a", "by": 1}), ("pause", {})]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/api/delete", b"{}", {}, 404),
        ("/api/start", b"[]", {}, 404),
        ("/api/start", b"{", {}, 400),
        ("/api/start", b"{}", {"Content_Length": "x"}, 400),
        ("/api/start", b" " * 65537, {}, 413),
        ("/api/start", b"{}", {"X_Drapto": "2"}, 403),
        ("/api/start", b"{}", {"Origin": "http://evil.example"}, 403),
        ("/api/start", b"{}", {"Host": "evil.example"}, 421),
    ],
)
def test_what_may_not_be_asked_for_is_not(
    port: int, asked: Asked, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert fetch(port, path, body, **headers)[0] == status
    assert asked == []


def test_messages_come_as_they_happen(port: int, board: Board) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream; charset=utf-8"

    def message() -> tuple[str, dict[str, Any]]:
        lines = [answer.readline().decode().rstrip("\n") for _ in range(3)]
        assert lines[2] == ""
        return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))

    assert message() == ("snapshot", board.snapshot())
    board(StageStarted(title="a", stage="probe"))
    name, happened = message()
    assert (name, happened["event"], happened["v"]) == ("happened", "stage_started", 1)
    name, snapshot = message()
    assert (name, snapshot["titles"][0]["state"]) == ("snapshot", "running")
    connection.close()


def test_from_elsewhere_the_token_is_asked_for_once(open_port: int) -> None:
    assert fetch(open_port, "/")[0] == 401
    assert fetch(open_port, "/?token=wrong")[0] == 401
    assert fetch(open_port, f"/?token={TOKEN}", Host="evil.example")[0] == 421
    status, headers, _ = fetch(open_port, f"/?token={TOKEN}")
    assert (status, headers["Location"]) == (303, "/")
    assert headers["Set-Cookie"] == f"drapto={TOKEN}; HttpOnly; SameSite=Strict; Path=/"
    assert fetch(open_port, "/", Cookie=f"drapto={TOKEN}")[0] == 200
    assert fetch(open_port, "/api/start", b"{}")[0] == 401
    assert fetch(open_port, "/api/start", b"{}", Cookie=f"drapto={TOKEN}")[0] == 200


def test_a_port_that_is_taken_is_said(port: int, board: Board, asked: Asked) -> None:
    with pytest.raises(UsageError, match=f"127.0.0.1:{port}: cannot be listened on"):
        Server(("127.0.0.1", port), board, Guard("127.0.0.1"), asked)
