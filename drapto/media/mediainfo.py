"""What MediaInfo knows and the demuxer does not say: fields, chroma siting, HDR10, BCP 47."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pymediainfo import MediaInfo

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.records import streams
from drapto.media.matroska.tree import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMA_LOCATIONS = ("left", "center", "topleft", "top", "bottomleft", "bottom")
"""ffmpeg's names of ITU-T H.273's chroma sample location types 0 to 5."""

STATIC = {
    "the mastering display's primaries": (
        "mastering_display_color_primaries",
        "masteringdisplay_colorprimaries_original",
    ),
    "the mastering display's luminance": (
        "mastering_display_luminance",
        "masteringdisplay_luminance_original",
    ),
    "MaxCLL": ("maximum_content_light_level", "maxcll_original"),
    "MaxFALL": ("maximum_frameaverage_light_level", "maxfall_original"),
}
"""HDR10's fields by their names in MediaInfo: the container's, the stream's."""

COLOURS = (
    ("color_range", "colour_range_original"),
    ("color_primaries", "colour_primaries_original"),
    ("transfer_characteristics", "transfer_characteristics_original"),
    ("matrix_coefficients", "matrix_coefficients_original"),
)
"""The same of a picture's colours."""

UNIT = " cd/m2"


@dataclass(frozen=True)
class TrackFacts:
    """One track.

    Attributes:
        language: With region or script (``de-CH``), None where it is a plain language.
        scan: What the stream claims of its fields.
        top_field_first: The claimed order.
        chroma_location: ffmpeg's name.
        hdr10plus: SMPTE ST 2094-40 is named.
        disagreements: HDR10's fields, and colours, of which the container and the stream say different
            things, a line each.
    """

    language: str | None = None
    scan: Literal["progressive", "interlaced", "unknown"] = "unknown"
    top_field_first: bool | None = None
    chroma_location: str | None = None
    hdr10plus: bool = False
    disagreements: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileFacts:
    """The whole file.

    Attributes:
        container: Such as ``Matroska``.
        writer: The application that wrote it.
        tracks: By ffmpeg's stream index.
    """

    container: str
    writer: str | None
    tracks: dict[int, TrackFacts]


def read_facts(source: Path) -> FileFacts:
    """Ask MediaInfo about ``source``; it reads a few megabytes of it."""
    with source.open("rb") as file:  # a handle, since MediaInfo reads patterns and URLs out of file names
        report = MediaInfo.parse(file)
    general = report.general_tracks[0].to_data()
    tracks, indices = {}, _indices(source)
    for track in report.tracks:
        data = track.to_data()
        place, number = str(data.get("streamorder", "")), str(data.get("track_id", ""))
        if place.isdigit():
            # it counts the tracks of which ffmpeg makes no stream, too
            tracks[indices.get(number, int(place))] = track_facts(data)
    return FileFacts(general.get("format", "Matroska"), general.get("writing_application"), tracks)


def _indices(source: Path) -> dict[str, int]:
    """Return ffmpeg's index of each stream by its track's number."""
    try:
        with source.open("rb") as file:
            entries = streams(Reader(file).first(ids.TRACKS))
    except ElementError:
        return {}  # MediaInfo has read the same head
    return {str(entry.number(ids.TRACK_NUMBER)): index for index, entry in entries.items()}


def track_facts(data: dict[str, str]) -> TrackFacts:
    """Return what MediaInfo's report says of one track."""
    language = data.get("language") or ""
    order = str(data.get("scan_order", ""))
    formats = str(data.get("hdr_format", "")).split(" / ")
    return TrackFacts(
        language=language if "-" in language else None,
        scan=_scan(str(data.get("scan_type", ""))),
        top_field_first={"TFF": True, "BFF": False}.get(order[:3]),
        chroma_location=_chroma_location(str(data.get("chromasubsampling_position", ""))),
        hdr10plus="SMPTE ST 2094 App 4" in formats,
        disagreements=tuple(_disagreements(data)),
    )


def _disagreements(data: dict[str, str]) -> Iterator[str]:
    """Yield what MediaInfo found twice: the container's word first, the stream's as the "original" one.

    ffmpeg 9.0.2 decodes, and so encodes, the stream's where both are there.
    """
    for what, (container, stream) in STATIC.items():
        given, coded = (str(data.get(name, "")).removesuffix(UNIT) for name in (container, stream))
        if given and coded and given != coded:
            yield f"the container gives {given} as {what}, the stream {coded}: the stream's is kept"
    pairs = [(str(data.get(one, "")), str(data.get(other, ""))) for one, other in COLOURS]
    # "HLG / BT.2020 (10-bit)": a broadcast that says one for old players, and the other in a message
    differing = [
        (given, coded) for given, coded in pairs if given and coded and given not in coded.split(" / ")
    ]
    if differing:
        given, coded = ("/".join(dict.fromkeys(words)) for words in zip(*differing, strict=True))
        yield f"the container calls its colours {given}, the stream {coded}: the stream's word is kept"


def _scan(scan_type: str) -> Literal["progressive", "interlaced", "unknown"]:
    if scan_type == "Progressive":
        return "progressive"
    return "interlaced" if scan_type in ("Interlaced", "MBAFF", "PAFF", "Mixed") else "unknown"


def _chroma_location(position: str) -> str | None:
    kind = position.removeprefix("Type ")
    return CHROMA_LOCATIONS[int(kind)] if kind.isdigit() and int(kind) < len(CHROMA_LOCATIONS) else None
