"""validate: the finished file against its source; only then is it put into the output directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.audio.plan import plan_audio
from drapto.errors import printable
from drapto.media.fields.model import FieldsInfo
from drapto.media.model import CropInfo, SourceInfo
from drapto.output.model import Validation
from drapto.quality.target import choose_quality, crf_for
from drapto.rules import crop, decode_check, probe, segment, shape, versions
from drapto.rules.task import name_of, rule, shown
from drapto.words import count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.encoding.delivered import Delivered
    from drapto.engine.context import StageContext
    from drapto.project import Project, Title
    from drapto.video.plan import SegmentPlan

STAGE = decode_check.STAGE


def tasks(
    project: Project, title: Title, info: SourceInfo, cut: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield the task that validates and publishes a title."""
    del info, cut
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[
            *(title.muxed, title.probe, title.planned, title.dynamic, title.crop, title.fields),
            *decode_check.targets(title, plan),
        ],
        targets=[title.validation, title.output],
        # what it records of the other stages' settings, which may change without changing the file
        settings=lambda: settings(project, title),
        task_dep=[name_of("mux", title), decode_check.group_name(title)],
        # `doit clean` removes what can be built again, not what the user came for
        clean=[title.validation],
        # the output is the user's, who may have changed a tag in it
        made=lambda: [title.validation],
        arguments={"plan": plan},
    )


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what is recorded of the settings; all of it once the source has been probed."""
    info = probe.fresh(project, title)
    return (
        {"output": printable(shown(project, title.output))} if info is None else inputs(project, title, info)
    )


def inputs(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return all that shaped the finished file: the source's content, and the slices of every stage."""
    encoding = project.config.encoding
    return {
        "source": info.digest,
        "probe": probe.settings(project),
        "crop": crop.settings(project, title),
        "segment": segment.settings(project, title),
        "encode": {
            "preset": encoding.preset,
            **_quality(project, info),
            "svt_params": encoding.svt_params,
            "film_grain": encoding.film_grain,
            "pix_fmt": encoding.pix_fmt,
        },
        "audio": [
            plan_audio(track, project.config.audio.bitrate).model_dump(mode="json") for track in info.audio
        ],
        "output": printable(shown(project, title.output)),  # a name may hold bytes that are no text
    }


def _quality(project: Project, info: SourceInfo) -> dict[str, Any]:
    """Return the target, or the CRF where there is none."""
    target = choose_quality(project.config, info).target
    if target is not None:
        return {"target": target.model_dump(mode="json")}
    return {"crf": crf_for(project.config, info.video.width, info.video.height)}


def finished(project: Project, title: Title, info: SourceInfo) -> bool:
    """Return whether the title is built, validated and published as the source and the settings are now."""
    validation = Validation.read_if_whole(title.validation)
    return (
        validation is not None
        and validation.passed
        and validation.inputs == inputs(project, title, info)
        and title.output.is_file()
        and title.output.stat().st_size == validation.output_bytes
    )


def build(context: StageContext, project: Project, title: Title, *, plan: SegmentPlan) -> str:
    """Validate and publish the title."""
    from drapto.encoding.delivered import delivered
    from drapto.encoding.record import EncodedSegment
    from drapto.output.decode_check import DecodedShare
    from drapto.output.publish import publish
    from drapto.output.validate import validate

    info = SourceInfo.read(title.probe)
    encoded = [EncodedSegment.read(shape.targets(title, one)[1]) for one in plan.segments]
    quality = delivered(plan, encoded)
    made_with = versions.made_with(project, title, encoded, len(info.audio), context)
    validation = validate(
        title.muxed,
        info,
        title.planned,
        title.dynamic,
        CropInfo.read(title.crop),
        FieldsInfo.read(title.fields),
        [plan_audio(track, project.config.audio.bitrate) for track in info.audio],
        [one for share in decode_check.targets(title, plan) for one in DecodedShare.read(share).segments],
        title.validation,
        context=context,
        inputs=inputs(project, title, info),
        quality=quality,
        versions=made_with,
    )
    publish(title.muxed, title.output, context=context)
    share = validation.output_bytes / info.size - 1
    sizes = f"{size_text(info.size)} -> {size_text(validation.output_bytes)} ({share:+.0%})"
    return f"{count_text(len(validation.checks), 'check')} passed, {sizes}{_said(quality)}"


def _said(quality: Delivered | None) -> str:
    if quality is None:
        return ""
    worst = f"worst segment {quality.worst:.1f} at {time_text(quality.worst_time)}"
    return f", {score_text(quality.scores.metric, quality.scores.harmonic)} ({worst})"
