"""A part of a film alone: from the command line, as a setting, for one title; what a change of it costs."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import av
import pytest
from click.testing import CliRunner

from drapto.cli import main
from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FAST = ("--preset", "13", "--crf", "50", "--set", "report.enabled=false", "--set", "processing.chunk_size=1")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_tracks(ffmpeg, clip_cache / "range.mkv", frames=96)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def validation(here: Path, title: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((here / "work" / title / "validation.json").read_text())
    return found


def test_a_part_is_encoded_under_the_films_name_and_held_against_the_part(here: Path, clip: Path) -> None:
    shutil.copy(clip, here / "film.mkv")
    arguments = ("encode", "film.mkv", "-o", "out", *FAST)
    done = run(*arguments, "--range", "0:01.2-0:02.4")
    assert done.exit_code == 0, done.output
    assert "range        0:00:01.000 to 0:00:02." in done.output, "what was really taken is said"
    known = json.loads((here / "work" / "film" / "range.json").read_text())
    assert (known["since"], known["wanted"]) == (1.0, [1.2, 2.4])
    with av.open(str(here / "out" / "film.mkv")) as made:
        times = [frame.pts for frame in made.decode(video=0)]
        chapters = made.chapters()
    assert len(times) == known["frames"] == round((known["until"] - 1) * 24)
    assert times[0] == 0
    assert chapters[0]["start"] == 0
    found = validation(here, "film")
    assert found["passed"]
    assert found["frames"] == known["frames"]
    taken = f"0:00:01.000 to 0:00:02.{round((known['until'] - 2) * 1000)} of the source"
    assert found["notes"] == [f"this is a part of the film: {taken}, {known['frames']} frames"]
    assert found["sizes"]["source"] == (here / "work" / "film" / "range.mkv").stat().st_size
    assert found["sizes"]["source"] < clip.stat().st_size

    # nothing to do; another range of the same pictures; all of the film
    work = here / "work" / "film"
    files = [work / name for name in ("range.mkv", "probe.json", "encoded/0001.mkv", "muxed.mkv")]
    stamps = [path.stat().st_mtime_ns for path in files]
    assert run(*arguments, "--range", "1.2-2.4").exit_code == 0
    assert [path.stat().st_mtime_ns for path in files] == stamps
    same = run(*arguments, "--range", "1.3-2.4")
    assert same.exit_code == 0
    assert "range        0:00:01.000 to" in same.output
    assert [path.stat().st_mtime_ns for path in files[2:]] == stamps[2:], (
        "the same pictures are not encoded again"
    )
    whole = run(*arguments)
    assert whole.exit_code == 0, whole.output
    with av.open(str(here / "out" / "film.mkv")) as made:
        assert sum(1 for _ in made.decode(video=0)) == 96
    assert validation(here, "film")["notes"] == []


def test_one_title_of_a_project_has_a_part_and_needs_no_work_file_of_it(tmp_path: Path, clip: Path) -> None:
    project = new_project(tmp_path / "project", clip)
    shutil.copy(clip, project.root / "source" / "other.mkv")
    project.configure('keep_work = false\n[titles.other.input]\nrange = "-1"\n[output]\nif_larger = "keep"\n')
    project.doit()
    assert {task for task in project.finished() if task.startswith("range")} == {"range:other"}
    assert not list((project.root / "work" / "other").glob("*.mkv"))
    for name, frames in (("range", 96), ("other", 24)):
        with av.open(str(project.root / "output" / f"{name}.mkv")) as made:
            assert sum(1 for _ in made.decode(video=0)) == frames
    assert project.executed() == set()
    # a setting that does not concern the picture: the part is cut out again, the same
    project.configure(
        'keep_work = false\n[titles.other.input]\nrange = "-1"\n[output]\nif_larger = "keep"\n'
        "[audio.bitrate]\nstereo = 96\n"
    )
    assert "range:other" in project.executed()
    assert project.executed() == set()


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ("1:00", 3, "is not a part of a film"),
        ("3-2", 3, "ends before it begins"),
        ("20-30", 1, "it ends at 0:00:04."),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    given: str, code: int, said: str, here: Path, clip: Path
) -> None:
    done = run("encode", clip, "-o", "out", *FAST, "--range", given)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert not (here / "out" / clip.name).exists()
    if code == 1:
        assert "correct input.range, or --range" in done.output


def test_it_is_left_alone_by_the_size_of_the_part(here: Path, ffmpeg: Path) -> None:
    """Of a film that is large but for its beginning, that is skipped which would become larger itself."""
    small = clips.make_clip(ffmpeg, here / "film.mkv", frames=48, size=(64, 48), options=("-crf", "51"))
    with small.open("ab") as file:
        file.write(b"\xec\x08" + (1 << 20 | 1 << 56).to_bytes(8, "big"))  # a void of 1 MiB, behind all of it
        file.write(bytes(1 << 20))
    done = run("encode", small, "-o", "out", *FAST, "--set", "output.if_larger=skip", "--range", "0-1")
    assert done.exit_code == 0, done.output
    assert (
        "skipped: would be larger than its source" in done.output or "larger than its source" in done.output
    )
