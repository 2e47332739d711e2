"""What a run says of itself to programs: results, history, hooks; over a real encode with a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from click.testing import CliRunner

import drapto
from drapto.cli import main
from drapto.state.event_records import schema as events_schema
from drapto.state.results import schema
from tests import clips
from tests.system.projects import new_project
from tests.valid import require_valid

if TYPE_CHECKING:
    from click.testing import Result

DOCUMENTED = Path(__file__).parents[2] / "docs" / "results.schema.json"

FAST = ("--preset", "13", "--set", "processing.chunk_size=1", "--set", "report.enabled=false")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def films(ffmpeg: Path, clip_cache: Path, here: Path) -> Path:
    folder = here / "films"
    folder.mkdir()
    clip = clips.make_clip(ffmpeg, clip_cache / "results.mkv", frames=48, size=(128, 96), keyint=24)
    (folder / "good.mkv").write_bytes(clip.read_bytes())
    (folder / "bad.mkv").write_bytes(b"no film" * 100)
    return folder


def hook(path: Path, status: int = 0) -> str:
    return f"""sh -c 'cat >> "{path}"; echo heard; exit {status}'"""


def calls(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    require_valid(found, schema())
    return found


def test_the_documented_schema_is_what_is_written() -> None:
    assert json.loads(DOCUMENTED.read_text()) == schema(), "write it anew: python -m drapto.state.results"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"v": 1, "drapto": "1", "exit_code": 0, "titles": []}, schema())


def whole(good: dict[str, Any], films: Path, here: Path) -> None:
    """Hold the result of the film that was encoded against what is there."""
    assert (good["ok"], good["failure"], good["errors"]) == (True, None, [])
    assert good["output"] == str(here / "out" / "good.mkv")
    assert good["output_bytes"] == Path(good["output"]).stat().st_size
    assert good["source_bytes"] == (films / "good.mkv").stat().st_size
    assert good["reduction"] == pytest.approx(1 - good["output_bytes"] / good["source_bytes"], abs=1e-4)
    assert (good["frames"], good["target"], good["metric"]) == (48, 80, "vmaf")
    assert [one["frames"] for one in good["segments"]] == [24, 24]
    assert [one["start"] for one in good["segments"]] == [0, 1]
    assert all(0 < one["score"] <= 100 and one["cpu_seconds"] > 0 for one in good["segments"])
    crfs = [one["crf"] for one in good["segments"]]
    assert (good["crf"]["lowest"], good["crf"]["highest"]) == (min(crfs), max(crfs))
    assert min(crfs) <= good["crf"]["mean"] <= max(crfs)
    assert good["score"] > 0
    assert good["seconds"] > 0
    assert good["fps"] > 0
    assert good["cpu_seconds"] > 0
    assert good["peak_memory"] > 10_000_000


def test_a_run_with_a_failure_is_told_in_results_history_and_to_hooks(films: Path, here: Path) -> None:
    hooks = [f"hooks.on_done={hook(here / 'done.ndjson')}", f"hooks.on_failed={hook(here / 'failed.ndjson')}"]
    arguments = ["encode", films, "-o", "out", *FAST, "--vmaf", "80", "--json"]
    arguments += [part for one in hooks for part in ("--set", one)]
    first = run(*arguments)
    assert first.exit_code == 1
    told = json.loads(first.stdout)
    jsonschema.validate(told, schema())
    bad, good = told["titles"]
    assert told["exit_code"] == 1
    whole(good, films, here)

    assert (bad["ok"], bad["output_bytes"]) == (False, None)
    assert (bad["failure"]["stage"], bad["failure"]["cause"]) == ("probe", "refused")
    assert bad["failure"]["message"].endswith(bad["failure"]["remedy"])
    assert "mkvmerge" in bad["failure"]["remedy"]
    assert bad["errors"] == [bad["failure"]["message"]]

    totals = told["totals"]
    assert (totals["titles"], totals["done"], totals["failed"]) == (2, 1, 1)
    assert (totals["causes"], totals["frames"]) == ({"refused": 1}, 48)
    assert totals["cpu_seconds"] > good["cpu_seconds"] > 0

    (called,) = calls(here / "done.ndjson")
    assert (called["hook"], called["result"]["title"], called["result"]["segments"]) == (
        "on_done",
        "good",
        good["segments"],
    )
    (called,) = calls(here / "failed.ndjson")
    assert (called["hook"], called["result"]["failure"]) == ("on_failed", bad["failure"])
    assert "heard" in (here / "work" / "good" / "logs" / "hooks.log").read_text()

    # by a program, and again: the good one has nothing to do, and nobody is told so
    config = drapto.load_config(overrides=[*hooks, "encoding.vmaf_target=80", *(FAST[3], FAST[5])])
    config = config.model_copy(update={"encoding": config.encoding.model_copy(update={"preset": 13})})
    results = drapto.encode([films / "good.mkv"], "out", config=config)
    assert [type(one) for one in results] == [drapto.EncodeResult]
    assert results[0].ok
    assert (results[0].seconds, results[0].cpu_seconds) == (0, 0), "it was up to date"
    assert [one.model_dump(mode="json") for one in results[0].segments] == good["segments"]
    assert len(calls(here / "done.ndjson")) == 1

    history = json.loads(run("history", "--json").stdout)
    (only,) = history["runs"]
    assert {one["title"]: one["outcome"] for one in only["titles"]} == {"bad": "failed", "good": "done"}
    assert history["totals"]["causes"] == {"refused": 1}
    shown = run("history", "-n", "1")
    assert shown.exit_code == 0
    assert "1 done, 1 failed" in shown.stdout


def test_a_hook_that_fails_or_hangs_is_said_and_harms_nothing(films: Path, here: Path) -> None:
    (films / "bad.mkv").unlink()
    settings = ["--set", "hooks.on_done=sleep 60", "--set", "hooks.timeout=1", "--crf", "50"]
    done = run("encode", films, "-o", "out", *FAST, *settings, "--events", here / "events.ndjson")
    assert done.exit_code == 0, done.output
    assert (here / "out" / "good.mkv").is_file()
    assert "hooks.on_done failed (sleep did not answer within 1.0 s, and was killed)" in done.output
    lines = [json.loads(line) for line in (here / "events.ndjson").read_text().splitlines()]
    require_valid(lines, events_schema())
    (failed,) = [line for line in lines if line["event"] == "hook_failed"]
    assert (failed["title"], failed["hook"]) == ("good", "on_done")
    (log,) = (here / "work" / ".drapto" / "logs").glob("run-*.log")
    assert "hooks.on_done failed" in log.read_text()
    # the sum of it all stands at the end
    assert "1 title: 1 done" in done.output
    assert "CPU" in done.output

    # another one, that cannot be started; the title is made anew, and is as good
    settings = ["--set", "hooks.on_done=/no/such/program", "--crf", "55"]
    done = run("encode", films, "-o", "out", *FAST, *settings)
    assert done.exit_code == 0, done.output
    assert "hooks.on_done failed (cannot be started" in done.output


def test_json_wants_standard_output_for_itself(films: Path) -> None:
    done = run("encode", films, "-o", "out", "--json", "--events", "-")
    assert done.exit_code == 3
    assert "both want standard output" in done.output
    bad = run("encode", films, "-o", "out", "--set", "hooks.on_done='unclosed")
    assert bad.exit_code == 3
    assert "is not a command" in bad.output


def test_what_happens_in_processes_of_their_own_is_counted_too(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    clip = clips.make_clip(ffmpeg, clip_cache / "results.mkv", frames=48, size=(128, 96), keyint=24)
    project = new_project(tmp_path, clip)
    project.doit("run", "-P", "process", "-n", "2")
    (result,) = json.loads((tmp_path / "work" / ".drapto" / "history.ndjson").read_text())["titles"]
    assert (result["outcome"], result["frames"], result["duration"]) == ("done", 48, 2.0)
    assert result["fps"] > 0
    assert result["cpu_seconds"] > 0.02
    assert result["peak_memory"] > 10_000_000
