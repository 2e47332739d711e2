"""The page of a finished title, from its work directory to its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.report.render import write_page
from drapto.report.title import Records, look, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.audio.plan import AudioPlan
    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo
    from drapto.project import Title


class Made(NamedTuple):
    """What came of a page: its size in bytes, and why some pictures are not in it, a line each."""

    bytes: int
    problems: tuple[str, ...]


def make(
    title: Title,
    info: SourceInfo,
    sound: Sequence[AudioPlan | None],
    context: StageContext,
    threads: int = 1,
) -> Made:
    """Write the page of a finished title.

    Args:
        title: The title.
        info: What is in its source, of the tracks those that were chosen.
        sound: What each audio track became.
        context: The surroundings.
        threads: How many pictures are made side by side.

    Raises:
        ArtifactError: What its stages have left is missing, or damaged.
        OSError: It cannot be written.
    """
    known = Records.read(title, info, sound)
    looks = look(known, context, threads)
    return Made(write_page(page(known, looks), title.report), looks.problems)
