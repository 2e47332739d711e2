"""A title's finished file into its source's place, where the settings say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import printable
from drapto.rules import published
from drapto.rules.run_state import state_of

if TYPE_CHECKING:
    from drapto.output.model import Validation
    from drapto.project import Project, Title
    from drapto.rules.work import Work


def is_replaced(project: Project, title: Title) -> bool:
    """Return whether what lies in a source's place is the title's own finished file."""
    if project.config.output.replace_source == "never":
        return False
    known = published.recorded(title)
    if known is None or "replaced" not in known or not title.source.is_file():
        return False
    try:
        return bool(state_of(project).fingerprints.of(title.source) == known["replaced"])
    except OSError:
        return False  # its probe says so


def replace(work: Work, validation: Validation) -> list[str]:
    """Put a title's published file into its source's place; return what is to be said of it, a line each.

    Raises:
        DraptoError: It cannot be; the source is as it was.
    """
    from drapto.output.replace import quarantined, replace_source

    project, title = work.project, work.title
    how = project.config.output.replace_source
    if how == "never":
        return []
    if title.range is not None:
        return ["its source has more than the part that was encoded, and is not replaced"]
    if title.source.is_symlink():
        return ["its source is a link, and is not replaced; name the file itself"]
    keep = quarantined(title.source, validation.digest) if how == "quarantine" else None
    published.note_replaced(project, title)
    work.run(replace_source, output=title.output, source=title.source, content=validation.content, keep=keep)
    done = "deleted" if keep is None else f"kept as {printable(keep)}"
    return [f"the finished file is in its source's place, {printable(title.source)}; the source is {done}"]
