"""probe: what is in the source, and when each of its frames is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.model import SourceInfo
from drapto.rules import part
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that describes a title's source."""
    del known
    rule = Rule(
        STAGE.name,
        build,
        settings=settings(project),
        file_dep=[part.content_of(title)],
        reads=part.besides(title),
        targets=[title.probe, title.timestamps, title.keyframes, title.dynamic],
        document=SourceInfo,
    )
    yield task(project, title, rule)


def counting(project: Project) -> dict[str, Any]:
    """Return the settings that decide which frames a title has."""
    return {"frame_index": project.config.input.frame_index}


def refusing(project: Project) -> dict[str, Any]:
    """Return the setting that refuses what a decoder conceals; nothing where that is let through."""
    allowed = project.config.input.allow_damage
    return {"allow_damage": allowed} if allowed == "none" else {}


def settings(project: Project) -> dict[str, Any]:
    """Return what probing reads of the settings."""
    given = project.config.input
    # only where it is not the default: what was probed before there was a choice stays so
    damage = {} if given.allow_damage == "concealed" else {"allow_damage": given.allow_damage}
    tracks = {} if given.unreadable_tracks == "auto" else {"unreadable_tracks": given.unreadable_tracks}
    return {**counting(project), **damage, **tracks}


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return what shapes the finished file: not what a title is refused for."""
    del title, info
    return counting(project)


def fresh(project: Project, title: Title) -> SourceInfo | None:
    """Return the description of the source as it is now, or None where there is none yet."""
    info = SourceInfo.read_if_whole(title.probe)
    if info is None or not title.source.is_file():
        return None
    try:
        now = part.digest(project, title)
    except OSError:
        return None  # this title's stages say so; raised here, it would end the run for all titles
    return info if info.digest == now else None


def build(work: Work) -> str:
    """Probe the source."""
    from drapto.media.limits import limits
    from drapto.media.probe import probe_source
    from drapto.state.events import AnalysisComplete, AnalysisStarted

    title = work.title
    title.claim(work.project.root)
    work.publish(AnalysisStarted(title=title.name))
    info = work.run(
        probe_source,
        source=title.film,
        probe=title.probe,
        timestamps=title.timestamps,
        keyframes=title.keyframes,
        dynamic=title.dynamic,
        digest=work.state.fingerprints.of(title.film),
        frame_index=work.project.config.input.frame_index,
        allow_damage=work.project.config.input.allow_damage,
        unreadable_tracks=work.project.config.input.unreadable_tracks,
    )
    video = info.video
    work.publish(
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


STAGE = Stage("probe", "what is in each source", needs="source", tasks=tasks, shapes=shapes)
