"""mux: everything in one Matroska file, not yet validated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import SourceInfo
from drapto.rules import subtitles
from drapto.rules.task import name_of, rule
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title

STAGE = "mux"


def tasks(project: Project, title: Title, info: SourceInfo) -> Iterator[Task]:
    """Yield the task that muxes a title."""
    tracks = [title.audio(number) for number in range(len(info.audio))]
    copied = subtitles.target(title, info)
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[title.video, *tracks, *([copied] if copied else []), title.probe],
        targets=[title.muxed],
        settings={},
        task_dep=[name_of("video", title)],
    )


def build(context: StageContext, project: Project, title: Title) -> str:
    """Mux the title."""
    del project
    from drapto.output.mux import mux

    info = SourceInfo.read(title.probe)
    mux(
        title.video,
        [title.audio(number) for number in range(len(info.audio))],
        subtitles.target(title, info),
        info,
        title.muxed,
        context=context,
    )
    return size_text(title.muxed.stat().st_size)
