"""What a terminal is given: text alone, nothing that it would act on.

Titles, languages, names of chapters, attachments and files come from strangers. An escape sequence among them
could set the window's title, clear the screen or hide what is said; a bidirectional control could turn it
round. All that drapto writes to a terminal, a pipe or a log on the console goes through `shown`, and a test
holds that nothing writes there by itself.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from pathlib import Path

_CONTROLS = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    r"\xad\u200b\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # unseen
    r"\ud800-\udfff"  # a byte of a file's name that is no UTF-8, which not every output takes
)
_ACTED_ON = re.compile(f"[{_CONTROLS}]")
_NOT_ON_A_LINE = re.compile(f"[{_CONTROLS}\t\n]")


def _escaped(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


def shown(text: str) -> str:
    """Return ``text`` for an output: what a terminal acts on is escaped; newlines and tabs stay."""
    return text if text.isascii() and text.isprintable() else _ACTED_ON.sub(_escaped, text)


def printable(text: Path | str) -> str:
    """Return a name or a title for a message: as `shown`, and on one line."""
    return _NOT_ON_A_LINE.sub(_escaped, str(text))


class Shown:
    """A stream to which `shown` text alone is written; otherwise the stream itself.

    Args:
        stream: Where it goes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text``."""
        return self._stream.write(shown(text))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the stream has
        return getattr(self._stream, name)


class ShownRecords(logging.Filter):
    """Makes a logger's records, tracebacks included, such as may be shown on the console."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change ``record``; none is left out."""
        record.msg, record.args = shown(record.getMessage()), None
        if record.exc_info:
            record.exc_text = shown(logging.Formatter().formatException(record.exc_info))
        return True
