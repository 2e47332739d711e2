"""What runs, and what does not: the build graph as doit's users see it."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from drapto.video.plan import SegmentPlan
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = {f"encode:clip:{number:04d}" for number in (1, 2)}
AUDIO = {"audio:clip:0", "audio:clip:1", "audio:clip:2"}
DECODED = {"validate:clip:decode:1", "validate:clip:decode:2"}
BEHIND_ENCODE = {"video:clip", "mux:clip", "validate:clip"} | DECODED
EVERYTHING = (
    {"probe:clip", "crop:clip", "fields:clip", "segment:clip", "subtitles:clip", "elements:clip", *AUDIO}
    | SEGMENTS
    | BEHIND_ENCODE
)


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    """A clip with every kind of track: 48 frames at 24 fps, a keyframe every 12 frames."""
    return clips.make_tracks(ffmpeg, clip_cache / "graph" / "clip.mkv")


@pytest.fixture(scope="module")
def finished_once(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    project = new_project(tmp_path_factory.mktemp("finished"), source)
    assert project.executed() == EVERYTHING
    return project


@pytest.fixture
def finished(finished_once: ProjectDir, tmp_path: Path) -> ProjectDir:
    """A finished project of the test's own: a copy, as a user would copy one."""
    shutil.copytree(finished_once.root, tmp_path / "project", symlinks=True)
    return ProjectDir(tmp_path / "project")


def test_a_second_run_has_nothing_to_do(finished: ProjectDir) -> None:
    assert finished.executed() == set()
    assert "everything is up to date" in finished.doit().output
    assert (finished.root / "output" / "clip.mkv").is_file()


def test_a_touched_source_rebuilds_nothing(finished: ProjectDir, source: Path) -> None:
    link = finished.root / "source" / "clip.mkv"
    link.unlink()
    shutil.copy(source, link)
    assert finished.executed() == set()
    os.utime(link)
    assert finished.executed() == set()
    elsewhere = finished.root / "elsewhere.mkv"
    link.rename(elsewhere)
    shutil.copy2(elsewhere, link)
    assert finished.executed() == set()


def test_another_source_rebuilds_what_is_made_from_it(
    finished: ProjectDir, ffmpeg: Path, clip_cache: Path
) -> None:
    link = finished.root / "source" / "clip.mkv"
    link.unlink()
    shutil.copy(clips.make_clip(ffmpeg, clip_cache / "graph" / "other.mkv", frames=30), link)
    executed = finished.executed()
    assert {"probe:clip", "segment:clip", "mux:clip", "validate:clip"} <= executed
    assert not executed & {"audio:clip:0", "subtitles:clip"}


def test_a_crf_change(finished: ProjectDir) -> None:
    finished.configure("[encoding.crf]\nsd = 30\n")
    assert finished.executed() == SEGMENTS | BEHIND_ENCODE
    finished.configure("[encoding.crf]\nsd = 30\nuhd = 20\n")
    assert finished.executed() == set()


def test_an_audio_bitrate_change(finished: ProjectDir) -> None:
    finished.configure("[audio.bitrate]\nmono = 48\nstereo = 96\nsurround_5_1 = 192\nsurround_7_1 = 300\n")
    executed = finished.executed()
    # the picture is not decoded again for the sound's sake
    assert executed == AUDIO | {"mux:clip", "validate:clip"}


def test_a_title_is_judged_anew_and_nothing_else(finished: ProjectDir) -> None:
    finished.configure("[output]\nstrict = true\n")
    assert finished.executed() == {"validate:clip"}
    finished.configure("")
    assert finished.executed() == {"validate:clip"}


def test_one_encoded_segment_deleted(finished: ProjectDir) -> None:
    before = finished.work() / "video.mkv"
    content = before.read_bytes()
    (finished.work() / "encoded" / "0002.mkv").unlink()
    executed = finished.executed()
    # the segment comes out with the same bytes, so what is made from it is not made again
    assert executed == {"encode:clip:0002"}
    (finished.work() / "encoded" / "0002.mkv").unlink()
    before.unlink()
    assert finished.executed() == {"encode:clip:0002", "video:clip"}
    assert before.read_bytes() == content


def test_the_record_of_what_decodes_deleted(finished: ProjectDir) -> None:
    (finished.work() / "decoded" / "02.json").unlink()
    assert finished.executed() == {"validate:clip:decode:2"}


def test_one_piece_of_the_source_deleted(finished: ProjectDir) -> None:
    (finished.work() / "segments" / "0001.mkv").unlink()
    assert finished.executed() == {"segment:clip"}


def test_another_chunk_size_encodes_what_is_cut_differently(finished: ProjectDir) -> None:
    settings = finished.root / "drapto.toml"
    settings.write_text(settings.read_text().replace("chunk_size = 1", "chunk_size = 1.5"))
    executed = finished.executed()
    assert "segment:clip" in executed
    assert not executed & {"probe:clip", "crop:clip", "audio:clip:0", "subtitles:clip"}


def test_one_stage_in_a_fresh_project(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    assert project.executed("audio") == {"probe:clip"} | AUDIO
    assert project.executed("encode:clip") == {"crop:clip", "fields:clip", "segment:clip"} | SEGMENTS
    assert project.executed() == {"subtitles:clip", "elements:clip"} | BEHIND_ENCODE


def test_a_target_by_its_path_in_a_fresh_project(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    project.doit("work/clip/encoded/0002.mkv")
    assert (project.work() / "encoded" / "0002.mkv").is_file()
    assert not (project.work() / "video.mkv").exists()
    project.doit("output/clip.mkv")
    assert (project.root / "output" / "clip.mkv").is_file()
    fresh = new_project(tmp_path / "q", source)
    fresh.doit("work/clip/decoded/02.json")
    assert [path.name for path in (fresh.work() / "decoded").iterdir()] == ["02.json"]
    assert not (fresh.work() / "video.mkv").exists()
    project = new_project(tmp_path / "r", source)
    project.doit("work/clip/encoded/0002.mkv")
    assert project.executed("audio:clip:1") == {"audio:clip:1"}
    assert project.executed("encode:clip:0002") == set()


def test_a_part_by_its_name_in_a_fresh_project(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    assert project.executed("audio:clip:1") == {"probe:clip", "audio:clip:1"}
    before = {"crop:clip", "fields:clip", "segment:clip"}
    assert project.executed("encode:clip:0002") == {*before, "encode:clip:0002"}
    decoded = new_project(tmp_path / "d", source)
    # the shares stand in the order of the encodes, the longest first
    assert decoded.executed("validate:clip:decode:1") - {"encode:clip:0001", "encode:clip:0002"} == {
        *("probe:clip", *before, "validate:clip:decode:1"),
    }
    other = new_project(tmp_path / "q", source)
    assert "there is no task audio:clip:9" in other.doit("audio:clip:9", status=1).output


def test_a_forced_run_follows_the_plan_that_it_makes(finished: ProjectDir) -> None:
    """As if another version of drapto had cut the title otherwise."""
    path = finished.work() / "encode_data" / "segments.json"
    plan = SegmentPlan.read(path)
    first = plan.segments[0].model_copy(update={"frames": plan.frames, "path": None})
    plan.model_copy(update={"segments": (first,)}).write(path)
    assert finished.executed("-a") >= EVERYTHING
    assert SegmentPlan.read(path) == plan
    assert finished.executed() == set()


def test_list_info_clean_and_forget(finished: ProjectDir) -> None:
    names = set(finished.doit("list", "--all", "-q").output.split())
    assert names >= EVERYTHING | {"probe", "encode", "encode:clip", "audio:clip"}
    assert "up-to-date" in finished.doit("info", "encode:clip:0001").output
    finished.doit("clean", "video:clip")
    assert not (finished.work() / "video.mkv").exists()
    assert finished.executed() == {"video:clip"}
    finished.doit("forget", "crop:clip")
    assert finished.executed() == {"crop:clip"}
    finished.doit("clean")
    assert (finished.root / "output" / "clip.mkv").is_file()
    assert list((finished.work()).rglob("*.mkv")) == []


def test_list_and_clean_in_a_fresh_project(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    names = set(project.doit("list", "--all", "-q").output.split())
    assert {"probe:clip", "encode:clip", "audio:clip", "validate:clip"} <= names
    project.doit("clean")
    project.doit("forget")


def test_no_sources(tmp_path: Path) -> None:
    assert "nothing to do" in new_project(tmp_path / "p").doit().output


def test_any_number_of_jobs_gives_the_same_video(finished: ProjectDir, source: Path, tmp_path: Path) -> None:
    content = (finished.work() / "video.mkv").read_bytes()
    for number, options in enumerate((["-n", "0"], ["-n", "4"], ["-n", "3", "-P", "process"])):
        project = new_project(tmp_path / str(number), source)
        project.doit("run", *options, "video:clip")
        assert (project.work() / "video.mkv").read_bytes() == content


def test_the_whole_graph_in_the_process_runner(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    project.doit("run", "-n", "4", "-P", "process")
    assert (project.root / "output" / "clip.mkv").is_file()
    assert '"segments_completed": 2' in (project.work() / "encode_data" / "progress.json").read_text()
    assert project.executed() == set()


def test_a_bad_title_does_not_stop_the_others(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    (project.root / "source" / "bad.mkv").write_text("this is text")
    output = project.doit(status=1).output
    assert "bad.mkv" in output
    assert "Traceback" not in output
    assert (project.root / "output" / "clip.mkv").is_file()
    assert sorted(path.name for path in (project.root / "output").iterdir()) == ["clip.mkv"]
    # with doit's own reporter what depends on the failure counts as an error, exit code 2
    assert project.executed(status=2) == {"probe:bad"}


def test_finished_titles_without_work_files_are_left_alone(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", source)
    settings = "keep_work = false\n"
    project.configure(settings)
    project.doit()
    assert list(project.work().rglob("*.mkv")) == []
    assert (project.root / "output" / "clip.mkv").is_file()
    assert project.executed() == set()
    assert "everything is up to date" in project.doit().output
    project.configure(settings + "[encoding.crf]\nsd = 40\n")
    assert {"encode:clip:0001", "video:clip", "mux:clip", "validate:clip"} <= project.executed()
    project.doit()
    (project.root / "output" / "clip.mkv").unlink()
    assert "validate:clip" in project.executed()


def test_a_deleted_output_is_made_again(finished: ProjectDir) -> None:
    (finished.root / "output" / "clip.mkv").unlink()
    assert finished.executed() == {"validate:clip"}


def test_bad_settings_are_one_line_and_exit_code_three(finished: ProjectDir) -> None:
    (finished.root / "drapto.toml").write_text("[encoding]\npreste = 4\n")
    output = finished.doit(status=3).output
    assert "drapto.toml" in output
    assert "preset" in output
    assert "Traceback" not in output


def test_the_second_run_is_refused_with_the_first_ones_pid(source: Path, tmp_path: Path) -> None:
    from tests.system.killing import start  # noqa: PLC0415

    project = new_project(tmp_path / "p", source)
    project.configure("[encoding.crf]\nsd = 30\n")
    first = start(project)
    lock = project.root / "work" / ".drapto" / "lock"
    while first.poll() is None and not (lock.exists() and lock.read_text()):
        time.sleep(0.01)
    output = project.doit(status=3).output
    assert f"pid {first.pid}" in output
    assert "Traceback" not in output
    assert first.wait() == 0


def test_a_damaged_state_is_rebuilt_and_nothing_is_done_again(finished: ProjectDir) -> None:
    state = finished.root / "work" / ".drapto" / "state.db"
    for extra in ("-wal", "-shm"):
        state.with_name(state.name + extra).unlink(missing_ok=True)
    state.write_bytes(b"this is no database, and long enough to be looked at" * 100)
    output = finished.doit().output
    assert "was rebuilt" in output
    assert "everything is up to date" in output


def test_a_damaged_plan_is_made_again(finished: ProjectDir) -> None:
    (finished.work() / "encode_data" / "segments.json").write_text("{")
    finished.doit()
    assert finished.executed() == set()
