"""When a title is finished: what is recorded of it holds for the source and the settings as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.errors import printable
from drapto.rules import probe, published
from drapto.rules.shown import shown
from drapto.rules.stage import shapes

if TYPE_CHECKING:
    from drapto.media.model import SourceInfo
    from drapto.output.model import Validation
    from drapto.project import Project, Title


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what validating reads of the settings; all of it once the source has been probed."""
    info = probe.fresh(project, title)
    known = (
        {"output": printable(shown(project, title.output))} if info is None else inputs(project, title, info)
    )
    # only where it is on: a title that was finished before there was this setting stays so
    return {**known, "strict": True} if project.config.output.strict else known


def inputs(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return all that shaped the finished file, and where it is."""
    # a name may hold bytes that are no text
    return {**shapes(project, title, info), "output": printable(shown(project, title.output))}


def _is_whole(project: Project, title: Title, validation: Validation) -> bool:
    if published.recorded(title) is None:  # of an earlier drapto
        return title.output.stat().st_size == validation.output_bytes
    return published.holds(project, title)


def finished(project: Project, title: Title, info: SourceInfo) -> bool:
    """Return whether the title is built, validated and published as the source and the settings are now.

    How strictly it was judged is not asked: that shapes no byte of it, and where the work files are there,
    ``validate`` judges anew.
    """
    from drapto.output.model import Validation

    validation = Validation.read_if_whole(title.validation)
    return (
        validation is not None
        and validation.passed
        and validation.inputs == inputs(project, title, info)
        and title.output.is_file()
        and _is_whole(project, title, validation)
    )
