"""What is removed of finished titles, and what stays."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from drapto.errors import LockedError
from drapto.rules import Stage, clean, register
from drapto.rules import stage as registry
from drapto.rules.cleaning import after, drop, drop_finished, finished_titles, is_dropped, media_of
from tests import known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.project import Project, Title

LARGE = {
    *("segments/0001.mkv", "encoded/0001.mkv", "encoded/0002.mkv"),
    *("video.mkv", "audio-0.mkv", "audio-1.mkv", "subtitles.mkv", "elements.mkv", "muxed.mkv"),
}

SMALL = {
    *("timestamps.txt", "keyframes.txt", "dynamic.txt", "planned.txt", "calibration.json"),
    *("encoded/0001.json", "audio-0.json", "decoded/01.json", "logs/encode.log"),
    *("encode_data/progress.json", "probe.json", "crop.json", "fields.json", "encode_data/segments.json"),
    "validation.json",
}


def fill(project: Project, title: Title, *, done: bool = True) -> None:
    """Put every kind of work file into a title's work directory."""
    for name in LARGE | SMALL:
        path = title.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    info = known.probed(title)
    known.cut(project, title, info)
    known.published(project, title, info, passed=done)


def left(title: Title) -> set[str]:
    return {str(path.relative_to(title.work)) for path in title.work.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "dodo.py").write_text("# the user's")
    made = known.project_in(tmp_path, {"processing.keep_work": False}, ["done", "open"])
    for title in made.titles:
        fill(made, title, done=title.name == "done")
    return made


def test_what_is_large_is_dropped_and_records_stay(project: Project) -> None:
    done, unfinished = project.titles
    assert {str(path.relative_to(done.work)) for path in media_of(done)} == LARGE
    removed = drop(done)
    assert {str(path.relative_to(done.work)) for path in removed} == LARGE
    assert left(done) == SMALL
    assert not done.segments.exists(), "an empty directory goes, too"
    assert done.encoded.is_dir()
    assert left(unfinished) == LARGE | SMALL
    assert drop(done) == []


def test_a_title_is_finished_as_its_record_its_output_and_the_settings_say(
    project: Project, tmp_path: Path
) -> None:
    done, _ = project.titles
    assert finished_titles(project) == [done]
    drop(done)
    assert finished_titles(project) == [done]
    other = known.project_in(tmp_path, {"audio.bitrate.mono": 48}, ["done", "open"])
    assert finished_titles(other) == [done], "it has no sound"
    other = known.project_in(tmp_path, {"encoding.preset": 4}, ["done", "open"])
    assert finished_titles(other) == []
    done.output.write_text("another length")
    assert finished_titles(project) == []


def test_a_title_without_its_media_is_dropped(project: Project, tmp_path: Path) -> None:
    keeping = known.project_in(tmp_path, names=["done"])
    done = project.titles[0]
    assert is_dropped(project, done), "what a killed run left is no sign of anything"
    assert not is_dropped(keeping, done)
    drop(done)
    assert is_dropped(keeping, done)


def test_only_the_last_stage_cleans_up_and_only_where_the_settings_say_so(
    project: Project, tmp_path: Path
) -> None:
    done, unfinished = project.titles
    after(project, "done", "mux")
    after(known.project_in(tmp_path, names=["done"]), "done", "validate")
    assert left(done) == LARGE | SMALL
    after(project, "done", "validate")
    assert left(done) == SMALL
    assert left(unfinished) == LARGE | SMALL


def test_what_a_killed_run_finished_is_cleaned_up(project: Project, tmp_path: Path) -> None:
    done, unfinished = project.titles
    drop_finished(known.project_in(tmp_path, names=["done", "open"]))
    assert left(done) == LARGE | SMALL
    drop_finished(project)
    assert (left(done), left(unfinished)) == (SMALL, LARGE | SMALL)


def test_clean_leaves_unfinished_titles_sources_and_outputs(project: Project, tmp_path: Path) -> None:
    done, unfinished = project.titles
    partial = done.work / ".video.mkv.1-ab.partial"
    partial.write_text("of a killed run")
    removed = clean(project, everything=False)
    assert set(removed) == {done.work / name for name in LARGE} | {partial}
    assert (left(done), left(unfinished)) == (SMALL, LARGE | SMALL)
    assert (tmp_path / "dodo.py").is_file()
    assert all(title.source.is_file() and title.output.is_file() for title in project.titles)


def test_clean_everything_leaves_sources_and_outputs(project: Project, tmp_path: Path) -> None:
    removed = clean(project, everything=True)
    assert removed == [*(title.work for title in project.titles), project.state_dir]
    assert not any(path.exists() for path in removed)
    assert (tmp_path / "dodo.py").is_file()
    assert all(title.source.is_file() and title.output.is_file() for title in project.titles)


@pytest.mark.parametrize("everything", [False, True])
def test_a_project_in_which_a_run_works_is_refused(project: Project, everything: bool) -> None:
    project.state_dir.mkdir(parents=True)
    with (project.state_dir / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="another run works here"):
            clean(project, everything=everything)
    for title in project.titles:
        assert left(title) == LARGE | SMALL


@pytest.fixture
def extra() -> Iterator[None]:
    """A stage from outside whose pictures are large."""
    register(Stage("extra", "one more", needs="plan", tasks=lambda *_: iter(()), large=("pictures/*.png",)))
    yield
    del registry._stages["extra", None]


@pytest.mark.usefixtures("extra")
def test_a_stage_from_outside_says_what_of_it_is_large(project: Project) -> None:
    done = project.titles[0]
    for name in ("1.png", "2.txt"):
        path = done.work / "pictures" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    drop(done)
    assert left(done) == SMALL | {"pictures/2.txt"}
