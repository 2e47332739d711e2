"""What work costs, learnt on this machine and remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from drapto.progress import times
from drapto.progress.costs import PRIORS, Costs, Line, prior_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "drapto" / "times.json"


def test_a_fresh_machine_has_the_shipped_priors(state: Path) -> None:
    assert not state.exists()
    costs = times.load()
    assert costs.seconds("audio", 2.0) == pytest.approx(PRIORS["audio"].fixed + 2 * PRIORS["audio"].slope)
    assert prior_of("encode 4").slope > prior_of("encode 6").slope > prior_of("encode 10").slope
    assert prior_of("search 6").slope > prior_of("encode 6").slope


@pytest.mark.parametrize("factor", [0.2, 1.0, 5.0])
def test_a_few_measurements_are_believed_more_than_the_prior(factor: float) -> None:
    costs = Costs()
    for size in (0.1, 0.3, 0.5, 0.2):
        costs.learn("encode 6", size, factor * (2.0 + 50.0 * size))
    for size in (0.15, 0.4):
        assert costs.seconds("encode 6", size) == pytest.approx(factor * (2.0 + 50.0 * size), rel=0.1)


def test_what_was_learnt_is_remembered_and_added_to(state: Path) -> None:
    times.add([("mux", 1.0, 9.0)])
    first = times.load().seconds("mux", 1.0)
    times.add([("mux", 1.0, 9.0), ("mux", 1.1, 10.0)])
    assert PRIORS["mux"].fixed < first < times.load().seconds("mux", 1.0) < 10
    assert json.loads(state.read_text())["layout"] == times.LAYOUT


@pytest.mark.usefixtures("state")
def test_one_measurement_in_a_slept_night_is_not_believed() -> None:
    times.add([("mux", 1.0, 0.3)] * 5 + [("mux", 1.0, 30_000.0)])
    assert times.load().seconds("mux", 1.0) < 3


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"layout": 7}', '{"layout": 2, "kinds": 3}', "\x00" * 20, "[" * 5000]
)
def test_a_damaged_file_costs_itself_alone(state: Path, text: str) -> None:
    state.parent.mkdir()
    state.write_text(text)
    assert times.load().learnt == {}
    times.add([("mux", 1.0, 2.0)])
    assert set(times.load().learnt) == {"mux"}


def test_a_damaged_entry_costs_itself_alone(state: Path) -> None:
    good = [1.0, 1.0, 1.0, 2.0, 2.0, 1.0, -0.5]
    kinds = {
        "mux": good,
        "video": [1.0],
        "audio": [1, 2, 3, 4, 5, 6, "x"],
        "probe": [float("nan")] * 7,
        "crop": [-1] * 7,
    }
    state.parent.mkdir()
    state.write_text(json.dumps({"layout": times.LAYOUT, "kinds": kinds}))
    assert times.load().learnt == {"mux": Line(*good)}


@pytest.mark.usefixtures("state")
def test_the_file_is_bounded() -> None:
    times.add([(f"kind {number}", 1.0, 1.0) for number in range(500)])
    assert len(times.load().learnt) == times.MOST_KINDS
    assert "kind 499" in times.load().learnt


def test_what_cannot_be_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    times.add([("mux", 1.0, 2.0)])
    assert times.load().learnt == {}


def test_a_relative_path_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert times.path() == tmp_path / ".local" / "state" / "drapto" / "times.json"
