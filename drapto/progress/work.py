"""All that is to be done for a title, task by task: of which kind, how much of it, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from drapto.media.fields.idet import LENGTH, RUNS
from drapto.progress.costs import AGAIN, AGAIN_ALONE, encode_kind
from drapto.quality.dividing import starts
from drapto.video.cut import KEYFRAME_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.progress.costs import Costs

Key = tuple[str, str, int | None]
"""A task: its title, its stage, its segment's or track's number. Of a part of the checking decode, the stage
is `DECODE`, and the number the part's."""

DECODE = "decode"


@dataclass(frozen=True)
class SegmentWork:
    """A segment to be encoded.

    Attributes:
        index: Its number, from 1.
        frames: How many it has.
        seconds: How long they play.
        effort: What it takes over what the mean of the title's frames would.
        slots: How many processors it holds.
        anchor: Its first part is encoded by `calibrate`.
        measured: How many of its frames are measured.
    """

    index: int
    frames: int
    seconds: float
    effort: float = 1.0
    slots: int = 1
    anchor: bool = False
    measured: int = 0


@dataclass(frozen=True)
class TitleWork:
    """What of a title decides how long its work takes.

    Attributes:
        title: Its name.
        frames: How many.
        width, height: Of the encoded picture, pixels.
        bytes: The source's size.
        audio: How long each audio track plays, seconds, by number.
        segments: In the order in which they begin.
        parts: The segments of each part of the checking decode, by number, from 1.
        preset: SVT-AV1's.
        target: Whether quality is measured.
        report: Whether a page is made.
        fields: Whether it is looked for interlaced pictures.
        crop: Whether it is looked for bars.
        cut: Whether it is cut into segments.
        known: Whether this is what the stages have found out, and no estimate.
        decode_slots: How many processors a part of the checking decode holds.
        shown: Megapixels of a frame as it is measured.
        quality: To what it is encoded, in a word: ``target 93``, ``crf 25``.
        sound_bytes: What its audio tracks will have.
    """

    title: str
    frames: int
    width: int
    height: int
    bytes: int
    audio: dict[int, float]
    segments: Sequence[SegmentWork]
    parts: Sequence[Sequence[int]]
    preset: int
    target: bool
    report: bool = True
    fields: bool = True
    crop: bool = True
    cut: bool = True
    known: bool = False
    decode_slots: int = 1
    shown: float = 0.0
    quality: str = ""
    sound_bytes: float = 0.0

    @cached_property
    def again(self) -> float:
        """How often a frame is encoded, the mean, on the way to a target."""
        return AGAIN if any(one.anchor for one in self.segments) else AGAIN_ALONE

    @property
    def megapixels(self) -> float:
        """Of a frame."""
        return self.width * self.height / 1e6

    def pixels(self, frames: int) -> float:
        """Return the thousands of megapixels of some frames."""
        return frames * self.megapixels / 1000


@dataclass(frozen=True)
class TaskWork:
    """A task of a title.

    Attributes:
        key: Which one.
        costs: The kinds of its work, and how much there is of each.
        slots: How many processors it holds.
        after: The tasks that it waits for.
        factor: What its cost is multiplied by.
        side_by_side: How many of the processors its work keeps busy at once, each for a part of it.
    """

    key: Key
    costs: tuple[tuple[str, float], ...]
    slots: int = 0
    after: tuple[Key, ...] = ()
    factor: float = 1.0
    side_by_side: int = 1

    def cost(self, costs: Costs) -> float:
        """Return its slot seconds."""
        return self.factor * sum(costs.seconds(kind, size) for kind, size in self.costs)


@dataclass
class _Tasks:
    """Makes a title's tasks."""

    work: TitleWork
    found: list[TaskWork] = field(default_factory=list)

    def key(self, stage: str, part: int | None = None) -> Key:
        return self.work.title, stage, part

    def add(
        self,
        stage: str,
        size: float,
        *after: Key,
        part: int | None = None,
        kind: str | None = None,
        slots: int = 0,
    ) -> Key:
        key = self.key(stage, part)
        self.found.append(TaskWork(key, ((kind or stage, size),), slots, after))
        return key


def tasks_of(work: TitleWork) -> list[TaskWork]:
    """Return all tasks of a title, in the order in which they begin."""
    tasks, thousands = _Tasks(work), work.frames / 1000
    probe = tasks.add("probe", thousands)
    crop = tasks.add("crop", work.megapixels if work.crop else 0.0, probe, slots=1)
    looked_at = work.pixels(min(work.frames, RUNS * LENGTH)) if work.fields else 0.0
    fields = tasks.add("fields", looked_at, probe, slots=1)
    elements = tasks.add("elements", 0.0, probe)
    subtitles = tasks.add("subtitles", work.bytes / 1e9, probe)
    sound = [
        tasks.add("audio", seconds / 1000, probe, part=number, slots=1)
        for number, seconds in sorted(work.audio.items())
    ]
    segment = tasks.add("segment", thousands if work.cut else 0.0, fields)
    before: tuple[Key, ...] = (segment, crop)
    if any(one.anchor for one in work.segments):
        tasks.found.append(_calibration(work, before))
        before = (tasks.found[-1].key,)
    encodes = {one.index: task for one in work.segments for task in [_encode(work, one, before)]}
    tasks.found += encodes.values()
    video = tasks.add("video", thousands, *(task.key for task in encodes.values()))
    mux = tasks.add("mux", thousands, video, *sound, subtitles, elements)
    checks = list(_decodes(work))
    tasks.found += checks
    validate = tasks.add("validate", thousands, mux, *(check.key for check in checks))
    if work.report:
        tasks.add("report", work.megapixels, validate, slots=1)
    return tasks.found


def _costs_of(work: TitleWork, segment: SegmentWork, part: float) -> tuple[tuple[str, float], ...]:
    """Return what an encode of a part of a segment costs, its measurements included."""
    size = work.pixels(1) * segment.effort * segment.frames * part
    kind = encode_kind(work.preset, target=work.target)
    if not work.target:
        return ((kind, size),)
    more = work.again / AGAIN  # what costs are measured of counts for as often
    return ((kind, more * size), ("measure", more * work.shown * segment.measured * part / 1000))


def first_part(segment: SegmentWork) -> float:
    """Return the part of a segment that is encoded first, where there is a target."""
    if not segment.frames or segment.seconds <= 0:
        return 1.0
    found = starts(segment.frames, round(KEYFRAME_SECONDS * segment.frames / segment.seconds))
    return found[1] / segment.frames if len(found) > 1 else 1.0


def _calibration(work: TitleWork, before: tuple[Key, ...]) -> TaskWork:
    anchors = [one for one in work.segments if one.anchor]
    costs = [cost for one in anchors for cost in _costs_of(work, one, first_part(one))]
    slots = sum(one.slots for one in anchors)
    return TaskWork((work.title, "calibrate", None), tuple(costs), slots, before, side_by_side=len(anchors))


def _encode(work: TitleWork, segment: SegmentWork, before: tuple[Key, ...]) -> TaskWork:
    left = 1 - first_part(segment) if segment.anchor else 1.0
    costs = _costs_of(work, segment, max(0.02, left))
    return TaskWork((work.title, "encode", segment.index), costs, segment.slots, before)


def _decodes(work: TitleWork) -> Iterator[TaskWork]:
    frames = {one.index: one.frames for one in work.segments}
    for number, part in enumerate(work.parts, 1):
        size = work.pixels(sum(frames.get(index, 0) for index in part))
        after = tuple((work.title, "encode", index) for index in part)
        yield TaskWork((work.title, DECODE, number), ((DECODE, size),), work.decode_slots, after)
