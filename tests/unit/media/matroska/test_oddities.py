"""What is said of editions, links and second files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.media.matroska.oddities import editions, oddities, refuse_oddities
from drapto.media.matroska.writing import write_file
from tests.matroska import made

if TYPE_CHECKING:
    from pathlib import Path

S = 10**9
OWN, OTHER = bytes(range(16)), bytes(range(1, 17))
INFO = made(
    "Info",
    made("TimestampScale", 1_000_000),
    made("Duration", b"\x45\xbb\x80\x00"),  # 6000
    made("SegmentUUID", OWN),
)


def chapter(start: float, end: float, *more: Element) -> Element:
    times = made("ChapterTimeStart", round(start * S)), made("ChapterTimeEnd", round(end * S))
    return made("ChapterAtom", *times, *more)


def edition(*chapters: Element, ordered: int = 1, default: int = 0) -> Element:
    flags = made("EditionFlagOrdered", ordered), made("EditionFlagDefault", default)
    return made("EditionEntry", *flags, *chapters)


def said(*found: Element) -> list[str]:
    return list(editions(made("Chapters", *found), INFO))


def test_an_ordered_edition_is_noted_with_what_it_shows() -> None:
    [note] = said(
        edition(ordered=0),
        edition(chapter(0, 2), chapter(4, 6), default=1),
        edition(chapter(1, 2), ordered=0),
    )
    assert note.startswith(
        "edition 2 of 3, the default, is ordered: players show 4.0 s of 6.0 s of this file"
    )
    assert "all frames and all editions are kept" in note


def test_a_chapter_of_another_file_is_noted_by_its_uuid_and_seconds() -> None:
    other = made("ChapterSegmentUUID", OTHER)
    [note] = said(edition(chapter(0, 3, other), chapter(0, 6), chapter(10, 11.5, other)))
    assert "players show 6.0 s of 6.0 s of this file" in note
    assert f"and 4.5 s of another one, segment {OTHER.hex()}, where they find that beside it" in note
    [note] = said(edition(chapter(0, 3, other), ordered=0))
    assert "names another file" in note
    assert said(edition(chapter(0, 6, made("ChapterSegmentUUID", OWN)), ordered=0)) == []


def test_a_disabled_chapter_is_not_shown() -> None:
    [note] = said(edition(chapter(0, 2), chapter(2, 6, made("ChapterFlagEnabled", 0))))
    assert "players show 2.0 s of 6.0 s" in note
    [note] = said(edition())
    assert "players show 0.0 s of 6.0 s of this file (nothing)" in note


def test_plain_editions_are_not_noted() -> None:
    assert said(edition(chapter(0, 2), ordered=0), edition(ordered=0, default=1)) == []


def written(path: Path, *elements: Element) -> Path:
    with path.open("wb") as file:
        write_file(file, elements, None)
    return path


def test_links_to_other_files_are_noted_as_not_kept(tmp_path: Path) -> None:
    links = made("PrevUUID", OTHER), made("NextUUID", OWN), made("SegmentFamily", OTHER)
    notes = oddities(written(tmp_path / "a.mkv", made("Info", *links)))
    assert notes == [
        f"it is linked to a previous file, segment {OTHER.hex()}: the link is not kept",
        f"it is linked to a next file, segment {OWN.hex()}: the link is not kept",
        f"it belongs to a family of files, {OTHER.hex()}: that is not kept",
    ]


def test_what_cannot_be_read_is_noted_as_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mkv", INFO, made("Tags", made("Tag", made("Targets", made("TagTrackUID", bytes(9)))))
    )
    assert oddities(path) == ["its Tags cannot be read (TagTrackUID has 9 bytes): left out"]
    assert oddities(tmp_path / "none.mkv") == []


def test_tracks_of_which_ffmpeg_makes_no_stream_are_noted(tmp_path: Path) -> None:
    """Kinds of RFC 9559, "TrackType": 18 is buttons, 16 a logo; 33, metadata, is a stream."""
    kinds = ((1, 1, "V_AV1"), (2, 18, "B_VOBBTN"), (3, 33, "D_WEBVTT/METADATA"), (4, 17, "S_VOBSUB"))
    entries = [
        made("TrackEntry", made("TrackNumber", number), made("TrackType", kind), made("CodecID", codec))
        for number, kind, codec in kinds
    ]
    logo = made("TrackEntry", made("TrackNumber", 9), made("TrackType", 16))
    assert oddities(written(tmp_path / "a.mkv", INFO, made("Tracks", *entries, logo))) == [
        "track number 2 (B_VOBBTN) holds no film: left out",
        "track number 9 (without a codec) holds no film: left out",
    ]


@pytest.mark.parametrize(("kind", "encrypted"), [(0, False), (1, True)])
def test_an_encrypted_picture_is_refused_and_a_compressed_one_is_not(
    tmp_path: Path, kind: int, encrypted: bool
) -> None:
    encodings = made("ContentEncodings", made("ContentEncoding", made("ContentEncodingType", kind)))
    about = made("TrackNumber", 2), made("TrackType", 1), made("CodecID", "V_AV1")
    path = written(tmp_path / "a.mkv", INFO, made("Tracks", made("TrackEntry", *about, encodings)))
    if not encrypted:
        refuse_oddities(path)
        return
    with pytest.raises(SourceError, match=r"a\.mkv: has an encrypted track, number 2 \(V_AV1\)"):
        refuse_oddities(path)


@pytest.mark.parametrize("scale", [1, 999, 10**9 + 1, 2**63])
def test_a_tick_that_no_film_has_is_refused(tmp_path: Path, scale: int) -> None:
    path = written(tmp_path / "a.mkv", made("Info", made("TimestampScale", scale)))
    with pytest.raises(SourceError, match=rf"a\.mkv: has a damaged .* TimestampScale would be {scale} ns"):
        refuse_oddities(path)


@pytest.mark.parametrize(
    ("scale", "told"), [(500_000, True), (10_000_000, True), (1_000_000, False), (0, False)]
)
def test_ticks_that_are_told_behind_the_picture_are_refused(tmp_path: Path, scale: int, told: bool) -> None:
    """libavformat takes them for a millisecond, as nothing names the place."""
    info, cluster = made("Info", made("TimestampScale", scale)), Element(ids.CLUSTER, b"\xe7\x81\x00")
    path = written(tmp_path / "a.mkv", cluster, info)
    if not told:
        refuse_oddities(path)
        return
    with pytest.raises(SourceError, match=rf"its ticks last {scale} ns.*remux it"):
        refuse_oddities(path)
    refuse_oddities(written(tmp_path / "b.mkv", info, cluster))


@pytest.mark.parametrize("scale", [0, 1000, 20833, 1_000_000, 10_000_000])
def test_a_tick_that_a_film_may_have_is_not(tmp_path: Path, scale: int) -> None:
    refuse_oddities(written(tmp_path / "a.mkv", made("Info", made("TimestampScale", scale))))
    refuse_oddities(written(tmp_path / "b.mkv", made("Info")))
    refuse_oddities(tmp_path / "none.mkv")


def test_a_second_file_is_refused_by_its_byte(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mkv", INFO)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(SourceError, match=rf"another Matroska file .* from byte {size} on") as caught:
        refuse_oddities(path)
    assert f"tail -c +{size + 1}" in str(caught.value)


@pytest.mark.parametrize(
    ("codec", "depth", "told"),
    [
        ("A_PCM/INT/LIT", 24, None),
        ("A_PCM/INT/LIT", 20, "samples of 20 bits"),
        ("A_PCM/INT/BIG", 12, "samples of 12 bits"),
        ("A_PCM/FLOAT/IEEE", 64, None),
        ("A_PCM/FLOAT/IEEE", 16, "samples of 16 bits"),
        ("A_FLAC", 20, None),
    ],
)
def test_uncompressed_sound_of_a_depth_that_ffmpeg_misreads_is_refused(
    tmp_path: Path, codec: str, depth: int, told: str | None
) -> None:
    kept = _file_with(tmp_path, codec, made("Audio", made("BitDepth", depth)))
    if told is None:
        refuse_oddities(kept)
        return
    with pytest.raises(SourceError, match=rf"number 3 \({codec}\): {told}"):
        refuse_oddities(kept)


@pytest.mark.parametrize(("algorithm", "refused"), [(0, False), (1, True), (2, False), (3, False)])
def test_a_track_in_bzip2_is_refused(tmp_path: Path, algorithm: int, refused: bool) -> None:
    compression = made("ContentCompression", made("ContentCompAlgo", algorithm))
    encodings = made("ContentEncodings", made("ContentEncoding", compression))
    kept = _file_with(tmp_path, "A_AC3", encodings)
    if not refused:
        refuse_oddities(kept)
        return
    with pytest.raises(SourceError, match=r"number 3 \(A_AC3\): compressed by bzip2"):
        refuse_oddities(kept)


@pytest.mark.parametrize(("times", "refused"), [(1, False), (2, True)])
def test_a_track_that_is_compressed_twice_is_refused(tmp_path: Path, times: int, refused: bool) -> None:
    one = made("ContentEncoding", made("ContentCompression", made("ContentCompAlgo", 0)))
    kept = _file_with(tmp_path, "A_AC3", made("ContentEncodings", *[one] * times))
    if not refused:
        refuse_oddities(kept)
        return
    with pytest.raises(SourceError, match=r"number 3 \(A_AC3\): compressed more than once"):
        refuse_oddities(kept)


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        ({"Top": 100, "Bottom": 139}, None),
        ({"Top": 100, "Bottom": 140}, "--delete pixel-crop-top --delete pixel-crop-bottom`"),
        ({"Left": 400}, "track:@3 --delete pixel-crop-left`"),
    ],
)
def test_a_picture_of_which_nothing_would_be_left_is_refused(
    tmp_path: Path, cut: dict[str, int], told: str | None
) -> None:
    size = made("PixelWidth", 320), made("PixelHeight", 240)
    sides = [made(f"PixelCrop{side}", pixels) for side, pixels in cut.items()]
    kept = _file_with(tmp_path, "V_AV1", made("Video", *size, *sides))
    if told is None:
        refuse_oddities(kept)
        return
    with pytest.raises(SourceError, match=r"all of its picture is to be cut off .* number 3") as raised:
        refuse_oddities(kept)
    assert told in str(raised.value)


def _file_with(folder: Path, codec: str, *more: Element) -> Path:
    entry = made("TrackEntry", made("TrackNumber", 3), made("CodecID", codec), *more)
    path = folder / "a.mkv"
    with path.open("wb") as file:
        write_file(file, [INFO, made("Tracks", entry)], None)
    return path
