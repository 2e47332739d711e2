"""Nothing that a terminal acts on gets there."""

from __future__ import annotations

import ast
import io
import logging
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

import drapto
from drapto.display.console import ShownConsole
from drapto.terminal import Shown, ShownRecords, printable, shown

HARMLESS = "\t\n\u200c\u200d"
"""What stays among the control and format characters: two shape letters of Persian and Hindi, and emoji."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("Amélie 漢字\u3000✓ 👩\u200d🚀", "Amélie 漢字\u3000✓ 👩\u200d🚀"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\r\tb\n", "a\\r\tb\n"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_is_shown(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert shown(shown(text)) == shown(text)


def test_a_name_stays_on_one_line() -> None:
    assert printable(Path("/a/new\nline\t\x1b.mkv")) == "/a/new\\nline\\t\\x1b.mkv"


@given(st.text())
def test_no_control_is_left(text: str) -> None:
    for char in shown(text):
        category = unicodedata.category(char)
        assert category not in {"Cc", "Cs", "Zl", "Zp"} or char in HARMLESS
        assert unicodedata.bidirectional(char) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
        }  # fmt: skip
    shown(text).encode()


def test_a_stream_and_a_log() -> None:
    stream = io.StringIO()
    screened = Shown(stream)
    screened.write("a\x1bb\n")
    screened.flush()
    assert stream.getvalue() == "a\\x1bb\n"
    record = logging.makeLogRecord({"msg": "no %s", "args": ("a\x1b",)})
    assert ShownRecords().filter(record)
    assert record.getMessage() == "no a\\x1b"
    try:
        raise ValueError("\x1b[2J")  # noqa: TRY301
    except ValueError as error:
        record = logging.makeLogRecord({"msg": "no", "exc_info": (ValueError, error, error.__traceback__)})
    ShownRecords().filter(record)
    assert "\x1b" not in logging.Formatter().format(record)


def test_a_console_passes_its_own_controls_on_alone() -> None:
    def written(kind: type[Console]) -> str:
        console = kind(file=io.StringIO(), force_terminal=True, color_system="standard", width=60)
        console.print(Text("a\x1b[2Jb\u202e", style="bold red"))
        return console.file.getvalue()  # type: ignore[attr-defined]

    assert "\x1b[2J" in written(Console)
    assert written(ShownConsole) == "\x1b[1;31ma\\x1b[2Jb\\u202e\x1b[0m\n"


WRITERS = {"terminal.py", "cli/output.py", "encoding/abav1/ffprobe.py"}
"""Who may write to the outputs: the last is a program of its own, which ab-av1 reads."""

BARE = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write", "Console"}

ROOT = Path(drapto.__file__).parent
MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))


def bare_writes(tree: ast.Module) -> list[str]:
    """Return the calls that write to an output without `shown`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            text = ast.unparse(node.func)
            constant = text == "sys.stderr.write" and isinstance(node.args[0], ast.Constant)
            if text in BARE and not constant:
                found.append(f"{node.lineno}: {text}")
    return found


@pytest.mark.parametrize("module", [one for one in MODULES if one not in WRITERS])
def test_every_way_out_is_shown(module: str) -> None:
    assert bare_writes(ast.parse((ROOT / module).read_text(encoding="utf-8"))) == []
