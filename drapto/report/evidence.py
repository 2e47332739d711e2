"""What was found out about a picture, and from what: black bars, fields, colour and light."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from drapto.report.page import NOTHING, Table
from drapto.report.plots import clock
from drapto.words import count_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.media.fields.model import FieldsInfo
    from drapto.media.model import CropInfo, VideoTrack

MOST_POINTS = 60
"""Runs of frames that are listed for the fields."""

SIDES = ("left", "right", "top", "bottom")


def crop_table(crop: CropInfo) -> Table:
    """Return what is cut off a picture, and what the sampled pictures showed."""
    rect = crop.rect
    cut = (
        *(rect.x, crop.source_width - rect.x - rect.width),
        *(rect.y, crop.source_height - rect.y - rect.height),
    )
    rows = []
    for side, pixels in zip(SIDES, cut, strict=True):
        seen = [value for one in crop.samples if (value := getattr(one, side)) is not None]
        spread = (f"{min(seen)}", f"{median(seen):g}", f"{max(seen)}") if seen else (NOTHING,) * 3
        rows.append((side, f"{pixels} px", *spread))
    whole = f"{crop.source_width}x{crop.source_height}"
    kept = f"{rect.width}x{rect.height} of {whole} at {rect.x}, {rect.y}" if crop.cuts else f"all of {whole}"
    told = sum(one.top is not None for one in crop.samples)
    looked = (
        f" {count_text(len(crop.samples), 'picture')} were sampled, {told} of them bright enough to tell."
    )
    return Table(
        "Black bars",
        ("side", "cut off", "least black seen, px", "median", "most"),
        tuple(rows),
        (f"Kept: {kept} ({crop.method}: {crop.reason}).{looked if crop.samples else ''}",),
    )


def fields_table(fields: FieldsInfo) -> Table:
    """Return what a picture is made of, and what runs of frames showed."""
    verdicts = Counter(point.verdict for point in fields.points)
    seen = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    order = {"tff": ", top field first", "bff": ", bottom field first"}.get(fields.order or "", "")
    said = f"The picture is {fields.kind}{order} ({fields.method}: {fields.reason})."
    looked = f" {count_text(len(fields.points), 'run')} of frames were looked at: {seen}." if seen else ""
    step = -(-len(fields.points) // MOST_POINTS) or 1
    rows = tuple(
        (
            clock(point.time),
            point.verdict,
            str(point.frames),
            percent_text(point.multiple.fraction_combed),
            NOTHING if point.pulldown is None else f"{point.pulldown.following:.2f}",
        )
        for point in fields.points[::step]
    )
    head = ("time", "verdict", "frames", "combed", "follows pulldown")
    return Table("Fields", head if rows else (), rows, (said + looked,), folded=bool(rows))


def colour_table(video: VideoTrack) -> Table:
    """Return what the source says of its colour and light, and what its frames carry."""
    rows = tuple((name, value) for name, value in _colour(video) if value)
    said = f"{video.hdr}, {video.bit_depth} bits, {video.pix_fmt}."
    return Table("Colour and HDR", ("what", "in the source"), rows, (said,))


def _colour(video: VideoTrack) -> Iterator[tuple[str, str]]:
    colour = video.colour
    for name in ("range", "primaries", "transfer", "matrix", "chroma_location"):
        yield name.replace("_", " "), getattr(colour, name) or "not stated"
    if video.mastering is not None:
        low, high = video.mastering.min_luminance, video.mastering.max_luminance
        yield "mastering display", f"{low:g} to {high:g} cd/m²"
    if video.light is not None:
        light = video.light.model_dump()
        yield "light levels", ", ".join(f"{name} {value}" for name, value in light.items())
    if video.dolby_vision is not None:
        vision = video.dolby_vision
        layers = ", with an enhancement layer" if vision.has_el else ""
        yield "Dolby Vision", f"profile {vision.profile}.{vision.compatibility}, level {vision.level}{layers}"
    if video.dynamic is not None:
        dynamic = video.dynamic
        for name, frames in (
            ("HDR10+", dynamic.hdr10plus_frames),
            ("Dolby Vision RPUs", dynamic.rpu_frames),
            ("closed captions", dynamic.caption_frames),
        ):
            yield name, f"{frames:,} of {count_text(video.frames, 'frame')}" if frames else ""
