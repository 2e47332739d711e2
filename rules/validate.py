"""validate: the finished file against its source; only then is it put into the output directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import SkippedError, SourceError
from drapto.media.fields.model import FieldsInfo
from drapto.media.model import CropInfo, SourceInfo
from drapto.quality.hdr import light_text
from drapto.rules import audio, decode_check, part, probe, published, replacing, shape, subtitles, versions
from drapto.rules.finished import inputs, settings
from drapto.rules.skipping import hold_against_source
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, name_of, task
from drapto.rules.tracks import chosen
from drapto.rules.work import ONE_CPU
from drapto.state.settings import FileHolds
from drapto.words import change_text, count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.audio.record import CopiedSound
    from drapto.encoding.delivered import Delivered
    from drapto.encoding.record import EncodedSegment
    from drapto.media.sidecars import Sidecar
    from drapto.output.model import Validation
    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.video.plan import SegmentPlan

NAMED_DIFFERENCES = 5
"""Differences that have a line of their own; ``validation.json`` has all of them."""


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that validates and publishes a title."""
    plan, encoded = known.planned, str(title.encoded)
    sound = [title.audio(number) for number in chosen(project, known.probed).audio]
    sidecars = subtitles.sidecars(project, title)
    rule = Rule(
        STAGE.name,
        build,
        # what it records of the other stages' settings, which may change without changing the file
        settings=lambda: {**settings(project, title), **probe.refusing(project)},
        file_dep=[
            *(title.muxed, title.probe, title.planned, title.dynamic, title.crop, title.fields),
            title.elements,
            *decode_check.targets(title, plan),
            *sound,
            *([title.subtitles, *subtitles.files(sidecars)] if sidecars else []),
        ],
        targets=[title.validation, title.output],
        task_dep=[name_of("mux", title), decode_check.group_name(title)],
        reads=[f"{encoded}/{segment.name}.json" for segment in plan.segments],
        # `doit clean` removes what can be built again, not what the user came for
        clean=[title.validation],
        # the output is the user's, who may have changed a tag in it
        made=lambda: [title.validation],
        holds=FileHolds(title.output, lambda: published.holds(project, title)),
        arguments={"plan": plan, "sidecars": sidecars},
    )
    yield task(project, title, rule)


def build(work: Work, *, plan: SegmentPlan, sidecars: Sequence[Sidecar]) -> str:
    """Validate and publish the title."""
    from drapto.encoding.delivered import delivered
    from drapto.encoding.record import EncodedSegment
    from drapto.output.decode_check import DecodedPart
    from drapto.output.publish import publish
    from drapto.output.sidecars import with_sidecars
    from drapto.output.validate import Finished, Provenance, validate

    project, title = work.project, work.title
    info = SourceInfo.read(title.probe)
    choice = chosen(project, info)
    if (skip := hold_against_source(work, info, title.muxed.stat().st_size)) is not None:
        raise SkippedError(str(skip))
    encoded = [EncodedSegment.read(shape.targets(title, one)[1]) for one in plan.segments]
    _refuse_concealed(project, title, plan, encoded)
    quality = delivered(plan, encoded, shape.display_of(project.config, info, plan))
    validated = work.state.fingerprints.of(title.muxed)
    made_with = versions.made_with(project, title, encoded, choice.audio, work.context)
    parts = [DecodedPart.read(path) for path in decode_check.targets(title, plan)]
    validation = work.run(
        validate,
        ONE_CPU,
        finished=Finished(
            muxed=title.muxed,
            info=with_sidecars(choice.info, title.subtitles, sidecars),
            timestamps=title.planned,
            dynamic=title.dynamic,
            crop=CropInfo.read(title.crop),
            fields=FieldsInfo.read(title.fields),
            plans=[audio.planned(project, track) for track in choice.info.audio],
            copied=[_copied(title, number) for number in choice.audio],
            decoded=[segment for part in parts for segment in part.segments],
            rate=plan.rate,
            elements=title.elements,
            audio=[title.audio(number) for number in choice.audio],
            defaults=choice.defaults,
        ),
        target=title.validation,
        provenance=Provenance(inputs(project, title, info), quality, made_with, part.notes(title)),
        context=work.context,
        strict=project.config.output.strict,
    )
    _require_same_source(work, info)
    published.require_own(project, title)
    work.run(publish, muxed=title.muxed, output=title.output, validated=validated, context=work.context)
    published.record(project, title, validation.content)
    replaced = replacing.replace(work, validation)
    title.skipped.unlink(missing_ok=True)  # as earlier settings had it
    change = validation.output_bytes / info.size - 1
    sizes = f"{size_text(info.size)} -> {size_text(validation.output_bytes)} ({change_text(change)})"
    passed = len(validation.checks) - len(validation.failed)
    summary = f"{count_text(passed, 'check')} passed, {sizes}{_said(quality)}"
    return "\n".join([summary, *validation.notes, *replaced, *_differences(validation)])


def _differences(validation: Validation) -> list[str]:
    """Return what is published though it is not as in the source, a line each."""
    found = validation.differing
    lines = [f"differs: {check.said}" for check in found[:NAMED_DIFFERENCES]]
    more = len(found) - NAMED_DIFFERENCES
    return [*lines, f"{more} more differ; validation.json lists them"] if more > 0 else lines


def _copied(title: Title, number: int) -> CopiedSound | None:
    """Return what was copied of an audio track; None where it was encoded, or nobody wrote it down."""
    from drapto.audio.record import EncodedTrack

    record = EncodedTrack.read_if_whole(title.audio_record(number))
    return record.copied if record else None


def _refuse_concealed(
    project: Project, title: Title, plan: SegmentPlan, encoded: Sequence[EncodedSegment]
) -> None:
    """Refuse to publish what a decoder concealed, where nothing may be damaged.

    Raises:
        SourceError: Names the first place.
    """
    if not probe.refusing(project):
        return
    for segment, record in zip(plan.segments, encoded, strict=True):
        if record.complaints:
            where = f"the picture is damaged after {time_text(segment.start_time)}"
            raise SourceError(
                f"{where} ({record.complaint})",
                path=title.source,
                remedy='rip it again, or allow a moment of damage by input.allow_damage = "concealed"',
            )


def _require_same_source(work: Work, info: SourceInfo) -> None:
    """Refuse to publish where the source was replaced on the way; it may be gone, on a disc put away.

    Raises:
        SourceError: Its content is no longer what was probed.
    """
    source = work.title.film
    if source.is_file() and work.state.fingerprints.of(source) != info.digest:
        remedy = "run again, and leave it alone meanwhile"
        raise SourceError("has changed since it was probed", path=source, remedy=remedy)


def _said(quality: Delivered | None) -> str:
    if quality is None:
        return ""
    light = f", {light_text(quality.scores.light)}" if quality.scores.light else ""
    seen = f"{quality.scores.model} at {quality.display}{light}; " if quality.display else ""
    worst = f"{seen}worst segment {quality.worst:.1f} at {time_text(quality.worst_time)}"
    said = f", {score_text(quality.scores.metric, quality.score, quality.statistic)} ({worst})"
    return said + _low(quality)


def _low(quality: Delivered) -> str:
    """Say which runs of frames are below the floor, of several the longest."""
    if not quality.low:
        return ""
    longest = max(quality.low, key=lambda run: run.seconds)
    metric = quality.scores.metric
    what = (
        f"down to {score_text(metric, longest.worst)}"
        if longest.kind == "score"
        else f"blocks that are off by up to {longest.worst:.0f} %"
    )
    where = f"{time_text(longest.seconds)} at {time_text(longest.time)}, {what}"
    runs = count_text(len(quality.low), "run") + " of frames"
    runs += ", the longest" if len(quality.low) > 1 else ""
    return f"\nlook at what is below the floor, {runs}: {where}"


STAGE = Stage(
    "validate",
    "each finished file against its source, then to the output directory",
    needs="plan",
    tasks=tasks,
    after=("mux", "validate:decode"),
    makes=r"validation\.json",
    publishes=True,
)
