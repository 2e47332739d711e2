"""Odd sources of the fourth set (see `discs`): what is odd is the sound, the subtitles or the container."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import TRACK, TRACKS, merged, of_info, of_tracks, plain
from tests.oddities.discs import MAKERS
from tests.oddities.elements import appended, subtitled
from tests.oddities.pgs import write_pgs
from tests.oddities.reported import case, picture, tone, write, x264
from tests.oddities.rips import joined
from tests.oddities.suites import in_blocks, tones

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["MAKERS"]

TAGS = bytes.fromhex("1254C367")

SIZE = (b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0")
"""PixelWidth and PixelHeight."""


# --- sound


@case
def sound_of_all_layouts(ffmpeg: Path, path: Path) -> None:
    """AC-3 of 2.1, 3.0, with a centre behind, 3.1, 4.0, two behind, 5.0; FLAC of 6.1 -> each in its place."""
    kinds = ("2.1", "3.0", "3.0(back)", "3.1", "4.0", "quad(side)", "5.0(side)", "6.1")
    counts = (3, 3, 3, 4, 4, 4, 5, 7)
    inputs = [part for kind, count in zip(kinds, counts, strict=True) for part in tones(kind, count)]
    mapped = [part for number in range(len(kinds)) for part in ("-map", f"{number + 1}:a")]
    coded = ["-c:a", "ac3", "-c:a:7", "flac"]
    write(ffmpeg, path, *picture(), *inputs, "-map", "0:v", *mapped, *x264(), *coded)


@case
def ac3_of_two_rates(ffmpeg: Path, path: Path) -> None:
    """48 kHz, then 44.1 -> all of it, as long as its times say."""
    parts = [[*tone(1.5, rate), "-c:a", "ac3"] for rate in (48000, 44100)]
    whole = joined(ffmpeg, path, "ac3", parts)
    write(ffmpeg, path, *picture(seconds=3), "-i", whole, *x264(), "-c:a", "copy")
    whole.unlink()


@case
def ac3_cut_in_its_first_frame(ffmpeg: Path, path: Path) -> None:
    """A recording begins in the midst of a frame -> all but that one, at its time."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "ac3")
    turn = iter(range(1000))
    in_blocks(path, 2, lambda one: one[:4] + one[-200:] if next(turn) == 0 else one)


@case
def sound_of_no_channels(ffmpeg: Path, path: Path) -> None:
    """Channels 0, SamplingFrequency 0 (mkvtoolnix #1470); the stream knows better -> the sound."""
    write(ffmpeg, path, *picture(), *tones("5.1(side)", 6), *x264(), "-c:a", "ac3")
    of_tracks(path, 1, {"E1": surgery.joined([(b"\x9f", b"\0"), (b"\xb5", struct.pack(">f", 0))])})


@case
def opus_without_its_head(ffmpeg: Path, path: Path) -> None:
    """No CodecPrivate, as of 2012 -> the sound, with a head; or refused for it."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "libopus", "-ac", "2")
    of_tracks(path, 1, {"63A2": None})


@case
def a_radio_play_of_1996(ffmpeg: Path, path: Path) -> None:
    """RealAudio 1.0 at 8 kHz, without B-frames beside it -> all of it."""
    write(ffmpeg, path, *picture(), *tone(rate=8000), *x264(), "-c:a", "real_144")


@case
def sound_in_blocks_of_a_second(ffmpeg: Path, path: Path) -> None:
    """PCM, a block a second -> all of it."""
    coded = ["-af", "asetnsamples=48000", "-c:a", "pcm_s24le"]
    write(ffmpeg, path, *picture(seconds=3), *tone(2.6), *x264(), *coded)


def _lzo(content: bytes) -> bytes:
    """Return LZO1X of one run of literals and the end."""
    count = len(content) - 3
    if count <= 15:
        return bytes([count]) + content + b"\x11\0\0"
    zeros, rest = divmod(count - 16, 255)
    return bytes(1 + zeros) + bytes([rest + 1]) + content + b"\x11\0\0"


def encoded(path: Path, number: int, *encodings: bytes) -> None:
    """Give a track, counted from 0, ContentEncodings."""
    of_tracks(path, number, {"6D80": b"".join(surgery.element(b"\x62\x40", one) for one in encodings)})


def encoding(order: int, scope: int, algorithm: int, settings: bytes = b"") -> bytes:
    """Return a ContentEncoding that compresses (RFC 9559): its order, scope, algorithm and settings."""
    more = [(b"\x42\x55", settings)] if settings else []
    compression = surgery.joined([(b"\x42\x54", bytes([algorithm])), *more])
    parts = [(b"\x50\x31", bytes([order])), (b"\x50\x32", bytes([scope])), (b"\x50\x33", b"\0")]
    return surgery.joined([*parts, (b"\x50\x34", compression)])


@case
def sound_in_lzo(ffmpeg: Path, path: Path) -> None:
    """ContentCompAlgo 2 -> the sound; or refused for it."""
    plain(ffmpeg, path)
    in_blocks(path, 2, lambda one: one[:4] + _lzo(one[4:]))
    encoded(path, 1, encoding(0, 1, 2))


@case
def compressed_twice(ffmpeg: Path, path: Path) -> None:
    """Sound whose header was stripped, then zlib -> the sound; or refused for it."""
    plain(ffmpeg, path)
    in_blocks(path, 2, lambda one: one[:4] + zlib.compress(one[6:]))
    encoded(path, 1, encoding(0, 1, 3, b"\x0b\x77"), encoding(1, 1, 0))


# --- subtitles


ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
    "Style: Default,Arial,20\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


@case
def codec_private_in_zlib(ffmpeg: Path, path: Path) -> None:
    """ASS whose head is compressed too (ContentEncodingScope 3) -> its styles and lines."""
    subtitled(ffmpeg, path, "ass", 1)
    in_blocks(path, 3, lambda one: one[:4] + zlib.compress(one[4:]))
    of_tracks(path, 2, {"63A2": zlib.compress(ASS.encode())})
    encoded(path, 2, encoding(0, 3, 0))


@case
def ass_with_fonts_inside(ffmpeg: Path, path: Path) -> None:
    """A head with a BOM, CRLF, what an editor keeps, an embedded font and a picture -> byte for byte."""
    subtitled(ffmpeg, path, "ass", 1)
    head = ASS.replace("[V4+", "[Aegisub Project Garbage]\nLast Style: Ünsinn\n\n[V4+")
    inside = "[Fonts]\nfontname: a_0.ttf\n" + "!!!!" * 20 + "\n\n[Graphics]\nfilename: b.png\n####\n\n"
    text = "\ufeff" + head.replace("[Events]", inside + "[Events]")
    of_tracks(path, 2, {"63A2": text.replace("\n", "\r\n").encode()})


@case
def vobsub_of_another_size(ffmpeg: Path, path: Path) -> None:
    """720x480 beside a film of 320x240, an idx with comments, offsets and forced ones -> byte for byte."""
    shown, coded = write_pgs(path.with_suffix(".sup"), (720, 480)), path.with_suffix(".sub.mkv")
    timed = ["-c:s", "dvdsub", "-bsf:s", "setts=duration=400", "-fflags", "+bitexact"]
    clips.run_ffmpeg(ffmpeg, "-i", shown, *timed, coded)
    write(ffmpeg, path, *picture(), *tone(), "-i", coded, *x264(), "-c:a", "ac3", "-c:s", "copy")
    colours = ", ".join(f"{17 * number:02x}80{255 - number:02x}" for number in range(16))
    lines = ["# VobSub index file, v7", "size: 720x480", "org: 8, 4", "scale: 100%, 100%", "alpha: 90%"]
    lines += ["smooth: OFF", "fadein/out: 50, 50", "align: OFF at LEFT TOP", "time offset: 0"]
    lines += ["forced subs: ON", f"palette: {colours}", "custom colors: OFF, tridx: 0000", "langidx: 0"]
    of_tracks(path, 2, {"63A2": "\r\n".join([*lines, "id: de, index: 0", ""]).encode()})
    shown.unlink()
    coded.unlink()


@case
def texts_of_no_length(ffmpeg: Path, path: Path) -> None:
    """BlockDuration 0 -> as they are."""
    plain(ffmpeg, path)

    def cluster(content: bytes) -> bytes:
        parts = []
        for identity, value in surgery.children(content):
            own = surgery.children(value) if identity == surgery.BLOCK_GROUP else []
            mine = bool(own) and own[0][1][0] == 0x83
            none = surgery.joined([(one, b"\0" if one == b"\x9b" else inner) for one, inner in own])
            parts.append((identity, none if mine else value))
        return surgery.joined([one for one in parts if one[0] != b"\xbf"])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


def relative(path: Path, by: Callable[[int, int, int], int], base: int = 0) -> None:
    """Set blocks' own times, given cluster, track and time in ticks; add ``base`` to the clusters'."""

    def moved(identity: bytes, value: bytes, at: int) -> tuple[bytes, bytes]:
        if identity == surgery.BLOCK_GROUP:
            return identity, surgery.joined([moved(*one, at) for one in surgery.children(value)])
        if identity in (surgery.SIMPLE_BLOCK, surgery.BLOCK):
            time = by(at, value[0] & 0x7F, struct.unpack(">h", value[1:3])[0])
            value = value[:1] + struct.pack(">h", time) + value[3:]
        return identity, value

    def cluster(content: bytes) -> bytes:
        parts = [one for one in surgery.children(content) if one[0] != b"\xbf"]
        at = next(int.from_bytes(value, "big") for identity, value in parts if identity == b"\xe7")
        kept = [
            (one, (at + base).to_bytes(4, "big")) if one == b"\xe7" else moved(one, value, at)
            for one, value in parts
        ]
        return surgery.joined(kept)

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def a_subtitle_before_0(ffmpeg: Path, path: Path) -> None:
    """The first line begins 0.1 s before the film: times are signed -> delivered, at 0 at most."""
    plain(ffmpeg, path)
    relative(path, lambda _, track, time: -100 if track == 3 and time == 200 else time)


@case
def webvtt_of_mkvmerge(ffmpeg: Path, path: Path) -> None:
    """S_TEXT/WEBVTT with a style, a region, places, names and comments -> as they are, additions too."""
    texts = path.with_suffix(".vtt")
    texts.write_text(
        "WEBVTT - Odd\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:a\nwidth:40%\n\nNOTE who reads this\n\n"
        "first\n00:00:00.200 --> 00:00:00.700 line:0 region:a align:start\n<v Ann>One\n\n"
        "00:00:00.900 --> 00:00:01.300\nTwo & <i>three</i>\n"
    )
    merged(ffmpeg, path, texts)
    texts.unlink()


# --- the film as a whole


@case
def clusters_timed_from_their_middle(ffmpeg: Path, path: Path) -> None:
    """Each cluster's time is 0.3 s later, that of its blocks as much earlier -> nothing else."""
    plain(ffmpeg, path, "-cluster_time_limit", "400")
    relative(path, lambda _, __, time: time - 300, base=300)


@case
def one_cluster_for_all(ffmpeg: Path, path: Path) -> None:
    """34 s at 2 frames a second in one cluster, timed from its middle on -> all of it."""
    limits = ["-cluster_time_limit", "60000", "-cluster_size_limit", "100M"]
    write(
        ffmpeg, path, *picture(rate="2", seconds=30), *tone(30, 8000), *x264(), "-c:a", "libmp3lame", *limits
    )
    relative(path, lambda _, __, time: time - 15000, base=15000)


def _tags(*named: tuple[str, str]) -> bytes:
    """Return Tags of one tag with names and values."""
    simple = [
        (b"\x67\xc8", surgery.joined([(b"\x45\xa3", name.encode()), (b"\x44\x87", value.encode())]))
        for name, value in named
    ]
    return surgery.element(TAGS, surgery.element(b"\x73\x73", surgery.joined([(b"\x63\xc0", b""), *simple])))


@case
def tags_in_three_places(ffmpeg: Path, path: Path) -> None:
    """Tags in front of the tracks, between clusters and at the end -> all of them."""
    plain(ffmpeg, path, "-cluster_time_limit", "400")
    surgery.rewritten(path, {}, {TRACKS: _tags(("DIRECTOR", "Ann"))})
    appended(path, _tags(("COMPOSER", "Bob"), ("ARTIST", "Cy")))


@case
def chapters_of_a_disc_menu(ffmpeg: Path, path: Path) -> None:
    """ChapProcess with a DVD's commands, nested, hidden and disabled ones, for one track -> as they are."""
    listing = path.with_suffix(".xml")
    process = (
        "<ChapterProcess><ChapterProcessCodecID>1</ChapterProcessCodecID>"
        '<ChapterProcessPrivate format="hex">300128</ChapterProcessPrivate><ChapterProcessCommand>'
        "<ChapterProcessTime>1</ChapterProcessTime>"
        '<ChapterProcessData format="hex">013002000000000000</ChapterProcessData>'
        "</ChapterProcessCommand></ChapterProcess>"
    )

    def atom(start: str, name: str, more: str = "") -> str:
        display = f"<ChapterDisplay><ChapterString>{name}</ChapterString></ChapterDisplay>"
        return (
            f"<ChapterAtom><ChapterTimeStart>00:00:0{start}</ChapterTimeStart>{display}{more}</ChapterAtom>"
        )

    inner = atom("0.100", "Inside", "<ChapterFlagHidden>1</ChapterFlagHidden>" + process)
    outer = atom("0.000", "Outside", "<ChapterPhysicalEquiv>60</ChapterPhysicalEquiv>" + inner)
    track = "<ChapterTrack><ChapterTrackNumber>1</ChapterTrackNumber></ChapterTrack>"
    last = atom("1.000", "Off", "<ChapterFlagEnabled>0</ChapterFlagEnabled>" + track)
    hidden = "<EditionFlagHidden>1</EditionFlagHidden>"
    text = f"<Chapters><EditionEntry>{hidden}{outer}{last}</EditionEntry></Chapters>"
    listing.write_text('<?xml version="1.0"?>\n' + text)
    merged(ffmpeg, path, "--chapters", listing)
    listing.unlink()


@case
def two_eyes_in_two_tracks(ffmpeg: Path, path: Path) -> None:
    """Left and right as tracks, and one of TrackOperation that joins them -> one eye, notes on the others."""
    drawn = [*picture(), *picture(filters="hflip"), *tone()]
    write(ffmpeg, path, *drawn, "-map", "0:v", "-map", "1:v", "-map", "2:a", *x264(), "-c:a", "ac3")

    def tracks(content: bytes) -> bytes:
        entries = surgery.children(content)
        found = [surgery.children(value) for identity, value in entries if identity == TRACK]
        uids = [next(value for one, value in entry if one == b"\x73\xc5") for entry in found]
        planes = [
            (b"\xe4", surgery.joined([(b"\xe5", uid), (b"\xe6", bytes([kind]))]))
            for kind, uid in enumerate(uids[:2])
        ]
        operation = surgery.element(b"\xe3", surgery.joined(planes))
        changed = {b"\xd7": b"\x04", b"\x73\xc5": b"\x63"}
        own = [(one, changed.get(one, value)) for one, value in found[0]]
        entries.append((TRACK, surgery.joined([*own, (b"\xe2", operation)])))
        return surgery.joined(entries)

    surgery.rewritten(path, {TRACKS: tracks})


@case
def the_picture_comes_last(ffmpeg: Path, path: Path) -> None:
    """Subtitles, sound, picture, in this order -> all of them; first what is first to be chosen."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,700\nOne\n")
    mapped = ["-map", "2:s", "-map", "1:a", "-map", "0:v"]
    write(ffmpeg, path, *picture(), *tone(), "-i", texts, *mapped, *x264(), "-c:a", "ac3", "-c:s", "srt")
    texts.unlink()


@case
def a_length_that_is_no_number(ffmpeg: Path, path: Path) -> None:
    """Duration NaN -> all of it, and its true length."""
    plain(ffmpeg, path)
    of_info(path, bytes.fromhex("4489"), struct.pack(">d", float("nan")))


@case
def of_the_year_zero(ffmpeg: Path, path: Path) -> None:
    """DateUTC of the least number there is -> all of it."""
    plain(ffmpeg, path)
    of_info(path, bytes.fromhex("4461"), b"\x80" + bytes(7))


def _of_video(path: Path, *parts: tuple[bytes, bytes]) -> None:
    of_tracks(path, 0, {"E0": surgery.joined([*SIZE, *parts])})


@case
def displayed_as_nothing(ffmpeg: Path, path: Path) -> None:
    """DisplayWidth and DisplayHeight 0 -> 320x240."""
    plain(ffmpeg, path)
    _of_video(path, (b"\x54\xb0", b"\0"), (b"\x54\xba", b"\0"))


@case
def shown_at_one_by_one(ffmpeg: Path, path: Path) -> None:
    """A display size of 1 by 1, which says a square -> a square."""
    plain(ffmpeg, path)
    _of_video(path, (b"\x54\xb0", b"\x01"), (b"\x54\xba", b"\x01"))


@case
def a_crop_of_all(ffmpeg: Path, path: Path) -> None:
    """PixelCropTop of more lines than there are -> the picture without it, and a word; or refused."""
    plain(ffmpeg, path)
    _of_video(path, (b"\x54\xbb", b"\x01\x2c"), (b"\x54\xaa", b"\x14"))


@case
def a_film_all_around(ffmpeg: Path, path: Path) -> None:
    """ProjectionType 1 with bounds and a pose: 360 degrees -> still one."""
    plain(ffmpeg, path)
    pose = [(bytes.fromhex(one), struct.pack(">f", at)) for one, at in (("7673", 30), ("7674", 10))]
    projection = [(b"\x76\x71", b"\x01"), (b"\x76\x72", bytes(20)), *pose]
    _of_video(path, (b"\x76\x70", surgery.joined(projection)))
