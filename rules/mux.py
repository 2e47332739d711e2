"""mux: everything in one Matroska file, not yet validated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import SourceInfo
from drapto.rules import subtitles
from drapto.rules.skipping import hold_against_source
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, name_of, task
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.media.sidecars import Sidecar
    from drapto.project import Project, Title
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that muxes a title."""
    tracks = [title.audio(number) for number in range(len(known.probed.audio))]
    sidecars = subtitles.sidecars(project, title)
    copied = subtitles.target(title, known.probed, sidecars)
    rule = Rule(
        STAGE.name,
        build,
        settings=subtitles.settings(sidecars),
        file_dep=[
            *(title.video, *tracks, *([copied] if copied else []), title.elements, title.probe),
            *subtitles.files(sidecars),
        ],
        targets=[title.muxed],
        arguments={"sidecars": sidecars},
        # all audio, so that a track that cannot be encoded is the one failure that is told
        task_dep=[name_of("video", title), name_of("audio", title)],
    )
    yield task(project, title, rule)


def build(work: Work, *, sidecars: Sequence[Sidecar]) -> str:
    """Mux the title."""
    from drapto.output.mux import mux
    from drapto.output.sidecars import with_sidecars

    title = work.title
    info = with_sidecars(SourceInfo.read(title.probe), title.subtitles, sidecars)
    work.run(
        mux,
        video=title.video,
        audio=[title.audio(number) for number in range(len(info.audio))],
        subtitles=subtitles.target(title, info, sidecars),
        info=info,
        target=title.muxed,
        elements=title.elements,
        context=work.context,
    )
    size = title.muxed.stat().st_size
    hold_against_source(work, info, size)
    return size_text(size)


STAGE = Stage(
    "mux",
    "everything in one file",
    needs="probe",
    tasks=tasks,
    after=("probe", "audio", "subtitles", "elements", "video"),
    makes=r"muxed\.mkv",
    large=("muxed.mkv",),
)
