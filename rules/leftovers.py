"""What killed runs left lying about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine import atomic

if TYPE_CHECKING:
    from drapto.project import Project


def sweep(project: Project) -> None:
    """Remove what killed runs left: also of titles that this one does not have, as their lock is the same.

    A directory that is none of a title's is left alone: the work directory may hold others.
    """
    own = {title.work for title in project.titles} | {project.state_dir}
    if project.work_dir.is_dir():
        for folder in project.work_dir.iterdir():
            is_title = (folder / "probe.json").is_file() or (folder / "logs").is_dir()
            if folder in own or (is_title and not folder.is_symlink()):
                atomic.sweep(folder)
    for title in project.titles:
        atomic.sweep_beside(title.output)
