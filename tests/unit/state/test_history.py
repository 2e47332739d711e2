"""What runs have done: lines that a damaged one does not take along, in a file that is bounded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drapto.cli.history import lines
from drapto.display.lines import columns
from drapto.state import history
from drapto.state.history import FILE, Run, TitleRun, append, read
from drapto.state.results import Failure, Totals

if TYPE_CHECKING:
    from drapto.state.history import Outcome


def title(name: str, outcome: Outcome, **more: object) -> TitleRun:
    return TitleRun.model_validate(
        {
            "title": name,
            "source": Path(f"/films/{name}.mkv"),
            "outcome": outcome,
            "seconds": 10.0,
            "frames": 240,
            "cpu_seconds": 30.0,
            "peak_memory": 500_000_000,
            **more,
        }
    )


def done(name: str, source: int = 1000, output: int = 400) -> TitleRun:
    sizes = {"source_bytes": source, "output_bytes": output, "reduction": 1 - output / source}
    return title(name, "done", duration=60.0, **sizes)


def failed(name: str) -> TitleRun:
    failure = Failure(
        stage="encode", part=3, cause="no space", message="disk: full; free some", remedy="free"
    )
    return title(name, "failed", failure=failure)


def run(*titles: TitleRun, time: str = "2026-11-27T01:30:15+00:00") -> Run:
    causes = {"no space": 1} if any(one.failure for one in titles) else {}
    totals = Totals(
        titles=len(titles),
        done=sum(one.outcome == "done" for one in titles),
        failed=len(causes),
        seconds=20.0,
        frames=480,
        fps=24.0,
        cpu_seconds=70.0,
        peak_memory=500_000_000,
        causes=causes,
    )
    return Run(time=time, titles=titles, totals=totals)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    first, second = run(done("a"), failed("b")), run(done("b", 2000, 1000))
    for one in (first, second):
        append(tmp_path, one)
    found = read(tmp_path)
    assert (found.runs, found.damaged) == ((first, second), 0)
    assert read(tmp_path, 1).runs == (second,)
    assert read(tmp_path, 1).totals == found.totals, "the totals are over all"


def test_totals_have_each_title_once_and_the_work_of_all_runs(tmp_path: Path) -> None:
    append(tmp_path, run(done("a"), failed("b")))
    append(tmp_path, run(done("b", 2000, 1000)))
    found = read(tmp_path)
    totals = found.totals
    assert (totals.titles, totals.done, totals.failed) == (2, 2, 0)
    assert (totals.source_bytes, totals.output_bytes, totals.reduction) == (3000, 1400, 0.5333)
    assert (totals.seconds, totals.cpu_seconds, totals.frames) == (40, 140, 960)
    assert (totals.fps, totals.speed) == (24, 3)
    assert totals.causes == {"no space": 1}
    a, b = found.titles
    assert (a.runs, a.failures, b.runs, b.failures) == (1, 0, 2, 1)
    assert (b.outcome, b.failure, b.seconds, b.frames, b.output_bytes) == ("done", None, 20, 480, 1000)


def test_a_damaged_line_costs_itself_alone(tmp_path: Path) -> None:
    append(tmp_path, run(done("a")))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"v": 1, "time": "20')  # the power went
    append(tmp_path, run(done("b")))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"\xff\x00 no json\n{}\n\n")
    append(tmp_path, run(done("c")))
    found = read(tmp_path)
    assert [one.titles[0].title for one in found.runs] == ["a", "b", "c"]
    assert found.damaged == 3


def test_it_is_bounded_and_forgets_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LIMIT", 4000)
    for number in range(40):
        append(tmp_path, run(done(f"film-{number}")))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2
    assert size < 4 * 4000
    names = [one.titles[0].title for one in read(tmp_path).runs]
    assert names == [f"film-{number}" for number in range(40 - len(names), 40)]
    assert 3 < len(names) < 40


def test_nothing_is_nothing(tmp_path: Path) -> None:
    found = read(tmp_path / "none")
    assert (found.runs, found.titles, found.damaged) == ((), (), 0)
    assert list(lines(found, 80)) == ["no run has done anything here yet"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_is_readable_at_any_width(width: int, tmp_path: Path) -> None:
    long = "Der Herr der Ringe - Die Gefährten (Extended Edition) 2001 映画"
    append(tmp_path, run(done(long, 30_000_000_000, 4_000_000_000), failed("b")))
    text = list(lines(read(tmp_path), width))
    assert [line for line in text if columns(line) > width] == []
    said = "\n".join(text)
    assert "86.7 % less" in said
    assert "disk: full; free some" in said
    assert "no space" in said
    (row,) = [line for line in text if line.startswith("  ✓ Der Herr")]
    assert ("30.0 GB" in row) == (width >= 80)
    assert ("CPU 30 s" in said) == (width >= 120)
    assert long[:15] in said
