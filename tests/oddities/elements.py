"""Odd sources of the third set (see `suites`): what is odd are the subtitles or the container."""

from __future__ import annotations

import bz2
import random
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import TRACKS, attached, chapters, merged, mkvmerge, of_tracks, plain
from tests.oddities.pgs import write_pgs
from tests.oddities.reported import case, picture, tone, write, x264
from tests.oddities.suites import MAKERS, in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["MAKERS"]

CHAPTERS, ATTACHMENTS, BLOCK_DURATION = (bytes.fromhex(one) for one in ("1043A770", "1941A469", "9B"))


def subtitled(ffmpeg: Path, path: Path, kind: str, count: int) -> None:
    """Write a file of a picture, a tone and tracks of two lines."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,700\nOne\n\n2\n00:00:00,900 --> 00:00:01,300\nTwo\n")
    mapped = ["-map", "0:v", "-map", "1:a", *["-map", "2:s"] * count]
    write(ffmpeg, path, *picture(), *tone(), "-i", texts, *mapped, *x264(), "-c:a", "ac3", "-c:s", kind)
    texts.unlink()


def of_atoms(path: Path, top: bytes, changes: dict[bytes, bytes]) -> None:
    """Set elements wherever they are below one of the highest level, by their IDs."""
    masters = {bytes.fromhex(one) for one in ("45B9", "B6", "61A7")}

    def over(content: bytes) -> bytes:
        return surgery.joined(
            [
                (one, over(value) if one in masters else changes.get(one, value))
                for one, value in surgery.children(content)
            ]
        )

    surgery.rewritten(path, {top: over})


# --- subtitles


@case
def subtitles_of_old_codec_ids(ffmpeg: Path, path: Path) -> None:
    """S_ASS and S_SSA, as of 2003 -> both as they are."""
    subtitled(ffmpeg, path, "ass", 2)
    of_tracks(path, 2, {"86": b"S_ASS"})
    of_tracks(path, 3, {"86": b"S_SSA"})


@case
def subtitles_of_discs_and_of_japan(ffmpeg: Path, path: Path) -> None:
    """S_HDMV/TEXTST and S_ARIBSUB -> both as they are."""
    subtitled(ffmpeg, path, "srt", 2)
    of_tracks(path, 2, {"86": b"S_HDMV/TEXTST", "63A2": b"\x81\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"})
    of_tracks(path, 3, {"86": b"S_ARIBSUB", "63A2": b"\x30\x00\x08"})


@case
def webvtt_of_webm(ffmpeg: Path, path: Path) -> None:
    """D_WEBVTT of three kinds, with settings and names -> as they are."""
    texts = path.with_suffix(".vtt")
    texts.write_text(
        "WEBVTT\n\nfirst\n00:00:00.200 --> 00:00:00.700 line:0 position:20% align:start\n<v Ann>One\n\n"
        "00:00:00.900 --> 00:00:01.300\nTwo & <i>three</i>\n"
    )
    coded = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-c:a", "libopus"]
    kinds = ["-c:s", "webvtt", "-disposition:s:1", "captions", "-disposition:s:2", "descriptions"]
    mapped = ["-map", "0:v", "-map", "1:a", *["-map", "2:s"] * 3]
    write(ffmpeg, path, *picture(), *tone(), "-i", texts, *mapped, *coded, *kinds, "-f", "webm")
    texts.unlink()


@case
def texts_without_durations(ffmpeg: Path, path: Path) -> None:
    """SubRip in blocks without BlockDuration -> as they are."""
    plain(ffmpeg, path)

    def cluster(content: bytes) -> bytes:
        parts = []
        for identity, value in surgery.children(content):
            kept = value
            if identity == surgery.BLOCK_GROUP:
                kept = surgery.joined([one for one in surgery.children(value) if one[0] != BLOCK_DURATION])
            if identity != b"\xbf":
                parts.append((identity, kept))
        return surgery.joined(parts)

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def all_subtitles_at_the_end(ffmpeg: Path, path: Path) -> None:
    """A muxer's, which appends them -> at their times."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    found: list[tuple[int, bytes, int]] = []

    def taken(inner: bytes) -> bytes:
        parts = [one for one in surgery.children(inner) if one[0] != b"\xbf"]
        base = next(int.from_bytes(value, "big") for identity, value in parts if identity == b"\xe7")
        kept = []
        for identity, value in parts:
            own = dict(surgery.children(value)) if identity == surgery.BLOCK_GROUP else {}
            if own and own[surgery.BLOCK][0] == 0x83:
                block = own[surgery.BLOCK]
                at = base + int.from_bytes(block[1:3], "big", signed=True)
                found.append((at, block, int.from_bytes(own[BLOCK_DURATION], "big")))
            else:
                kept.append((identity, value))
        return surgery.joined(kept)

    surgery.rewritten(path, {surgery.CLUSTER: taken})
    assert len(found) == 2
    blocks = [(b"\xe7", (0).to_bytes(2, "big"))]
    for at, block, long in found:
        moved = block[:1] + at.to_bytes(2, "big", signed=True) + block[3:]
        group = [(surgery.BLOCK, moved), (BLOCK_DURATION, long.to_bytes(2, "big"))]
        blocks.append((surgery.BLOCK_GROUP, surgery.joined(group)))
    appended(path, surgery.element(surgery.CLUSTER, surgery.joined(blocks)))


def appended(path: Path, more: bytes) -> None:
    """Put elements behind the last one of the segment."""
    content = path.read_bytes()
    start = content.index(surgery.SEGMENT) + 12
    size = (0x01 << 56 | (len(content) - start + len(more))).to_bytes(8, "big")
    path.write_bytes(content[: start - 8] + size + content[start:] + more)


@case
def vobsub_without_its_palette(ffmpeg: Path, path: Path) -> None:
    """No CodecPrivate -> as they are."""
    shown, coded = write_pgs(path.with_suffix(".sup"), (320, 240)), path.with_suffix(".sub.mkv")
    timed = ["-c:s", "dvdsub", "-bsf:s", "setts=duration=400", "-fflags", "+bitexact"]
    clips.run_ffmpeg(ffmpeg, "-i", shown, *timed, coded)
    write(ffmpeg, path, *picture(), *tone(), "-i", coded, *x264(), "-c:a", "ac3", "-c:s", "copy")
    of_tracks(path, 2, {"63A2": None})
    shown.unlink()
    coded.unlink()


# --- blocks


def _marked(block: bytes) -> bytes:
    return block[:3] + bytes([block[3] | 0x80]) + block[4:]


@case
def every_block_says_keyframe(ffmpeg: Path, path: Path) -> None:
    """H.264 by a muxer that marks all -> every picture whole, wherever it is cut."""
    write(ffmpeg, path, *picture(seconds=4), *tone(4), *x264(30, ":open-gop=1"), "-c:a", "ac3")
    in_blocks(path, 1, _marked)


@case
def every_block_of_mpeg4_says_keyframe(ffmpeg: Path, path: Path) -> None:
    """MPEG-4 ASP -> the same."""
    coded = ["-c:v", "mpeg4", "-q:v", "4", "-g", "30", "-bf", "2", "-c:a", "ac3"]
    write(ffmpeg, path, *picture(seconds=4), *tone(4), *coded)
    in_blocks(path, 1, _marked)


@case
def every_block_of_vp9_says_keyframe(ffmpeg: Path, path: Path) -> None:
    """VP9 -> the same."""
    coded = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", "30"]
    write(ffmpeg, path, *picture(seconds=4), *tone(4), *coded, "-c:a", "libopus")
    in_blocks(path, 1, _marked)


@case
def every_block_of_theora_says_keyframe(ffmpeg: Path, path: Path) -> None:
    """Theora, of whose packets libavformat looks at none -> the same."""
    coded = ["-c:v", "libtheora", "-q:v", "7", "-g", "30", "-c:a", "libvorbis"]
    write(ffmpeg, path, *picture(seconds=4), *tone(4), *coded)
    in_blocks(path, 1, _marked)


@case
def no_block_says_keyframe(ffmpeg: Path, path: Path) -> None:
    """H.264 -> all of it."""
    plain(ffmpeg, path)
    in_blocks(path, 1, lambda one: one[:3] + bytes([one[3] & 0x7F]) + one[4:])


@case
def timecodes_beside_the_picture(ffmpeg: Path, path: Path) -> None:
    """BlockAdditions of the kind 121 (SMPTE ST 12-1), as FFV1 of archives has -> the picture."""
    write(ffmpeg, path, *picture(), *tone(), "-c:v", "ffv1", "-level", "3", "-c:a", "flac")
    turn = [0]

    def cluster(content: bytes) -> bytes:
        parts = []
        for identity, value in surgery.children(content):
            if identity == surgery.SIMPLE_BLOCK and value[0] == 0x81:
                turn[0] += 1
                more = surgery.joined([(b"\xee", b"\x02"), (b"\xa5", turn[0].to_bytes(8, "big"))])
                additions = surgery.element(b"\xa6", more)
                group = surgery.joined([(surgery.BLOCK, value), (b"\x75\xa1", additions)])
                parts.append((surgery.BLOCK_GROUP, group))
            elif identity != b"\xbf":
                parts.append((identity, value))
        return surgery.joined(parts)

    surgery.rewritten(path, {surgery.CLUSTER: cluster})
    mapping = [(b"\x41\xf0", b"\x02"), (b"\x41\xa4", b"SMPTE ST 12-1 timecode"), (b"\x41\xe7", b"\x79")]
    of_tracks(path, 0, {"41E4": surgery.joined(mapping), "55EE": b"\x02"})


@case
def sound_in_bzip2(ffmpeg: Path, path: Path) -> None:
    """ContentCompAlgo 1 -> the sound; or refused for it."""
    plain(ffmpeg, path)
    in_blocks(path, 2, lambda one: one[:4] + bz2.compress(one[4:]))
    encoding = [(b"\x50\x31", b"\x00"), (b"\x50\x32", b"\x01"), (b"\x50\x33", b"\x00")]
    encoding.append((b"\x50\x34", surgery.joined([(b"\x42\x54", b"\x01")])))
    of_tracks(path, 1, {"6D80": surgery.element(b"\x62\x40", surgery.joined(encoding))})


# --- heads


@case
def a_default_duration_of_a_nanosecond(ffmpeg: Path, path: Path) -> None:
    """A milliard frames a second -> the 24 that there are."""
    plain(ffmpeg, path)
    of_tracks(path, 0, {"23E383": b"\x01"})


@case
def a_height_of_whole_macroblocks(ffmpeg: Path, path: Path) -> None:
    """PixelHeight 256 and shown at 320x240, as 1088 and 1080 of old muxers; the stream has 240 -> 320x240."""
    plain(ffmpeg, path)
    video = [
        (b"\xb0", b"\x01\x40"),
        (b"\xba", b"\x01\x00"),
        (b"\x54\xb0", b"\x01\x40"),
        (b"\x54\xba", b"\xf0"),
    ]
    of_tracks(path, 0, {"E0": surgery.joined(video)})


@case
def shown_in_centimetres(ffmpeg: Path, path: Path) -> None:
    """DisplayUnit 1: 40 by 20 cm -> shown twice as wide as high."""
    plain(ffmpeg, path)
    video = [(b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0"), (b"\x54\xb0", b"\x28"), (b"\x54\xba", b"\x14")]
    of_tracks(path, 0, {"E0": surgery.joined([*video, (b"\x54\xb2", b"\x01")])})


@case
def everything_of_one_uid(ffmpeg: Path, path: Path) -> None:
    """Two attached files and three chapters, each with the UID of the others -> all of them."""
    listing, side = path.with_suffix(".xml"), path.with_suffix(".txt")
    listing.write_text(chapters((0, 400, "A"), (400, 800, "B"), (800, None, "C")))
    side.write_text("attached")
    attached = ["--attachment-mime-type", "text/plain", "--attach-file", side]
    merged(ffmpeg, path, "--chapters", listing, *attached, "--attachment-name", "other.txt", *attached)
    of_atoms(path, CHAPTERS, {b"\x73\xc4": b"\x05"})
    of_atoms(path, ATTACHMENTS, {b"\x46\xae": b"\x05"})
    listing.unlink()
    side.unlink()


@case
def covers_of_all_kinds(ffmpeg: Path, path: Path) -> None:
    """A WebP, a GIF, a PNG that says it is a JPEG, a PNG of 16 bits -> four attached files, one film."""
    side = path.with_suffix(".side")
    side.mkdir(exist_ok=True)
    for name, more in {
        "1.gif": [],
        "2.webp": [],
        "3.png": ["-pix_fmt", "rgb24"],
        "cover.png": ["-pix_fmt", "rgba64be"],
    }.items():
        drawn = ["-f", "lavfi", "-i", "testsrc2=s=600x900:r=1", "-frames:v", "1"]
        clips.run_ffmpeg(ffmpeg, *drawn, *more, "-update", "1", "-fflags", "+bitexact", side / name)
    kinds = ("image/gif", "image/webp", "image/jpeg", "image/png")
    files = sorted(side.iterdir())
    merged(ffmpeg, path, *attached(kinds, files))
    for file in files:
        file.unlink()
    side.rmdir()


# --- the file as a whole


def _without(path: Path, identity: bytes) -> None:
    """Drop the elements of the highest level that have an ID."""
    content = path.read_bytes()
    start = content.index(surgery.SEGMENT) + 12
    parts = [one for one in surgery.children(content[start:]) if one[0] != identity]
    body = surgery.joined(parts)
    path.write_bytes(content[: start - 8] + (0x01 << 56 | len(body)).to_bytes(8, "big") + body)


def _by_number(make: Callable[[int], bytes], path: Path) -> None:
    """Put something in front of each cluster, counted from 0."""
    content = path.read_bytes()
    start = content.index(surgery.SEGMENT) + 12
    body, number = b"", 0
    for identity, value in surgery.children(content[start:]):
        if identity in (surgery.SEEK_HEAD, surgery.VOID, surgery.CUES):
            continue
        if identity == surgery.CLUSTER:
            body += make(number)
            number += 1
        body += surgery.element(identity, value)
    path.write_bytes(content[: start - 8] + (0x01 << 56 | len(body)).to_bytes(8, "big") + body)


@case
def without_info(ffmpeg: Path, path: Path) -> None:
    """No Info at all: a TimestampScale by default -> all of it."""
    plain(ffmpeg, path)
    surgery.rewritten(path, {})
    _without(path, surgery.INFO)


@case
def tracks_said_again(ffmpeg: Path, path: Path) -> None:
    """A broadcast's: Tracks once more before each cluster -> each track once."""
    plain(ffmpeg, path, "-cluster_time_limit", "400")
    content = path.read_bytes()
    start = content.index(surgery.SEGMENT) + 12
    tracks = next(value for one, value in surgery.children(content[start:]) if one == TRACKS)
    _by_number(lambda number: surgery.element(TRACKS, tracks) if number else b"", path)


@case
def junk_between_clusters(ffmpeg: Path, path: Path) -> None:
    """Three kilobytes of nothing before the third cluster -> all frames; or refused, with the place."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    junk = bytes(random.Random(3).choices(range(32), k=3000))
    _by_number(lambda number: junk if number == 2 else b"", path)


@case
def a_segment_longer_than_it_says(ffmpeg: Path, path: Path) -> None:
    """Its size ends half-way, as when a recorder wrote it too early -> all frames; or a note, or refused."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    content = path.read_bytes()
    start = content.index(surgery.SEGMENT) + 12
    places = [at for at in range(start, len(content) - 4) if content[at : at + 4] == surgery.CLUSTER]
    size = places[len(places) // 2] - start
    path.write_bytes(content[: start - 8] + (0x01 << 56 | size).to_bytes(8, "big") + content[start:])


@case
def a_segment_shorter_than_it_says(ffmpeg: Path, path: Path) -> None:
    """A copy that was broken off between two clusters -> what is there, with a word on the missing end."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    content = path.read_bytes()
    places = [at for at in range(len(content) - 4) if content[at : at + 4] == surgery.CLUSTER]
    path.write_bytes(content[: places[-2]])


@case
def titles_joined_by_mkvmerge(ffmpeg: Path, path: Path) -> None:
    """Two parts of other rates and sizes of sound, appended -> one film, the second part behind the first."""
    parts = []
    for number, rate in enumerate(("24", "30000/1001")):
        part = path.with_suffix(f".{number}.mkv")
        write(ffmpeg, part, *picture(rate=rate, seconds=1.3), *tone(1.1), *x264(), "-c:a", "ac3")
        parts.append(part)
    mkvmerge(path, parts[0], "+", parts[1])
    for part in parts:
        part.unlink()
