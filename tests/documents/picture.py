"""The pictures of a terminal in docs/pictures/: a real run, as a terminal of 124 columns shows it.

    python -m tests.documents.picture

encodes the sample of `make run`, and keeps two moments: one while it encodes, and the end. pyte is the
terminal, rich writes the SVG. Nothing in the pictures was typed by hand but the command.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests import clips
from tests.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMNS, LINES = 124, 30
SECONDS_OF_SAMPLE = 32
PICTURES = ROOT / "docs" / "pictures"
COMMAND = ("drapto", "encode", "movie.mkv", "-o", "films")
PROMPT = "$ "

WITHOUT_FONTS = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Rich's frame, without the fonts that it fetches from elsewhere."""

HALF = re.compile(r"encode .*\b[56]\d\.\d %")
"""What a screen has when the film is half encoded."""


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        clips.make_sample(clips.find_ffmpeg(), Path(folder) / "movie.mkv", seconds=SECONDS_OF_SAMPLE)
        running, finished = record(Path(folder))
    PICTURES.mkdir(exist_ok=True)
    for name, screen in (("running", running), ("finished", finished)):
        (PICTURES / f"{name}.svg").write_text(svg(screen), encoding="utf-8")
        print(f"docs/pictures/{name}.svg written")  # noqa: T201


def record(folder: Path, options: Sequence[str] = ()) -> tuple[list[Text], list[Text]]:
    """Return the screen while the film is encoded, and at the end.

    Args:
        folder: Where ``movie.mkv`` is.
        options: More for the command line; they are not shown.
    """
    screen = pyte.Screen(COLUMNS, LINES)
    terminal = pyte.ByteStream(screen)
    terminal.feed(f"{PROMPT}{' '.join(COMMAND)}\r\n".encode())
    running: list[Text] = []
    for chunk in _run([sys.executable, "-m", *COMMAND, *options], folder):
        terminal.feed(chunk)
        if not running and any(HALF.search(line) for line in screen.display):
            running = lines(screen)
    return running, lines(screen)


def _run(command: list[str], folder: Path) -> Iterator[bytes]:
    """Yield what a command writes to a terminal.

    Raises:
        CalledProcessError: It failed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    known = {name: value for name, value in os.environ.items() if not name.startswith("DRAPTO_")}
    environment = {**known, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        try:
            while chunk := os.read(ours, 1 << 16):
                yield chunk
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(ours)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def lines(screen: pyte.Screen) -> list[Text]:
    """Return what a terminal shows, with its colours, without empty lines at the end."""
    found = []
    for number in range(screen.lines):
        line = Text(end="")
        chars = [screen.buffer[number][column] for column in range(screen.columns)]
        for (colour, bold), run in groupby(chars, lambda char: (char.fg, char.bold)):
            style = Style(color=None if colour == "default" else _colour(colour), bold=bold)
            line.append("".join(char.data for char in run), style)
        line.rstrip()
        found.append(line)
    while found and not found[-1].plain:
        found.pop()
    return found


def _colour(name: str) -> str:
    """Return pyte's name of a colour as rich has it."""
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return f"#{name}"
    plain = {"brown": "yellow", "brightbrown": "bright_yellow"}
    return plain.get(name, name.replace("bright", "bright_"))


def svg(screen: Sequence[Text]) -> str:
    """Return a picture of a terminal that asks the network for nothing."""
    console = Console(
        width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in screen:
        console.print(line, soft_wrap=True)
    return console.export_svg(title="drapto", code_format=WITHOUT_FONTS, unique_id="terminal")


if __name__ == "__main__":
    main()
