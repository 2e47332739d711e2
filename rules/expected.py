"""What is to be done for a title, for those who say how long it takes: by its documents, or by its file."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from drapto.media.fields.deinterlace import HD_LINES, LEAST_LINES, SD_LINES, cannot_be_interlaced
from drapto.progress.work import SegmentWork, TitleWork
from drapto.quality.sampling import anchors, stride_for
from drapto.quality.target import FixedCrf, Quality, QualityTarget, decide
from drapto.rules import crop, decode_check, probe, segment
from drapto.rules.finished import finished
from drapto.rules.replacing import is_replaced
from drapto.rules.report import sound
from drapto.rules.run_state import cpus, jobs
from drapto.rules.tracks import chosen

if TYPE_CHECKING:
    from drapto.config import Config
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.plan import SegmentPlan

UNKNOWN_RATE = Fraction(25)
"""Frames per second of a source that does not say."""

USUAL_BITRATE = 128
"""kbit/s of an audio track of which no more is known."""

SHOWN = 1920 * 1080
"""Pixels of a picture as it is measured, where that is not known yet."""


def expected(project: Project, title: Title) -> TitleWork | None:
    """Return what is to be done for a title in all; None where its source cannot be read."""
    project = project.of(title)
    info = probe.fresh(project, title)
    if info is None:
        return _looked_at(project, title)
    cropped = crop.fresh(project, title, info)
    plan = segment.fresh(project, title, info)
    work = _of_source(project, title, info)
    if cropped is not None:
        work = replace(work, width=cropped.rect.width, height=cropped.rect.height)
    if cropped is not None and plan is not None:
        return _planned(project, title, work, info, cropped, plan)
    return work


def encoded_before(title: Title) -> frozenset[int]:
    """Return the numbers of the segments of which an encoded file is there."""
    with contextlib.suppress(OSError):
        names = (path.stem for path in title.encoded.glob("*.mkv"))
        return frozenset(int(name) for name in names if name.isdecimal())
    return frozenset()


def found(project: Project, name: str, *, begun: bool) -> Any:
    """Return what is to be done for a title, as `drapto.progress.follow.Follower` asks for it."""
    from drapto.progress.follow import Follower

    title = next(one for one in project.titles if one.name == name)
    own = project.of(title)
    if not begun and is_replaced(own, title):
        return Follower.FINISHED
    info = probe.fresh(own, title)
    if not begun and info is not None and finished(own, title, info):
        return Follower.FINISHED
    work = expected(project, title)
    return None if work is None else (work, encoded_before(title))


def _of_source(project: Project, title: Title, info: SourceInfo) -> TitleWork:
    video, kept = info.video, chosen(project, info)
    seconds = video.end - video.start
    rough = _rough(
        project,
        title,
        frames=video.frames,
        seconds=seconds,
        size=(video.width, video.height),
        target=isinstance(decide(project.config, info).quality, QualityTarget),
    )
    audio = {number: max(0.0, info.audio[number].end - info.audio[number].start) for number in kept.audio}
    rates = (plan.bitrate if plan else USUAL_BITRATE for plan in sound(project, kept.info))
    size = sum(125 * rate * seconds for rate, seconds in zip(rates, audio.values(), strict=True))
    quality = decide(project.config, info).quality
    return replace(
        rough,
        bytes=info.size,
        audio=audio,
        sound_bytes=size,
        quality=_quality(quality),
        fields=rough.fields and not cannot_be_interlaced(video),
    )


def _looked_for_fields(config: Config, height: int) -> bool:
    """Return whether a picture of so many lines may be looked at for fields, by its lines alone."""
    tall = height in HD_LINES or LEAST_LINES <= height <= SD_LINES
    return config.deinterlace.mode not in ("off", "progressive") and tall


def _quality(quality: Quality) -> str:
    """Return to what a title is encoded, in a word."""
    if isinstance(quality, FixedCrf):
        return f"crf {quality.crf:g}"
    return f"target {quality.metric} {quality.score:g}"


def _planned(
    project: Project, title: Title, work: TitleWork, info: SourceInfo, cropped: CropInfo, plan: SegmentPlan
) -> TitleWork:
    """Return what is to be done for a title that is cut."""
    from drapto.rules.shape import common_to

    common = common_to(project, title, info, cropped, plan)
    rated = plan.efforts()
    mean = sum(effort for _, effort in rated) / max(1, plan.frames)
    tried = set(anchors(len(plan.segments))) if common.calibrated else set()
    display = common.quality.display if isinstance(common.quality, QualityTarget) else None
    segments = [
        SegmentWork(
            one.index,
            one.frames,
            one.duration,
            effort / one.frames / mean if one.frames and mean else 1.0,
            common.needs.cpus,
            one.index - 1 in tried,
            one.frames // stride_for(one.frames, display),
        )
        for one, effort in rated
    ]
    parts = [[one.index for one in part] for part in decode_check.divided(plan)]
    return replace(
        work,
        segments=segments,
        parts=parts,
        target=not isinstance(common.quality, FixedCrf),
        decode_slots=max(1, cpus(project) // max(1, len(parts))),
        known=True,
        shown=(display.width * display.height if display else work.width * work.height) / 1e6,
    )


def _looked_at(project: Project, title: Title) -> TitleWork | None:
    """Return what is to be done for a title by its file's head alone, which says roughly what is in it."""
    import av

    with contextlib.suppress(OSError, av.FFmpegError, ValueError), av.open(str(title.source)) as container:
        video = next(iter(container.streams.video), None)
        seconds = float(container.duration or 0) / 1_000_000
        if video is None or seconds <= 0 or not video.width:
            return None
        rate = video.average_rate or UNKNOWN_RATE
        tracks = {number: seconds for number, _ in enumerate(container.streams.audio)}
        rough = _rough(
            project,
            title,
            frames=max(1, round(seconds * float(rate))),
            seconds=seconds,
            size=(video.width, video.height),
            target=project.config.quality.mode != "crf" and project.config.encoding.mode != "standard",
        )
        size = 125 * USUAL_BITRATE * sum(tracks.values())
        return replace(rough, bytes=title.source.stat().st_size, audio=tracks, sound_bytes=size)
    return None


def _rough(
    project: Project, title: Title, *, frames: int, seconds: float, size: tuple[int, int], target: bool
) -> TitleWork:
    """Return what is to be done for a title that is not cut yet."""
    width, height = size
    config = project.config
    count = 1
    if config.encoding.mode != "standard":
        count = max(1, round(seconds / config.processing.chunk_size))
    tried = set(anchors(count)) if target and count > 1 else set()
    encoders = max(1, min(cpus(project), jobs(project), count))
    slots = max(1, cpus(project) // encoders)
    each = [frames // count + (number < frames % count) for number in range(count)]
    segments = [
        SegmentWork(
            number,
            held,
            seconds / count,
            slots=slots,
            anchor=number - 1 in tried,
            measured=held // stride_for(held),
        )
        for number, held in enumerate(each, 1)
    ]
    most = min(decode_check.PARTS, count)
    parts = [[one.index for one in segments[first::most]] for first in range(most)]
    return TitleWork(
        title=title.name,
        frames=frames,
        width=width,
        height=height,
        bytes=0,
        audio={},
        segments=segments,
        parts=parts,
        preset=config.encoding.preset,
        target=target,
        report=config.report.enabled,
        fields=_looked_for_fields(config, height),
        crop=config.crop.enabled,
        cut=count > 1,
        decode_slots=max(1, cpus(project) // len(parts)),
        shown=max(SHOWN, width * height) / 1e6,
        quality=f"target vmaf {config.encoding.vmaf_target:g}"
        if target
        else f"crf {config.encoding.crf.hd:g}",
    )
