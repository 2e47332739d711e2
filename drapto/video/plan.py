"""How a title's frames are divided: the typed content of ``encode_data/segments.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from weakref import WeakValueDictionary

from pydantic import model_validator

from drapto.engine.document import Document, Model, Rational

if TYPE_CHECKING:
    from pathlib import Path

BYTES_PER_FRAMES = 0.6
"""How much of an encode's time goes by the source's bytes, where what goes by its frames is 1: least squares
over the CPU seconds of the seven 8 s segments of the Sintel trailer in 720p at preset 6, which it meets
within 20 % but for two that are almost still."""


class Segment(Model):
    """A run of consecutive frames, in presentation order.

    Attributes:
        index: Counts from 1; also its file name, ``0001.mkv``.
        path: The stream-copied file, relative to the title's work directory; None where the source itself is
            read.
        size: Bytes of that file (the source's where it is read itself).
        start_time: Presentation time of the first frame, seconds.
        duration: To the next segment's first frame, or to the end of the last frame, seconds.
        frames: How many frames it decodes to, once what overlaps the next segment is cut off.
        first_frame: Where its frames begin among those of the output.
        keyint: The longest run of frames that lasts at most 10 s, for the encoder's keyframe interval.
        scenes: Which of its frames begin a new scene, as far as the source's keyframes tell.
        filters: ffmpeg's filters that turn the decoded file into the segment's pictures, before any other;
            empty where they are the decoded ones. They count on the file's own times (``-copyts``).
    """

    index: int
    path: str | None
    size: int
    start_time: float
    duration: float
    frames: int
    first_frame: int
    keyint: int
    scenes: tuple[int, ...] = ()
    filters: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The segment's number as its files are named."""
        return f"{self.index:04d}"


class SegmentPlan(Document):
    """All segments of a title.

    Attributes:
        digest: The source's content digest.
        settings: The settings slice that shaped this plan.
        strategy: The name of the encoding strategy that it is for.
        reason: Why that strategy, and why so many segments, in one line.
        rate: The nominal frame rate that every segment is encoded at; the true times come back in
            ``video.mkv``.
        segments: In presentation order.
    """

    digest: str
    settings: dict[str, object]
    strategy: str
    reason: str
    rate: Rational
    segments: tuple[Segment, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, value: object) -> object:
        """Drop what plans once held and nothing ever read: the name of the file of the output's times."""
        return (
            {name: held for name, held in value.items() if name != "timestamps"}
            if isinstance(value, dict)
            else value
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read from ``path``; as long as that file is in use in this process, it is one and the same plan.

        Each of a title's stages has it, and one of 10,000 segments takes 13 MB.

        Raises:
            ArtifactError: The file is missing, or not a plan.
        """
        key = _key(path)
        known = _in_use.get(key) if key else None
        if isinstance(known, cls):
            return known
        plan = super().read(path)
        if key and key == _key(path):
            _in_use[key] = plan
        return plan

    def efforts(self) -> list[tuple[Segment, float]]:
        """Return the segments, each with how long its encode takes, in no unit; the longest first.

        Then the last to end is a short one. An encode's time grows with the frames and with the detail in
        them, which the source's bytes tell.
        """
        frames, size = self.frames, max(1, sum(segment.size for segment in self.segments))
        rated = [
            (segment, segment.frames / frames + BYTES_PER_FRAMES * segment.size / size)
            for segment in self.segments
        ]
        return sorted(rated, key=lambda pair: (-pair[1], pair[0].index))

    @property
    def frames(self) -> int:
        """How many frames the title has."""
        return sum(segment.frames for segment in self.segments)


_Key = tuple[str, int, int, int]

_in_use: WeakValueDictionary[_Key, SegmentPlan] = WeakValueDictionary()


def _key(path: Path) -> _Key | None:
    """Return what no other plan has: a path, and the inode, time and size of what is there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_ino, found.st_mtime_ns, found.st_size
