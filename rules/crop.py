"""crop: which part of the picture is not black bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.model import CropInfo, SourceInfo
from drapto.rules.task import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title

STAGE = "crop"


def tasks(project: Project, title: Title) -> Iterator[Task]:
    """Yield the task that finds a title's crop."""
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[title.source, title.probe],
        targets=[title.crop],
        document=CropInfo,
        settings=settings(project, title),
    )


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what finding this title's crop reads of the settings."""
    crop = project.config.crop
    return {
        "enabled": crop.enabled,
        "rect": crop.titles.get(title.source.stem, crop.rect),
        "threshold": crop.threshold,
    }


def fresh(project: Project, title: Title, info: SourceInfo) -> CropInfo | None:
    """Return the crop for this source and these settings, or None where there is none yet."""
    crop = CropInfo.read_if_whole(title.crop)
    if crop is None or crop.digest != info.digest or crop.settings != settings(project, title):
        return None
    return crop


def build(context: StageContext, project: Project, title: Title) -> str:
    """Find the crop."""
    del context  # pictures are decoded in this process, a keyframe at a time
    from drapto.media.crop.detect import detect_crop

    info = SourceInfo.read(title.probe)
    crop = detect_crop(title.source, info, title.crop, **settings(project, title))
    return f"{crop.rect} ({crop.reason})"
