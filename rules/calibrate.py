"""calibrate: how the sketches of a title stray, from the first attempts at a few of its segments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drapto.quality.sampling import anchors
from drapto.rules import shape, versions
from drapto.rules.hardware import decoder_news, with_decoder
from drapto.rules.task import rule
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.versions import Makers
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "calibrate"


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield the task that tries a title's anchors, if its encodes begin with what they say."""
    common = shape.common_to(project, info, crop, plan)
    if not common.settings.calibrated:
        return
    makers = versions.of_picture(project, title, info, common)
    chosen = [plan.segments[number] for number in anchors(len(plan.segments))]
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[shape.source_of(title, segment) for segment in chosen] or [title.plan],
        targets=[title.calibration],
        settings=settings(common.settings, chosen),
        arguments={"common": common, "chosen": chosen, "makers": makers},
        version=makers.check_calibration(),
    )


def settings(shape: EncodeSettings, chosen: list[Segment]) -> dict[str, Any]:
    """Return what calibrating reads of the settings: not the target, which may change without it."""
    return {
        **shape.model_dump(mode="json", exclude={"crf", "target", "frames", "keyint"}),
        "metric": shape.target.metric if shape.target else "",
        "anchors": [
            [segment.index, segment.frames, segment.keyint, list(segment.filters)] for segment in chosen
        ],
    }


def build(
    context: StageContext,
    project: Project,
    title: Title,
    *,
    common: shape.Common,
    chosen: list[Segment],
    makers: Makers,
) -> str:
    """Try the anchors."""
    from drapto.encoding.calibrate import calibrate
    from drapto.encoding.segment_search import Seeker

    target = common.settings.target
    if target is None:
        raise ValueError("no target is set")
    context, maker = makers.begin(context)
    made_with = makers.made_with(maker)
    lp = common.share.lp
    seekers = []
    for segment in chosen:
        shape = common.settings_for(segment)
        request = replace(common.request(title, segment, lp=lp), calibration=None, made_with=made_with)
        seekers.append(Seeker(with_decoder(request, shape, context, project, title, common), shape, context))
    known = calibrate(seekers, title.calibration, metric=target.metric)
    known.model_copy(update={"made_with": made_with}).write(title.calibration)
    if not chosen:
        return "too few segments to learn from"
    first = known.first(target.score)
    tried = f"{count_text(len(chosen), 'segment')} tried, the target is expected at about CRF {first:.0f}"
    return tried + "".join(decoder_news(seeker.request, context, project, title) for seeker in seekers)
