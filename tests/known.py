"""Projects of which everything is known, by documents written by hand: no file is ever decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from drapto.config import load_config
from drapto.engine.digest import digest
from drapto.media.model import AudioTrack, CropInfo, CropRect
from drapto.media.opus import OpusStream
from drapto.output.model import Sizes, Validation
from drapto.project import open_project
from drapto.rules import crop, fields, finished, segment
from drapto.rules.explaining import checks_of
from drapto.rules.graph import graph
from drapto.state.settings import SettingsUnchanged
from drapto.video.plan import Segment, SegmentPlan
from tests import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from doit.task import Task

    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title


@dataclass(frozen=True)
class Track:
    """The channels of an audio track."""

    channels: int
    layout: str | None

    def at(self, index: int) -> AudioTrack:
        """Return the track as stream ``index``."""
        return AudioTrack(
            index=index, codec="flac", channels=self.channels, layout=self.layout, sample_rate=48000
        )


@dataclass(frozen=True)
class Opus:
    """A stereo track that is Opus already, and may be copied."""

    kilobits: float = 100.0
    seamless: bool = True

    def at(self, index: int) -> AudioTrack:
        """Return the track as stream ``index``."""
        opus = OpusStream(family=0, kilobits=self.kilobits, seamless=self.seamless)
        return AudioTrack(
            index=index, codec="opus", channels=2, layout="stereo", sample_rate=48000, opus=opus
        )


SOUND = (Track(1, "mono"), Track(2, "stereo"), Track(6, "5.1"), Track(8, "7.1"))
UNNAMED = Track(10, None)


def project_in(
    folder: Path, settings: Mapping[str, object] | None = None, names: Iterable[str] = ("film",)
) -> Project:
    """Return a project in ``folder`` with a source of its own content for each of ``names``."""
    config = load_config(folder, environ={}, overrides=dict(settings or {}))
    titles = [folder / "source" / f"{name}.mkv" for name in names]
    for source in titles:
        source.parent.mkdir(parents=True, exist_ok=True)
        if not source.exists():
            source.write_text(f"the content of {source.name}")
    return open_project(folder, config, titles)


def probed(title: Title, sound: Iterable[Track | Opus] = (), **more: Any) -> SourceInfo:
    """Write a title's ``probe.json``; its picture is a plain one."""
    tracks = [track.at(index) for index, track in enumerate(sound, 1)]
    info = sources.source(**{"digest": digest(title.source), "audio": tracks, **more})
    return info.write(title.probe)


def cut(
    project: Project, title: Title, info: SourceInfo, *, kind: str = "progressive", count: int = 2
) -> SegmentPlan:
    """Write all that is known of a probed title before it is encoded, by the settings as they are."""
    video = info.video
    sources.fields(kind, digest=info.digest, settings=fields.settings(project, title)).write(title.fields)
    CropInfo(
        digest=info.digest,
        source_width=video.width,
        source_height=video.height,
        rect=CropRect(width=video.width, height=video.height - 80, x=0, y=40),
        method="detected",
        reason="tests",
        settings=crop.settings(project, title),
    ).write(title.crop)
    return SegmentPlan(
        digest=info.digest,
        settings=segment.settings(project, title),
        strategy="chunked",
        reason="tests",
        rate=Fraction(24),
        segments=tuple(_segment(number) for number in range(1, count + 1)),
    ).write(title.plan)


def _segment(number: int) -> Segment:
    frames = 100 - number
    return Segment(
        index=number,
        path=f"segments/{number:04d}.mkv",
        size=1000,
        start_time=4.0 * number,
        duration=4.0,
        frames=frames,
        first_frame=100 * (number - 1),
        keyint=frames,
    )


def published(project: Project, title: Title, info: SourceInfo, *, passed: bool = True) -> None:
    """Make a title finished: its output, and the record of its validation."""
    title.output.parent.mkdir(parents=True, exist_ok=True)
    title.output.write_text("finished")
    Validation(
        digest=info.digest,
        passed=passed,
        frames=1,
        duration=1.0,
        sizes=Sizes(source=1000, output=len("finished"), video=1),
        inputs=finished.inputs(project, title, info),
        checks=(),
    ).write(title.validation)


def known_project(folder: Path, settings: Mapping[str, object] | None = None, **more: Any) -> Project:
    """Return a project of one title, cut, with a track of each class of layout."""
    project = project_in(folder, settings)
    kind = more.pop("kind", "progressive")
    for title in project.titles:
        cut(project, title, probed(title, more.pop("sound", SOUND), **more), kind=kind)
    return project


def tasks_of(project: Project, **options: Any) -> dict[str, Task]:
    """Return the whole graph, by the tasks' names."""
    return {task.name: task for task in graph(project, **{"wanted": (), "force": False, **options})}


def slices(project: Project) -> dict[str, dict[str, Any]]:
    """Return the settings slice of every task that has one."""
    return {
        name: check.settings
        for name, task in tasks_of(project).items()
        for check in checks_of(task)
        if isinstance(check, SettingsUnchanged)
    }
