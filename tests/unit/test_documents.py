"""Documentation that is made from the code is as the code is now."""

from __future__ import annotations

import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from drapto import errors
from drapto.display.lines import summary_lines
from tests.documents import ROOT, generated, settings
from tests.documents.commands import CODES
from tests.documents.manual import troff
from tests.documents.picture import COMMAND
from tests.documents.tree import all_commands

PAGES = generated()
SVG = "{http://www.w3.org/2000/svg}"
RECORD = "run `python -m tests.documents.picture`"
AGAIN = "run `python -m tests.documents`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_it_is_up_to_date(path: object) -> None:
    for page, text in PAGES.items():
        if page == path:
            assert page.read_text(encoding="utf-8") == text, AGAIN


def test_every_section_of_the_settings_has_its_table() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert settings.asked(text) == {*settings.sections(), "environment"}


def test_every_setting_says_what_it_takes_and_means() -> None:
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for name in settings.sections()
        for line in settings.table(name).splitlines()[2:]
    ]
    assert [row[0] for row in rows if len(row) != 4 or not all(row)] == []


def test_every_command_has_a_text_and_every_option_too() -> None:
    for one in all_commands():
        assert all(one.text), one.name
        assert [given for given, does in one.options if not does] == [], one.name


def test_every_command_has_examples() -> None:
    lacking = [one.name for one in all_commands() if one.name.count(" ") == 1 and not one.examples]
    assert lacking == []


def test_the_manual_page_is_without_a_warning() -> None:
    if (man := shutil.which("man")) is None or shutil.which("groff") is None:
        pytest.skip("no man on this machine")
    page = ROOT / "docs" / "man" / "drapto.1"
    done = subprocess.run(
        [man, "--warnings", "-l", str(page)],
        capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LANG": "C.UTF-8"},
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "drapto encode [OPTIONS] INPUT..." in done.stdout
    assert "encoding.crf.hd=27.5" in done.stdout


def test_every_exit_code_is_told() -> None:
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {int(code) for code in CODES} == {0, *known}


def test_text_is_no_request_to_troff() -> None:
    assert troff(".SH a-b") == r"\&.SH a\-b"
    assert troff("a\\b") == r"a\eb"


@pytest.mark.parametrize("name", ["running", "finished"])
def test_a_picture_of_the_terminal_shows_what_the_program_shows(name: str) -> None:
    text = (ROOT / "docs" / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    picture = ET.fromstring(text)  # noqa: S314  a file of ours
    shown = " ".join("".join(one.itertext()) for one in picture.iter(f"{SVG}text")).replace("\xa0", " ")
    assert f"$ {' '.join(COMMAND)}" in shown, RECORD
    for stage in ("probe", "crop", "segment", "audio 0", *(["validate"] if name == "finished" else [])):
        assert stage in shown, RECORD
    if name == "finished":
        assert all(word in shown for word in summary_lines([])[0].split()), RECORD
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!#|[\"']?#|terminal)", text) == []
