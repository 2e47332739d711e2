"""However large a damaged file says that its parts are, little of it is read."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.errors import ElementError, SourceError
from drapto.media.hdr.dolby_vision import record
from drapto.media.matroska import ids
from drapto.media.matroska.container import EBML_HEADER_LIMIT, require_matroska
from drapto.media.matroska.ebml import MOST_PARTS, Element, elements
from drapto.media.matroska.records import dolby_vision_records
from drapto.media.matroska.tree import LIMIT
from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from pathlib import Path

GB = 1000**3
TYPE = Element(ids.DOC_TYPE, b"matroska")
PROFILE_8 = DolbyVision(profile=8, compatibility=4, level=10, has_rpu=True, has_el=False, has_bl=True)

MEASURED = """
import resource, sys
from pathlib import Path
from drapto.errors import SourceError
from drapto.media.matroska.container import require_matroska
from drapto.media.matroska.records import dolby_vision_records

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for ask in (require_matroska, dolby_vision_records):
    try:
        ask(Path(sys.argv[1]))
    except SourceError as error:
        print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def joined(*parts: Element) -> bytes:
    return b"".join(part.encode() for part in parts)


def opening(element: int, size: int) -> bytes:
    """Return what an element of ``size`` bytes begins with."""
    return Element(element, b"").encode()[:-1] + bytes([0x01, *size.to_bytes(7, "big")])


def header(*more: Element) -> bytes:
    return Element(ids.EBML, joined(TYPE, *more)).encode()


def sparse(path: Path, head: bytes) -> Path:
    path.write_bytes(head)
    with path.open("r+b") as file:
        file.truncate(2 * GB)
    return path


def dolby_vision_track(padding: int = 0) -> Element:
    mapping = Element(
        ids.BLOCK_ADDITION_MAPPING,
        joined(
            Element(ids.BLOCK_ADDITION_TYPE, b"dvvC"),
            Element(ids.BLOCK_ADDITION_EXTRA_DATA, record(PROFILE_8)),
        ),
    )
    entry = joined(Element(ids.TRACK_TYPE, b"\1"), mapping, Element(ids.VOID, bytes(padding)))
    return Element(ids.TRACKS, Element(ids.TRACK_ENTRY, entry).encode())


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (opening(ids.EBML, 3 * GB // 2), "its EBML header would be 1.5 GB long"),
        (opening(ids.EBML, EBML_HEADER_LIMIT + 1), "its EBML header would be 65.5 kB long"),
        (
            header() + opening(ids.SEGMENT, GB) + opening(ids.TRACKS, GB // 2),
            "its list of tracks would be 500.0 MB long",
        ),
        (
            header() + opening(ids.SEGMENT, (1 << 56) - 1) + opening(ids.TRACKS, LIMIT + 1),
            "its list of tracks would be 16.8 MB long",
        ),
    ],
)
def test_a_damaged_size_costs_no_memory_and_is_told_in_one_line(
    tmp_path: Path, head: bytes, problem: str
) -> None:
    source = sparse(tmp_path / "film.mkv", head)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, source], capture_output=True, text=True, timeout=60, check=True
    )
    *lines, kilobytes = done.stdout.splitlines()
    assert lines[0] == f"{source}: has a damaged head: {problem}; rip or copy it again"
    assert set(lines) == {lines[0]}
    assert int(kilobytes) < 20_000


def test_the_largest_that_is_allowed_is_read(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    tracks = dolby_vision_track(LIMIT - 100)
    assert len(tracks.content) <= LIMIT
    padding = Element(ids.VOID, bytes(EBML_HEADER_LIMIT - 100))
    source.write_bytes(header(padding) + Element(ids.SEGMENT, tracks.encode()).encode())
    assert require_matroska(source)
    assert dolby_vision_records(source) == {0: PROFILE_8}


def test_tracks_behind_the_clusters_are_found(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    clusters = Element(ids.CLUSTER, bytes(5000)).encode() * 3
    segment = clusters + dolby_vision_track().encode()
    source.write_bytes(header() + Element(ids.SEGMENT, segment).encode())
    assert require_matroska(source)
    assert dolby_vision_records(source) == {0: PROFILE_8}


def test_a_cluster_of_unknown_size_is_walked_through(tmp_path: Path) -> None:
    source = tmp_path / "live.mkv"
    unknown = b"\x01" + b"\xff" * 7
    live = header() + bytes.fromhex("18538067") + unknown
    source.write_bytes(live + dolby_vision_track().encode())
    assert not require_matroska(source)
    assert dolby_vision_records(source) == {0: PROFILE_8}
    source.write_bytes(live + bytes.fromhex("1f43b675") + unknown + dolby_vision_track().encode())
    assert not require_matroska(source)
    assert dolby_vision_records(source) == {0: PROFILE_8}


@pytest.mark.parametrize(
    ("element", "value", "allowed"),
    [
        (ids.EBML_MAX_ID_LENGTH, b"\4", True),
        (ids.EBML_MAX_ID_LENGTH, b"\0", True),  # ffmpeg reads these too
        (ids.EBML_MAX_ID_LENGTH, b"\5", False),
        (ids.EBML_MAX_SIZE_LENGTH, b"\0\0\x08", True),
        (ids.EBML_MAX_SIZE_LENGTH, b"\x09", False),
        (ids.EBML_MAX_SIZE_LENGTH, b"\xff" * 5000, False),
    ],
)
def test_longer_ids_and_sizes_than_matroska_has_are_refused(
    tmp_path: Path, element: int, value: bytes, *, allowed: bool
) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(header(Element(element, value)) + opening(ids.SEGMENT, 0))
    if allowed:
        assert require_matroska(source)
        return
    with pytest.raises(SourceError, match="longer IDs or sizes"):
        require_matroska(source)


@pytest.mark.parametrize("inside", [b"\0\0\0\0", b"\x42\x82\x88matr", b"\x1f"])
def test_a_damaged_header_is_refused(tmp_path: Path, inside: bytes) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(Element(ids.EBML, inside).encode() + opening(ids.SEGMENT, 0))
    with pytest.raises(SourceError, match="damaged head"):
        require_matroska(source)


@pytest.mark.parametrize("head", ["1a45dfa3ff", "1a45dfa3", "1a45dfa388"])
def test_a_header_without_an_end_is_refused(tmp_path: Path, head: str) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(bytes.fromhex(head))
    with pytest.raises(SourceError, match="damaged head"):
        require_matroska(source)


def test_elements_in_elements_end_somewhere(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    nested = b""
    for _ in range(2000):
        nested = Element(ids.TRACK_ENTRY, nested).encode()
    source.write_bytes(header() + Element(ids.SEGMENT, Element(ids.TRACKS, nested).encode()).encode())
    assert require_matroska(source)
    assert dolby_vision_records(source) == {}


def test_no_parent_has_more_parts_than_fit_into_memory(tmp_path: Path) -> None:
    one = Element(ids.VOID, b"").encode()
    assert len(elements(one * MOST_PARTS)) == MOST_PARTS
    with pytest.raises(ElementError, match="10000 elements"):
        elements(one * (MOST_PARTS + 1))
    source = tmp_path / "film.mkv"
    tracks = Element(ids.TRACKS, Element(ids.TRACK_ENTRY, one * (MOST_PARTS + 1)).encode())
    source.write_bytes(header() + Element(ids.SEGMENT, tracks.encode()).encode())
    assert dolby_vision_records(source) == {}
