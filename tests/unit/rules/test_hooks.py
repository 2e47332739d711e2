"""Commands that are told what became of titles: which, how often, one at a time."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drapto.config import load_config
from drapto.engine import process
from drapto.output.model import Sizes, Validation
from drapto.project import open_project
from drapto.rules import hooks
from drapto.rules.run_state import state_of
from drapto.state.bus import Bus
from drapto.state.events import ErrorEvent, HookFailed, StageComplete, TitleSkipped

if TYPE_CHECKING:
    from drapto.project import Project
    from drapto.state.events import Event

SKIPPED = TitleSkipped(title="a", reason="already AV1", remedy="--no-skip")


def project(root: Path, *settings: str) -> Project:
    sources = [root / f"{name}.mkv" for name in ("a", "b")]
    for source in sources:
        source.write_bytes(b"x")
    return open_project(root, load_config(root, environ={}, overrides=list(settings)), sources)


def told(where: Path, *events: Event, settings: tuple[str, ...]) -> tuple[list[str], list[HookFailed]]:
    """Return which titles were told of to which hook, and what failed, after these events."""
    bus, failed = Bus(), []
    found = hooks.following(project(where, *settings), bus)
    assert found is not None
    bus.subscribe(lambda event: failed.append(event) if isinstance(event, HookFailed) else None)
    with bus.subscribe(found):
        for event in events:
            bus.publish(event)
    log = where / "calls"
    calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [f"{call['hook']} {call['result']['title']}" for call in calls], failed


def write(where: Path) -> str:
    return f"sh -c 'cat >> {where / 'calls'}'"


def failure(title: str, number: int) -> ErrorEvent:
    return ErrorEvent(title=title, stage="encode", segment=number, message=f"{number}: broke")


def test_each_title_is_told_of_once_to_the_hook_that_it_concerns(tmp_path: Path) -> None:
    events = [
        *(failure("a", 1), failure("a", 2), SKIPPED),
        StageComplete(title="b", stage="encode", segment=1, seconds=1),
        StageComplete(title="b", stage="validate", decode_part=1, seconds=1),
        StageComplete(title="b", stage="validate", seconds=1),
    ]
    both = (f"hooks.on_done={write(tmp_path)}", f"hooks.on_failed={write(tmp_path)}")
    calls, failed = told(tmp_path, *events, settings=both)
    assert (calls, failed) == (["on_failed a", "on_done b"], [])


def test_a_title_may_have_a_hook_of_its_own(tmp_path: Path) -> None:
    settings = (f"titles.b.hooks.on_failed={write(tmp_path)}",)
    calls, failed = told(tmp_path, failure("a", 1), failure("b", 1), settings=settings)
    assert (calls, failed) == (["on_failed b"], [])


def test_one_that_reads_nothing_is_as_good(tmp_path: Path) -> None:
    calls, failed = told(tmp_path, failure("a", 1), settings=("hooks.on_failed=/bin/true",))
    assert (calls, failed) == ([], [])


def test_one_that_fails_is_said_with_its_log(tmp_path: Path) -> None:
    settings = ("hooks.on_failed=sh -c 'echo out; echo no server >&2; exit 7'",)
    _, (failed,) = told(tmp_path, failure("a", 1), settings=settings)
    log = tmp_path / "work" / "a" / "logs" / "hooks.log"
    assert failed.message == (
        f"hooks.on_failed failed (sh failed with status 7: no server); the title is not concerned; see {log}"
    )
    assert "no server" in log.read_text()
    assert "# it said\nout\n" in log.read_text()


def test_what_an_interrupt_has_killed_calls_nobody(tmp_path: Path) -> None:
    process.kill_all()
    try:
        calls, failed = told(tmp_path, failure("a", 1), settings=(f"hooks.on_failed={write(tmp_path)}",))
    finally:
        process.allow_children()
    assert (calls, failed) == ([], [])


RECIPES = Path(__file__).parents[3] / "docs" / "recipes.md"


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")
def test_the_recipe_reads_what_a_hook_is_given(tmp_path: Path) -> None:
    found = re.search(r"```sh\n(#!/bin/sh\njq .*?) \|\n +curl[^\n]*\n```", RECIPES.read_text(), re.DOTALL)
    assert found is not None
    script = tmp_path / "notify"
    script.write_text(f"{found[1]} >> '{tmp_path / 'said'}'\n")
    script.chmod(0o755)
    Validation(
        digest="d",
        passed=True,
        frames=1,
        duration=1.0,
        sizes=Sizes(source=10_000_000, output=4_000_000, video=1),
        inputs={},
        checks=(),
    ).write(tmp_path / "work" / "b" / "validation.json")
    own = project(tmp_path, f"hooks.on_done={script}", f"hooks.on_failed={script}")
    state = state_of(own)
    state.listeners.begin(own, lambda: "")
    for event in (failure("a", 1), StageComplete(title="b", stage="validate", seconds=1)):
        state.bus.publish(event)
    state.listeners.close()
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["a has failed: 1: broke", "b is done: 4 MB, 60 % less"]


def test_without_any_nobody_follows(tmp_path: Path) -> None:
    assert hooks.following(project(tmp_path), Bus()) is None
