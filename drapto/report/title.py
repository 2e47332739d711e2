"""The page of a finished title, from what its stages have left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from drapto.encoding.record import EncodedSegment
from drapto.media.fields.model import FieldsInfo
from drapto.media.model import CropInfo, SourceInfo
from drapto.media.timestamps import read_timestamps
from drapto.media.yuv import delivered
from drapto.output.model import Validation
from drapto.report import cost, evidence, scenes, timeline, tracks
from drapto.report.page import NOTHING, Fact, Page, Plot, Table
from drapto.report.pictures import Frame, View
from drapto.report.plots import plot
from drapto.state.explain import as_people_say
from drapto.video.plan import SegmentPlan
from drapto.words import change_text, count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.audio.plan import AudioPlan
    from drapto.engine.context import StageContext
    from drapto.project import Title
    from drapto.report.page import Scene, Still
    from drapto.report.scenes import Low
    from drapto.report.timeline import Interval

FARTHEST = 1_500
"""Frames into a segment up to which one is counted, where its filters look at neighbours; a later one is
looked for by its time."""

COUNTING = ("decimate", "trim")
"""Filters that cannot begin anywhere."""


@dataclass(frozen=True)
class Records:
    """What is known of a finished title.

    Attributes:
        title: The title.
        info, crop, fields, plan, validation: What its stages have left.
        encoded: A record for each segment, in order.
        sound: What each audio track became; None where that is not known.
    """

    title: Title
    info: SourceInfo
    crop: CropInfo
    fields: FieldsInfo
    plan: SegmentPlan
    validation: Validation
    encoded: tuple[EncodedSegment, ...]
    sound: tuple[AudioPlan | None, ...] = ()

    @classmethod
    def read(cls, title: Title, info: SourceInfo, sound: Sequence[AudioPlan | None] = ()) -> Records:
        """Return what the stages of a finished title have left.

        Raises:
            ArtifactError: Something is missing, or damaged.
        """
        plan = SegmentPlan.read(title.plan)
        return cls(
            title=title,
            info=info,
            crop=CropInfo.read(title.crop),
            fields=FieldsInfo.read(title.fields),
            plan=plan,
            validation=Validation.read(title.validation),
            encoded=tuple(EncodedSegment.read(title.encoded / f"{one.name}.json") for one in plan.segments),
            sound=tuple(sound),
        )


class Looks(NamedTuple):
    """What a title looks like, and why some of it is not shown."""

    scenes: tuple[Scene, ...] = ()
    said: str = ""
    strip: tuple[Still, ...] = ()
    problems: tuple[str, ...] = ()


def page(known: Records, looks: Looks) -> Page:
    """Return the page of a title."""
    intervals = timeline.of_segments(known.plan, known.encoded)
    return Page(
        heading=known.title.source.stem,
        made=(known.title.source.name, known.title.output.name),
        facts=tuple(_facts(known)),
        notes=(*_notes(known), *(f"a picture could not be made: {one}" for one in looks.problems)),
        plots=plots(intervals, known.validation),
        strip=looks.strip,
        scenes=looks.scenes,
        scenes_said=looks.said,
        tables=(
            cost.attempts_table(known.encoded),
            tracks.tracks_table(known.info, known.sound, known.validation.sizes),
            evidence.crop_table(known.crop),
            evidence.fields_table(known.fields),
            evidence.colour_table(known.info.video),
            _checks(known.validation),
            cost.segments_table(intervals),
            _settings(known.validation),
            _versions(known.validation),
        ),
    )


def plots(intervals: Sequence[Interval], validation: Validation | None = None) -> tuple[Plot, ...]:
    """Return what is known of a title over time."""
    quality = None if validation is None else validation.quality
    metric = quality.scores.metric.upper() if quality else "VMAF"
    bounds = [("target", quality.target)] if quality and quality.target else []
    found = (
        plot(
            metric,
            intervals,
            [(metric, "main", lambda one: one.score), ("5th percentile", "second", lambda one: one.p5)],
            unit=lambda value: f"{value:.4g}",
            bounds=bounds,
            top=100.0,
        ),
        plot("CRF", intervals, [("CRF", "main", lambda one: one.crf)], unit=lambda value: f"{value:g}"),
        plot(
            "Bitrate, kbit/s",
            intervals,
            [("picture", "main", lambda one: one.bitrate / 1000)],
            unit=lambda value: f"{value:,.0f}" if value >= 1 else f"{value:.2g}",
            zero=True,
        ),
    )
    return tuple(one for one in found if one is not None)


def _facts(known: Records) -> Iterator[Fact]:
    validation, info = known.validation, known.info
    sizes = validation.sizes
    change = sizes.output / sizes.source - 1 if sizes.source else 0.0
    yield Fact("Size", size_text(sizes.output), f"{change_text(change)}, of {size_text(sizes.source)}")
    if validation.quality is not None:
        quality = validation.quality
        name = score_text(quality.scores.metric, quality.score, quality.statistic)
        yield Fact("Quality", name, f"target {quality.target:g}, measured on the frames delivered")
        worst = f"worst segment {quality.worst:.1f}, at {time_text(quality.worst_time)}"
        yield Fact("5th percentile", f"{quality.scores.p5:.1f}", worst)
    rate = 8 * sizes.video / validation.duration / 1000 if validation.duration else 0.0
    yield Fact("Length", time_text(validation.duration), count_text(validation.frames, "frame"))
    yield Fact(
        "Picture",
        f"{known.crop.rect.width}x{known.crop.rect.height}",
        f"{rate:,.0f} kbit/s, {info.video.hdr}",
    )
    seconds = math.fsum(one.search_cpu_seconds or one.cpu_seconds for one in known.encoded)
    segments = count_text(len(known.encoded), "segment")
    yield Fact("Processor time", time_text(seconds), f"for the picture, {segments}")
    passed = len(validation.checks) - len(validation.failed)
    differ = len(validation.differing)
    told = f"of {len(validation.checks)} passed" + (f", {differ} differ" if differ else "")
    yield Fact("Checks", str(passed), told)


def _notes(known: Records) -> Iterator[str]:
    yield from known.info.notes
    yield from (f"differs: {check.said}" for check in known.validation.differing)
    quality = known.validation.quality
    if quality is None:
        yield "Nothing was measured of this title: its CRF was fixed."
        return
    for run in quality.low:
        what = f"down to {run.worst:.1f}" if run.kind == "score" else f"blocks off by up to {run.worst:.0f} %"
        yield f"below the floor for {time_text(run.seconds)} at {time_text(run.time)}: {what}"


def _checks(validation: Validation) -> Table:
    marks = {
        number: "ok" if check.passed else check.severity for number, check in enumerate(validation.checks)
    }
    words = {"ok": "✓ passed", "differs": "≠ differs", "broken": "✗ broken"}
    rows = tuple(
        (check.name, words[marks[number]], check.severity, check.expected, check.found)
        for number, check in enumerate(validation.checks)
    )
    head = ("check", "result", "severity if it fails", "expected", "found")
    passed = len(rows) - len(validation.failed)
    return Table("Checks", head, rows, (f"{passed} of {len(rows)} passed.",), folded=True, marks=marks)


def _settings(validation: Validation) -> Table:
    rows = tuple(flat(validation.inputs))
    said = "What shaped the file: every setting that a stage of it read."
    return Table("Settings", ("setting", "value"), rows, (said,), folded=True)


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is in nested settings, a row each."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value, 1):
            yield from flat(inner, f"{name}.{number}")
    else:
        several = value if isinstance(value, (list, tuple)) else (value,)
        yield name, ", ".join(map(as_people_say, several))


def _versions(validation: Validation) -> Table:
    made = validation.versions
    rows: list[tuple[str, ...]] = []
    if made is not None:
        for what, several in (("picture", made.segments), ("sound", made.tracks), ("checks", (made.check,))):
            distinct = dict.fromkeys(one for one in several if one is not None)
            rows += [
                (
                    what,
                    *(
                        getattr(one, name) or NOTHING
                        for name in ("drapto", "ffmpeg", "svt_av1", "libopus", "libvmaf")
                    ),
                )
                for one in distinct
            ]
    head = ("of the", "drapto", "ffmpeg", "SVT-AV1", "libopus", "libvmaf")
    return Table("Versions", head if rows else (), tuple(rows), () if rows else ("Nobody wrote them down.",))


def look(known: Records, context: StageContext, threads: int = 1) -> Looks:
    """Return what a title looks like: its worst moments in both files, and some of the output in between.

    Args:
        known: What its stages have left.
        context: The surroundings.
        threads: How many pictures are made side by side.
    """
    intervals = timeline.of_segments(known.plan, known.encoded)
    lows = scenes.worst(intervals, known.encoded)
    said = "The lowest frames that were measured, some way apart; the lowest first."
    if not lows:
        lows, said = scenes.spread(intervals), "Nothing was measured: these are from all over the film."
    times = read_timestamps(known.title.planned)
    source = read_timestamps(known.title.timestamps)
    keyframes = read_timestamps(known.title.keyframes) if known.title.keyframes.is_file() else []
    quality = known.validation.quality
    metric = quality.scores.metric if quality else "vmaf"
    shown, problems = scenes.shown(
        lows, lambda low: _pair(known, low, times, source, keyframes), metric, context, threads=threads
    )
    strip, more = scenes.strip(_output(known), intervals, times, context, threads=threads)
    return Looks(tuple(shown), said, tuple(strip), tuple(dict.fromkeys([*problems, *more])))


def _output(known: Records) -> View:
    video, rect = known.info.video, known.crop.rect
    colour = delivered(video)
    return View(known.title.output, 0, rect.width, rect.height, video.sar, colour, video.rotation)


def _pair(
    known: Records, low: Low, times: Sequence[int], source: Sequence[int], keyframes: Sequence[int]
) -> tuple[tuple[View, Frame], tuple[View, Frame]]:
    """Return where a moment is in the source and in the output."""
    segment = known.plan.segments[low.place]
    number = segment.first_frame + low.frame
    video, rect = known.info.video, known.crop.rect
    cut = (f"crop={rect}",) if known.crop.cuts else ()
    counted = any(one.startswith(COUNTING) for one in segment.filters) or known.fields.kind != "progressive"
    filters = segment.filters
    if counted and low.frame <= FARTHEST:
        frame = Frame(segment.start_time, low.frame)
    elif counted:
        filters = tuple(one for one in segment.filters if not one.startswith(COUNTING))
        frame = Frame(scenes.before(times, number))
    else:
        frame = Frame(scenes.before(source, number))
    before = View(
        *(known.title.film, video.index, rect.width, rect.height, video.sar, video.colour, video.rotation),
        filters=(*filters, *cut),
        keyframes=keyframes,
    )
    return (before, frame), (_output(known), Frame(scenes.before(times, number)))
