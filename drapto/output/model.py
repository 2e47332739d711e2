"""What a validation found: the typed content of ``validation.json``."""

from __future__ import annotations

from typing import Literal

from drapto.encoding.delivered import Delivered
from drapto.engine.document import Document, Model
from drapto.versions import Versions

Severity = Literal["broken", "differs"]
"""What it means that a check fails: a viewer would miss something, and nothing is published; or a detail is
other than in the source, which is published and said."""

LONGEST_VALUE = 120
"""Characters of a value that a sentence about it quotes; ``validation.json`` has all of it."""


class Check(Model):
    """One promise and what came of it.

    Attributes:
        name: What was looked at, such as ``audio 0 language``.
        expected, found: In words that a reader can compare.
        passed: Whether the promise was kept.
        severity: What it means where it was not. Before there were severities, everything was ``broken``.
    """

    name: str
    expected: str
    found: str
    passed: bool
    severity: Severity = "broken"

    @property
    def said(self) -> str:
        """What is to be said of it where it failed."""
        return f"{self.name} (expected {_short(self.expected)}, found {_short(self.found)})"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


class Sizes(Model):
    """Bytes.

    Attributes:
        source, output: The whole files.
        video: The picture's packets in the output.
        audio, subtitles: The same for each track.
    """

    source: int
    output: int
    video: int
    audio: tuple[int, ...] = ()
    subtitles: tuple[int, ...] = ()


class MadeWith(Model):
    """The versions of what made a file.

    Attributes:
        segments: Those that made its segments, each once; more than one set only where they may be mixed.
        tracks: Those that made each audio track; None where an earlier drapto did not write them down.
        check: Those that checked it.
    """

    segments: tuple[Versions, ...] = ()
    tracks: tuple[Versions | None, ...] = ()
    check: Versions


class Validation(Document):
    """The checks of one finished file, before it is published.

    Attributes:
        digest: The source's content digest.
        passed: Nothing is broken. Only then may the file be published.
        strict: What differs counts as broken, too.
        frames: How many frames the output has.
        duration: Of the output, seconds.
        sizes: Of source and output.
        inputs: What the caller wants recorded of the job: settings, digests.
        checks: In the order of the file: picture, sound, subtitles, the rest.
        quality: What the picture was measured to score; None where it was not.
        versions: Of what made the file; None where an earlier drapto did not write them down.
        content: The digest of all of its packets; empty where an earlier drapto did not take it.
        notes: What has to be known to read it, a line each: that it is of a part of the source.
    """

    digest: str
    passed: bool
    strict: bool = False
    frames: int
    duration: float
    sizes: Sizes
    inputs: dict[str, object]
    checks: tuple[Check, ...]
    quality: Delivered | None = None
    versions: MadeWith | None = None
    content: str = ""
    notes: tuple[str, ...] = ()

    @property
    def output_bytes(self) -> int:
        """The output's size."""
        return self.sizes.output

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, whatever that means."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def broken(self) -> tuple[Check, ...]:
        """The checks whose failure keeps the file from being published."""
        return tuple(check for check in self.failed if self.strict or check.severity == "broken")

    @property
    def differing(self) -> tuple[Check, ...]:
        """The checks whose failure is a difference that a viewer would not miss; published, unless strict."""
        return tuple(check for check in self.failed if check.severity == "differs")
