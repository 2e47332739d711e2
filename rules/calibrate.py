"""calibrate: how the sketches of a title stray, from the first attempts at a few of its segments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drapto.quality.sampling import anchors
from drapto.rules import shape
from drapto.rules.hardware import decoder_news, with_decoder
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.plan import Segment


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that tries a title's anchors, if its encodes begin with what they say."""
    plan = known.planned
    common = shape.common_to(project, known.probed, known.cropped, plan)
    if not common.settings.calibrated:
        return
    chosen = [plan.segments[number] for number in anchors(len(plan.segments))]
    rule = Rule(
        STAGE.name,
        build,
        file_dep=[shape.source_of(title, segment) for segment in chosen] or [title.plan],
        targets=[title.calibration],
        settings=settings(common.settings, chosen),
        arguments={"common": common, "chosen": chosen},
    )
    yield task(project, title, rule)


def settings(shape: EncodeSettings, chosen: list[Segment]) -> dict[str, Any]:
    """Return what calibrating reads of the settings: not the target, which may change without it."""
    return {
        **shape.model_dump(mode="json", exclude={"crf", "target", "frames", "keyint"}),
        "metric": shape.target.metric if shape.target else "",
        "anchors": [
            [segment.index, segment.frames, segment.keyint, list(segment.filters)] for segment in chosen
        ],
    }


def build(work: Work, *, common: shape.Common, chosen: list[Segment]) -> str:
    """Try the anchors."""
    from drapto.encoding.calibrate import calibrate
    from drapto.encoding.segment_search import Seeker

    target = common.settings.target
    if target is None:
        raise ValueError("no target is set")
    project, title, context = work.project, work.title, work.context
    lp = common.share.lp
    seekers = []
    for segment in chosen:
        shape = common.settings_for(segment)
        request = replace(common.request(title, segment, lp=lp), calibration=None)
        seekers.append(Seeker(with_decoder(request, shape, context, project, title, common), shape, context))
    known = calibrate(seekers, title.calibration, metric=target.metric)
    if not chosen:
        return "too few segments to learn from"
    first = known.first(target.score)
    tried = f"{count_text(len(chosen), 'segment')} tried, the target is expected at about CRF {first:.0f}"
    return tried + "".join(decoder_news(seeker.request, context, project, title) for seeker in seekers)


STAGE = Stage(
    "calibrate",
    "what quality samples of it have at which CRF",
    needs="plan",
    tasks=tasks,
    after=("segment", "crop"),
    makes=r"calibration\.json",
)
