"""mux: everything in one Matroska file, not yet validated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.model import SourceInfo
from drapto.rules import encode, shape, subtitles
from drapto.rules.skipping import hold_against_source
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, name_of, task
from drapto.rules.tracks import chosen, defaults, shapes
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.media.sidecars import Sidecar
    from drapto.output.tags import EncoderTag
    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.video.plan import SegmentPlan


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that muxes a title."""
    choice = chosen(project, known.probed)
    tracks = [title.audio(number) for number in choice.audio]
    sidecars = subtitles.sidecars(project, title)
    copied = subtitles.target(title, choice.info, sidecars)
    rule = Rule(
        STAGE.name,
        build,
        settings={**subtitles.settings(sidecars), **defaults(project, known.probed)},
        file_dep=[
            *(title.video, *tracks, *([copied] if copied else []), title.elements, title.probe),
            *subtitles.files(sidecars),
        ],
        targets=[title.muxed],
        arguments={"sidecars": sidecars},
        # what the file says of how it was made
        later={"encoder": _asked(project, title, known.probed)},
        reads=[*_records(title, known.plan), *([title.plan] if known.plan else [])],
        # all audio, so that a track that cannot be encoded is the one failure that is told
        task_dep=[name_of("video", title), name_of("audio", title)],
    )
    yield task(project, title, rule)


def _asked(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return the settings of the encode that the file names; in which order parameters stand says nothing."""
    found = encode.shapes(project, title, info)
    return {**found, "svt_params": sorted(found["svt_params"].split(":"))}


def _records(title: Title, plan: SegmentPlan | None) -> list[str]:
    encoded = str(title.encoded)  # as text: there may be thousands of segments, and pathlib is slow
    return [f"{encoded}/{one.name}.json" for one in plan.segments] if plan else []


def _encoder(work: Work, info: SourceInfo) -> EncoderTag | None:
    """Return what the file says of how its picture was made; None where a record of it is missing."""
    from pathlib import Path

    from drapto.encoding.delivered import delivered
    from drapto.encoding.record import EncodedSegment
    from drapto.output.made_by import encoder_tag
    from drapto.video.plan import SegmentPlan

    plan = SegmentPlan.read(work.title.plan)
    found = [EncodedSegment.read_if_whole(Path(path)) for path in _records(work.title, plan)]
    records = [one for one in found if one is not None]
    if not records or len(records) < len(found):
        return None
    encoding = work.project.config.encoding
    quality = delivered(plan, records, shape.display_of(work.project.config, info, plan))
    return encoder_tag(records, encoding.svt_params, film_grain=encoding.film_grain, quality=quality)


def build(work: Work, *, sidecars: Sequence[Sidecar]) -> str:
    """Mux the title."""
    from drapto.output.mux import mux
    from drapto.output.sidecars import with_sidecars
    from drapto.output.tags import Said

    title = work.title
    source = SourceInfo.read(title.probe)
    choice = chosen(work.project, source)
    info = with_sidecars(choice.info, title.subtitles, sidecars)
    work.run(
        mux,
        video=title.video,
        audio=[title.audio(number) for number in choice.audio],
        subtitles=subtitles.target(title, info, sidecars),
        info=info,
        target=title.muxed,
        elements=title.elements,
        said=Said(_encoder(work, info), choice.defaults),
        context=work.context,
    )
    size = title.muxed.stat().st_size
    hold_against_source(work, source, size)
    return "\n".join([size_text(size), *choice.notes])


STAGE = Stage(
    "mux",
    "everything in one file",
    needs="probe",
    tasks=tasks,
    after=("probe", "audio", "subtitles", "elements", "video"),
    makes=r"muxed\.mkv",
    shapes=shapes,
    large=("muxed.mkv",),
)
