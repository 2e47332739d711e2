"""`drapto serve`, as it is started, asked and ended; and its page in a browser."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests import browser, clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("measured_processes")

PATIENCE = 120.0
NAME = "<script>alert(1)<img src=x onerror=alert(2)>"
ASK = {"X-Drapto": "1", "Content-Type": "application/json"}


class Served:
    """A server on a project of a film of ten segments, one with an evil name, and a file that is none."""

    def __init__(self, ffmpeg: Path, folder: Path, *more: str) -> None:
        long = clips.make_clip(ffmpeg, folder / "long.mkv", frames=240, size=(128, 96), keyint=24)
        short = clips.make_clip(ffmpeg, folder / f"{NAME}.mkv", frames=24, size=(128, 96))
        (folder / "bad.mkv").write_bytes(b"no film")
        self.project = new_project(folder / "project", long, short, folder / "bad.mkv")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "drapto", "serve", "--port", "0", "-n", "1", *more],
            cwd=self.project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.fullmatch(r"Serving (http://127\.0\.0\.1:(\d+)/)\n", said)
        assert found is not None, said + self.process.communicate()[0]
        self.url, self.port = found[1], int(found[2])

    def state(self) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/api/state")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def states(self) -> dict[str, str]:
        return {one["shown"]: one["state"] for one in self.state()["titles"]}

    def ask(self, action: str, **more: object) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", f"/api/{action}", json.dumps(more), ASK)
        status = connection.getresponse().status
        connection.close()
        return status

    def wait_for(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while not what(state := self.state()):
            assert self.process.poll() is None
            assert time.monotonic() < end, state
            time.sleep(0.05)
        return state

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def served(ffmpeg: Path, tmp_path: Path) -> Iterator[Served]:
    server = Served(ffmpeg, tmp_path)
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.communicate()


def of(state: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in state["titles"] if one["shown"] == name)


def encoded(served: Served) -> int:
    return len(list(served.project.work("long").glob("encoded/*.mkv")))


def test_it_is_started_paused_put_in_order_and_finished(served: Served) -> None:
    assert served.state()["mode"] == "idle"
    assert served.ask("pause") == 409
    assert served.ask("move", title="long", by=-5) == 200
    assert next(iter(served.states())) == "long"
    assert served.ask("start") == 200
    served.wait_for(lambda state: (of(state, "long")["progress"] or 0) > 0)
    assert served.ask("pause") == 200
    state = served.wait_for(lambda state: "paused" in "".join(one["note"] for one in state["titles"]))
    assert state["mode"] == "pausing"
    time.sleep(1)
    done = encoded(served)
    assert done < 10
    time.sleep(2)
    assert encoded(served) == done  # nothing new has begun
    assert served.ask("start") == 200
    served.wait_for(lambda state: state["mode"] == "idle")
    assert served.states() == {"long": "finished", NAME: "finished", "bad": "failed"}
    failed = of(served.state(), "bad")
    assert failed["failures"][0].startswith("probe: ")
    good = clips.make_clip(clips.find_ffmpeg(), served.project.root / "good.mkv", frames=24, size=(128, 96))
    (served.project.root / "source" / "bad.mkv").unlink()
    good.rename(served.project.root / "source" / "bad.mkv")
    assert served.ask("retry", title=failed["name"]) == 200
    served.wait_for(lambda state: state["mode"] == "idle" and of(state, "bad")["state"] == "finished")
    assert served.end() == 0
    assert served.project.executed() == set()


def test_a_signal_while_it_works_ends_it_and_it_goes_on_from_there(served: Served) -> None:
    served.ask("start")
    served.wait_for(lambda state: (of(state, "long")["progress"] or 0) > 0)
    assert served.end() == 130
    (served.project.root / "source" / "bad.mkv").unlink()
    assert served.project.executed()
    assert encoded(served) == 10


def test_in_a_browser_by_the_keyboard_alone(served: Served, tmp_path: Path) -> None:
    chromium = browser.find()
    # skip link, theme, start
    start = [{"wait": "document.body.dataset.mode === 'idle'"}, {"key": "Tab", "times": 3}, {"key": "Enter"}]
    # the button that can do nothing now has given the focus to the one beside it
    pause = [{"wait": "document.activeElement.id === 'pause'"}, {"key": "Enter"}]
    go_on = [{"wait": "document.body.dataset.mode"}, {"key": "Tab", "times": 3}, {"key": "Enter"}]
    end = [{"wait": "document.body.dataset.mode === 'idle'", "timeout": 120000}]
    paused = {"wait": "document.body.dataset.mode === 'pausing'"}
    live = {"url": served.url, "live": True}
    first = live | {
        "width": 1280, "dark": False, "steps": [*start, *pause, paused],
        "script": "[...document.querySelectorAll('#queue h3')].map((one) => one.textContent)",
    }  # fmt: skip
    again = live | {
        "width": 400, "dark": True, "steps": [*go_on, *end],
        "script": "document.querySelectorAll('.state.failed').length",
    }  # fmt: skip
    looks = [
        live | {"width": width, "dark": dark, "steps": end, "picture": str(tmp_path / f"{width}-{dark}.png")}
        for width, dark in browser.SIZES
    ]
    found = chromium.look(tmp_path, first, again, *looks)
    assert NAME in found[0]["result"]
    assert found[1]["result"] == 1
    for one in found:
        assert one["errors"] == []
        assert one["serious"] == []
        assert not one["overflow"]
        assert all(request.startswith(served.url) for request in one["requests"])
