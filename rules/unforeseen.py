"""What a library raises on a file that it does not understand: a failure of that file's title, in one line.

Each stage turns what it expects into a `DraptoError` of its own. This is for what none expected: a number in
a file that no field holds, a codec's kind that a library has no name for. Faults of drapto's own stay what
they are, and are shown with where they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine.atomic import PARTIAL
from drapto.errors import ArtifactError, DraptoError, SourceError, StageError

if TYPE_CHECKING:
    from drapto.project import Title

REMUX = "rip it again, or remux it with mkvmerge: `mkvmerge -o new.mkv it.mkv`"

NUMBERS = (OverflowError, UnicodeError, ZeroDivisionError)
"""What no number, and no text, of a file that makes sense gives rise to."""

READING = ("probe", "crop", "fields", "segment")
"""Stages that do nothing but read the source."""


def unforeseen(error: Exception, title: Title, stage: str) -> DraptoError | None:
    """Return what is to be said of ``error``; None where it is a fault of drapto's own."""
    from av import FFmpegError

    if isinstance(error, FFmpegError):
        return _of_a_file(error, error.filename, title)
    if isinstance(error, NUMBERS) or (isinstance(error, ValueError) and stage in READING):
        said = " ".join(str(error).split()) or type(error).__name__
        problem = f"has something in it that cannot be made sense of ({said}, in {stage})"
        return SourceError(problem, path=title.source, remedy=REMUX)
    return None


def _of_a_file(error: Exception, name: str | None, title: Title) -> DraptoError:
    said = getattr(error, "strerror", None) or str(error)
    path = (name or "").removeprefix("file:")
    if path.endswith(PARTIAL):  # just written, and gone by now
        return StageError(
            f"what was made of it cannot be read back ({said})", path=title.source, remedy=REMUX
        )
    if path.startswith(f"{title.work}/"):
        return ArtifactError(f"cannot be used ({said})", path=path, remedy="delete it and run again")
    return SourceError(f"cannot be read ({said})", path=title.source, remedy=REMUX)
