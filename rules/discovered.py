"""Tells who listens which sources a run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drapto.project import Project
    from drapto.state.bus import Bus


def tell_sources(project: Project, bus: Bus) -> None:
    """Publish a `FileDiscovered` for each source that is there."""
    if not bus.is_heard:
        return
    from drapto.state.events import FileDiscovered

    for title in project.titles:
        if title.source.is_file():
            size = title.source.stat().st_size
            bus.publish(FileDiscovered(title=title.name, source=title.source, bytes=size))
