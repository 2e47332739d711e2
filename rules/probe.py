"""probe: what is in the source, and when each of its frames is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.model import SourceInfo
from drapto.rules.run_state import fingerprints
from drapto.rules.task import rule
from drapto.state.bus import bus
from drapto.state.events import AnalysisComplete, AnalysisStarted
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title

STAGE = "probe"


def tasks(project: Project, title: Title) -> Iterator[Task]:
    """Yield the task that describes a title's source."""
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[title.source],
        targets=[title.probe, title.timestamps, title.keyframes, title.dynamic],
        document=SourceInfo,
        settings=settings(project),
    )


def settings(project: Project) -> dict[str, Any]:
    """Return what probing reads of the settings."""
    return {"frame_index": project.config.input.frame_index}


def fresh(project: Project, title: Title) -> SourceInfo | None:
    """Return the description of the source as it is now, or None where there is none yet."""
    info = SourceInfo.read_if_whole(title.probe)
    if info is None or not title.source.is_file():
        return None
    try:
        now = fingerprints(project.state_dir).of(title.source)
    except OSError:
        return None  # this title's stages say so; raised here, it would end the run for all titles
    return info if info.digest == now else None


def build(context: StageContext, project: Project, title: Title) -> str:
    """Probe the source."""
    del context
    from drapto.media.limits import limits
    from drapto.media.probe import probe_source

    bus.publish(AnalysisStarted(title=title.name))
    info = probe_source(
        title.source,
        title.probe,
        title.timestamps,
        title.keyframes,
        title.dynamic,
        digest=fingerprints(project.state_dir).of(title.source),
        frame_index=project.config.input.frame_index,
    )
    video = info.video
    bus.publish(
        AnalysisComplete(
            title=title.name,
            frames=video.frames,
            seconds=video.end - video.start,
            width=video.width,
            height=video.height,
            audio=len(info.audio),
            subtitles=len(info.subtitles),
        )
    )
    tracks = f"{len(info.audio)} audio, {count_text(len(info.subtitles), 'subtitle')}"
    frames = count_text(video.frames, "frame")
    summary = f"{video.codec} {video.width}x{video.height} {video.hdr}, {frames}, {tracks}"
    return "\n".join([summary, *info.notes, *limits(info)])
