"""Which tracks of a title are kept, by the settings as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.choice import Choice, Selection, choose

if TYPE_CHECKING:
    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title


def chosen(project: Project, info: SourceInfo) -> Choice:
    """Return what is kept of a source's tracks."""
    tracks = project.config.tracks
    wanted = (tracks.audio, tracks.subtitles, tracks.default_audio or "", tracks.default_subtitles or "")
    return choose(info, Selection(*wanted))


def defaults(project: Project, info: SourceInfo) -> dict[str, Any]:
    """Return what the settings say of default tracks, as a slice: nothing where they say nothing."""
    found = chosen(project, info).defaults
    return {"defaults": {str(index): flag for index, flag in found.items()}} if found else {}


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any] | None:
    """Return which tracks are kept; None where all are, as the source has them."""
    del title
    choice = chosen(project, info)
    if choice.info is info or (choice.info == info and not choice.defaults):
        return None
    kept = {
        "audio": [track.index for track in choice.info.audio],
        "subtitles": [track.index for track in choice.info.subtitles],
    }
    return {**kept, **defaults(project, info)}
