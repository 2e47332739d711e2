"""What `drapto status` says of a project, while a run works in it and after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from drapto.state.event_records import schema
from tests import clips, forks
from tests.system.projects import ProjectDir, new_project
from tests.valid import require_valid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def drapto(project: ProjectDir, *arguments: str) -> tuple[int, str]:
    """Run a command in a project; return its exit code and its output."""
    done = forks.run("drapto", *arguments, cwd=project.root)
    return done.returncode, done.stdout


def status(project: ProjectDir) -> dict[str, dict[str, Any]]:
    """Return what is said of each title."""
    code, text = drapto(project, "status", "--json")
    assert code == 0, text
    return {title["title"]: title for title in json.loads(text)["titles"]}


def until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def short(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make_clip(ffmpeg, tmp_path_factory.mktemp("short") / "short.mkv", frames=30)


def test_settings_of_one_run_do_not_make_a_title_unfinished(short: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", short)
    assert drapto(project, "status", "--exit-code")[0] == 5
    assert status(project)["short"]["state"] == "todo"
    given = ("--set", "encoding.crf.sd=40.0", "--set", "report.enabled=false")
    code, said = drapto(project, "run", *given)
    assert code == 0, said
    as_made = "as made with encoding.crf.sd = 40, report.enabled = false"
    title = status(project)["short"]
    assert (title["state"], title["why"]) == ("done", as_made)
    assert drapto(project, "status", "--exit-code")[0] == 0
    plan = drapto(project, "plan")[1]
    assert f"short: finished, {as_made}; without that, to do: encode, " in plan
    assert "since crf changed (40 -> 25)" in plan
    assert "1 title to do again" in plan
    assert list(json.loads(drapto(project, "plan", "--json")[1])["as_given"]) == ["short"]
    # what is in the file is meant to last
    project.configure("[encoding.crf]\nsd = 33\n")
    title = status(project)["short"]
    assert (title["state"], title["why"]) == ("done", as_made)
    assert drapto(project, "run")[0] == 0
    assert status(project)["short"]["why"] == ""
    project.configure("[encoding.crf]\nsd = 38\n")
    title = status(project)["short"]
    assert title["state"] == "stale"
    assert "crf changed (33 -> 38)" in title["why"]
    assert drapto(project, "status", "--exit-code")[0] == 5


def test_a_failure_says_why_and_when_until_it_is_mended(short: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no Matroska")
    project = new_project(tmp_path / "p", short, broken)
    events = tmp_path / "events.ndjson"
    assert drapto(project, "run", "--events", str(events))[0] == 1
    titles = status(project)
    assert titles["short"]["state"] == "done"
    assert titles["broken"]["state"] == "failed"
    assert "is not Matroska" in titles["broken"]["why"]
    assert titles["broken"]["at"].startswith("20")
    code, text = drapto(project, "status", "--exit-code")
    assert code == 1
    assert "✗ broken: failed (20" in text
    (project.root / "source" / "broken.mkv").unlink()
    (project.root / "source" / "broken.mkv").write_bytes(short.read_bytes())
    assert drapto(project, "run", "--events", str(events))[0] == 0
    assert status(project)["broken"]["state"] == "done"
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    require_valid(lines, schema())
    assert {"queue_progress", "title_progress", "error"} <= {line["event"] for line in lines}


def test_a_title_goes_by_its_name_as_in_a_run(short: Path, tmp_path: Path) -> None:
    """`drapto run` took names, and all else nothing but paths."""
    project = new_project(tmp_path / "p")
    for name in ("Alien (1979)", "Brazil (1985)"):
        (project.root / "source" / f"{name}.mkv").write_bytes(short.read_bytes())
    assert drapto(project, "run")[0] == 0
    done = drapto(project, "status", "Alien (1979)")
    assert done[0] == 0
    assert "✓ Alien (1979): done" in done[1]
    assert "Brazil" not in done[1]
    assert drapto(project, "plan", "Brazil-1985") == (
        0,
        "✓ Brazil (1985): finished\n0 titles to do, 1 finished\n",
    )
    assert "Alien (1979): 30 packets" in drapto(project, "verify", "Alien (1979).mkv")[1]
    assert drapto(project, "report", "Alien (1979)")[1].startswith("1 page (1 made now): ")
    assert "Brazil (1985)" in (project.root / "work" / "report.html").read_text()

    # all of one title is removed, and what is known of the other one stays
    code, said = drapto(project, "clean", "--all", "Alien (1979)")
    assert code == 0
    assert said.count("removed ") == 1
    assert "to have a run replace them: --set output.if_exists=overwrite" in said
    states = {name: one["state"] for name, one in status(project).items()}
    assert sorted(states.values()) == ["done", "todo"]
    refused = forks.run("drapto", "run", cwd=project.root)
    assert refused.returncode == 3
    assert "is there already, and nothing notes that it was made of " in refused.stdout
    assert drapto(project, "run", "--set", "output.if_exists=overwrite")[0] == 0
    assert drapto(project, "status", "--exit-code")[0] == 0
    assert ".drapto" in drapto(project, "clean", "--all")[1]

    for command in ("status", "plan", "verify", "report", "clean"):
        for name, said in (
            ("Alein (1979)", "there is no title 'Alein (1979)'; did you mean 'Alien (1979)'?"),
            ("no.mkv", f"{project.root / 'no.mkv'}: does not exist; check the name"),
        ):
            refused = forks.run("drapto", command, name, cwd=project.root)
            assert (refused.returncode, refused.stdout) == (3, f"error: {said}\n")


def test_a_run_is_seen_from_another_terminal_and_not_when_it_was_killed(ffmpeg: Path, tmp_path: Path) -> None:
    long = clips.make_clip(ffmpeg, tmp_path / "long.mkv", codec="h264", frames=360)
    project = new_project(tmp_path / "p", long)

    command = [sys.executable, "-m", "drapto", "run", "--set", "encoding.preset=3"]
    with (tmp_path / "out").open("wb") as out:
        running = subprocess.Popen(command, cwd=project.root, stdout=out, stderr=out, start_new_session=True)
    try:
        record = project.work(".drapto") / "running.json"
        until(record.exists)
        until(lambda: status(project)["long"]["state"] == "running")
        title = status(project)["long"]
        assert title["fraction"] is None or 0 <= title["fraction"] < 1
        assert drapto(project, "status", "--exit-code")[0] == 5
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    assert record.exists(), "it had no time to remove it"
    assert status(project)["long"]["state"] in ("partly", "todo", "stale")
