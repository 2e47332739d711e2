"""Lines that a terminal would cut in the middle of a word, broken between words instead."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from drapto.display.lines import columns

if TYPE_CHECKING:
    from typing import TextIO

HANGING = 4
"""Columns that the rest of a broken line is set in, where the line itself is not."""

NARROWEST = 20
"""Columns of a terminal below which nothing is broken: it would be a word a line."""

_UNITS = r"(?:s|h|%|B|kB|MB|GB|TB|fps|dB)"
_MARKS = "[✓⚠✗·…▸↻○]"
_WORDS = re.compile(rf"\s+|(?:`[^`]*`|{_MARKS} (?=\S)|[-+\d.,:]+ {_UNITS}(?![\w/])|\S)+")
"""What stays in one piece: a space, a word and its mark, a command in backticks, a number and its unit."""

_GAP = re.compile(r"\S {2,}(?=\S)")
_WIDE_GAP = re.compile(r"\S {3,}(?=\S)")
"""What stands before a column; a line that is set in may be a list, whose entries are two spaces apart."""


def wrapped(text: str, width: int) -> str:
    """Return one line as lines of at most ``width`` columns, each but the first set in.

    What is longer than a line by itself, such as a path or a command, begins on a line of its own and is left
    to the terminal, so that it can be copied. A line of columns goes on under the last of them that begins in
    its left half.

    Args:
        text: One line.
        width: Columns of the terminal.
    """
    if width < NARROWEST or columns(text) <= width:
        return text
    indent = len(text) - len(text.lstrip())
    gaps = (_WIDE_GAP if indent else _GAP).finditer(text)
    begins = [begin for gap in gaps if (begin := columns(text[: gap.end()])) <= width // 2]
    margin = max(begins, default=indent or HANGING)
    lines, line, begun = [], "", False
    for word in _WORDS.findall(text):
        if begun and columns(line) + columns(word) > width and not word.isspace():
            lines.append(line.rstrip())
            line = " " * margin
        line += word
        begun = begun or not word.isspace()
    return "\n".join([*lines, line.rstrip()])


def width_of(stream: TextIO) -> int:
    """Return the columns of the terminal that a stream writes to; 0 where it is none, or does not say."""
    try:
        if not stream.isatty():
            return 0
        told = os.environ.get("COLUMNS", "")
        return int(told) if told.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # it is closed, or has no descriptor
        return 0
