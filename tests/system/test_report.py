"""Pages of real titles: made in a run, found whole, looked at in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.report.render import MOST_BYTES
from tests import browser, clips, forks
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

NAME = "<script>alert(1)<img src=x onerror=alert(2)>"
TITLE = "script-alert-1-img-src-x-onerror-alert-2"
SLIDER = """(() => {
  const slider = document.activeElement;
  const pair = slider.closest(".scene").querySelector(".pair");
  return { kind: slider.type, cut: pair.style.getPropertyValue("--cut") };
})()"""
ENABLED = "[report]\nenabled = false"


def drapto(project: ProjectDir, *arguments: str, status: int = 0) -> str:
    done = forks.run("drapto", *arguments, cwd=project.root)
    assert done.returncode == status, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    """A project with a title of an evil name, finished, with its page."""
    folder = tmp_path_factory.mktemp("report")
    source = clips.make_tracks(ffmpeg, folder / f"{NAME}.mkv")
    made = new_project(folder / "project", source)
    settings = (
        (made.root / "drapto.toml").read_text().replace(ENABLED, "").replace('mode = "crf"', "crf_min = 30")
    )
    (made.root / "drapto.toml").write_text(settings)
    assert f"report:{TITLE}" in made.executed()
    return made


def test_a_run_makes_it_and_the_next_one_has_nothing_to_do(project: ProjectDir) -> None:
    text = (project.work(TITLE) / "report.html").read_text()
    assert len(text) < MOST_BYTES
    assert text.count("<script>") == 1
    assert text.count('class="scene"') >= 1
    assert text.count("data:image/jpeg;base64,") >= 3
    for heading in (
        "Over time",
        "Source beside output",
        "Tracks",
        "Black bars",
        "Checks",
        "Settings",
        "Versions",
    ):
        assert heading in text
    assert project.executed() == set()


def test_drapto_report_makes_what_is_missing_and_an_overview(project: ProjectDir) -> None:
    page = project.work(TITLE) / "report.html"
    before = page.read_bytes()
    page.unlink()
    assert "1 page (1 made now): " in drapto(project, "report")
    assert page.read_bytes() == before
    assert f"./{TITLE}/report.html" in (project.root / "work" / "report.html").read_text()
    assert "1 page (0 made now): " in drapto(project, "report")
    assert project.executed() == set()


def test_without_its_source_it_has_no_pictures_of_that_and_says_so(project: ProjectDir) -> None:
    source = project.root / "source" / f"{NAME}.mkv"
    target = source.readlink()
    source.unlink()
    source.write_bytes(b"no film")
    try:
        said = drapto(project, "report", "--again")
    finally:
        source.unlink()
        source.symlink_to(target)
    assert "without a picture: " in said
    text = (project.work(TITLE) / "report.html").read_text()
    assert 'class="scene"' not in text
    assert "a picture could not be made" in text
    drapto(project, "report", "--again")


def test_any_two_files_are_held_against_each_other(project: ProjectDir) -> None:
    files = f"source/{NAME}.mkv", f"output/{NAME}.mkv"
    page = drapto(project, "compare", *files, "--every", "3", "-o", "ab.html").strip()
    assert page.endswith("/ab.html")
    text = (project.root / "ab.html").read_text()
    assert text.count("<script>") == 1
    assert text.count('class="scene"') >= 1
    assert "In the output" in text
    assert "is no place for the page" in drapto(project, "compare", *files, "-o", files[0], status=3)
    assert "does not exist" in drapto(project, "compare", files[0], "nothing.mkv", status=3)


def test_in_a_browser(project: ProjectDir, tmp_path: Path) -> None:
    chromium = browser.find()
    drapto(project, "report")
    pages = [project.work(TITLE) / "report.html", project.root / "work" / "report.html"]
    shown = [
        {"url": page.as_uri(), "width": width, "dark": dark, "picture": str(tmp_path / f"{number}.png")}
        for number, (page, width, dark) in enumerate(
            (page, *size) for page in pages for size in browser.SIZES
        )
    ]
    for found in chromium.look(tmp_path, *shown):
        assert found["errors"] == []
        assert found["requests"] == [found["url"]]
        assert found["serious"] == []
        assert not found["overflow"]
    (found,) = chromium.look(
        tmp_path,
        {
            "url": pages[0].as_uri(), "width": 400, "dark": False, "axe": False,
            # to a slider by the keyboard alone, then with it to the left
            "steps": [*({"key": "Tab"} for _ in range(4)), {"key": "ArrowLeft", "times": 20}],
            "script": SLIDER,
        },
    )  # fmt: skip
    assert found["result"] == {"kind": "range", "cut": "30%"}
