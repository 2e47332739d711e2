"""`drapto crop`: which part of a picture would be kept, and a preview of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.errors import printable
from drapto.words import count_text, percent_text

if TYPE_CHECKING:
    from drapto.config import Config
    from drapto.media.model import CropInfo, SourceInfo

SIDES = ("left", "right", "top", "bottom")


@click.command(
    short_help="Show the crop of a file, with a preview.",
    epilog=options.examples("drapto crop movie.mkv", "drapto crop movie.mkv -o crop.png"),
)
@click.argument("source", metavar="INPUT", type=options.PATH)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="PNG",
    type=options.PATH,
    help="Where the preview goes (default: INPUT's name with .crop.png, in the current directory).",
)
@click.option("--no-preview", is_flag=True, help="Do not write a preview.")
@options.config_file
@options.set_options
@options.as_json
def crop(
    source: Path,
    target: Path | None,
    no_preview: bool,
    config_file: Path | None,
    set_: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show which part of INPUT's picture is kept and why; write a preview with what is cut off in red."""
    options.require_file(source)
    config = options.settings(set_, config_file).config.of(source.stem)
    preview = None if no_preview else target or Path(f"{source.stem}.crop.png")
    info, found, times = _find(source.absolute(), config, preview)
    if as_json:
        shown = {**found.model_dump(mode="json"), "preview": None if preview is None else str(preview)}
        options.echo_json({**shown, "shown": times})
        return
    for line in describe(source, info, found):
        say(line)
    if preview is not None:
        say(f"preview      {printable(preview)}")


def _find(source: Path, config: Config, preview: Path | None) -> tuple[SourceInfo, CropInfo, list[float]]:
    """Return what is in the source, its crop, and the times of the frames in the preview, if it is wanted."""
    from drapto.engine.context import StageContext  # noqa: PLC0415  what looks at pictures comes after the arguments
    from drapto.engine.resources import DiskRate  # noqa: PLC0415
    from drapto.media.crop.detect import detect_crop  # noqa: PLC0415
    from drapto.media.crop.preview import write_preview  # noqa: PLC0415
    from drapto.media.probe import inspect  # noqa: PLC0415
    from drapto.tools import find_tools, require  # noqa: PLC0415

    info, _ = inspect(source, frame_index="packets")
    with tempfile.TemporaryDirectory(prefix="drapto-") as name:
        folder = Path(name)
        found = detect_crop(
            source,
            info,
            folder / "crop.json",
            enabled=config.crop.enabled,
            rect=config.crop.titles.get(source.stem, config.crop.rect),
            threshold=config.crop.threshold,
        )
        if preview is None:
            return info, found, []
        ffmpeg = require(find_tools(config.tools.ffmpeg)).ffmpeg
        disk = DiskRate(config.resources.max_disk_io, folder / "disk")
        context = StageContext(source.stem, ffmpeg, folder / "logs", disk)
        return info, found, write_preview(source, info.video, found, preview.absolute(), context=context)


def describe(source: Path, info: SourceInfo, crop: CropInfo) -> list[str]:
    """Return what was found, in lines."""
    video, rect = info.video, crop.rect
    lines = [f"{printable(source.name)}: {video.width}x{video.height}, {video.hdr}"]
    kept = rect.width * rect.height / (video.width * video.height)
    lines.append(f"kept         {rect} ({percent_text(kept, 1)} of the picture; {crop.reason})")
    cut = (rect.x, video.width - rect.x - rect.width, rect.y, video.height - rect.y - rect.height)
    lines += [
        f"{side:<12} {pixels} px cut{seen(crop, side)}" for side, pixels in zip(SIDES, cut, strict=True)
    ]
    if crop.threshold is not None:
        black = "" if crop.black is None else f", black measured at {percent_text(crop.black, 1)}"
        lines.append(f"black        at most {percent_text(crop.threshold, 1)} of full scale{black}")
    return lines


def seen(crop: CropInfo, side: str) -> str:
    """Return what the sampled pictures showed on one side."""
    margins = [margin for sample in crop.samples if (margin := getattr(sample, side)) is not None]
    if not margins:
        return ""
    spread = f"{min(margins)} to {max(margins)}" if min(margins) < max(margins) else f"{min(margins)}"
    return (
        f", {spread} black in {count_text(len(margins), 'picture')}, half of them {median(margins):g} or more"
    )
