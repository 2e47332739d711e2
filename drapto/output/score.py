"""The score of one file against another: what a search measures, for any two files (`drapto score`)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine.context import StageContext
from drapto.engine.document import Document, Model
from drapto.engine.resources import DiskRate, cpu_slots
from drapto.errors import ConfigError, SourceError, ToolMissingError
from drapto.media.crop.detect import detect_crop
from drapto.media.model import CropRect
from drapto.media.picture import look_at
from drapto.media.yuv import rgb_matrix
from drapto.output.pairing import pair
from drapto.quality.display import Display
from drapto.quality.hdr import light_text
from drapto.quality.metrics import METRICS
from drapto.quality.reference import Reference
from drapto.quality.sampling import usable
from drapto.quality.scores import Scores, percentile
from drapto.quality.target import display_for, measure_of
from drapto.tools import BUNDLED, find_tools
from drapto.versions import measures

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.config import Config
    from drapto.media.picture import Picture
    from drapto.output.pairing import Pairing

PIX_FMT = "yuv420p10le"
"""What both pictures are converted to: that of drapto's encodes, which holds those of 8 bits, too."""

SPEAKING = 2000
"""Frames that are measured, or more, where a film has more and nobody says how many."""

WIDEST = 13
"""The most frames from one that is measured to the next, where nobody says how many."""

LOWEST = 5
APART = 1.0
"""How many of the lowest moments are named, and the seconds that are at least between two of them."""

SAME_SHAPE = 0.01
"""By how much the shapes of two pictures may differ, width to height, where one was made of the other."""


class Moment(Model):
    """A frame that scored low.

    Attributes:
        time: When the output shows it, seconds.
        score: Its score.
    """

    time: float
    score: float


class Score(Document):
    """What one file scores against another.

    Attributes:
        source, output: The files.
        frames: How many the output has.
        paired: How frames belong together.
        crop: What of the source's picture the output shows; None for all of it.
        display: How the picture is shown, and the model that judges it there.
        shown: How large what is compared is shown, width and height, pixels.
        scores: What was measured, with the score of each measured frame.
        p10: The 10th percentile.
        worst: The lowest moments, the lowest first.
        notes: What a reader should know, a line each.
    """

    source: str
    output: str
    frames: int
    paired: str
    crop: CropRect | None
    display: Display
    shown: tuple[int, int]
    scores: Scores
    p10: float
    worst: tuple[Moment, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Region:
    """What of the source's picture is compared; ``resized`` where the output has it in another size."""

    crop: CropRect | None
    resized: bool


@dataclass(frozen=True)
class Comparison:
    """Two files, and what one scores against the other.

    Attributes:
        score: What it scores.
        source, output: Their pictures.
        pairing: How their frames belong together.
        ffmpeg: What measured it.
    """

    score: Score
    source: Picture
    output: Picture
    pairing: Pairing
    ffmpeg: Path


def score(
    source: Path,
    output: Path,
    config: Config,
    *,
    every: int | None = None,
    crop: str | None = None,
    tell: Callable[[float], None] | None = None,
) -> Score:
    """Return what ``output`` scores against ``source``; see `compare`."""
    return compare(source, output, config, every=every, crop=crop, tell=tell).score


def compare(
    source: Path,
    output: Path,
    config: Config,
    *,
    every: int | None = None,
    crop: str | None = None,
    tell: Callable[[float], None] | None = None,
) -> Comparison:
    """Return what ``output`` scores against ``source``, both as they are shown on a display.

    Args:
        source: The original.
        output: What was made of it.
        config: The settings: the model, the viewing, the crop's threshold, the ffmpeg.
        every: Measure every how many-th frame; None chooses by how many there are.
        crop: What of the source's picture the output shows, ``width:height:x:y``; None finds it.
        tell: Called about twice a second, while it is measured, with how much of that is done, 0 to 1.

    Raises:
        ConfigError: ``crop`` does not fit.
        SourceError: A file has no picture, or the two cannot be compared.
        ToolMissingError: There is no ffmpeg that can measure it.
        ToolFailedError: ffmpeg failed.
    """
    config = config.of(source.stem)
    tools = find_tools(config.tools.ffmpeg)
    seen, made = look_at(source), look_at(output)
    with tempfile.TemporaryDirectory(prefix="drapto-") as name:
        folder = Path(name)
        context = _context(config, output, tools.ffmpeg, folder)
        region = _region(seen, made, config, folder, crop)
        pairing = pair(seen, made, folder, context)
        display = _display(config, seen, made, tools.ffmpeg)
        reference = _reference(seen, made, region, pairing, display)
        reference = replace(reference, light=measure_of(config, seen.video)[1])
        scores = _measured(made, reference, every, context, cpu_slots(config.resources.max_cpu), tell)
    found = Score(
        source=str(source),
        output=str(output),
        frames=len(made.times),
        paired=pairing.said,
        crop=region.crop,
        display=display,
        shown=display.shown(reference.width, reference.height),
        scores=scores,
        p10=percentile(scores.values, 0.1),
        worst=_lowest(scores, made.times),
        notes=_notes(seen, made, reference.light),
    )
    return Comparison(found, seen, made, pairing, tools.ffmpeg)


def _measured(
    output: Picture,
    reference: Reference,
    every: int | None,
    context: StageContext,
    threads: int,
    tell: Callable[[float], None] | None,
) -> Scores:
    measured = METRICS["vmaf"].measure(
        output.path,
        reference,
        context.logs.parent / "scores.json",
        stride=every or _stride(len(output.times)),
        threads=threads,
        context=context,
        log="score",
        stream=output.video.index,
        tell=tell,
    )
    return measured.scores


def _context(config: Config, output: Path, ffmpeg: Path, folder: Path) -> StageContext:
    disk = DiskRate(config.resources.max_disk_io, folder / "disk")
    return StageContext(output.stem, ffmpeg, folder / "logs", disk)


def _display(config: Config, source: Picture, output: Picture, ffmpeg: Path) -> Display:
    """Return the display that it is measured on.

    Raises:
        ToolMissingError: This ffmpeg lacks the model.
    """
    display = display_for(config, source.video, output.video.rate)
    if not measures(ffmpeg, display.model):
        problem = f"this ffmpeg cannot measure VMAF by the model {display.model}"
        raise ToolMissingError(problem, path=ffmpeg, remedy=BUNDLED)
    return display


def _notes(source: Picture, output: Picture, light: str) -> tuple[str, ...]:
    hdr, transfers = source.video.hdr, (source.video.colour.transfer, output.video.colour.transfer)
    if hdr == "SDR":
        return ()
    notes = (
        f"VMAF of {light_text(light)}"
        if light
        else f"VMAF is not defined for {hdr}: compare this score with none of SDR"
    )
    if transfers[0] == transfers[1]:
        return (notes,)
    return notes, f"the output says the transfer {transfers[1] or 'nothing'}, its source {transfers[0]}"


def _stride(frames: int) -> int:
    return usable(min(WIDEST, frames // SPEAKING))


def _reference(
    source: Picture, output: Picture, region: _Region, pairing: Pairing, display: Display
) -> Reference:
    video, crop = source.video, region.crop
    return Reference(
        source=source.path,
        stream=video.index,
        crop=crop,
        pix_fmt=PIX_FMT,
        width=crop.width if crop else video.width,
        height=crop.height if crop else video.height,
        frames=len(output.times),
        rate=output.video.rate,
        filters=pairing.filters,
        yuv_matrix=rgb_matrix(video),
        display=display,
        resized=region.resized,
        by_time=pairing.by == "time",
    )


def _region(source: Picture, output: Picture, config: Config, folder: Path, asked: str | None) -> _Region:
    """Find what of the source's picture the output shows."""
    there, made = source.video, output.video
    if there.rotation % 360 != made.rotation % 360:
        problem = f"is turned by {made.rotation} degrees by players, its source by {there.rotation}"
        raise SourceError(problem, path=output.path, remedy="compare files that are turned alike")
    size = (made.width, made.height)
    if asked is None and size == (there.width, there.height):
        return _Region(None, resized=False)
    found = detect_crop(
        source.path,
        source.info,
        folder / "crop.json",
        enabled=config.crop.enabled,
        rect=asked or config.crop.titles.get(source.path.stem, config.crop.rect),
        threshold=config.crop.threshold,
    )
    cut = found.rect if found.cuts else None
    if size == (found.rect.width, found.rect.height):
        return _Region(cut, resized=False)
    shape = size[0] * made.sar / size[1]
    for crop in dict.fromkeys((cut, cut if asked else None)):
        width, height = (crop.width, crop.height) if crop else (there.width, there.height)
        if abs(shape / (width * there.sar / height) - 1) < SAME_SHAPE:
            return _Region(crop, resized=True)
    bars = f", nor without its bars ({found.rect.width}x{found.rect.height})" if cut else ""
    raise (SourceError if asked is None else ConfigError)(
        f"shows {size[0]}x{size[1]}, which is neither the source's {there.width}x{there.height}{bars}",
        path=output.path,
        remedy="say what of the source it shows: --crop WIDTH:HEIGHT:X:Y",
    )


def _lowest(scores: Scores, times: list[int]) -> tuple[Moment, ...]:
    """Return the lowest moments, some way apart."""
    shown = [(times[number] - times[0]) / 1e9 for number in scores.numbers]
    chosen: list[Moment] = []
    for value, time in sorted(zip(scores.values, shown, strict=True)):
        if all(abs(time - other.time) >= APART for other in chosen):
            chosen.append(Moment(time=round(time, 3), score=value))
        if len(chosen) == LOWEST:
            break
    return tuple(chosen)
