"""`drapto probe`: what is in a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from drapto.cli import options
from drapto.errors import printable
from drapto.words import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from drapto.media.model import SourceInfo, Track, VideoTrack


PIPED_WIDTH = 200
"""Columns where the output is no terminal."""


@click.command(
    short_help="Show what is in a file.",
    epilog=options.examples("drapto probe movie.mkv", "drapto probe movie.mkv --json"),
)
@click.argument("source", metavar="INPUT", type=options.PATH)
@options.as_json
def probe(source: Path, as_json: bool) -> None:
    """Show what is in INPUT: tracks, colour, layouts, chapters, attachments. Nothing is written."""
    options.require_file(source)
    from drapto.media.probe import inspect  # noqa: PLC0415  loads PyAV and mediainfo

    info, _ = inspect(source.absolute())
    if as_json:
        options.echo_json(info.model_dump(mode="json"))
        return
    from drapto.display.console import ShownConsole  # noqa: PLC0415  only needed here

    # piped, nothing is cut or wrapped
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = ShownConsole(width=width, highlight=False, markup=False, emoji=False)
    for line in headline(source, info):
        console.print(line, soft_wrap=True)
    console.print(tracks(info))
    for note in info.notes:
        console.print(f"⚠ {note}", soft_wrap=True)


def headline(source: Path, info: SourceInfo) -> list[str]:
    """Return what there is to say of the whole file."""
    video = info.video
    length = "unknown length" if info.duration is None else clock(info.duration)
    lines = [f"{printable(source.name)}: {info.container}, {size_text(info.size)}, {length}"]
    lines.append(
        f"{video.frames} frames ({video.counted}), {float(video.rate):.3f} fps"
        f"{', variable' if video.variable else ''}, {video.keyframes} keyframes, {video.scan}"
    )
    if video.dynamic is not None and video.dynamic.caption_frames:
        lines.append(f"closed captions on {video.dynamic.caption_frames} frames")
    if info.chapters:
        lines.append(f"{len(info.chapters)} chapters")
    return lines


def tracks(info: SourceInfo) -> Table:
    """Return a table of the tracks and attachments."""
    from rich.table import Table  # noqa: PLC0415  only needed here
    from rich.text import Text  # noqa: PLC0415  only needed here

    table = Table(box=None, pad_edge=False)
    for column in ("#", "kind", "codec", "what", "language", "title", "flags"):
        table.add_column(column, overflow="fold")
    rows: list[tuple[str, Track, str]] = [
        ("video", track, picture(track)) for track in (info.video, *info.other_video)
    ]
    rows += [
        ("audio", track, f"{track.layout or f'{track.channels} channels'}, {track.sample_rate} Hz")
        for track in info.audio
    ]
    rows += [("subtitle", track, f"{track.packets} packets") for track in info.subtitles]
    for kind, track, what in rows:
        flags = " ".join(track.dispositions)
        cells = (str(track.index), kind, track.codec, what, track.language or "", track.title or "", flags)
        # escaped here, so that the columns are as wide as what is shown; Text, since brackets are no markup
        table.add_row(*(Text(printable(cell)) for cell in cells))
    for item in info.attachments:
        cells = (
            str(item.index),
            "attachment",
            item.mimetype or "",
            size_text(item.size),
            "",
            item.filename,
            "",
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def picture(video: VideoTrack) -> str:
    """Return a picture's size, shape, depth and colour."""
    shape = "" if video.sar == 1 else f" SAR {video.sar.numerator}:{video.sar.denominator}"
    dolby = "" if video.dolby_vision is None else f" profile {video.dolby_vision.profile}"
    return f"{video.width}x{video.height}{shape}, {video.bit_depth} bit, {video.hdr}{dolby}"


def clock(seconds: float) -> str:
    """Return a length as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
