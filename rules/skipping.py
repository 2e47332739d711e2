"""Titles that are left alone: coded already as they would be, or not made small enough by it.

That is no failure. What is known of it lies in ``skipped.json``, and holds for the source and the settings
that it was found with; the source's codec is asked anew each time, which needs the probe alone.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drapto.engine import atomic
from drapto.rules import probe, published
from drapto.rules.finished import finished
from drapto.rules.stage import shapes
from drapto.words import change_text, percent_text, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.state.events import TitleSkipped

PROBE = probe.STAGE.name
"""The one stage of a title that is left alone: what it finds out says so."""

CODEC_NAMES = {"mpeg2video": "MPEG-2", "h264": "H.264"}

SLACK = 4096
"""Bytes that a segment's file may have beyond what of it comes into the finished file: Matroska's head, cues
and tags, 700 to 1,500 bytes as ffmpeg 9.0 writes them."""


@dataclass(frozen=True)
class Skip:
    """That a title is left alone.

    Attributes:
        reason: Why, in a few words.
        remedy: What to set to have it encoded all the same.
    """

    reason: str
    remedy: str

    def __str__(self) -> str:
        """Return one line."""
        return f"skipped: {self.reason}; to encode it all the same: {self.remedy}"


def skip_of(project: Project, title: Title, info: SourceInfo | None = None) -> Skip | None:
    """Return why a title is left alone, by what is known of it now; None where it is not.

    Args:
        project: The project.
        title: The title.
        info: What is in its source, as that is now; found out by default.
    """
    codecs = project.config.input.skip_codecs
    noted = _noted(title)
    if not codecs and noted is None:
        return None
    known = probe.fresh(project, title) if info is None else info
    if known is None:
        return None
    if noted is not None and (skip := _too_large(project, title, known, noted)) is not None:
        return skip
    if known.video.codec not in codecs or finished(project, title, known):
        return None
    name = CODEC_NAMES.get(known.video.codec, known.video.codec.upper())
    return Skip(f"already {name}", "--no-skip, or input.skip_codecs = []")


def _noted(title: Title) -> dict[str, Any] | None:
    try:
        with open(title.skipped, "rb") as file:  # noqa: PTH123  for every title of every run
            known = json.load(file)
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def _too_large(project: Project, title: Title, info: SourceInfo, noted: dict[str, Any]) -> Skip | None:
    output = project.config.output
    size = noted.get("bytes")
    if not isinstance(size, int) or not exceeds(project, size, info.size):
        return None
    if noted.get("inputs") != shapes(project, title, info):
        return None
    remedy = '--no-skip, or output.if_larger = "keep"'
    sizes = f"{size_text(info.size)} -> {size_text(size)}"
    if not noted.get("whole"):
        done = f"{size_text(size)} after {noted.get('segments')} of {noted.get('of')} segments"
        what = "larger than its source" if size > info.size else "not small enough"
        return Skip(f"would be {what} ({done}, of {size_text(info.size)})", remedy)
    if size > info.size:
        return Skip(f"larger than its source ({sizes}, {change_text(size / info.size - 1)})", remedy)
    wanted = f"output.min_reduction is {percent_text(output.min_reduction)}"
    return Skip(f"not small enough ({sizes}, {change_text(size / info.size - 1)}; {wanted})", remedy)


def exceeds(project: Project, size: int, source: int) -> bool:
    """Return whether a file of ``size`` bytes is too large for one that is made of ``source`` bytes."""
    output = project.config.output
    return output.if_larger != "keep" and size > source * (1 - output.min_reduction)


def hold_against_source(
    work: Work, info: SourceInfo, size: int, *, segments: int = 0, of: int = 0
) -> Skip | None:
    """Note that a title is left alone, where what there is of it is too large.

    Args:
        work: The title.
        info: What is in its source.
        size: Bytes of the finished file, or which it will have at least.
        segments: How many of the title's segments that is of; 0 where it is of the whole file.
        of: How many segments it has.
    """
    if not exceeds(work.project, size, info.size):
        return None
    noted = {
        "bytes": size,
        "whole": not of,
        "segments": segments,
        "of": of,
        "inputs": shapes(work.project, work.title, info),
    }
    atomic.write_text(work.title.skipped, json.dumps(noted, indent=1) + "\n")
    return skip_of(work.project, work.title, info)


def least(title: Title, sizes: dict[int, int], audio: Sequence[int]) -> int:
    """Return how many bytes a finished file will have at least.

    Args:
        title: The title.
        sizes: Of the encoded segments that it will have, by number.
        audio: The numbers of the audio tracks that it will have.
    """
    whole = sum(max(0, size - SLACK) for size in sizes.values())
    # each audio track, and the subtitles, as far as they are there; they are copied as they are
    for path in (*(title.audio(number) for number in audio), title.subtitles):
        if path.is_file():
            whole += max(0, path.stat().st_size - SLACK)
    return whole


def refused(work: Work, name: str) -> TitleSkipped | None:
    """Return what is told of a task that is not begun, since its title is left alone; None of any other.

    Raises:
        DraptoError: The source itself is to be published, and cannot be.
    """
    project, title = work.project, work.title
    wanted = work.state.skipping.wanted
    if name.split(":", maxsplit=1)[0] == PROBE or (
        # what makes it too large may be found out at any time, by another process, too
        title.name in wanted and not os.path.exists(title.skipped)  # noqa: PTH110  asked of every task
    ):
        return None
    info = probe.fresh(project, title)
    skip = None if info is None else skip_of(project, title, info)
    if skip is None:
        if info is not None:
            wanted.add(title.name)
        return None
    from drapto.state.events import TitleSkipped

    if work.once("skipped") and is_due(project, title):
        _publish_source(work)
    copied = project.config.output.if_larger == "copy-source"
    return TitleSkipped(title=title.name, reason=skip.reason, remedy=skip.remedy, copied=copied)


def is_due(project: Project, title: Title) -> bool:
    """Return whether the source itself is to be published, and is not yet."""
    if project.config.output.if_larger != "copy-source":
        return False
    there = published.recorded(title) is not None and published.holds(project, title)
    return not (there and title.output.is_file())


def _publish_source(work: Work) -> None:
    """Put the source itself into the output's place."""
    from drapto.output.copies import content_of
    from drapto.output.publish import publish

    project, title = work.project, work.title
    published.require_own(project, title)
    title.validation.unlink(missing_ok=True)  # what it says is of a file that is no more
    digest = work.state.fingerprints.of(title.film)
    work.run(publish, muxed=title.film, output=title.output, validated=digest, context=work.context)
    published.record(project, title, content_of(title.output).value)
