"""What a validation found: the typed content of ``validation.json``."""

from __future__ import annotations

from drapto.encoding.delivered import Delivered
from drapto.engine.document import Document, Model
from drapto.versions import Versions


class Check(Model):
    """One promise and what came of it.

    Attributes:
        name: What was looked at, such as ``audio 0 language``.
        expected, found: In words that a reader can compare.
        passed: Whether the promise was kept.
    """

    name: str
    expected: str
    found: str
    passed: bool


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
        passed: Every check passed. Only then may the file be published.
        frames: How many frames the output has.
        duration: Of the output, seconds.
        sizes: Of source and output.
        inputs: What the caller wants recorded of the job: settings, digests.
        checks: In the order of the file: picture, sound, subtitles, the rest.
        quality: What the picture was measured to score; None where it was not.
        versions: Of what made the file; None where an earlier drapto did not write them down.
        content: The digest of all of its packets; empty where an earlier drapto did not take it.
    """

    digest: str
    passed: bool
    frames: int
    duration: float
    sizes: Sizes
    inputs: dict[str, object]
    checks: tuple[Check, ...]
    quality: Delivered | None = None
    versions: MadeWith | None = None
    content: str = ""

    @property
    def output_bytes(self) -> int:
        """The output's size."""
        return self.sizes.output

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)
