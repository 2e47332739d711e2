"""Bad input: one line that names the file and the remedy, the right exit code, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import clips, forks
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FAST = ("--preset", "13", "--set", "processing.chunk_size=2", "--set", "quality.mode=crf")
FAST += ("--set", "report.enabled=false")
SETTINGS = ("--set", "encoding.preset=13", *FAST[2:])

NAMES = [
    "-dash a%03d.mkv",
    'it\'s "x": y [b]*?.mkv',
    "new\nline.mkv",
    "back\\slash $HOME `id` 千と千尋.mkv",
    "L" * 246 + ".mkv",
    os.fsdecode(b"no text \xe9.mkv"),
]


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code, and the lines of both outputs."""

    status: int
    lines: list[str]

    def about(self, word: str) -> str:
        """Return the one line of a failure that has ``word`` in it."""
        assert not any("Traceback" in line or "internal error" in line for line in self.lines), self.lines
        line, *again = [
            line for line in self.lines if word in line and not line.startswith("✓") and "; " in line
        ]
        # a run says it where it happens, and at its end
        assert len(again) <= 1
        assert all(line.endswith(last.partition(": ")[2]) for last in again)
        return line


def drapto(folder: Path, *arguments: str | Path, prefix: Sequence[str] = ()) -> Done:
    if not prefix:
        done = forks.run("drapto", *arguments, cwd=folder)
        return Done(done.returncode, done.stdout.splitlines())
    ran = subprocess.run(
        [*prefix, sys.executable, "-m", "drapto", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    return Done(ran.returncode, ran.stdout.decode().splitlines())


@contextlib.contextmanager
def disk(folder: Path, options: str) -> Iterator[None]:
    """Mount a small disk of its own on ``folder``."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root on Linux can mount a small disk")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "bad" / "clip.mkv", frames=24, size=(160, 90))


@pytest.fixture(scope="module")
def longer(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "bad" / "longer.mkv", frames=240, keyint=24)


@pytest.fixture(scope="module")
def everything(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_tracks(ffmpeg, clip_cache / "bad" / "tracks.mkv")


@pytest.fixture(scope="module")
def shelf(ffmpeg: Path, clip: Path, longer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good title and every kind of bad one."""
    folder = tmp_path_factory.mktemp("shelf")
    whole = longer.read_bytes()
    hole, start = bytearray(whole), bytearray(whole)
    hole[len(whole) // 2 : len(whole) // 2 + 40_000] = bytes(40_000)
    start[60:2000] = bytes(1940)
    contents = {
        "good": clip.read_bytes(),
        "zero": b"",
        "text": b"this is text\n" * 50,
        "cut": whole[: len(whole) // 2],
        "stub": whole[:6],
        "hole": bytes(hole),
        "start": bytes(start),
        "mp4": clips.run_ffmpeg(
            ffmpeg, "-i", clip, "-c", "copy", "-f", "mp4", "-movflags", "empty_moov", "pipe:1"
        ),
        "sound": clips.make_audio_only(ffmpeg, folder.parent / "sound.mkv").read_bytes(),
    }
    for name, content in contents.items():
        (folder / f"{name}.mkv").write_bytes(content)
    (folder / "gone.mkv").symlink_to("/nowhere/gone.mkv")
    (folder / "loop.mkv").symlink_to("loop.mkv")
    return folder


SAID = {
    "zero": "is empty; rip or copy it again",
    "text": "is not Matroska but text; remux it",
    "cut": "is cut short: ",
    "stub": "has a damaged head (the file ends inside an element); rip or copy it again",
    "hole": "is damaged (",
    "start": "is damaged (",
    "mp4": "is not Matroska but MP4 or QuickTime; remux it",
    "sound": "has no video track; choose a file with a picture",
    "gone": "does not exist; put it back",
    "loop": "does not exist; put it back",
}


def check_shelf(done: Done, shelf: Path, output: Path, before: dict[str, bytes]) -> None:
    for name, words in SAID.items():
        assert f"{name}.mkv: {words}" in done.about(f"{name}.mkv: "), name
    assert [path.name for path in output.iterdir()] == ["good.mkv"]
    assert {path.name: path.read_bytes() for path in shelf.iterdir() if path.is_file()} == before


def test_each_bad_source_is_one_line_and_the_good_one_is_encoded(shelf: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in shelf.iterdir() if path.is_file()}
    done = drapto(tmp_path, "encode", shelf, "-o", "out", *FAST)
    assert done.status == 1
    check_shelf(done, shelf, tmp_path / "out", before)
    project = new_project(tmp_path / "p")
    (project.root / "source").rmdir()
    (project.root / "source").symlink_to(shelf)
    output = project.doit(status=1).output
    check_shelf(Done(1, output.splitlines()), shelf, project.root / "output", before)
    assert list(tmp_path.rglob("*.partial")) == []


def test_what_may_not_be_read(clip: Path, tmp_path: Path) -> None:
    source, closed = tmp_path / "a.mkv", tmp_path / "closed"
    shutil.copy(clip, source)
    source.chmod(0)
    closed.mkdir(mode=0)
    done = drapto(tmp_path, "encode", source, clip, "-o", "out", *FAST, prefix=unprivileged())
    assert done.status == 1, done.lines
    assert "a.mkv: may not be read; " in done.about("a.mkv") or "check its permissions" in done.about("a.mkv")
    assert (tmp_path / "out" / "clip.mkv").is_file()
    done = drapto(tmp_path, "encode", closed, "-o", "out", *FAST, prefix=unprivileged())
    assert (done.status, len(done.lines)) == (3, 1), done.lines
    assert "closed: may not be read; " in done.lines[0]


def unprivileged() -> list[str]:
    """Return what a command is put behind so that permissions bind it, root too."""
    if os.geteuid() != 0:
        return []
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        pytest.skip("root may read everything")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_damage_that_the_decoder_hides_is_said(longer: Path, ffmpeg: Path, tmp_path: Path) -> None:
    content, picture = bytearray(longer.read_bytes()), packet_of(longer, 96)
    at, size = content.find(picture) + len(picture) // 4, len(picture) // 2
    content[at : at + size] = bytes(number * 37 % 251 for number in range(size))
    (tmp_path / "spot.mkv").write_bytes(content)
    done = drapto(tmp_path, "encode", "spot.mkv", "-o", "out", *FAST)
    assert done.status == 0, done.lines
    assert "spot.mkv: the picture is damaged after 4.0 s (" in done.about("encode 0003")
    assert len(clips.frame_md5s(ffmpeg, tmp_path / "out" / "spot.mkv")) == 240


def packet_of(path: Path, number: int) -> bytes:
    """Return the content of a video packet."""
    import av  # noqa: PLC0415

    with av.open(str(path)) as container:
        return next(bytes(packet) for place, packet in enumerate(container.demux(video=0)) if place == number)


def test_segments_of_a_single_frame_fit_to_the_others(ffmpeg: Path, tmp_path: Path) -> None:
    # a frame every 4 s in the middle third: each is a segment
    filters = "settb=1/1000,setpts='floor(if(lt(N,24),N*40,if(lt(N,28),960+(N-24)*4000,16960+(N-28)*40)))'"
    exact = ("-enc_time_base", "1:1000", "-force_key_frames", "expr:gte(n,24)*lt(n,29)")
    source = clips.make_clip(
        ffmpeg, tmp_path / "slides.mkv", frames=48, size=(640, 64), filters=filters, options=exact
    )
    done = drapto(
        tmp_path, "encode", source, "-o", "out", "--preset", "13", "--set", "processing.chunk_size=1"
    )
    assert done.status == 0, done.lines
    assert len(clips.frame_md5s(ffmpeg, tmp_path / "out" / "slides.mkv")) == 48


def test_any_name(clip: Path, tmp_path: Path) -> None:
    """Names are never interpreted: by ffmpeg, a shell, doit or the terminal."""
    folder = tmp_path / "$d %02d\n'é"
    (folder / "in").mkdir(parents=True)
    for name in NAMES:
        (folder / "in" / name).symlink_to(clip)
    inputs = [f"in/{name}" for name in NAMES]
    done = drapto(folder, "encode", *inputs, "-o", "out", *FAST)
    assert done.status == 0, done.lines
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(NAMES)
    status = drapto(folder, "status", *inputs, "-o", "out", *SETTINGS)
    assert len(status.lines) == 2 * len(NAMES), status.lines
    assert sum(line.startswith("✓") for line in status.lines) == len(NAMES)
    plan = drapto(folder, "plan", *inputs, "-o", "out", *SETTINGS)
    assert plan.lines[-1].startswith("0 titles to do, "), plan.lines
    for name in NAMES[:2]:
        told = drapto(folder / "in", "probe", "--", name)
        assert told.status == 0
        assert told.lines[0].startswith(f"{name}: Matroska")
    clean = drapto(folder, "clean", *inputs, "-o", "out", *SETTINGS)
    assert all(line.startswith("removed /") and line.endswith(".mkv") for line in clean.lines), clean.lines

    project = new_project(folder / "p")
    for name in NAMES:
        (project.root / "source" / name).symlink_to(clip)
    project.doit()
    assert sorted(path.name for path in (project.root / "output").iterdir()) == sorted(NAMES)
    assert "everything is up to date" in project.doit().output
    listed = project.doit("list", "--all").output.splitlines()
    assert sum(line.startswith("probe:") for line in listed) == len(NAMES)
    assert not any(line.startswith("line") for line in listed)


def test_a_name_that_is_too_long_is_one_line(tmp_path: Path) -> None:
    done = drapto(tmp_path, "encode", "L" * 300 + ".mkv", "-o", "out")
    assert done.status in (2, 3)
    assert len(done.lines) == 1
    assert "Traceback" not in done.lines[0]


def test_an_output_that_cannot_be_is_refused_before_the_work(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    done = drapto(tmp_path, "encode", clip, "-o", "file", *FAST)
    assert (done.status, done.lines) == (
        3,
        [f"error: {tmp_path}/file: is not a directory; choose another output directory"],
    )
    assert (tmp_path / "file").read_bytes() == b"kept"
    with disk(tmp_path / "out", "ro"):
        done = drapto(tmp_path, "encode", clip, "-o", "out", *FAST)
        assert done.status == 3
        remedy = "make it writable, or choose another output directory"
        assert done.lines == [f"error: {tmp_path}/out: cannot be written to; {remedy}"]
        assert not (tmp_path / "work" / "clip").exists()
        project = new_project(tmp_path / "p", clip, settings=f'[output]\ndir = "{tmp_path}/out"\n')
        assert "out: cannot be written to; " in Done(3, project.doit(status=3).output.splitlines()).about(
            "out"
        )


def test_a_work_directory_that_cannot_be(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    done = drapto(tmp_path, "encode", clip, "-o", "out", "--work-dir", "file", *FAST)
    assert (done.status, len(done.lines)) == (3, 1)
    assert "the work directory cannot be made (Not a directory); " in done.lines[0]
    with disk(tmp_path / "work", "ro"):
        done = drapto(tmp_path, "encode", clip, "-o", "out", *FAST)
        assert (done.status, len(done.lines)) == (3, 1)
        assert "(Read-only file system); " in done.lines[0]
        assert drapto(tmp_path, "status", clip, "-o", "out").status == 0
    with disk(tmp_path / "work", "size=8m"):
        assert drapto(tmp_path, "encode", clip, "-o", "out", *FAST).status == 0
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "work")], check=True)
        for command in ("encode", "status", "plan"):
            done = drapto(tmp_path, command, clip, "-o", "out")
            assert (done.status, len(done.lines)) == (3, 1), done.lines
            assert "(it may not be written to); make the work directory writable" in done.lines[0]


def test_a_build_state_that_is_none(clip: Path, tmp_path: Path) -> None:
    state = tmp_path / "work" / ".drapto" / "state.db"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"no database at all, and longer than the header of one" * 50)
    done = drapto(tmp_path, "plan", clip, "-o", "out")
    assert done.status == 0, done.lines
    assert "state.db: was damaged (" in done.lines[0]
    assert "is kept as state.db.damaged-" in done.lines[0]
    assert "state.db" not in " ".join(drapto(tmp_path, "status", clip, "-o", "out").lines)


def test_a_disk_that_is_too_small(clip: Path, longer: Path, tmp_path: Path) -> None:
    need = longer.stat().st_size
    with disk(tmp_path / "work", f"size={need + 200_000}"):
        done = drapto(tmp_path, "encode", longer, clip, "-o", "out", *FAST)
        assert done.status == 4
        assert "the disk is too small: " in done.about("longer ")
        assert not (tmp_path / "work" / "longer" / "segments").exists()
        assert (tmp_path / "out" / "clip.mkv").is_file(), done.lines
    with disk(tmp_path / "small", "size=64k"):
        done = drapto(tmp_path, "encode", longer, "-o", "small", *FAST)
        assert done.status == 4
        line = done.about("longer ")
        assert "small: the disk is too small: " in line
        assert "set another output directory" in line
        assert list((tmp_path / "small").iterdir()) == []


@pytest.mark.parametrize("size", ["90k", "1500k"])
def test_a_disk_that_runs_full_is_said_once(size: str, longer: Path, tmp_path: Path) -> None:
    """At first not even doit's state fits; then some, but not all, of the encoded segments do."""
    with disk(tmp_path / "work", f"size={size}"):
        done = drapto(tmp_path, "encode", longer, "-o", "out", *FAST)
        assert done.status == 4, done.lines
        assert not any("Traceback" in line for line in done.lines), done.lines
        said = [line.split(": ", 1)[1] for line in done.lines if "the disk is " in line]
        assert said
        assert len(set(said)) == len(said), said
        assert not list((tmp_path / "work").rglob("*.partial"))
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_bad_settings(clip: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", clip)
    for text, words in (
        ("[encoding\npreset = 6\n", "drapto.toml: "),
        ("[encoding]\npreset = 14\n", "encoding.preset = 14 is more than 13"),
        ('[tools]\nffmpeg = "/no/ffmpeg"\n', "/no/ffmpeg: is not a program that can be run; "),
    ):
        (project.root / "drapto.toml").write_text(text)
        for done in (
            Done(3, project.doit(status=3).output.splitlines()),
            drapto(project.root, "encode", clip, "-o", "out"),
        ):
            assert done.status == 3
            assert words in done.about(words.split(":")[0])
    assert not (project.root / "out").exists()
    assert not (project.root / "output").exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(range(200))
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.fixture(scope="module")
def finished_once(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    project = new_project(tmp_path_factory.mktemp("whole"), everything)
    project.doit()
    return project


@pytest.mark.parametrize(
    ("name", "harm", "again"),
    [
        ("encoded/0001.mkv", overwrite, "encode:tracks:0001"),
        ("encoded/0001.mkv", empty, "encode:tracks:0001"),
        ("encoded/0002.json", cut, "encode:tracks:0002"),
        ("segments/0002.mkv", overwrite, "segment:tracks"),
        ("audio-0.mkv", cut, "audio:tracks:0"),
        ("subtitles.mkv", cut, "subtitles:tracks"),
        ("elements.mkv", overwrite, "elements:tracks"),
        ("video.mkv", overwrite, "video:tracks"),
        ("muxed.mkv", cut, "mux:tracks"),
        ("probe.json", cut, "probe:tracks"),
        ("crop.json", empty, "crop:tracks"),
        ("fields.json", cut, "fields:tracks"),
        ("planned.txt", cut, "segment:tracks"),
        ("timestamps.txt", cut, "probe:tracks"),
        ("encode_data/segments.json", cut, "segment:tracks"),
    ],
)
def test_a_harmed_work_file_is_made_again_and_never_delivered(
    name: str, harm: Callable[[Path], None], again: str, finished_once: ProjectDir, tmp_path: Path
) -> None:
    shutil.copytree(finished_once.root, tmp_path / "p", symlinks=True)
    project = ProjectDir(tmp_path / "p")
    output = project.root / "output" / "tracks.mkv"
    delivered, whole = output.read_bytes(), (project.work("tracks") / name).read_bytes()
    harm(project.work("tracks") / name)
    assert project.executed() == {again}
    assert output.read_bytes() == delivered
    if not name.startswith("encoded/") or name.endswith(".mkv"):  # the record has the time that it took
        assert (project.work("tracks") / name).read_bytes() == whole
