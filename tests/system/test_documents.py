"""What the pages tell people to type: every command is run as it stands there, or a comment says why not.

A page's blocks are one script, in one shell, so that they build on each other as they do for a reader. The
films are two seconds long, and a profile of the environment has the fastest preset and a fixed CRF: here it
matters that the commands do what the page says.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests import clips
from tests.documents import ROOT
from tests.documents.blocks import Block, blocks, mentioned, problem, shell, unfenced

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BIN = Path(sys.executable).parent
RECIPES = ROOT / "docs" / "recipes.md"

QUICK = """
[encoding]
preset = 13
crf = {sd = 20, hd = 20, uhd = 20}
[quality]
mode = "crf"
[report]
enabled = false
"""

ELSEWHERE = {"/mnt/nas": "$HOME/nas"}
"""Places of a page that are not below the home directory, and what stands in for them."""

FILMS = (
    "movie.mkv",
    "rips/Metropolis (1927).mkv",
    "rips/Nosferatu (1922).mkv",
    "rips/Show/Season 01/E01.mkv",
)


def runnable(page: Path) -> list[Block]:
    """Return the blocks that are typed: not those that say why not, and no files that people are to write."""
    typed = [block for block in shell(page) if block.language == "sh" and not block.text.startswith("#!")]
    return [block for block in typed if "not run" not in block.notes]


def ids(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def film(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of two seconds with English sound and subtitles."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    (path.parent / "text.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    clips.run_ffmpeg(
        ffmpeg,
        *("-f", "lavfi", "-i", clips.moving_picture((128, 96), "24")),
        *("-f", "lavfi", "-i", "sine=440:d=2,aformat=channel_layouts=stereo"),
        *("-i", path.parent / "text.srt", "-frames:v", "48", "-c:v", "libx264", "-g", "24", "-crf", "1"),
        *("-pix_fmt", "yuv420p", "-c:a", "flac", "-c:s", "srt"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:s:0", "language=eng", f"file:{path}"),
    )
    return path


class Household:
    """A person's home directory, with films and an installed drapto."""

    def __init__(self, home: Path, film: Path) -> None:
        self.home = home
        self.here = home / "here"
        self.here.mkdir(parents=True)
        for name in FILMS:
            place = (self.here if name == "movie.mkv" else home) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(film, place)
        (home / "nas" / "rips").mkdir(parents=True)
        shutil.copy(film, home / "nas" / "rips" / "film.mkv")
        shutil.copy(film.parent / "text.srt", self.here / "movie.eng.srt")
        programs = home / ".local" / "bin"
        programs.mkdir(parents=True)
        for name in ("drapto", "doit"):
            (programs / name).symlink_to(BIN / name)
        profiles = home / ".config" / "drapto"
        profiles.mkdir(parents=True)
        (profiles / "quick.toml").write_text(QUICK)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DRAPTO_", "XDG_"))}
        self.environment = {
            **kept,
            "HOME": str(home),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DRAPTO_PROFILE": "quick",
            "DRAPTO_IF_LARGER": "keep",
        }

    def run(self, script: str, *shell: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a shell does that ends with the first failure."""
        return subprocess.run(
            [*(shell or ("bash", "-eu", "-o", "pipefail", "-c")), script],
            cwd=self.here, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip


@pytest.fixture
def household(film: Path, tmp_path: Path) -> Household:
    return Household(tmp_path / "home", film)


def script(page: Path) -> str:
    """Return all that a page tells people to type."""
    lines = []
    for block in runnable(page):
        if (needed := block.notes.get("needs")) is not None and shutil.which(needed) is None:
            continue
        text = block.text
        for place, other in ELSEWHERE.items():
            text = text.replace(place, other)
        if (given := block.notes.get("with")) is not None:
            text = f"export {given}\n{text}unset {given.split('=')[0]}\n"
        lines += [f"echo '### {page.name}, line {block.line}'", text]
    return "\n".join(lines)


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=ids)
def test_every_command_of_a_page_does_what_it_should(page: Path, household: Household) -> None:
    done = household.run(script(page))
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    for name in MADE.get(page.name, ()):
        assert (household.here / name).is_file(), f"{name}\n{done.stdout}"


MADE = {
    "README.md": (
        *("films/movie.mkv", "better/movie.mkv", "fixed.mkv", "small/movie.mkv"),
        *("shelf/output/Metropolis (1927).mkv", "shelf/output/Nosferatu (1922).mkv"),
    ),
    "tutorial.md": (
        *("films/movie.mkv", "shelf/output/Metropolis (1927).mkv", "shelf/output/Nosferatu (1922).mkv"),
        "shelf/work/Metropolis-1927/validation.json",
    ),
    "recipes.md": (
        *("../films/Show/Season 01/E01.mkv", "subtitled/movie.mkv", "grainy/movie.mkv", "drawn/movie.mkv"),
        *("cartoons/movie.mkv", "phone/movie.mkv", "../nas/films/film.mkv", "movie.crop.png"),
    ),
}
"""What has been made in the end, from the directory in which a page begins."""


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    wrong = {call: found for call in mentioned(page) if (found := problem(call)) is not None}
    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_no_command_on_a_page_is_hidden_from_these_tests(page: Path) -> None:
    assert unfenced(page) == []
    assert [block.line for block in shell(page) if block.notes.get("not run") == ""] == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [target.partition("#")[0] for target in targets if "://" not in target]
    assert [name for name in local if name and not (page.parent / name).exists()] == []


def test_a_wrong_command_would_be_found() -> None:
    assert problem("drapto encode movie.mkv -o out --crf 27") is None
    assert problem("drapto encdoe movie.mkv") == "there is no command encdoe"
    assert problem("drapto encode movie.mkv --vmfa=95") == "drapto encode has no --vmfa"
    assert (
        problem("drapto cluster worker tcp://a --slots 8 --bolts 9") == "drapto cluster worker has no --bolts"
    )


def only(found: list[Block]) -> Block:
    assert len(found) == 1
    return found[0]


def test_the_script_for_every_night_runs_as_cron_would_run_it(household: Household) -> None:
    nightly = only([block for block in blocks(RECIPES) if block.language == "bash"])
    line = only([block for block in blocks(RECIPES) if block.language == "cron"]).text.strip()
    path = household.home / "bin" / "encode-rips"
    path.parent.mkdir()
    path.write_text(nightly.text)
    path.chmod(0o755)
    command = line.split(maxsplit=5)[5]
    household.environment["PATH"] = "/usr/bin:/bin"  # cron's
    shutil.rmtree(household.home / "rips" / "Show")
    bad = household.home / "rips" / "bad.mkv"
    bad.write_bytes(b"no film")
    first = household.run(command, "/bin/sh", "-c")
    assert first.stdout.startswith("a film failed:\n✗ bad  "), first.stdout
    bad.unlink()
    assert household.run(command, "/bin/sh", "-c").stdout == "all films are finished\n"
    films = sorted(one.name for one in (household.home / "films").glob("*.mkv"))
    assert films == ["Metropolis (1927).mkv", "Nosferatu (1922).mkv"]
    shutil.rmtree(household.home / "rips")
    assert household.run(command, "/bin/sh", "-c").stdout.startswith("drapto did not begin:\nerror: ")


def test_the_service_takes_what_arrives_and_ends_well(household: Household) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # as the configparser's manual says
    unit.read_string(only([block for block in blocks(RECIPES) if block.language == "ini"]).text)
    service = unit["Service"]
    command = shlex.split(service["ExecStart"].replace("%h", str(household.home)))
    shutil.rmtree(household.home / "rips" / "Show")
    (household.home / "rips" / "Nosferatu (1922).mkv").unlink()
    # as systemd does: a test that runs in the background inherits that Ctrl-C is ignored
    # 30 s of quiet are what the page says of the default; tests/system/test_cli_watch.py holds what is quiet
    started = ["env", "--default-signal=INT", *command, "--quiet", "1"]
    process = subprocess.Popen(started, cwd=household.home, env=household.environment)
    made = household.home / "films" / "Metropolis (1927).mkv"
    end = time.monotonic() + 240
    try:
        while not made.exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        time.sleep(0.3)
    finally:
        process.send_signal(getattr(signal, service["KillSignal"]))
        try:
            code = process.wait(float(service["TimeoutStopSec"]) + 60)
        finally:
            process.kill()
    assert str(code) in {"0", service["SuccessExitStatus"]}
    if shutil.which("systemd-analyze") is not None:
        path = household.home / "drapto.service"
        path.write_text(only([block for block in blocks(RECIPES) if block.language == "ini"]).text)
        checked = household.run(f"systemd-analyze verify --user {path}")
        assert "drapto.service:" not in checked.stdout, checked.stdout


KNOWN_ACTIONS = {"actions/checkout", "actions/setup-python", "actions/upload-artifact"}
"""What is left to GitHub."""


def test_the_workflow_encodes_the_fixtures(household: Household, film: Path) -> None:
    workflow = yaml.safe_load(only([block for block in blocks(RECIPES) if block.language == "yaml"]).text)
    [job] = workflow["jobs"].values()
    steps = job["steps"]
    assert {step["uses"].partition("@")[0] for step in steps if "uses" in step} == KNOWN_ACTIONS
    there = {
        step["with"].get("path") for step in steps if "checkout" in step.get("uses", "") and "with" in step
    }
    assert there == {"drapto"}
    ignored = shutil.ignore_patterns("__pycache__", ".*", "build", "*.egg-info")
    shutil.copytree(ROOT, household.here / "drapto", symlinks=True, ignore=ignored)
    (household.here / "fixtures").mkdir()
    shutil.copy(film, household.here / "fixtures" / "clip.mkv")
    python = fresh_python(household)
    for step in steps:
        if "run" in step:
            done = household.run(step["run"])
            assert done.returncode == 0, f"{step['run']}\n{done.stdout}"
    upload = next(step["with"] for step in steps if "upload" in step.get("uses", ""))
    assert (household.here / upload["path"] / "clip.mkv").is_file()
    where = household.run(f"{python} -c 'import drapto; print(drapto.__file__)'").stdout
    assert where.startswith(str(household.home / "env")), where


def fresh_python(household: Household) -> Path:
    """Make the environment that setup-python makes; what drapto needs is in it, so nothing is fetched."""
    environment = household.home / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    site = next((environment / "lib").glob("python3*")) / "site-packages"
    installed = next((Path(sys.prefix) / "lib").glob("python3*")) / "site-packages"
    (site / "needed.pth").write_text(f"{installed}\n")
    pip = environment / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip --python {python} "$@"\n')
    pip.chmod(0o755)
    household.environment |= {
        "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's own way to say that there is none
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return python
