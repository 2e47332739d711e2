"""A source that was probed and can no longer be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.config import Config
from drapto.engine.digest import digest
from drapto.project import open_project
from drapto.rules import graph, probe
from drapto.state.fingerprint import Fingerprints
from tests.sources import source as described

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.project import Project


@pytest.fixture
def probed(tmp_path: Path) -> Project:
    source = tmp_path / "clip.mkv"
    source.write_text("not Matroska any more")
    project = open_project(tmp_path, Config(), [source])
    described(digest=digest(source)).write(project.titles[0].probe)
    return project


def test_the_graph_is_made_all_the_same(probed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    title = probed.titles[0]
    assert probe.fresh(probed, title) is not None

    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied", str(title.source))

    monkeypatch.setattr(Fingerprints, "of", refuse)
    assert {"probe:clip", "validate:clip"} <= {task.name for task in graph(probed, [])}


def test_what_is_said_is_about_the_source(probed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fingerprints, "of", lambda *_: "another")
    encodes = next(task for task in graph(probed, []) if task.name == "encode:clip")
    (failing,) = encodes.loader.creator()
    (action,) = failing.actions
    assert "clip.mkv: is not Matroska but text" in action.py_callable(*action.args).message
