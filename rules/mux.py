"""mux: everything in one Matroska file, not yet validated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import SourceInfo
from drapto.rules import subtitles
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, name_of, task
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that muxes a title."""
    tracks = [title.audio(number) for number in range(len(known.probed.audio))]
    copied = subtitles.target(title, known.probed)
    rule = Rule(
        STAGE.name,
        build,
        settings={},
        file_dep=[title.video, *tracks, *([copied] if copied else []), title.elements, title.probe],
        targets=[title.muxed],
        # all audio, so that a track that cannot be encoded is the one failure that is told
        task_dep=[name_of("video", title), name_of("audio", title)],
    )
    yield task(project, title, rule)


def build(work: Work) -> str:
    """Mux the title."""
    from drapto.output.mux import mux

    title, info = work.title, SourceInfo.read(work.title.probe)
    work.run(
        mux,
        video=title.video,
        audio=[title.audio(number) for number in range(len(info.audio))],
        subtitles=subtitles.target(title, info),
        info=info,
        target=title.muxed,
        elements=title.elements,
        context=work.context,
    )
    return size_text(title.muxed.stat().st_size)


STAGE = Stage(
    "mux",
    "everything in one file",
    needs="probe",
    tasks=tasks,
    after=("probe", "audio", "subtitles", "elements", "video"),
    makes=r"muxed\.mkv",
    large=("muxed.mkv",),
)
