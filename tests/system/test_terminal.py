"""What strangers wrote into a file does not get to the terminal as it is."""

from __future__ import annotations

import errno
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\x85\u202egnp\u2066"
NAME = f"film {EVIL}"

CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
OURS = re.compile("\x1b\\[[0-9;?]*[A-HKJSTfhlm]|\r")
"""What rich writes to a terminal: colours, and moves of the cursor. It clears lines, and no screen."""


@pytest.fixture(scope="module")
def source(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with hostile titles, languages, chapters, and an attachment's name."""
    folder = tmp_path_factory.mktemp("evil")
    plain = clips.make_tracks(ffmpeg, folder / "plain.mkv")
    (folder / "chapters").write_text(
        f";FFMETADATA1\ntitle={EVIL}\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=one {EVIL}\n"
    )
    (folder / "note.txt").write_text("x")
    target = folder / f"{NAME}.mkv"
    command = [
        ffmpeg,
        "-v",
        "error",
        "-i",
        plain,
        "-i",
        folder / "chapters",
        "-map",
        "0:v:0",
        "-map",
        "0:a:0",
    ]
    command += ["-map", "0:s:0", "-c", "copy", "-map_metadata", "1", "-map_chapters", "1"]
    command += ["-metadata:s:v:0", f"title={EVIL}", "-metadata:s:a:0", f"title=sound {EVIL}"]
    command += ["-metadata:s:a:0", f"language={EVIL}", "-metadata:s:s:0", f"title=text {EVIL}"]
    command += ["-attach", folder / "note.txt", "-metadata:s:t:0", "mimetype=text/plain"]
    command += ["-metadata:s:t:0", f"filename=note {EVIL}.txt", f"file:{target}"]
    subprocess.run(command, check=True)
    return target


@pytest.fixture(scope="module")
def project(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    return new_project(tmp_path_factory.mktemp("evil-project") / "p", source)


def in_a_pipe(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode(errors="surrogateescape")


def chunks(handle: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(handle, 1 << 16)
        except OSError as error:  # how Linux says that the other side is closed
            if error.errno != errno.EIO:
                raise
            return
        if not chunk:
            return
        yield chunk


def on_a_terminal(command: list[str], folder: Path, columns: int = 300) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)}
    with subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        said = b"".join(chunks(ours))
    os.close(ours)
    return OURS.sub("", said.decode(errors="surrogateescape").replace("\x1b[2J", "CLEARED\x07"))


COMMANDS = ("run", "probe", "status", "plan", "crop", "doctor", "missing", "broken")


def command_of(name: str, project: ProjectDir, source: Path) -> list[str]:
    drapto = [sys.executable, "-m", "drapto"]
    return {
        "run": [sys.executable, "-m", "doit"],
        "probe": [*drapto, "probe", str(source)],
        "crop": [*drapto, "crop", "--no-preview", str(source)],
        "doctor": [*drapto, "doctor", "--set", f"tools.ffmpeg=/no/{EVIL}"],
        "missing": [*drapto, "probe", f"/no/{EVIL}.mkv"],
        "broken": [*drapto, "encode", f"--set={EVIL}=1", "-o", str(project.root / EVIL), str(source)],
    }.get(name, [*drapto, name])


@pytest.mark.parametrize("show", [in_a_pipe, on_a_terminal])
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_reaches_the_output_raw(name: str, show: object, project: ProjectDir, source: Path) -> None:
    assert callable(show)
    if name == "run":
        for path in (project.root / "output").glob("*.mkv"):
            path.unlink()
    said = show(command_of(name, project, source), project.root)
    assert said.strip()
    assert not CONTROLS.findall(said), ascii(said)
    if name in ("probe", "missing", "crop"):
        assert "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m" in said


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_a_narrow_terminal_has_its_lines_broken_between_words(columns: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "drapto", "encode", "-o", "a.mp4", "b.mkv", "--set", "encodng.preset=3"]
    whole = in_a_pipe(command, tmp_path)
    assert len(whole.splitlines()) == 1
    lines = on_a_terminal(command, tmp_path, columns).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= columns for line in lines)
    assert " ".join(line.strip() for line in lines) == whole.strip()


@pytest.mark.parametrize("name", ["score", "compare", "sample", "verify", "report", "watch"])
def test_what_takes_a_while_says_meanwhile_what_it_does(
    name: str, ffmpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was to be seen of them for minutes; a pipe has what it had."""
    monkeypatch.setenv("DRAPTO_PRESET", "13")
    # few pixels, also as large as a display shows them: the line is there from the first moment on
    film = clips.make_clip(ffmpeg, tmp_path / "film.mkv", frames=12, size=(640, 64))
    drapto = [sys.executable, "-m", "drapto", name]
    if name in ("verify", "report"):
        new_project(tmp_path, film)
        command, word = drapto, "reading film" if name == "verify" else "making the page of film"
    elif name == "watch":
        (tmp_path / "in").mkdir()
        film.rename(tmp_path / "in" / "film.mkv")
        command, word = [*drapto, "in", "-o", "out", "--quiet", "1", "--once"], "waiting for 1 file to stay"
    elif name == "sample":
        command, word = [*drapto, "film.mkv", "--no-pictures", "--crf", "40"], "encoding three scenes"
    else:
        command, word = [*drapto, "film.mkv", "film.mkv"], "measuring"
    ours, theirs = pty.openpty()
    piped = in_a_pipe(command, tmp_path)
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        said = b"".join(chunks(ours)).decode()
    os.close(ours)
    lines = said.split("\r\x1b[K")
    assert any(line.startswith(word) for line in lines[1:-1])
    assert not any(line.startswith(word) for line in lines[-1].splitlines()), "it is gone at the end"
    assert piped.strip()
    assert word not in piped
