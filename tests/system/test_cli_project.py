"""The commands around an encode: init, config, probe, doctor."""

from __future__ import annotations

import json
import os
import tomllib
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from drapto.cli import dodo, main
from drapto.config import Config, load_config
from drapto.rules.project import DODO
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_tracks(ffmpeg, clip_cache / "cli-tracks.mkv")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")


def test_init_makes_a_project(here: Path) -> None:
    done = run("init", "films")
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (here / "films").iterdir())
    assert names == ["dodo.py", "drapto.toml", "output", "source"]
    assert load_config(here / "films", environ={}) == Config()
    compile((here / "films" / "dodo.py").read_text(), "dodo.py", "exec")
    assert "Put MKV files into" in done.output
    assert "then run `drapto run`" in done.output


def test_init_beside_sources_asks_for_none(here: Path) -> None:
    (here / "source").mkdir()
    (here / "source" / "film.mkv").touch()
    done = run("init")
    assert "Put MKV files" not in done.output
    assert "source has MKV files already: run `drapto run`" in done.output


def test_init_overwrites_nothing(here: Path) -> None:
    (here / "dodo.py").write_text("# mine")
    (here / "drapto.toml").write_text('input.source_dir = "rips"\n')
    done = run("init")
    assert done.exit_code == 0
    assert "dodo.py is there already" in done.output
    assert (here / "dodo.py").read_text() == "# mine"
    assert (here / "drapto.toml").read_text() == 'input.source_dir = "rips"\n'
    assert (here / "rips").is_dir()


@pytest.mark.parametrize("earlier", dodo.EARLIER_TEXTS)
def test_init_rewrites_the_dodo_file_of_an_earlier_version(here: Path, earlier: str) -> None:
    (here / "dodo.py").write_text(earlier)
    done = run("init")
    assert done.exit_code == 0
    assert "dodo.py rewritten" in done.output
    assert (here / "dodo.py").read_text() == DODO
    again = run("init")
    assert "dodo.py is there already\n" in again.output
    assert (here / "dodo.py").read_text() == DODO


def test_init_says_what_to_change_in_a_dodo_file_that_is_not_its_own(here: Path) -> None:
    mine = f"{dodo.EARLIER}\n# and a task of mine\n"
    (here / "dodo.py").write_text(mine)
    done = run("init")
    assert done.exit_code == 0
    assert "write `from drapto import rules` where it has `import rules`" in done.output
    assert (here / "dodo.py").read_text() == mine


@pytest.mark.parametrize(("text", "said"), [(dodo.EARLIER, True), (DODO, False), ("\xff", False)])
def test_a_command_in_a_project_of_an_earlier_version_says_so_once(
    here: Path, text: str, *, said: bool
) -> None:
    (here / "source").mkdir()
    (here / "dodo.py").write_text(text, encoding="latin-1")
    done = run("status")
    assert done.exit_code == 0, done.output
    assert done.stderr.count("run `drapto init`") == said
    assert "drapto init" not in done.stdout


def test_config_show_prints_a_file_that_gives_the_same_settings(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "drapto.toml").write_text("encoding.preset = 4\n")
    monkeypatch.setenv("DRAPTO_CRF_HD", "30.5")
    shown = run("config", "show", "--set", "audio.bitrate.5.1=320")
    assert shown.exit_code == 0
    assert "preset = 4  # drapto.toml\n" in shown.stdout
    assert "crf.hd = 30.5  # DRAPTO_CRF_HD\n" in shown.stdout
    assert 'bitrate."5.1" = 320  # command line\n' in shown.stdout
    (here / "other.toml").write_text(shown.stdout)
    monkeypatch.delenv("DRAPTO_CRF_HD")
    again = load_config(file=here / "other.toml", environ={})
    assert (again.encoding.preset, again.encoding.crf.hd, again.audio.bitrate.surround_5_1) == (4, 30.5, 320)


@pytest.mark.usefixtures("here")
def test_config_show_as_json() -> None:
    values = json.loads(run("config", "show", "--set", "crop.enabled=no", "--json").stdout)
    assert values["crop.enabled"] == {"value": False, "origin": "command line"}
    assert values["resources.max_memory"] == {"value": "auto", "origin": "default"}


def test_an_old_file_is_read_noted_and_migrated(here: Path) -> None:
    (here / "drapto.toml").write_text("# mine\ncrf = 21\n")
    shown = run("config", "show")
    assert "crf.sd = 21  # drapto.toml" in shown.stdout
    assert shown.stderr == "note: drapto.toml is of version 1: run `drapto config migrate` to rewrite it\n"
    assert run("config", "migrate").stdout == "drapto.toml rewritten; the old one is drapto.toml.bak\n"
    assert tomllib.loads((here / "drapto.toml").read_text()) == {
        "version": 3,
        "encoding": {"crf": {"sd": 21, "hd": 21}},
    }
    assert run("config", "show").stderr == ""
    assert run("config", "migrate").stdout == "drapto.toml is of today's version\n"


def test_probe_shows_every_track(clip: Path) -> None:
    done = run("probe", clip)
    assert done.exit_code == 0, done.output
    info = json.loads(run("probe", clip, "--json").stdout)
    assert f"{info['video']['frames']} frames" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    for kind, tracks in (("audio", info["audio"]), ("subtitle", info["subtitles"])):
        found = [row for row in rows if row[1:2] == [kind]]
        assert [(row[0], row[2]) for row in found] == [(str(one["index"]), one["codec"]) for one in tracks]
    for attachment in info["attachments"]:
        assert attachment["filename"] in done.stdout


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("empty.mkv", b"", 1), ("text.mkv", b"hello\n" * 99, 1), ("missing.mkv", None, 3)],
)
def test_probe_refuses_what_is_no_source(here: Path, name: str, content: bytes | None, code: int) -> None:
    if content is not None:
        (here / name).write_bytes(content)
    done = run("probe", name)
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert name in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_finds_this_machine_fit(here: Path) -> None:
    done = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 0, done.output
    assert checks["capabilities"]["state"] == "ok"
    assert "libsvtav1" in checks["capabilities"]["found"]
    assert checks["work directory"]["found"].endswith(f"free in {here}")
    assert f"{len(os.sched_getaffinity(0))} usable" in checks["processors"]["found"]
    text = run("doctor")
    assert text.exit_code == 0
    assert "✓ ffmpeg" in text.stdout


@pytest.mark.usefixtures("here")
def test_doctor_says_what_to_do_without_ffmpeg() -> None:
    done = run("doctor", "--set", "tools.ffmpeg=/no/ffmpeg")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("✗ ffmpeg"))
    assert "/no/ffmpeg: is not a program that can be run" in lines[place]
    assert lines[place + 1].strip() == "-> correct tools.ffmpeg"


@pytest.mark.usefixtures("here")
def test_doctor_does_without_ab_av1_but_says_how_to_get_it() -> None:
    nowhere = {"PATH": "/no", "HOME": "/no", "CARGO_HOME": "", "DRAPTO_AB_AV1": ""}
    found = _doctor_on_ab_av1(nowhere)
    assert (found["state"], found["remedy"]) == ("ok", "cargo install ab-av1 --locked")
    found = _doctor_on_ab_av1(nowhere | {"DRAPTO_AB_AV1": "/no/ab-av1"})
    assert found["state"] == "warning"
    assert "/no/ab-av1: is not a program" in found["found"]
    assert "unset DRAPTO_AB_AV1" in found["remedy"]


def test_doctor_names_the_version_of_ab_av1(here: Path) -> None:
    program = here / "ab-av1"
    program.write_text("#!/bin/sh\necho ab-av1 0.11.7\n")
    program.chmod(0o755)
    found = _doctor_on_ab_av1({"DRAPTO_AB_AV1": str(program)})
    assert (found["state"], found["found"]) == ("ok", f"0.11.7 (environment: {program})")


def _doctor_on_ab_av1(environ: dict[str, str]) -> dict[str, str]:
    done = CliRunner().invoke(main, ["doctor", "--json"], prog_name="drapto", env=environ)
    assert done.exit_code == 0, done.output
    return next(check for check in json.loads(done.stdout)["checks"] if check["name"] == "ab-av1")


@pytest.mark.usefixtures("here")
def test_doctor_warns_of_too_little_memory() -> None:
    done = run("doctor", "--set", "resources.max_memory=900 TiB", "--json")
    memory = next(check for check in json.loads(done.stdout)["checks"] if check["name"] == "memory")
    assert (memory["state"], done.exit_code) == ("warning", 0)
    assert "resources.max_memory" in memory["remedy"]


def test_doctor_names_a_directory_that_cannot_be_used(here: Path) -> None:
    (here / "file").write_bytes(b"")
    done = run("doctor", "--set", "output.dir=file/out", "--json")
    output = next(check for check in json.loads(done.stdout)["checks"] if check["name"] == "output directory")
    assert (output["state"], done.exit_code) == ("failed", 1)
    assert "output.dir" in output["remedy"]
