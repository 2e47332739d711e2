"""Odd sources of the second set (see `rips`): what is odd is the container."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tests.oddities import surgery
from tests.oddities.containers import MAKERS, chapters, merged, mkvmerge, of_tracks, plain
from tests.oddities.reported import case, picture, tone, write, x264

if TYPE_CHECKING:
    from pathlib import Path

EBML, CUE_POINT, CUE_POSITIONS, CUE_PLACE = (bytes.fromhex(one) for one in ("1A45DFA3", "BB", "B7", "F1"))
XIPH, FIXED, EBML_LACES = 0x02, 0x04, 0x06


@case
def tracks_of_large_numbers(ffmpeg: Path, path: Path) -> None:
    """Over 127, which takes two bytes in each block."""
    plain(ffmpeg, path)
    for number in range(3):
        of_tracks(path, number, {"D7": (1000 + number).to_bytes(2, "big")})

    def block(content: bytes) -> bytes:
        return (0x4000 | 999 + (content[0] & 0x7F)).to_bytes(2, "big") + content[1:]

    def cluster(content: bytes) -> bytes:
        parts = []
        for identity, value in surgery.children(content):
            if identity == surgery.SIMPLE_BLOCK:
                parts.append((identity, block(value)))
            elif identity == surgery.BLOCK_GROUP:
                inner = [
                    (one, block(own) if one == surgery.BLOCK else own) for one, own in surgery.children(value)
                ]
                parts.append((identity, surgery.joined(inner)))
            else:
                parts.append((identity, value))
        return surgery.joined(parts)

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def sound_in_three_laces(ffmpeg: Path, path: Path) -> None:
    """Xiph's, of a fixed size and EBML's, by turns; four packets of MP3 in each."""
    coded = ["-c:a", "libmp3lame", "-b:a", "64k"]
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), *coded, "-cluster_time_limit", "400")
    turn = [0]

    def laced(blocks: list[bytes]) -> bytes:
        frames = [one[4:] for one in blocks]
        alike = len({len(one) for one in frames}) == 1
        kind = (XIPH, FIXED if alike else XIPH, EBML_LACES)[turn[0] % 3]
        turn[0] += 1
        sizes = b""
        if kind == XIPH:
            sizes = b"".join(b"\xff" * (len(one) // 255) + bytes([len(one) % 255]) for one in frames[:-1])
        elif kind == EBML_LACES:
            sizes = (0x4000 | len(frames[0])).to_bytes(2, "big")
            for before, one in pairwise(frames[:-1]):
                sizes += (0x4000 | len(one) - len(before) + 0x1FFF).to_bytes(2, "big")
        return blocks[0][:3] + bytes([0x80 | kind, len(frames) - 1]) + sizes + b"".join(frames)

    def cluster(content: bytes) -> bytes:
        parts: list[tuple[bytes, bytes]] = []
        waiting: list[bytes] = []
        for identity, value in surgery.children(content):
            if identity == surgery.SIMPLE_BLOCK and value[0] == 0x82:
                waiting.append(value)
                if len(waiting) == 4:
                    parts.append((identity, laced(waiting)))
                    waiting = []
            else:
                parts.append((identity, value))
        return surgery.joined([*parts, *((surgery.SIMPLE_BLOCK, one) for one in waiting)])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def cues_that_lie(ffmpeg: Path, path: Path) -> None:
    """The index points into the middle of clusters."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    content = path.read_bytes()
    at = content.rindex(surgery.CUES)
    cues = bytearray(content[at:])
    for place in range(len(cues) - 4):
        if cues[place] == CUE_PLACE[0] and cues[place + 1] in (0x81, 0x82, 0x83):
            cues[place + 2] ^= 0x11
    path.write_bytes(content[:at] + cues)


@case
def clusters_that_overlap(ffmpeg: Path, path: Path) -> None:
    """A muxer's, which gives each track clusters of its own: sound comes half a second after the picture."""
    plain(ffmpeg, path, "-cluster_time_limit", "500")

    def cluster(content: bytes) -> bytes:
        parts = surgery.children(content)
        late = [one for one in parts if one[0] == surgery.SIMPLE_BLOCK and one[1][0] == 0x82]
        return surgery.joined([*(one for one in parts if one not in late), *late])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def clusters_without_blocks(ffmpeg: Path, path: Path) -> None:
    """Empty ones between the others, with a wrong Position and PrevSize."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    empty = surgery.element(
        surgery.CLUSTER, surgery.joined([(b"\xe7", b"\x7f\xff"), (b"\xa7", b"\x01"), (b"\xab", b"\x02")])
    )
    surgery.rewritten(path, {}, before={surgery.CLUSTER: empty})


@case
def a_later_version_of_matroska(ffmpeg: Path, path: Path) -> None:
    """DocTypeVersion 9, DocType webm with H.264, elements that nobody knows at every level."""
    plain(ffmpeg, path)
    content = path.read_bytes()
    at = content.index(surgery.SEGMENT)
    head = surgery.joined(
        [
            (b"\x42\x86", b"\x01"), (b"\x42\xf7", b"\x01"), (b"\x42\xf2", b"\x04"), (b"\x42\xf3", b"\x08"),
            (b"\x42\x82", b"webm\0\0"), (b"\x42\x87", b"\x09"), (b"\x42\x85", b"\x02"),
        ]
    )  # fmt: skip
    path.write_bytes(surgery.element(EBML, head) + content[at:])
    unknown = surgery.element(bytes.fromhex("1ABCDEF0"), b"what is this" * 100)
    own = surgery.element(bytes.fromhex("4D4D"), b"and this")
    surgery.rewritten(
        path,
        {surgery.CLUSTER: lambda inner: inner + own, surgery.INFO: lambda inner: inner + own},
        before={surgery.TRACKS: unknown, surgery.CLUSTER: unknown},
    )


@case
def three_hundred_chapters(ffmpeg: Path, path: Path) -> None:
    """One every 5 ms, with names of 2 KiB."""
    listing = path.with_suffix(".xml")
    listing.write_text(chapters(*((5 * n, 5 * n + 5, f"{n} " + "långt " * 300) for n in range(300))))
    merged(ffmpeg, path, "--chapters", listing)
    listing.unlink()


@case
def tags_of_sixty_four_kilobytes(ffmpeg: Path, path: Path) -> None:
    """A synopsis, a cue sheet, the log of a ripper."""
    listing = path.with_suffix(".xml")
    simple = "".join(
        f"<Simple><Name>{name}</Name><String>{(name + ' ünd &amp; ') * 5000}</String></Simple>"
        for name in ("SYNOPSIS", "CUESHEET", "LOG")
    )
    listing.write_text(
        f"<Tags><Tag><Targets><TargetTypeValue>50</TargetTypeValue></Targets>{simple}</Tag></Tags>"
    )
    merged(ffmpeg, path, "--global-tags", listing)
    listing.unlink()


@case
def two_angles(ffmpeg: Path, path: Path) -> None:
    """A concert's: both pictures are of the same kind and length, the second one is the default."""
    inputs = [*picture(), *picture(filters="hflip,negate"), *tone()]
    mapped = [
        "-map",
        "0:v",
        "-map",
        "1:v",
        "-map",
        "2:a",
        "-disposition:v:0",
        "0",
        "-disposition:v:1",
        "default",
    ]
    write(ffmpeg, path, *inputs, *mapped, *x264(), "-c:a", "ac3")


@case
def subtitles_of_codecs_long_gone(ffmpeg: Path, path: Path) -> None:
    """USF, which nothing plays, and plain ASCII, which is text."""
    first, second = path.with_suffix(".1.mkv"), path.with_suffix(".2.mkv")
    plain(ffmpeg, first)
    plain(ffmpeg, second)
    mkvmerge(path, first, "-D", "-A", second)
    of_tracks(path, 2, {"86": b"S_TEXT/USF", "63A2": b"<?xml version='1.0'?><USFSubtitles/>"})
    of_tracks(path, 3, {"86": b"S_TEXT/ASCII"})
    first.unlink()
    second.unlink()


@case
def turned_by_a_quarter(ffmpeg: Path, path: Path) -> None:
    """A telephone's, held upright: ProjectionPoseRoll, with a crop by the container beside it."""
    plain(ffmpeg, path)
    roll = surgery.joined([(b"\x76\x71", b"\x00"), (b"\x76\x75", b"\x42\xb4\x00\x00")])
    video = [(b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0"), (b"\x76\x70", roll)]
    of_tracks(path, 0, {"E0": surgery.joined(video)})


def a_name_for_shells(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path)


MAKERS["-%03d 'a' \"b\" [x]; $(id) # é 🎬 %5B … "] = a_name_for_shells
