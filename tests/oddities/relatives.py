"""Odd sources of the fourth set (see `discs`): relatives of what other sets have."""

from __future__ import annotations

import random
import zlib
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import TRACK, TRACKS, merged, mkvmerge, of_tracks, plain
from tests.oddities.discs import MAKERS, MPEG2
from tests.oddities.entries import encoded, encoding
from tests.oddities.reported import case, one_behind_the_other, picture, tone, write, x264
from tests.oddities.rips import x265
from tests.oddities.suites import PQ, by_way_of, in_blocks, retimed, tones

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["MAKERS"]

INFO, CHAPTERS = bytes.fromhex("1549A966"), bytes.fromhex("1043A770")

HEVC = "keyint=12:pools=none:frame-threads=1:log-level=none"


# --- pictures


@case
def hevc_changes_its_size_and_back(ffmpeg: Path, path: Path) -> None:
    """A recorder's: 640x360, 320x180, 640x360 -> all frames of 640x360, with a note."""
    sizes = ("640x360", "320x180", "640x360")
    coded = [
        [*picture(one, seconds=0.8), *x265(f"{HEVC}:repeat-headers=1"), "-bsf:v", "dump_extra=freq=k"]
        for one in sizes
    ]
    one_behind_the_other(ffmpeg, path, coded)


@case
def hdr_after_a_trailer_in_sdr(ffmpeg: Path, path: Path) -> None:
    """BT.709 for a second, then PQ, both of 10 bits -> refused by the probe, with the time and a remedy."""
    sdr = "format=yuv420p10le,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    coded = [
        [*picture(seconds=1, filters=one), *x265(f"{HEVC}:repeat-headers=1"), "-bsf:v", "dump_extra=freq=k"]
        for one in (sdr, PQ)
    ]
    one_behind_the_other(ffmpeg, path, coded)


@case
def a_menu_of_one_frame_comes_first(ffmpeg: Path, path: Path) -> None:
    """The first track, the default, is one frame of H.264; the second the film -> the film, a note."""
    drawn = [*picture("640x480", seconds=0.04), *picture(), *tone()]
    mapped = ["-map", "0:v", "-map", "1:v", "-map", "2:a", "-disposition:v:0", "default"]
    write(ffmpeg, path, *drawn, *mapped, "-disposition:v:1", "0", *x264(), "-c:a", "ac3")


@case
def av1_in_black_and_white(ffmpeg: Path, path: Path) -> None:
    """Monochrome AV1 -> grey, all of it."""
    coded = ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "12", "-threads", "1"]
    write(ffmpeg, path, *picture(), *tone(), *coded, "-pix_fmt", "gray", "-c:a", "libopus")


@case
def sorenson_of_quicktime(ffmpeg: Path, path: Path) -> None:
    """SVQ1 in 4:1:0, IMA's ADPCM -> all of it, a note on the chroma."""
    coded = ["-c:v", "svq1", "-q:v", "4", "-g", "12", "-c:a", "adpcm_ima_qt"]
    by_way_of(ffmpeg, path, "mov", *picture("320x240", "15"), *tone(1.5, 22050), *coded)


@case
def uncompressed_by_its_own_name(ffmpeg: Path, path: Path) -> None:
    """V_UNCOMPRESSED in UYVY, as capture tools write it -> all of it, a note on the chroma."""
    coded = ["-c:v", "rawvideo", "-pix_fmt", "uyvy422", "-allow_raw_vfw", "1", "-c:a", "pcm_s16le"]
    write(ffmpeg, path, *picture(), *tone(), *coded)
    video = [(b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0"), (b"\x2e\xb5\x24", b"UYVY")]
    named: dict[str, bytes | None] = {"86": b"V_UNCOMPRESSED", "63A2": None, "E0": surgery.joined(video)}
    of_tracks(path, 0, named)


@case
def the_picture_begins_a_second_late(ffmpeg: Path, path: Path) -> None:
    """Sound from 0 on, the picture from 1 s on: a broadcast joined in its midst -> the same."""
    late = ["-itsoffset", "1", *picture(seconds=2)]
    write(ffmpeg, path, *tone(3), *late, "-map", "1:v", "-map", "0:a", *x264(), "-c:a", "mp2")


@case
def mpeg2_in_full_height_of_half_width(ffmpeg: Path, path: Path) -> None:
    """A satellite's 352x576 of fields, shown at 4:3 -> deinterlaced, shown at 4:3."""
    drawn = ["-f", "lavfi", "-i", f"{clips.film((352, 576), '50')},tinterlace=interleave_top,setdar=4/3"]
    coded = [*MPEG2, "-flags:v", "+bitexact+ilme+ildct", "-frames:v", "36", "-c:a", "mp2"]
    write(ffmpeg, path, *drawn, *tone(1.4), *coded)


# --- sound


@case
def dts_that_becomes_stereo(ffmpeg: Path, path: Path) -> None:
    """5.1 at first, then stereo -> 5.1, with a note."""
    coded = ["-c:a", "dca", "-strict", "-2"]
    parts = [
        [*picture(seconds=1.2), *tones(kind, count, 1.2), *x264(), *coded]
        for kind, count in (("5.1(side)", 6), ("stereo", 2))
    ]
    one_behind_the_other(ffmpeg, path, parts)


@case
def mp3_that_becomes_mono(ffmpeg: Path, path: Path) -> None:
    """Stereo, then mono -> stereo, with a note."""
    parts = [
        [*picture(seconds=1.2), *tones(kind, count, 1.2), *x264(), "-c:a", "libmp3lame"]
        for kind, count in (("stereo", 2), ("mono", 1))
    ]
    one_behind_the_other(ffmpeg, path, parts)


@case
def aac_of_rare_layouts(ffmpeg: Path, path: Path) -> None:
    """Told by a program config: quad, 6.1(back), 7.1(wide), hexagonal, 3.1 -> each tone in its place."""
    kinds = (("quad", 4), ("6.1(back)", 7), ("7.1(wide)", 8), ("hexagonal", 6), ("3.1", 4))
    inputs = [part for kind, count in kinds for part in tones(kind, count)]
    mapped = [part for number in range(len(kinds)) for part in ("-map", f"{number + 1}:a")]
    write(ffmpeg, path, *picture(), *inputs, "-map", "0:v", *mapped, *x264(), "-c:a", "aac")


@case
def sound_whose_times_jitter(ffmpeg: Path, path: Path) -> None:
    """A tuner's: each packet up to 12 ms early or late -> no gaps, in step."""
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *x264(), "-c:a", "ac3")
    chance = random.Random(4)
    retimed(path, 2, lambda at: max(0, at + chance.randint(-12, 12)))


@case
def sound_with_a_packet_alone(ffmpeg: Path, path: Path) -> None:
    """One packet at 0, the next ones from 2 s on -> silence between them."""
    write(ffmpeg, path, *picture(seconds=3), *tone(1), *x264(), "-c:a", "mp2")
    retimed(path, 2, lambda at: at + 2000 if at else at)


# --- elements


def of_strings(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change codec IDs, languages, names and writers' names."""
    names = {bytes.fromhex(one) for one in ("86", "22B59C", "536E", "4D80", "5741", "7BA9")}

    def over(content: bytes) -> bytes:
        parts = surgery.children(content)
        return surgery.joined(
            [
                (one, over(value) if one == TRACK else change(value) if one in names else value)
                for one, value in parts
            ]
        )

    surgery.rewritten(path, {TRACKS: over, INFO: over})


@case
def strings_padded_with_zeros(ffmpeg: Path, path: Path) -> None:
    """Strings that end before their elements do, as EBML allows -> all of it, the names without zeros."""
    plain(
        ffmpeg,
        path,
        "-metadata",
        "title=Film",
        "-metadata:s:a:0",
        "title=Sound",
        "-metadata:s:a:0",
        "language=ger",
    )
    of_strings(path, lambda one: one + bytes(4))


@case
def names_in_latin_1(ffmpeg: Path, path: Path) -> None:
    """A title, a name and a chapter that are no UTF-8 -> delivered, as they are or readable."""
    whole, listing = path.with_suffix(".whole.mkv"), path.with_suffix(".xml")
    plain(ffmpeg, whole, "-metadata", "title=F~lm", "-metadata:s:a:0", "title=T~n")
    listing.write_text(
        '<?xml version="1.0"?>\n<Chapters><EditionEntry><ChapterAtom><ChapterTimeStart>00:00:00.500'
        "</ChapterTimeStart><ChapterDisplay><ChapterString>K~pitel</ChapterString></ChapterDisplay>"
        "</ChapterAtom></EditionEntry></Chapters>"
    )
    mkvmerge(path, "--chapters", listing, whole)
    path.write_bytes(
        path.read_bytes().replace(b"F~lm", b"F\xeflm").replace(b"T~n", b"T\xf6n").replace(b"K~p", b"K\xe4p")
    )
    whole.unlink()
    listing.unlink()


@case
def elements_of_no_bytes(ffmpeg: Path, path: Path) -> None:
    """Language, FlagDefault and Channels of no bytes, which are their defaults -> eng, mono, all of it."""
    plain(ffmpeg, path)
    rate = bytes.fromhex("473B8000")
    of_tracks(path, 1, {"22B59C": b"", "88": b"", "E1": surgery.joined([(b"\x9f", b""), (b"\xb5", rate)])})


@case
def blocks_of_a_track_that_is_not_there(ffmpeg: Path, path: Path) -> None:
    """Track 9 has blocks and no entry -> the others, all of them."""
    plain(ffmpeg, path)

    def cluster(content: bytes) -> bytes:
        parts = []
        for identity, value in surgery.children(content):
            parts.append((identity, value))
            if identity == surgery.SIMPLE_BLOCK:
                parts.append((identity, b"\x89" + value[1:4] + b"nothing"))
        return surgery.joined([one for one in parts if one[0] != b"\xbf"])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def a_lace_that_is_broken(ffmpeg: Path, path: Path) -> None:
    """A bit of one block's flags has turned, and it claims to be a lace -> refused, with the place."""
    plain(ffmpeg, path)
    turn = iter(range(1000))

    def laced(block: bytes) -> bytes:
        return block[:3] + bytes([block[3] | 0x04, 6]) + block[4:] if next(turn) == 5 else block

    in_blocks(path, 2, laced)


@case
def a_packet_that_does_not_inflate(ffmpeg: Path, path: Path) -> None:
    """A packet in zlib is damaged -> refused, with the place."""
    plain(ffmpeg, path)
    turn = iter(range(1000))

    def deflated(block: bytes) -> bytes:
        return block[:4] + (b"nonsense" if next(turn) == 5 else zlib.compress(block[4:]))

    in_blocks(path, 2, deflated)
    encoded(path, 1, encoding(0, 1, 0))


@case
def clusters_that_say_their_time_last(ffmpeg: Path, path: Path) -> None:
    """Timestamp behind the blocks, which has to come first -> the right times; or refused for it."""
    plain(ffmpeg, path, "-cluster_time_limit", "400")

    def cluster(content: bytes) -> bytes:
        parts = [one for one in surgery.children(content) if one[0] != b"\xbf"]
        return surgery.joined(
            [*(one for one in parts if one[0] != b"\xe7"), *(one for one in parts if one[0] == b"\xe7")]
        )

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def an_edition_without_chapters(ffmpeg: Path, path: Path) -> None:
    """One that is empty in front of one with a chapter -> the chapter."""
    listing = path.with_suffix(".xml")
    listing.write_text(
        '<?xml version="1.0"?>\n<Chapters><EditionEntry><ChapterAtom><ChapterTimeStart>00:00:00.500'
        "</ChapterTimeStart><ChapterDisplay><ChapterString>One</ChapterString></ChapterDisplay>"
        "</ChapterAtom></EditionEntry></Chapters>"
    )
    merged(ffmpeg, path, "--chapters", listing)
    empty = surgery.element(bytes.fromhex("45B9"), surgery.element(bytes.fromhex("45BC"), b"\x07"))
    surgery.rewritten(path, {CHAPTERS: lambda content: empty + content})
    listing.unlink()


@case
def a_word_for_each_kind_of_target(ffmpeg: Path, path: Path) -> None:
    """Tags with TargetType words, of an edition and of an attached file -> all kept."""
    side, listing = path.with_suffix(".txt"), path.with_suffix(".xml")
    side.write_text("attached")
    listing.write_text(
        '<?xml version="1.0"?>\n<Tags>'
        + "".join(
            f"<Tag><Targets><TargetTypeValue>{value}</TargetTypeValue><TargetType>{word}</TargetType>{uid}"
            f"</Targets><Simple><Name>TITLE</Name><String>{word}</String></Simple></Tag>"
            for value, word, uid in (
                (70, "COLLECTION", ""),
                (60, "SEASON", ""),
                (30, "PART", "<AttachmentUID>77</AttachmentUID>"),
                (20, "SCENE", "<EditionUID>7</EditionUID>"),
            )
        )
        + "</Tags>"
    )
    merged(ffmpeg, path, "--global-tags", listing, "--attach-file", side)
    side.unlink()
    listing.unlink()
