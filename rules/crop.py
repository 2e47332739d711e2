"""crop: which part of the picture is not black bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.model import CropInfo, SourceInfo
from drapto.rules import part
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.rules.work import ONE_CPU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that finds a title's crop."""
    del known
    rule = Rule(
        STAGE.name,
        build,
        settings=settings(project, title),
        file_dep=[part.content_of(title), title.probe],
        reads=part.besides(title),
        targets=[title.crop],
        document=CropInfo,
    )
    yield task(project, title, rule)


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what finding this title's crop reads of the settings."""
    crop = project.config.crop
    return {
        "enabled": crop.enabled,
        "rect": crop.titles.get(title.source.stem, crop.rect),
        "threshold": crop.threshold,
    }


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return what shapes the finished file."""
    del info
    return settings(project, title)


def fresh(project: Project, title: Title, info: SourceInfo) -> CropInfo | None:
    """Return the crop for this source and these settings, or None where there is none yet."""
    crop = CropInfo.read_if_whole(title.crop)
    if crop is None or crop.digest != info.digest or crop.settings != settings(project, title):
        return None
    return crop


def build(work: Work) -> str:
    """Find the crop."""
    from drapto.media.crop.detect import detect_crop

    title, info = work.title, SourceInfo.read(work.title.probe)
    wanted = settings(work.project, title)
    # pictures are decoded where it runs, a keyframe at a time, without a child process
    crop = work.run(detect_crop, ONE_CPU, source=title.film, info=info, target=title.crop, **wanted)
    return f"{crop.rect} ({crop.reason})"


STAGE = Stage(
    "crop", "which part of each picture is not black bars", needs="source", tasks=tasks, shapes=shapes
)
