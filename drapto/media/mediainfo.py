"""What MediaInfo knows and the demuxer does not say: fields, chroma siting, Dolby Vision, BCP 47."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pymediainfo import MediaInfo

from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from pathlib import Path

CHROMA_LOCATIONS = ("left", "center", "topleft", "top", "bottomleft", "bottom")
"""ffmpeg's names of ITU-T H.273's chroma sample location types 0 to 5."""

COMPATIBILITY = {"": 0, "HDR10": 1, "SDR": 2, "HLG": 4, "Blu-ray": 6}
"""MediaInfo's names of Dolby Vision's base layer signal compatibility ids."""


@dataclass(frozen=True)
class TrackFacts:
    """One track.

    Attributes:
        language: With region or script (``de-CH``), None where it is a plain language.
        scan: What the stream claims of its fields.
        top_field_first: The claimed order.
        chroma_location: ffmpeg's name.
        dolby_vision: The configuration record.
        hdr10plus: SMPTE ST 2094-40 is named.
    """

    language: str | None = None
    scan: Literal["progressive", "interlaced", "unknown"] = "unknown"
    top_field_first: bool | None = None
    chroma_location: str | None = None
    dolby_vision: DolbyVision | None = None
    hdr10plus: bool = False


@dataclass(frozen=True)
class FileFacts:
    """The whole file.

    Attributes:
        container: Such as ``Matroska``.
        writer: The application that wrote it.
        tracks: By the track's place in the file.
    """

    container: str
    writer: str | None
    tracks: dict[int, TrackFacts]


def read_facts(source: Path) -> FileFacts:
    """Ask MediaInfo about ``source``; it reads a few megabytes of it."""
    with source.open("rb") as file:  # a handle, since MediaInfo reads patterns and URLs out of file names
        report = MediaInfo.parse(file)
    general = report.general_tracks[0].to_data()
    tracks = {}
    for track in report.tracks:
        data = track.to_data()
        if str(data.get("streamorder", "")).isdigit():
            tracks[int(data["streamorder"])] = _track_facts(data)
    return FileFacts(general.get("format", "Matroska"), general.get("writing_application"), tracks)


def _track_facts(data: dict[str, str]) -> TrackFacts:
    language = data.get("language") or ""
    order = str(data.get("scan_order", ""))
    formats = str(data.get("hdr_format", "")).split(" / ")
    return TrackFacts(
        language=language if "-" in language else None,
        scan=_scan(str(data.get("scan_type", ""))),
        top_field_first={"TFF": True, "BFF": False}.get(order[:3]),
        chroma_location=_chroma_location(str(data.get("chromasubsampling_position", ""))),
        dolby_vision=_dolby_vision(data, formats),
        hdr10plus="SMPTE ST 2094 App 4" in formats,
    )


def _scan(scan_type: str) -> Literal["progressive", "interlaced", "unknown"]:
    if scan_type == "Progressive":
        return "progressive"
    return "interlaced" if scan_type in ("Interlaced", "MBAFF", "PAFF", "Mixed") else "unknown"


def _chroma_location(position: str) -> str | None:
    kind = position.removeprefix("Type ")
    return CHROMA_LOCATIONS[int(kind)] if kind.isdigit() and int(kind) < len(CHROMA_LOCATIONS) else None


def _dolby_vision(data: dict[str, str], formats: list[str]) -> DolbyVision | None:
    """Read the record out of MediaInfo's lists, such as ``dvhe.08 / `` for Dolby Vision beside HDR10."""
    if "Dolby Vision" not in formats:
        return None
    place = formats.index("Dolby Vision")

    def said(name: str) -> str:
        parts = str(data.get(f"hdr_format_{name}", "")).split(" / ")
        return parts[place].strip() if place < len(parts) else ""

    layers = said("settings").split("+")
    profile = said("profile").partition(".")[2].partition(".")[0]
    return DolbyVision(
        profile=int(profile) if profile.isdigit() else 0,
        compatibility=COMPATIBILITY.get(said("compatibility"), 0),
        level=int(said("level")) if said("level").isdigit() else 0,
        has_rpu="RPU" in layers,
        has_el="EL" in layers,
        has_bl="BL" in layers,
    )
