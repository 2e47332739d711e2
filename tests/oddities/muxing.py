"""Odd sources of the fifth set (see `screens`): what is odd are the subtitles or the container."""

from __future__ import annotations

import bz2
import random
import zlib
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import attached, merged, of_info, of_tracks, plain
from tests.oddities.elements import ATTACHMENTS, BLOCK_DURATION, appended, subtitled
from tests.oddities.entries import TAGS, encoded, encoding
from tests.oddities.pgs import write_pgs
from tests.oddities.reported import case, picture, tone, write, x264
from tests.oddities.screens import MAKERS, in_clusters
from tests.oddities.suites import in_blocks

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAKERS"]

UNKNOWN = b"\x01\xff\xff\xff\xff\xff\xff\xff"
"""A size that is not told, in eight bytes."""


def simple(name: str, value: str, *inner: bytes) -> bytes:
    """Return a SimpleTag."""
    own = surgery.joined([(b"\x45\xa3", name.encode()), (b"\x44\x87", value.encode())])
    return surgery.element(b"\x67\xc8", own + b"".join(inner))


# --- subtitles


@case
def pgs_in_pieces(ffmpeg: Path, path: Path) -> None:
    """Each segment of a picture in a block of its own, all of one time -> as they are."""
    shown = write_pgs(path.with_suffix(".sup"), (320, 240))
    write(ffmpeg, path, *picture(), *tone(), "-i", shown, *x264(), "-c:a", "ac3", "-c:s", "copy")
    shown.unlink()

    def pieces(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = []
        for identity, value in parts:
            block = dict(surgery.children(value))[surgery.BLOCK] if identity == surgery.BLOCK_GROUP else value
            if identity not in (surgery.BLOCK_GROUP, surgery.SIMPLE_BLOCK) or block[0] != 0x83:
                kept.append((identity, value))
                continue
            at = 4
            while at < len(block):
                size = 3 + int.from_bytes(block[at + 1 : at + 3], "big")
                kept.append((surgery.SIMPLE_BLOCK, block[:3] + b"\x80" + block[at : at + size]))
                at += size
        return kept

    in_clusters(path, pieces)


@case
def texts_that_last_for_ever(ffmpeg: Path, path: Path) -> None:
    """SubRip with BlockDuration of all ones -> at their times, no absurd duration, with a note."""
    plain(ffmpeg, path)

    def forever(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [
            (
                identity,
                surgery.joined(
                    [
                        (one, b"\xff" * 8 if one == BLOCK_DURATION else inner)
                        for one, inner in surgery.children(value)
                    ]
                ),
            )
            if identity == surgery.BLOCK_GROUP
            else (identity, value)
            for identity, value in parts
        ]

    in_clusters(path, forever)


@case
def ass_whose_lines_all_come_first(ffmpeg: Path, path: Path) -> None:
    """Every ReadOrder is 0, as two tools wrote it -> as they are, byte for byte."""
    subtitled(ffmpeg, path, "ass", 1)
    in_blocks(path, 3, lambda one: one[:4] + b"0" + one[4:][one[4:].index(b",") :])


@case
def subtitles_as_bitmaps(ffmpeg: Path, path: Path) -> None:
    """S_IMAGE/BMP -> kept, with a note."""
    plain(ffmpeg, path)
    in_blocks(path, 3, lambda one: one[:4] + b"BM" + bytes(60))
    of_tracks(path, 2, {"86": b"S_IMAGE/BMP"})


@case
def subtitles_in_bzip2(ffmpeg: Path, path: Path) -> None:
    """The second of two -> the first, and the second as it is; or left out with a note."""
    subtitled(ffmpeg, path, "srt", 2)
    in_blocks(path, 4, lambda one: one[:4] + bz2.compress(one[4:]))
    encoded(path, 3, encoding(0, 1, 1))


@case
def texts_that_nothing_clears(ffmpeg: Path, path: Path) -> None:
    """The second line of two is a block without a byte -> the first one, the film."""
    plain(ffmpeg, path)
    turn = iter(range(10))
    in_blocks(path, 3, lambda one: one[:4] if next(turn) == 1 else one)


@case
def private_alone_in_zlib(ffmpeg: Path, path: Path) -> None:
    """ContentEncodingScope 2: H.264's CodecPrivate is compressed, its blocks are not -> all; or refused."""
    plain(ffmpeg, path)
    content = path.read_bytes()
    at = content.index(b"\x63\xa2") + 2
    width = 9 - content[at].bit_length()
    size = int.from_bytes(content[at : at + width], "big") & ((1 << 7 * width) - 1)
    private = content[at + width : at + width + size]
    of_tracks(path, 0, {"63A2": zlib.compress(private)})
    encoded(path, 0, encoding(0, 2, 0))


# --- where things are


@case
def info_comes_last(ffmpeg: Path, path: Path) -> None:
    """Behind the clusters, with a TimestampScale of half a millisecond -> 48 frames a second; or refused."""
    plain(ffmpeg, path)
    surgery.scaled(path, 500_000)
    info: list[bytes] = []

    def taken(content: bytes) -> bytes:
        info.append(content)
        return content

    surgery.rewritten(path, {surgery.INFO: taken})
    content = path.read_bytes()
    at = content.index(surgery.INFO)
    whole = surgery.element(surgery.INFO, info[0])
    path.write_bytes(content[:at] + content[at + len(whole) :])
    appended(path, whole)


@case
def a_seek_head_that_lies(ffmpeg: Path, path: Path) -> None:
    """Its places are 37 bytes too far -> all of it."""
    merged(ffmpeg, path)
    content = bytearray(path.read_bytes())
    at, end = content.index(surgery.SEEK_HEAD), content.index(surgery.INFO)
    while (at := content.find(b"\x53\xac", at, end)) != -1:
        size = content[at + 2] & 0x7F
        place = int.from_bytes(content[at + 3 : at + 3 + size], "big")
        content[at + 3 : at + 3 + size] = (place + 37).to_bytes(size, "big")
        at += 3
    path.write_bytes(content)


@case
def a_cluster_that_says_too_little(ffmpeg: Path, path: Path) -> None:
    """The second one's size ends 50 bytes too early, in a block -> all frames; or refused, with the place."""
    plain(ffmpeg, path, "-cluster_time_limit", "400")
    surgery.rewritten(path, {})
    content = path.read_bytes()
    at = content.index(surgery.CLUSTER, content.index(surgery.CLUSTER) + 4) + 4
    size = int.from_bytes(content[at + 1 : at + 8], "big") - 50
    path.write_bytes(content[: at + 1] + size.to_bytes(7, "big") + content[at + 8 :])


@case
def checksums_of_clusters_that_are_wrong(ffmpeg: Path, path: Path) -> None:
    """A CRC-32 of zeros in each -> all of it, as all of it can be read."""
    plain(ffmpeg, path, "-cluster_time_limit", "400")
    surgery.rewritten(path, {surgery.CLUSTER: lambda one: surgery.element(b"\xbf", bytes(4)) + one})


@case
def cut_in_its_last_block(ffmpeg: Path, path: Path) -> None:
    """A live recording, whose sizes are unknown, ends in a block -> what is whole, with a note."""
    plain(ffmpeg, path, "-live", "1")
    content = path.read_bytes()
    path.write_bytes(content[:-100])


@case
def live_with_tags_behind(ffmpeg: Path, path: Path) -> None:
    """Clusters of unknown size, and chapters and tags behind the last one -> all of it, these too."""
    plain(ffmpeg, path, "-live", "1", "-cluster_time_limit", "400")
    tags = surgery.element(b"\x73\x73", surgery.element(b"\x63\xc0", b"") + simple("DIRECTOR", "Ann"))
    display = surgery.element(b"\x80", surgery.joined([(b"\x85", b"One"), (b"\x43\x7c", b"eng")]))
    atom = surgery.joined([(b"\x73\xc4", b"\x07"), (b"\x91", b"\x00")]) + display
    edition = surgery.element(b"\x45\xb9", surgery.element(b"\xb6", atom))
    behind = surgery.element(bytes.fromhex("1043A770"), edition) + surgery.element(TAGS, tags)
    path.write_bytes(path.read_bytes() + behind)


@case
def something_behind_the_end(ffmpeg: Path, path: Path) -> None:
    """3000 bytes of nothing behind the segment -> all of it."""
    plain(ffmpeg, path)
    path.write_bytes(path.read_bytes() + random.Random(5).randbytes(3000))


@case
def a_discarded_end_in_the_midst(ffmpeg: Path, path: Path) -> None:
    """DiscardPadding of 10 ms at 0.4 s, where two files were joined -> what follows in step."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), "-c:a", "aac")
    turn = iter(range(1000))

    def padded(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = []
        for identity, value in parts:
            if identity == surgery.SIMPLE_BLOCK and value[0] == 0x82 and next(turn) == 20:
                own = [
                    (surgery.BLOCK, value[:3] + b"\0" + value[4:]),
                    (b"\x75\xa2", (10_000_000).to_bytes(4, "big")),
                ]
                kept.append((surgery.BLOCK_GROUP, surgery.joined(own)))
            else:
                kept.append((identity, value))
        return kept

    in_clusters(path, padded)


# --- what is beside the tracks


def _file(name: str, kind: str, data: bytes, uid: int) -> bytes:
    named = [(b"\x46\x6e", name.encode()), (b"\x46\x60", kind.encode()), (b"\x46\x5c", data)]
    return surgery.element(b"\x61\xa7", surgery.joined([*named, (b"\x46\xae", uid.to_bytes(8, "big"))]))


@case
def attachments_in_two_places(ffmpeg: Path, path: Path) -> None:
    """Two Attachments, before and behind the clusters; a name that leaves its folder -> both, as named."""
    plain(ffmpeg, path)
    first = surgery.element(ATTACHMENTS, _file("../../evil.ttf", "font/ttf", b"no font " * 40, 11))
    surgery.rewritten(path, {}, {bytes.fromhex("1654AE6B"): first})
    appended(path, surgery.element(ATTACHMENTS, _file("Zwei é.otf", "font/otf", b"nor this " * 40, 12)))


@case
def a_film_attached_to_a_film(ffmpeg: Path, path: Path) -> None:
    """A Matroska file as an attachment -> kept, and no second segment."""
    inner = path.with_suffix(".inner.mkv")
    write(ffmpeg, inner, *picture("64x64", seconds=0.5), *x264())
    merged(ffmpeg, path, *attached(["video/x-matroska"], [inner]))
    inner.unlink()


@case
def a_cover_that_is_broken(ffmpeg: Path, path: Path) -> None:
    """cover.jpg is cut off in its head -> the film, the file byte for byte."""
    side = path.with_suffix(".side")
    side.mkdir(exist_ok=True)
    cover = side / "cover.jpg"
    whole = clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "testsrc=s=64x64:d=0.04", "-f", "mjpeg", "pipe:1")
    cover.write_bytes(whole[:90])
    merged(ffmpeg, path, *attached(["image/jpeg"], [cover]))
    cover.unlink()
    side.rmdir()


@case
def tags_twelve_levels_deep(ffmpeg: Path, path: Path) -> None:
    """Nested SimpleTags, an empty name, BCP 47, one that is no default -> as they are."""
    plain(ffmpeg, path)
    inner = b""
    for level in range(12, 0, -1):
        inner = simple(f"LEVEL_{level}", "é" * level, *([inner] if inner else []))
    language = surgery.joined([(b"\x44\x7b", b"zh-Hant-TW"), (b"\x44\x84", b"\x00")])
    more = surgery.element(
        b"\x67\xc8", surgery.joined([(b"\x45\xa3", b"ACTOR"), (b"\x44\x87", b"Ann")]) + language
    )
    targets = surgery.element(
        b"\x63\xc0", surgery.joined([(b"\x68\xca", b"\x46"), (b"\x63\xca", b"COLLECTION")])
    )
    appended(path, surgery.element(TAGS, surgery.element(b"\x73\x73", targets + inner + more)))


CHAPTER_OF_ITSELF = """<?xml version="1.0"?>
<Chapters><EditionEntry><EditionFlagOrdered>1</EditionFlagOrdered><EditionFlagDefault>1</EditionFlagDefault>
<ChapterAtom><ChapterUID>5</ChapterUID><ChapterTimeStart>00:00:00.000</ChapterTimeStart>
<ChapterTimeEnd>00:00:00.750</ChapterTimeEnd>
<ChapterSegmentUID format="hex">0102030405060708090a0b0c0d0e0f10</ChapterSegmentUID></ChapterAtom>
<ChapterAtom><ChapterUID>6</ChapterUID><ChapterTimeStart>00:00:00.750</ChapterTimeStart>
<ChapterTimeEnd>00:00:01.500</ChapterTimeEnd></ChapterAtom></EditionEntry></Chapters>
"""


@case
def chapters_of_their_own_segment(ffmpeg: Path, path: Path) -> None:
    """An ordered edition names the file's own SegmentUUID, and plays all -> kept; no word on another file."""
    listing = path.with_suffix(".xml")
    listing.write_text(CHAPTER_OF_ITSELF)
    merged(ffmpeg, path, "--segment-uid", "0x0102030405060708090a0b0c0d0e0f10", "--chapters", listing)
    listing.unlink()


@case
def a_part_of_three(ffmpeg: Path, path: Path) -> None:
    """PrevUUID, NextUUID, their file names, a family -> the film, a note on the links."""
    plain(ffmpeg, path)
    links = (("3CB923", bytes(15) + b"\x01"), ("3EB923", bytes(15) + b"\x03"), ("4444", b"\x07" * 16))
    names = (("3C83AB", b"part 1.mkv"), ("3E83BB", b"part 3.mkv"), ("73A4", bytes(15) + b"\x02"))
    for identity, value in (*links, *names):
        of_info(path, bytes.fromhex(identity), value)


@case
def entries_of_every_kind(ffmpeg: Path, path: Path) -> None:
    """Caches, codecs' names, overlays, a translation, a link -> what is not of the codec stays as it is."""
    plain(ffmpeg, path)
    for number in range(3):
        translated = [(b"\x66\xfc", b"\x05"), (b"\x66\xbf", b"\x01"), (b"\x66\xa5", b"\x01\x02")]
        named: dict[str, bytes | None] = {"258688": "Née".encode(), "6DE7": b"\x02", "6DF8": b"\x05"}
        named |= {"6624": surgery.joined(translated), "AA": b"\x00", "3B4040": b"http://example.org/"}
        named |= {"6FAB": bytes([(number + 1) % 3 + 1])}
        of_tracks(path, number, named)


@case
def languages_of_bcp47_alone(ffmpeg: Path, path: Path) -> None:
    """LanguageBCP47 without Language: ja-Latn-hepburn, qaa-x-elvish, mul -> as they are."""
    plain(ffmpeg, path)
    for number, language in enumerate((b"ja-Latn-hepburn", b"qaa-x-elvish", b"mul")):
        of_tracks(path, number, {"22B59C": None, "22B59D": language})


@case
def uids_of_all_ones(ffmpeg: Path, path: Path) -> None:
    """The largest UID that there is, of a track and what is attached; a tag of them -> still theirs."""
    plain(ffmpeg, path)
    of_tracks(path, 1, {"73C5": b"\xff" * 8, "536E": b"Loud"})
    appended(path, surgery.element(ATTACHMENTS, _file("a.ttf", "font/ttf", b"no font " * 40, (1 << 64) - 1)))
    targets = surgery.element(
        b"\x63\xc0", surgery.joined([(b"\x68\xca", b"\x1e"), (b"\x63\xc5", b"\xff" * 8)])
    )
    appended(path, surgery.element(TAGS, surgery.element(b"\x73\x73", targets + simple("COMPOSER", "Bob"))))


@case
def chapters_without_uids(ffmpeg: Path, path: Path) -> None:
    """Nor has the edition one -> the chapters."""
    plain(ffmpeg, path)
    atoms = []
    for number, name in enumerate((b"One", b"Two")):
        display = surgery.element(b"\x80", surgery.joined([(b"\x85", name)]))
        start = surgery.element(b"\x91", (number * 700_000_000).to_bytes(4, "big"))
        atoms.append(surgery.element(b"\xb6", start + display))
    edition = surgery.element(b"\x45\xb9", b"".join(atoms))
    appended(path, surgery.element(bytes.fromhex("1043A770"), edition))


# --- the file


@case
def another_container_by_this_name(ffmpeg: Path, path: Path) -> None:
    """MP4 that is called .mkv -> delivered; or refused for it, with what to do."""
    coded = [*picture(), *tone(), *x264(), "-c:a", "aac", "-fflags", "+bitexact", "-f", "mp4"]
    clips.run_ffmpeg(ffmpeg, *coded, path)


@case
def sound_alone(ffmpeg: Path, path: Path) -> None:
    """A concert without a picture -> refused for it."""
    write(ffmpeg, path, *tone(), "-c:a", "flac")


def a_name_of_242_bytes(ffmpeg: Path, path: Path) -> None:
    """As long as file systems take it, with its ending and what tools put behind it -> delivered."""
    plain(ffmpeg, path)


MAKERS["é" * 121] = a_name_of_242_bytes
