"""The page about a title: made when it is finished, and no reason to fail, or to do anything else again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drapto.engine import process
from drapto.engine.context import StageContext
from drapto.engine.resources import DiskRate
from drapto.report.make import Made
from drapto.rules import report, reports
from tests import known

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.project import Project


class Work:
    """As much of a rule's surroundings as the stage asks of them; what it has run ends as a test says."""

    def __init__(self, project: Project, ends: Exception | Made) -> None:
        self.project, self.title = project, project.titles[0]
        self.context = StageContext(
            "film", self.title.source, self.title.logs, DiskRate(1 << 30, self.title.work / "disk")
        )
        self._ends = ends

    def run(self, function: object, needs: object, **arguments: object) -> Made:
        del function, needs, arguments
        if isinstance(self._ends, Exception):
            raise self._ends
        return self._ends


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return known.known_project(tmp_path)


def built(project: Project, ends: Exception | Made) -> str:
    work: Any = Work(project, ends)
    return report.build(work, info=known.probed(project.titles[0]))


def test_a_page_that_cannot_be_made_is_a_note(project: Project) -> None:
    said = built(project, ValueError("a bug\nof the page's"))
    assert said == "none made\nno report could be made (a bug of the page's); the film is not concerned"
    assert "Traceback" in (project.titles[0].logs / "report.log").read_text()


def test_what_an_interrupt_ends_has_failed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "is_stopping", lambda: True)
    with pytest.raises(ValueError, match="killed"):
        built(project, ValueError("killed"))


def test_what_is_not_in_it_is_said(project: Project) -> None:
    assert built(project, Made(12_345, ("is gone",))) == "12.3 kB\nreport without a picture: is gone"


def test_it_waits_for_the_validation_and_asks_for_nothing_more(project: Project) -> None:
    tasks = known.tasks_of(project)
    assert "work/film/validation.json" in tasks["report:film"].file_dep
    assert tasks["report:film"].targets == ["work/film/report.html"]
    readers = [name for name, task in tasks.items() if "work/film/report.html" in task.file_dep]
    assert readers == []


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    project = known.known_project(tmp_path, {"report.enabled": False})
    tasks = known.tasks_of(project)
    assert tasks["report:film"].has_subtask
    assert tasks["report:film"].task_dep == []


def test_it_shapes_no_film(project: Project) -> None:
    assert "report" not in str(known.slices(project)["validate:film"])


def test_pages_are_made_of_finished_titles_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = known.project_in(tmp_path, names=["done", "undone"])
    done = project.titles[0]
    known.cut(project, done, info := known.probed(done))
    known.published(project, done, info)
    made = []

    def make(title: Any, *_given: object) -> Made:
        made.append(title.name)
        title.report.write_text("a page")
        return Made(6, ("the source is gone",))

    monkeypatch.setattr("drapto.report.make.make", make)
    first = reports.write_reports(project, project.titles)
    assert (first.made, first.kept, first.unfinished) == (["done"], [], ["undone"])
    assert first.problems == ["done: without a picture: the source is gone"]
    assert reports.write_reports(project, project.titles).kept == ["done"]
    assert reports.write_reports(project, project.titles, again=True).made == ["done"]
    assert made == ["done", "done"]
    assert 'href="./done/report.html"' in first.index.read_text()
