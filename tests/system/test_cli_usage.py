"""What is refused before any work: one line on stderr, exit code 3, nothing written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import drapto
from drapto.cli import main
from drapto.cli.group import COMMANDS
from tests.documents.tree import all_commands

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")


def refused(*arguments: str | Path, code: int = 3) -> str:
    """Return the one line that a command is refused with."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("error: ").rstrip("\n")


def test_version_and_help() -> None:
    assert run("--version").output == f"drapto {drapto.__version__}\n"
    text = run("-h")
    assert text.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in text.output
        assert run(name, "--help").exit_code == 0


def test_without_arguments_the_help_is_shown() -> None:
    shown = run()
    assert shown.exit_code == 0
    assert shown.stderr == ""
    assert shown.stdout == run("--help").stdout


ALL = [one.name.removeprefix("drapto").strip() for one in all_commands()]


@pytest.mark.parametrize("name", ALL)
def test_every_command_shows_an_example(name: str) -> None:
    text = run(*name.split(), "--help").output
    assert "Examples:" in text
    assert re.search(rf"\n +drapto {name}", text)


@pytest.mark.parametrize("columns", [120, 80, 60])
@pytest.mark.parametrize("name", ALL)
def test_help_is_whole_at_any_width(name: str, columns: int) -> None:
    """`drapto config` said of what its commands do no more than the first words."""
    text = CliRunner().invoke(main, [*name.split(), "--help"], terminal_width=columns).output
    assert max(map(len, text.splitlines())) <= columns
    assert not re.search(r"\w(\.\.\.|…)(\s|$)", text.replace("...\n\n", "\n\n", 1))
    assert "<=x" not in text
    assert "RANGE" not in text


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("encod", "encode"),
        ("config shw", "config show"),
        ("cluster wrker", "cluster worker"),
        ("help", "--help"),
        ("help run", "run --help"),
        ("help config", "config --help"),
        ("version", "--version"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_right_one(typed: str, near: str) -> None:
    assert refused(*typed.split()).endswith(f"; did you mean `drapto {near}`?")


@pytest.mark.parametrize(
    "command",
    [
        *(["encode", "no.mkv", "-o", "out"], ["plan", "no.mkv"], ["status", "no.mkv"], ["probe", "no.mkv"]),
        *(["crop", "no.mkv"], ["sample", "no.mkv"], ["score", "no.mkv", "no.mkv"], ["verify", "no.mkv"]),
        *(["compare", "no.mkv", "no.mkv"], ["clean", "no.mkv"]),
    ],
    ids=lambda command: command[0],
)
def test_one_mistake_has_one_message_and_one_exit_code(here: Path, command: list[str]) -> None:
    del here
    done = run(*command)
    assert done.exit_code == 3
    assert done.stderr.endswith("no.mkv: does not exist; check the name\n")


def test_numbers_have_no_more_digits_than_mean_something() -> None:
    done = run("config", "show", "--json", "--set", "crop.threshold=0.123456789012")
    assert done.exit_code == 0
    assert '"value": 0.123457,' in done.stdout
    assert re.findall(r"\d\.\d{7,}", done.stdout) == []


def test_cleaning_all_removes_the_work_of_encode_and_nothing_of_a_stranger(here: Path) -> None:
    for name in ("film", "stranger"):
        (here / "work" / name).mkdir(parents=True)
        (here / "work" / name / "source.txt").write_text("film.mkv")
    (here / "work" / "film" / "made.jsonl").write_text("")
    said = run("clean").stdout
    assert said.startswith("nothing to remove\n")
    assert "remove all of it with --all" in said
    assert run("clean", "--all").exit_code == 0
    assert not (here / "work" / "film").exists()
    assert (here / "work" / "stranger").is_dir()
    assert run("clean").stdout == "nothing to remove\n"


def test_a_shell_completes_the_keys_of_set(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COMP_WORDS", "drapto encode --set quality.vmaf"), ("COMP_CWORD", "3")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_DRAPTO_COMPLETE", "bash_complete")
    done = subprocess.run(
        [sys.executable, "-c", "from drapto.cli import main; main(prog_name='drapto')"],
        capture_output=True,
        text=True,
        check=False,
        cwd=here,
    )
    assert done.stdout == "plain,quality.vmaf_model=\n"


def test_it_is_a_program() -> None:
    command = [sys.executable, "-m", "drapto"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"drapto {drapto.__version__}\n"
    failed = subprocess.run([*command, "encode", "--nope"], capture_output=True, text=True, check=False)
    assert failed.returncode == 3
    assert failed.stderr.startswith("error: No such option")
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encod"], "No such command 'encod'; did you mean `drapto encode`?"),
        (["frobnicate"], "No such command 'frobnicate'; see `drapto --help`"),
        (["probe", "no.mkv"], "no.mkv: does not exist; check the name"),
        (["crop", "no.mkv"], "no.mkv: does not exist; check the name"),
        (["plan"], "{here}: is no drapto project; run `drapto init` to make it one"),
        (["status"], "{here}: is no drapto project; run `drapto init` to make it one"),
        (["run"], "{here}: is no drapto project; run `drapto init` to make it one"),
        (["encode", "-o", "out"], "Missing argument 'INPUT...'; see `drapto encode --help`"),
        (["encode", "a.mkv"], "Missing option '-o' / '--output'; see `drapto encode --help`"),
        (["encode", "a.mkv", "-o", "out", "--preset", "14"], "Invalid value for '--preset'"),
        (["encode", "a.mkv", "-o", "out", "--crf", "64"], "Invalid value for '--crf'"),
        (
            ["encode", "a.mkv", "-o", "out", "--crf", "20.1"],
            "command line: encoding.crf.sd = 20.1 is not a multiple",
        ),
        (["encode", "a.mkv", "-o", "out", "--mode", "fast"], "Invalid value for '--mode'"),
        (["encode", "a.mkv", "-o", "out", "-n", "0"], "Invalid value for '-n' / '--jobs'"),
        (["encode", "a.mkv", "-o", "out", "--set", "preset"], 'command line: "preset" is not a setting'),
        (
            ["encode", "a.mkv", "-o", "out", "--set", "crop.enable=1"],
            "command line: crop.enable is not a setting",
        ),
        (["encode", "a.mkv", "--presset", "4"], "No such option '--presset'; did you mean `--preset`"),
        (["encode", "a.mkv", "-o", ""], "Invalid value for '-o' / '--output': it is empty"),
        (["encode", "a.mkv", "-o", "out", "--config", "no.toml"], "no.toml: is not a file"),
        (["config", "migrate"], "drapto.toml: is not there; "),
        (["config", "show", "--set", "a"], 'command line: "a" is not a setting'),
    ],
)
def test_bad_usage_is_refused(here: Path, arguments: list[str], message: str) -> None:
    assert refused(*arguments).startswith(message.replace("{here}", str(here)))
    assert list(here.iterdir()) == []


def test_a_bad_variable_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAPTO_PRESET", "99")
    for command in (
        ["encode", here / "a.mkv", "-o", "out"],
        ["plan"],
        ["status"],
        ["config", "show"],
        ["clean"],
    ):
        assert refused(*command).startswith('DRAPTO_PRESET: encoding.preset = "99" is more than 13; ')


def test_a_missing_input_is_named(here: Path) -> None:
    assert refused("encode", "no.mkv", "-o", "out") == f"{here / 'no.mkv'}: does not exist; check the name"


def test_a_name_that_would_break_the_line_does_not(here: Path) -> None:
    assert refused("encode", "two\nlines \x1b[31m.mkv", "-o", "out").startswith(
        f"{here}/two\\nlines \\x1b[31m.mkv: "
    )


def test_a_directory_without_sources_is_named(here: Path) -> None:
    (here / "films").mkdir()
    assert refused("encode", "films", "-o", "out").startswith("films: has no *.mkv in it; ")


def test_sources_in_folders_of_a_directory_are_pointed_at(here: Path) -> None:
    (here / "shows" / "Season 1").mkdir(parents=True)
    (here / "shows" / "Season 1" / "a.mkv").write_bytes(b"x")
    assert refused("encode", "shows", "-o", "out") == (
        'shows: has no *.mkv in it; its folders have some: set input.file_pattern = "**/*.mkv", or give '
        "--set 'input.file_pattern=**/*.mkv'"
    )
    said = run("plan", "shows", "-o", "out", "--set", "input.file_pattern=**/*.mkv").output
    assert said.startswith("· a: to do")


def test_two_inputs_with_one_stem_are_refused(here: Path) -> None:
    for folder in ("a", "b"):
        (here / folder).mkdir()
        (here / folder / "Film.mkv").write_bytes(b"x")
    message = refused("encode", "a/Film.mkv", "b/Film.mkv", "-o", "out")
    assert message.startswith(
        f"{here}/b/Film.mkv: would be written to the same output as {here}/a/Film.mkv; "
    )


def test_one_file_cannot_hold_two_titles(here: Path) -> None:
    for name in ("a.mkv", "b.mkv"):
        (here / name).write_bytes(b"x")
    message = refused("encode", "a.mkv", "b.mkv", "-o", "both.mkv")
    assert message == "both.mkv: one file cannot hold 2 titles; name a directory with -o"
    assert refused("encode", "a.mkv", "-o", "a.mp4").startswith(
        "a.mp4: drapto writes Matroska alone, not .mp4"
    )
    assert refused("encode", "a.mkv", "-o", "a.mkv").startswith(f"{here}/a.mkv: the output would overwrite")


def test_an_input_named_twice_is_one_input(here: Path) -> None:
    (here / "Film.mkv").write_bytes(b"x")
    message = refused("encode", "Film.mkv", "./Film.mkv", ".", "-o", ".")
    assert message.startswith(f"{here}/Film.mkv: the output would overwrite its own source; ")


def test_a_missing_ffmpeg_is_named(here: Path) -> None:
    (here / "a.mkv").write_bytes(b"x")
    message = refused("encode", "a.mkv", "-o", "out", "--set", "tools.ffmpeg=/no/ffmpeg")
    assert message.startswith("/no/ffmpeg: is not a program that can be run; ")
    assert not (here / "out").exists()


def test_a_program_that_is_no_ffmpeg_is_named(here: Path) -> None:
    (here / "a.mkv").write_bytes(b"x")
    true = shutil.which("true")
    assert true is not None
    message = refused("encode", "a.mkv", "-o", "out", "--set", f"tools.ffmpeg={true}")
    assert message.startswith(f"{true}: does not answer as an ffmpeg does; ")


def test_what_the_system_refuses_is_one_line_too(here: Path) -> None:
    (here / "file").write_bytes(b"")
    assert refused("init", "file/project", code=2).endswith("Not a directory")
