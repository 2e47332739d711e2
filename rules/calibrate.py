"""calibrate: what CRF a title's target is likely to need, from a few short samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.quality.sampling import SAMPLE_CRF, WINDOW, windows
from drapto.words import count_text
from rules import encode
from rules.task import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.job import Job
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "calibrate"


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield the task that samples a title, if its encodes begin with what samples say."""
    shape = encode.settings(project.config, info, crop, plan)
    if not shape.calibrated:
        return
    chosen = [plan.segments[number] for number in windows([segment.frames for segment in plan.segments])]
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[encode.source_of(title, segment) for segment in chosen] or [title.plan],
        targets=[title.calibration],
        settings=settings(shape, chosen),
        arguments={
            "shape": shape,
            "chosen": chosen,
            "stream": info.video.index,
            "size": (crop.rect.width, crop.rect.height),
        },
    )


def settings(shape: EncodeSettings, chosen: list[Segment]) -> dict[str, Any]:
    """Return what sampling reads of the settings: not the target, which may change without it."""
    return {
        **shape.model_dump(mode="json", exclude={"crf", "target", "frames", "keyint"}),
        "metric": shape.target.metric if shape.target else "",
        "segments": [segment.index for segment in chosen],
        "sample_crf": SAMPLE_CRF,
    }


def build(
    job: Job,
    project: Project,
    title: Title,
    *,
    shape: EncodeSettings,
    chosen: list[Segment],
    stream: int,
    size: tuple[int, int],
) -> str:
    """Sample the title."""
    del project
    from drapto.quality.calibrate import Window, calibrate
    from drapto.quality.metrics import Reference

    metric = shape.target.metric if shape.target else "vmaf"
    found = [
        Window(
            segment.index,
            Reference(
                source=encode.source_of(title, segment),
                stream=0 if segment.path else stream,
                crop=shape.crop,
                pix_fmt=shape.pix_fmt,
                width=size[0],
                height=size[1],
                frames=WINDOW,
                rate=shape.rate,
            ),
        )
        for segment in chosen
    ]
    known = calibrate(found, SAMPLE_CRF, shape, title.calibration, metric=metric, job=job)
    if not found:
        return "too short to be worth samples"
    first = known.first(shape.target.score) if shape.target else SAMPLE_CRF
    return f"{count_text(len(found), 'sample')}: the target is expected at about CRF {first:.0f}"
