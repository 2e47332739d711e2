"""Why a task would run: each kind of reason, of small tasks that doit has really run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from drapto.engine.document import Document
from drapto.rules import PlannedTask, Rule, Stage, Work, explain, qualities, register, run, task
from drapto.rules import stage as registry
from drapto.rules.run_state import state_of
from drapto.rules.task import failing
from drapto.state.settings import MadeByVersion
from drapto.upgrade import MadeBy, Redo
from drapto.versions import Versions
from tests import known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.stage import Known


class Note(Document):
    """What the first stage makes."""

    text: str


@dataclass
class Made:
    """What the first stage is, which a test changes.

    Attributes:
        settings: Its slice.
        reads: Names of files in the project directory that it reads besides its source.
        version: What it asks of the encoder's version.
        refused: It can only fail.
    """

    settings: dict[str, Any] = field(default_factory=lambda: {"width": 64, "of": {"depth": 8}})
    reads: list[str] = field(default_factory=list)
    version: MadeByVersion | None = None
    refused: bool = False


def write(work: Work) -> str:
    Note(text=work.title.name).write(work.title.work / "first.json")
    return ""


def copy(work: Work) -> str:
    (work.title.work / "second.txt").write_bytes((work.title.work / "first.json").read_bytes())
    return ""


@pytest.fixture
def made() -> Iterator[Made]:
    """Two stages, the second of which reads what the first makes."""
    settings = Made()

    def first(project: Project, title: Title, found: Known) -> Iterator[Task]:
        del found
        if settings.refused:
            place = {"title": title.name, "stage": "first"}
            yield failing(f"first:{title.name}", "no", place, parent="first")
            return
        rule = Rule(
            "first",
            write,
            settings=settings.settings,
            file_dep=[title.source, *(project.root / name for name in settings.reads)],
            targets=[title.work / "first.json"],
            document=Note,
            version=settings.version,
        )
        yield task(project, title, rule)

    def second(project: Project, title: Title, found: Known) -> Iterator[Task]:
        del found
        paths = {"file_dep": [title.work / "first.json"], "targets": [title.work / "second.txt"]}
        yield task(project, title, Rule("second", copy, settings={}, **paths))

    register(Stage("first", "a note", needs="source", tasks=first))
    register(Stage("second", "its copy", needs="source", tasks=second))
    yield settings
    del registry._stages["first", None], registry._stages["second", None]


@pytest.fixture
def project(tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with these stages, in whose directory doit runs."""
    del made
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    return known.project_in(tmp_path)


def build(project: Project) -> None:
    assert run(project, ["second:film"], quiet=True) == 0


def plan(project: Project, *, force: bool = False) -> dict[str, PlannedTask]:
    return {one.name: one for one in explain(project, ["second:film"], force=force)}


def reasons(project: Project, name: str = "first:film", *, force: bool = False) -> list[str]:
    """Return why a task would run, in words; that its action says the same is asserted."""
    found = plan(project, force=force)[name]
    assert found.action == ("run" if found.reasons else "up-to-date")
    assert (found.title, found.stage) == ("film", name.partition(":")[0])
    return [str(reason) for reason in found.reasons]


def test_a_first_run_and_what_is_behind_it(project: Project) -> None:
    assert list(plan(project)) == ["first:film", "second:film"], "dependencies stand first"
    first, second = "work/film/first.json", "work/film/second.txt"
    assert reasons(project) == ["first run", f"missing: {first}"]
    assert reasons(project, "second:film") == ["first run", f"missing: {second}", "cascade: first:film"]
    assert not project.database.exists(), "nothing is written for a plan"


def test_nothing_would_run_after_a_run(project: Project) -> None:
    build(project)
    assert (reasons(project), reasons(project, "second:film")) == ([], [])


def test_a_forced_run(project: Project) -> None:
    build(project)
    assert reasons(project, force=True) == ["forced"]
    assert reasons(project, "second:film", force=True) == ["forced", "cascade: first:film"]


def delete(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    path.write_text("{")


def alter(path: Path) -> None:
    Note(text="another").write(path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (delete, ["missing: work/film/first.json"]),
        (
            damage,
            ["missing: {work}/first.json (damaged)", "changed: work/film/first.json (not as it was made)"],
        ),
        (alter, ["changed: work/film/first.json (not as it was made)"]),
    ],
)
def test_what_happened_to_a_target(
    project: Project, change: Callable[[Path], None], expected: list[str]
) -> None:
    build(project)
    work = project.titles[0].work
    change(work / "first.json")
    assert reasons(project) == [one.format(work=work) for one in expected]
    assert "cascade: first:film" in reasons(project, "second:film")
    build(project)
    assert reasons(project) == []


def test_each_changed_setting_is_named_with_both_values(project: Project, made: Made) -> None:
    build(project)
    made.settings = {"width": 32, "of": {"depth": 10}, "new": True}
    assert reasons(project) == [
        "changed: new (unset -> true)",
        "changed: of.depth (8 -> 10)",
        "changed: width (64 -> 32)",
    ]
    build(project)
    assert reasons(project) == []


def test_a_file_with_another_content(project: Project, made: Made) -> None:
    made.reads = ["a.txt", "b.txt"]
    build(project)
    (project.root / "a.txt").write_text("another")
    assert reasons(project) == ["changed: a.txt"]


def test_files_that_are_newly_and_no_longer_used(project: Project, made: Made) -> None:
    made.reads = ["a.txt"]
    build(project)
    made.reads = ["b.txt"]
    assert reasons(project) == ["changed: a.txt (no longer used)", "changed: b.txt (newly used)"]


def test_only_what_reads_a_changed_file_runs_for_it(project: Project) -> None:
    build(project)
    (project.titles[0].work / "second.txt").unlink()
    assert reasons(project) == []
    assert reasons(project, "second:film") == ["missing: work/film/second.txt"]


def test_another_version_of_the_encoder(project: Project, made: Made) -> None:
    old, new = ("9.0", "4.1"), ("9.0", "4.2")
    by = MadeBy(project.root / "ffmpeg", Versions(ffmpeg="9.0", svt_av1="4.2"))
    made.version = MadeByVersion("picture", lambda: old, lambda: old, lambda: Redo(by, ""))
    build(project)
    assert reasons(project) == []
    made.version = replace(made.version, current=lambda: new)
    assert reasons(project) == ["changed: encoder version (SVT-AV1 4.1 -> 4.2)"]


def test_a_task_that_once_succeeded_and_can_now_only_fail(project: Project, made: Made) -> None:
    build(project)
    made.refused = True
    found = {one.name: one for one in explain(project, ["first:film"])}
    assert [str(reason) for reason in found["first:film"].reasons] == ["unknown: first:film"]


def test_what_is_not_known_yet_is_one_task_behind_those_before_it(project: Project) -> None:
    found = {one.name: one for one in explain(project, ["encode:film"])}
    assert [str(reason) for reason in found["encode:film"].reasons] == ["cascade: segment:film"]
    assert found["segment:film"].action == "run"


def test_a_plan_of_a_project_without_a_state_leaves_none(project: Project) -> None:
    explain(project)
    assert not project.database.exists()
    state_of(project).end()


def test_how_each_probed_titles_quality_is_set(tmp_path: Path) -> None:
    settings = {"quality.mode": "crf", "encoding.crf.sd": 30}
    project = known.project_in(tmp_path, settings, ["one", "two"])
    known.probed(project.titles[0])
    assert qualities(project) == {"one": "CRF 30 (quality.mode is crf)"}
    project = known.project_in(tmp_path, {"quality.mode": "target"}, ["one", "two"])
    assert qualities(project) == {"one": "every segment at VMAF 93 (vmaf_v0.6.1, shown at 1920x1080)"}
