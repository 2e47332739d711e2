"""The two seams: a stage and an engine from outside, without touching a file of drapto's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import clips, engines, forks
from tests.system.projects import SETTINGS, ProjectDir, new_project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

THUMBNAILS = '''
"""A stage from outside: a small picture of each title."""

from drapto.engine.context import file_url
from drapto.rules import Rule, Stage, task


def picture(source, target, context):
    options = ["-i", file_url(source), "-frames:v", "1", "-vf", "scale=64:-2", "-y", file_url(target)]
    context.run_ffmpeg(options, log="thumbnails")
    return target.stat().st_size


def build(work, *, name):
    size = work.run(
        picture, source=work.title.output, target=work.title.work / name, context=work.context
    )
    return f"{size} bytes"


def tasks(project, title, known):
    target = title.work / "thumbnail.png"
    arguments = {"name": target.name}
    rule = Rule("thumbnails", build, settings={"width": 64}, file_dep=[title.output], targets=[target],
                arguments=arguments)
    yield task(project, title, rule)


STAGE = Stage("thumbnails", "a small picture", needs="plan", tasks=tasks, after=("validate",),
              makes=r"thumbnail\\.png", large=("thumbnail.png",))
'''

DODO = """
from drapto import rules
import thumbnails

rules.register(thumbnails.STAGE)
project = rules.here(__file__)
DOIT_CONFIG = rules.doit_config(project)

def task_graph():
    yield from rules.graph(project)
"""


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path, media: Callable[[str], Path]) -> Path:
    """A real clip where there is one."""
    try:
        return media("friday_bw_pillarbox.mkv")
    except pytest.skip.Exception:
        return clips.make_tracks(ffmpeg, clip_cache / "seams.mkv")


def test_a_stage_from_outside(clip: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", clip, settings="[encoding.crf]\nsd = 50\n")
    (project.root / "thumbnails.py").write_text(THUMBNAILS)
    (project.root / "dodo.py").write_text(DODO)
    title = clip.stem
    made = project.executed()
    assert f"thumbnails:{title}" in made
    picture = project.work(title) / "thumbnail.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert project.executed() == set()
    picture.unlink()
    assert project.executed(f"work/{title}/thumbnail.png") == {f"thumbnails:{title}"}
    assert "thumbnails" in project.doit("list").output
    project.doit("run", f"thumbnails:{title}")


def test_a_stage_from_outside_is_selected_by_its_target_before_anything_is_known(
    clip: Path, tmp_path: Path
) -> None:
    project = new_project(tmp_path / "project", clip)
    (project.root / "thumbnails.py").write_text(THUMBNAILS)
    (project.root / "dodo.py").write_text(DODO)
    assert f"thumbnails:{clip.stem}" in project.executed(f"work/{clip.stem}/thumbnail.png")


@pytest.mark.parametrize("targeted", [False, True])
def test_every_call_of_a_whole_job_is_data(
    ffmpeg: Path,
    clip_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    targeted: bool,
) -> None:
    make = clips.make_strip if targeted else clips.make_tracks
    source = make(ffmpeg, clip_cache / "seams" / f"{make.__name__}.mkv")
    found = engines.environment(engines.install(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", found["PYTHONPATH"])
    projects = {}
    for name in ("local", "fresh"):
        project = projects[name] = new_project(tmp_path / name, source)
        text = f'[engine]\nname = "{name}"\n'
        if targeted:
            project.target(f"[quality]\nmax_encodes = 2\nout_of_reach = 'closest'\n{text}")
        else:
            project.configure(text)
        project.doit()
    title = source.stem
    for name in ("video.mkv", "muxed.mkv"):
        contents = [project.work(title) / name for project in projects.values()]
        assert contents[0].read_bytes() == contents[1].read_bytes()
    calls = (projects["fresh"].root / "work" / ".drapto" / "calls.txt").read_text().splitlines()
    functions = {line.split()[0].rpartition(":")[2] for line in calls}
    stages = {
        *("probe_source", "detect_crop", "detect_fields", "split", "encode_audio", "join"),
        *("mux", "check_part", "validate", "publish"),
    }
    assert stages <= functions
    assert any("encod" in line.split()[0].partition(":")[0] for line in calls)
    assert projects["fresh"].executed() == set()


def test_an_engine_that_is_not_there_is_a_refusal(clip: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", clip, settings='[engine]\nname = "none"\n')
    said = project.doit(status=3).output
    assert said.splitlines()[-1].endswith("no engine is called 'none'; install the package that brings it")


def _swapped(
    project: ProjectDir, site: Path, swap: tuple[str | Path, ...]
) -> subprocess.CompletedProcess[str]:
    (project.root / "drapto.toml").write_text(f'{SETTINGS}[engine]\nname = "swapping"\n')
    environment = engines.environment(site, SWAP="\n".join(map(str, swap)))
    return forks.run("doit", cwd=project.root, env=environment)


@pytest.fixture(scope="module")
def two_films(ffmpeg: Path, clip_cache: Path) -> tuple[Path, Path]:
    """Two films of the same tracks and length, that look and sound different."""
    made = []
    for name, hertz in (("one", 440), ("two", 880)):
        path = clip_cache / f"swap-{name}.mkv"
        arguments = [
            *("-f", "lavfi", "-i", clips.moving_picture((128, 96), "24", first=0 if name == "one" else 50)),
            *("-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000"),
            *("-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-g", "24", "-c:a", "aac"),
            *("-pix_fmt", "yuv420p", "-y", path),
        ]
        clips.run_ffmpeg(ffmpeg, *arguments)
        made.append(path)
    return made[0], made[1]


@pytest.fixture(scope="module")
def second_output(two_films: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What becomes of the second film."""
    project = new_project(tmp_path_factory.mktemp("expected") / "project")
    (project.root / "source" / "clip.mkv").write_bytes(two_films[1].read_bytes())
    project.doit()
    return (project.root / "output" / "clip.mkv").read_bytes()


@pytest.fixture(scope="module")
def first_output(two_films: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What becomes of the first film."""
    project = new_project(tmp_path_factory.mktemp("first") / "project")
    (project.root / "source" / "clip.mkv").write_bytes(two_films[0].read_bytes())
    project.doit()
    return (project.root / "output" / "clip.mkv").read_bytes()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "function", ["probe_source", "detect_crop", "detect_fields", "split", "encode_audio"]
)
def test_a_source_that_is_replaced_while_it_is_read_is_not_believed(
    two_films: tuple[Path, Path], second_output: bytes, tmp_path: Path, function: str, moment: str
) -> None:
    project = new_project(tmp_path / "project")
    source, other = project.root / "source" / "clip.mkv", tmp_path / "other.mkv"
    source.write_bytes(two_films[0].read_bytes())
    other.write_bytes(two_films[1].read_bytes())
    done = _swapped(project, engines.install(tmp_path / "site"), (function, moment, source, other))
    assert done.returncode == 1, done.stdout
    assert "run again, and leave it alone meanwhile" in done.stdout
    assert "internal error" not in done.stdout
    assert not (project.root / "output" / "clip.mkv").exists(), "nothing of two films is published"
    project.configure("")
    project.doit()
    output = (project.root / "output" / "clip.mkv").read_bytes()
    assert output == second_output, "all of it is of the film that is there now"


@pytest.mark.parametrize(
    ("function", "file", "remade"),
    [
        ("join", "encoded/0002.mkv", "encode:clip:0002"),
        ("mux", "audio-0.mkv", "audio:clip:0"),
        ("check_part", "encoded/0001.mkv", "encode:clip:0001"),
        ("validate", "muxed.mkv", "mux:clip"),
        ("publish", "muxed.mkv", "mux:clip"),
    ],
)
def test_a_work_file_that_is_replaced_while_it_is_read_is_not_believed(
    two_films: tuple[Path, Path],
    first_output: bytes,
    tmp_path: Path,
    function: str,
    file: str,
    remade: str,
) -> None:
    project = new_project(tmp_path / "project", two_films[0].with_name("swap-one.mkv"))
    (project.root / "source" / "swap-one.mkv").rename(project.root / "source" / "clip.mkv")
    other = tmp_path / "other.mkv"
    other.write_bytes(two_films[1].read_bytes())
    swap = (function, "before", project.work() / file, other)
    done = _swapped(project, engines.install(tmp_path / "site"), swap)
    # it is noticed, and made again by itself: in this run, unless two tasks read it at once, or in the next
    assert done.returncode in (0, 1), done.stdout
    assert (project.root / "output" / "clip.mkv").exists() == (done.returncode == 0)
    if done.returncode:
        project.configure("")
        project.doit()
    assert (project.root / "output" / "clip.mkv").read_bytes() == first_output
    events = (project.work() / "encode_data" / "failures.jsonl").read_text()
    assert remade.partition(":")[0] in events or function in events
