"""The bench beside drapto's peers: its arithmetic, and a table that no program can stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.peers import chart, kept, scoring, tables
from bench.peers.found import Found, Settings
from bench.peers.results import Results

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings(rounds=2, preset=6, crf=27.0, target=93.0, every=1)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results.jsonl")


def put(results: Results, *key: object, **found: object) -> None:
    results.find(lambda: dict(found), *key)


def took(wall: float, cpu: float) -> dict[str, float]:
    return {"wall": wall, "cpu": cpu, "own_peak": 0}


def found(results: Results) -> Found:
    for number, slow in enumerate((1.0, 2.0)):  # a machine that is half as fast in the second round
        put(
            results, "took", "film", "fixed", "drapto", number, took=took(10 * slow, 20 * slow), encoder="4.2"
        )
        put(
            results, "took", "film", "fixed", "ffmpeg", number, took=took(12 * slow, 18 * slow), encoder="4.2"
        )
    for name, size, mean in (("drapto", 1_000_000, 93.0), ("ffmpeg", 1_000_000, 94.0)):
        shown = {"mean": mean, "low": 90.0, "worst": 91.0, "frames": 24, "lost": 0, "bytes": size}
        put(results, "worth", "film", "fixed", name, **shown)
    put(results, "took", "film", "target", "ffmpeg", 0, none="has no target")
    put(results, "took", "film", "fixed", "HandBrake", 0, failed="first\nits | last words")
    return Found(results, SETTINGS, ["film"], {"Av1an": "not installed"})


def test_a_ratio_is_of_two_runs_of_one_round(results: Results) -> None:
    shown = found(results)
    assert shown.ratio("film", "fixed", "ffmpeg", "cpu") == pytest.approx(0.9)
    assert shown.ratio("film", "fixed", "ffmpeg", "wall") == pytest.approx(1.2)
    assert shown.ratio("film", "fixed", "HandBrake", "wall") is None
    put(results, "took", "film", "fixed", "Av1an", 0, failed="broken")
    put(results, "took", "film", "fixed", "Av1an", 1, took=took(40, 40))
    assert shown.ratio("film", "fixed", "Av1an", "wall") == 2.0, "of the second round"


def test_bytes_are_compared_at_one_vmaf(results: Results) -> None:
    ratio = found(results).bytes_ratio("film", "fixed", "ffmpeg")
    assert ratio == pytest.approx(0.878, abs=0.001), "a point more for as many bytes, 13 % a point"


def test_every_program_has_a_row_whatever_came_of_it(results: Results) -> None:
    text = "\n".join(tables.text(found(results)))
    assert "| Av1an | not installed | | |" in text
    assert "| ffmpeg | has no target | | |" in text
    assert "| HandBrake | failed: its / last words |" in text
    assert "| ffmpeg | 27 s | 0.90 | 18 s | 1.20 | 1.00 MB | 0.88 | 94.00 | 90.00 | 91.00 | 0 |" in text


def test_it_says_where_drapto_loses(results: Results) -> None:
    text = tables.text(found(results))[-1]
    assert "ffmpeg takes less CPU (0.90 of drapto's), needs fewer bytes for the same VMAF (0.88)" in text
    assert "sooner" not in text


def test_the_chart_is_a_picture_without_scripts(results: Results) -> None:
    svg = chart.drawn(found(results))
    assert svg.startswith("<svg")
    assert "<script" not in svg
    assert "ffmpeg, at CRF 27" in svg


def test_what_fails_is_looked_for_again_and_what_was_found_is_not(tmp_path: Path) -> None:
    def fail() -> dict[str, object]:
        raise RuntimeError("broken")

    results = Results(tmp_path / "results.jsonl")
    assert results.find(fail, "a", 1)["failed"] == "broken"
    again = Results(tmp_path / "results.jsonl")
    assert again.find(lambda: {"x": 1}, "a", 1)["x"] == 1
    assert Results(tmp_path / "results.jsonl").find(fail, "a", 1)["x"] == 1


def test_a_line_that_a_kill_cut_off_is_looked_for_again(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.jsonl")
    put(results, "a", x=1)
    put(results, "b", x=2)
    whole = results.path.read_text()
    results.path.write_text(whole[:-5])
    again = Results(results.path)
    assert (again.get("a").get("x"), again.get("b")) == (1, {})
    put(again, "b", x=3)
    assert Results(results.path).get("b")["x"] == 3


def test_the_table_says_of_which_versions_it_is(results: Results) -> None:
    shown = found(results)
    put(results, "idle", "film", "ffmpeg", took=took(1, 1), of="9.0")
    put(results, "resume", "film", "ffmpeg", failed="no", of="9.1")
    assert "| ffmpeg | 9.0, 9.1 | 4.2 |" in "\n".join(tables.text(shown))


def test_what_a_kill_costs_others_less_is_said(results: Results) -> None:
    shown = found(results)
    for name, second, idle in (("drapto", 10.0, 0.5), ("ffmpeg", 3.6, 0.2)):
        put(results, "resume", "film", name, killed_at=5.0, again=took(second, second), left=0)
        put(results, "idle", "film", name, took=took(idle, idle))
    text = tables.text(shown)[-1]
    assert "ffmpeg takes less of a whole run's CPU after a kill (0.20 of its own against 0.50)" in text
    assert "ffmpeg takes less CPU on a finished file (0.2 s against 0.5 s)" in text


def test_the_worst_window_and_the_low_percentile() -> None:
    scores = [90.0] * 15 + [60.0] * 15 + [100.0] * 7
    low, worst = scoring.summary(scores, rate=1)
    assert (low, worst) == (60.0, pytest.approx((60 * 15 + 100 * 7) / 22))
    assert scoring.summary([50.0], rate=24) == (50.0, 50.0)


def test_what_was_not_kept_is_counted() -> None:
    sound = kept.Track("audio", "eng", "Main", frozenset({"default"}), 0.0)
    late = kept.Track("audio", "fre", "Surround", frozenset(), 0.4)
    signs = kept.Track("subtitle", "jpn", "Signs", frozenset({"forced"}), 0.0)
    source = kept.Content(
        (0, 42, 83), (sound, late, signs), frozenset({(0, "One")}), frozenset(), frozenset(), frozenset(), 3
    )
    made = replace(source, times=(0, 42), tracks=(replace(late, language="", start=0.0), sound), dynamic=0)
    counts = kept.compare(source, made)
    assert counts["frames, at their times"] == (2, 3)
    assert (counts["sound tracks"], counts["subtitles"]) == ((2, 2), (0, 1))
    assert (counts["their starts"], counts["languages"], counts["track names"]) == ((1, 2), (1, 3), (2, 3))
    assert (counts["chapters"], counts["HDR10+ frames"]) == ((1, 1), (0, 3))
