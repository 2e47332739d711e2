"""A title with a track that no layout holds fails alone, with one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import clips, forks
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

REFUSAL = (
    "audio track 1 has 10 channels and does not say which, and Opus takes 8 such at most; "
    "remux the file without that track"
)


def make(ffmpeg: Path, path: Path, *, unnamed: bool) -> Path:
    """Make a clip of a second; its second track has ten channels that say not which."""
    inputs = [*("-f", "lavfi", "-i", clips.moving_picture((128, 96), "24"))]
    inputs += ["-f", "lavfi", "-i", "sine=frequency=440"]
    tracks = ["-map", "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:a:0", "aac"]
    if unnamed:
        inputs += ["-f", "lavfi", "-i", "anullsrc=channel_layout=10c:sample_rate=48000"]
        tracks += ["-map", "2", "-c:a:1", "pcm_s16le"]
    clips.run_ffmpeg(ffmpeg, *inputs, *tracks, "-pix_fmt", "yuv420p", "-t", "1", "-y", path)
    return path


@pytest.fixture
def project(ffmpeg: Path, tmp_path: Path) -> ProjectDir:
    sources = [make(ffmpeg, tmp_path / f"{name}.mkv", unnamed=name == "bad") for name in ("bad", "good")]
    return new_project(tmp_path / "p", *sources)


def drapto(project: ProjectDir, *command: str) -> list[str]:
    done = forks.run("drapto", *command, cwd=project.root)
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout.splitlines()


def test_a_track_that_no_layout_holds(project: ProjectDir) -> None:
    for command in ("plan", "status"):
        assert {"bad", "good"} <= {
            word.strip(":") for line in drapto(project, command) for word in line.split()
        }
    failed = [
        line for line in project.doit(status=1).output.splitlines() if line.startswith("✗") and ";" in line
    ]
    line, last = failed  # where it happens, and at the end
    assert last == f"✗ bad: {line[line.index(str(project.root)) :]}"
    assert line.split()[:3] == ["✗", "bad", "probe"]  # before anything is encoded
    assert line.endswith(f"bad.mkv: {REFUSAL}")
    outputs = [path.name for path in (project.root / "output").iterdir()]
    assert outputs == ["good.mkv"]
    again = project.doit(status=1).output.splitlines()
    assert [line for line in again if line.startswith("✗") and ";" in line] == failed
    plan = drapto(project, "plan", "-v")
    good = plan.index(next(line for line in plan if line.startswith("good:")))
    assert "probe" in [line.split()[1] for line in plan[:good] if line.split()[0] == "run"]
    assert not [line for line in plan[good:] if line.split()[0] == "run"]
    status = drapto(project, "status")
    assert "bad" in status[0]
    assert any(line.startswith("✓ good") for line in status)
