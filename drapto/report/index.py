"""The overview of all titles: what each came to, and all of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from drapto.report.page import NOTHING, Entry, Fact, Index
from drapto.words import change_text, count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.output.model import Validation
    from drapto.project import Title

HEAD = ("source", "output", "change", "quality", "5th percentile", "length", "processor time", "checks")


@dataclass(frozen=True)
class Known:
    """What is known of a title.

    Attributes:
        title: The title.
        validation: What was found of the finished file; None where it is not finished.
        seconds: The processor seconds that its picture took.
    """

    title: Title
    validation: Validation | None
    seconds: float = 0.0


def index(titles: Sequence[Known], folder: Path) -> Index:
    """Return the overview.

    Args:
        titles: All titles, in order.
        folder: Where the overview lies; the pages of the titles are below it.
    """
    return Index(tuple(_totals(titles)), HEAD, tuple(_entry(known, folder) for known in titles))


def _totals(titles: Sequence[Known]) -> Iterator[Fact]:
    done = [known.validation for known in titles if known.validation is not None]
    source = sum(one.sizes.source for one in done)
    output = sum(one.sizes.output for one in done)
    yield Fact("Finished", str(len(done)), f"of {count_text(len(titles), 'title')}")
    if not done:
        return
    yield Fact("Sources", size_text(source))
    yield Fact("Outputs", size_text(output), change_text(output / source - 1) if source else "")
    yield Fact("Saved", size_text(source - output) if source >= output else f"-{size_text(output - source)}")
    yield Fact("Length", time_text(math.fsum(one.duration for one in done)))
    yield Fact("Processor time", time_text(math.fsum(known.seconds for known in titles)), "for the pictures")


def _entry(known: Known, folder: Path) -> Entry:
    title, validation = known.title, known.validation
    name = title.source.stem
    if validation is None:
        return Entry(name, "", "not finished", (NOTHING,) * len(HEAD))
    sizes, quality = validation.sizes, validation.quality
    scored = (NOTHING, NOTHING)
    if quality is not None:
        figure = score_text(quality.scores.metric, quality.score, quality.statistic)
        scored = (figure, f"{quality.scores.p5:.1f}")
    failed = len(validation.failed)
    checks = f"{len(validation.checks) - failed} passed" + (f", {failed} differ" if failed else "")
    return Entry(
        name,
        _link(title.report, folder) if title.report.is_file() else "",
        "finished",
        (
            *(size_text(sizes.source), size_text(sizes.output)),
            change_text(sizes.output / sizes.source - 1) if sizes.source else NOTHING,
            *scored,
            *(time_text(validation.duration), time_text(known.seconds), checks),
        ),
    )


def _link(page: Path, folder: Path) -> str:
    """Return the address of a page from the overview's folder, which no name can make another scheme of."""
    inside: os.PathLike[str] = page.relative_to(folder) if page.is_relative_to(folder) else page
    return f"./{quote(str(inside), errors='surrogateescape')}" if inside != page else page.as_uri()
