"""What decodes the segments of a title for their encodes: hardware where it is asked for and works."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from drapto.errors import printable
from drapto.rules.run_state import run_name

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.video.hardware import Fallback, HardwareDecoding

_said: dict[Path, str] = {}
"""The last run in which it was said of a title, by its work directory, that ffmpeg itself decodes it."""

_said_lock = threading.Lock()


def decoding_of(project: Project, title: Title, common: Common) -> HardwareDecoding | None:
    """Return the wish that hardware decodes a title; no setting of its encodes depends on that."""
    asked = project.config.decoding.hardware
    if asked == "off":
        return None
    from drapto.video.hardware import HardwareDecoding

    return HardwareDecoding(asked, common.codec, common.pix_fmt, title=str(title.work), run=run_name(project))


def fallback_line(
    fallback: Fallback | None, log: str, context: StageContext, project: Project, title: Title
) -> str:
    """Return the line that says why the hardware does not decode a title, once a run, and log it.

    Args:
        fallback: Why; None where there is nothing to say.
        log: Names the log.
        context: The title's surroundings.
        project: The project.
        title: The title.
    """
    if fallback is None or not _first_time(project, title):
        return ""
    asked = project.config.decoding.hardware
    said = f"decoded by ffmpeg itself (decoding.hardware is {asked}): {fallback.reason}"
    context.note(said, log=log)
    return "" if fallback.expected else f"\n{printable(title.source)}: {said}"


def _first_time(project: Project, title: Title) -> bool:
    run = run_name(project)
    with _said_lock:
        before = _said.get(title.work)
        _said[title.work] = run
    return before != run
