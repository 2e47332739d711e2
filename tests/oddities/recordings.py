"""Odd sources of the sixth set (see `releases`): recordings of broadcasts, screens, cameras and phones."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import chapters, mkvmerge, of_tracks, plain
from tests.oddities.discs import MPEG2, from_the_second_keyframe
from tests.oddities.elements import appended
from tests.oddities.entries import relative
from tests.oddities.releases import ASS, MAKERS
from tests.oddities.reported import EXACT, case, one_behind_the_other, picture, tone, write, x264
from tests.oddities.rips import X265, joined, x265
from tests.oddities.screens import in_clusters, sized
from tests.oddities.suites import PQ, in_blocks, retimed, tones

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAKERS"]

UNKNOWN = b"\x01" + b"\xff" * 7
"""A size that is not told, in eight bytes."""

FIELDS = "tinterlace=interleave_top,setfield=tff"
X264_FIELDS = ["-flags:v", "+bitexact+ildct+ilme"]


def fields(size: tuple[int, int], seconds: float) -> list[str]:
    """Return ffmpeg's options for interlaced video at 25 frames a second as an input."""
    return ["-f", "lavfi", "-i", f"{clips.film(size, '50')},trim=end={seconds},{FIELDS}"]


def as_live(path: Path) -> None:
    """Take the sizes off the segment and its clusters, and the length, as a recorder leaves them."""

    def info(content: bytes) -> bytes:
        return surgery.joined([one for one in surgery.children(content) if one[0] != b"\x44\x89"])

    surgery.rewritten(path, {surgery.INFO: info})
    content = path.read_bytes()
    start = content.index(surgery.SEGMENT) + 4
    body = b""
    for identity, value in surgery.children(content[start + 8 :]):
        cluster = identity == surgery.CLUSTER
        body += identity + UNKNOWN + value if cluster else surgery.element(identity, value)
    path.write_bytes(content[:start] + UNKNOWN + body)


# --- screens


@case
def obs_was_killed(ffmpeg: Path, path: Path) -> None:
    """4:4:4, full range, five tracks of sound, one empty, no sizes, cut in a block -> what is whole."""
    sound = [part for number in range(5) for part in tone(2, frequency=440 + 110 * number)]
    mapped = [part for number in range(6) for part in ("-map", str(number))]
    coloured = "scale=out_range=pc,format=yuvj444p,setparams=range=pc:colorspace=bt709"
    drawn = picture(rate="60", seconds=2, filters=coloured)
    write(ffmpeg, path, *drawn, *sound, *mapped, *x264(120), "-c:a", "aac", "-cluster_time_limit", "400")

    def kept(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        blocks = {
            surgery.SIMPLE_BLOCK: lambda value: value,
            surgery.BLOCK_GROUP: lambda value: dict(surgery.children(value))[surgery.BLOCK],
        }
        return [one for one in parts if one[0] not in blocks or blocks[one[0]](one[1])[0] != 0x85]

    in_clusters(path, kept)
    as_live(path)
    path.write_bytes(path.read_bytes()[:-60])


@case
def a_recorder_skips_frames(ffmpeg: Path, path: Path) -> None:
    """60 a second, less every 7th and half a second that a busy machine left out -> the rest, in time."""
    left_out = "select='mod(n,7)*not(between(n,50,79))',settb=1/1000"
    timed = ["-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    drawn = picture(rate="60", seconds=2, filters=left_out)
    write(ffmpeg, path, *drawn, *tone(2), *tone(2, 44100, 550), *x264(), *timed, "-map", "0", "-map", "1",
          "-map", "2", "-c:a", "aac")  # fmt: skip


# --- cameras and phones


@case
def a_security_camera(ffmpeg: Path, path: Path) -> None:
    """HEVC without B-frames or a second keyframe, a clock since 1970, A-law from 1 s on -> all, in step."""
    coded = [*x265("keyint=1000:bframes=0:pools=none:frame-threads=1:log-level=none"), "-c:a", "pcm_alaw"]
    drawn = [*picture(rate="15", seconds=2), "-itsoffset", "1", *tone(1, 8000)]
    write(ffmpeg, path, *drawn, *coded, "-output_ts_offset", "1700000000")


@case
def an_action_camera(ffmpeg: Path, path: Path) -> None:
    """A track of measurements, TrackType 33 (M_GPMF), and MJPEG of its preview -> the film, notes on both."""
    plain(ffmpeg, path)
    of_tracks(path, 2, {"83": b"\x21", "86": b"M_GPMF"})
    whole, preview = path.with_suffix(".w.mkv"), path.with_suffix(".p.mkv")
    path.replace(whole)
    write(ffmpeg, preview, *picture("64x48"), "-c:v", "mjpeg")
    write(ffmpeg, path, "-i", preview, "-i", whole, "-map", "1:v", "-map", "1:a", "-map", "0:v", "-c", "copy")
    tracks_of(whole, path)
    whole.unlink()
    preview.unlink()


def tracks_of(source: Path, path: Path) -> None:
    """Enter another file's third track as the fourth one, and give it two blocks."""
    entry: list[bytes] = []

    def third(content: bytes) -> bytes:
        entry.append([value for one, value in surgery.children(content) if one == b"\xae"][2])
        return content

    surgery.rewritten(source, {surgery.TRACKS: third})
    parts = [(one, b"\x04" if one == b"\xd7" else value) for one, value in surgery.children(entry[0])]
    added = surgery.element(b"\xae", surgery.joined(parts))
    block = surgery.element(surgery.SIMPLE_BLOCK, b"\x84\x00\x05\x80" + b"DEVC" * 8)
    surgery.rewritten(
        path, {surgery.TRACKS: lambda one: one + added, surgery.CLUSTER: lambda one: one + block}
    )


@case
def a_phone_held_upright(ffmpeg: Path, path: Path) -> None:
    """HLG, uneven times, a roll of 90 degrees, AAC whose encoder's delay is before 0 -> the same."""
    hlg = PQ.replace("smpte2084", "arib-std-b67")
    late = f"settb=1/1000,setpts='round(N*1000/29.97)+mod(N*5,7)',{hlg}"
    timed = ["-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    coded = x265(f"{X265}:colorprim=9:transfer=18:colormatrix=9:range=limited")
    write(ffmpeg, path, *picture(rate="30", filters=late), *tone(), *coded, *timed, "-c:a", "aac")
    rolled = surgery.joined([(b"\x76\x71", b"\x00"), (b"\x76\x75", struct.pack(">f", 90))])
    of_tracks(path, 0, {"E0": sized(320, 240, (b"\x76\x70", rolled))})
    relative(path, lambda _, track, time: time - 21 if track == 2 else time)


@case
def a_selfie(ffmpeg: Path, path: Path) -> None:
    """A yaw of 180 and a roll of 90 degrees, which mirror and turn it -> shown mirrored and upright."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "aac")
    pose = [
        (b"\x76\x71", b"\x00"),
        (b"\x76\x73", struct.pack(">f", 180)),
        (b"\x76\x75", struct.pack(">f", 90)),
    ]
    of_tracks(path, 0, {"E0": sized(320, 240, (b"\x76\x70", surgery.joined(pose)))})


# --- broadcasts


@case
def dvb_from_the_midst_on(ffmpeg: Path, path: Path) -> None:
    """H.264 of fields from an open GOP on, a second behind its sound -> deinterlaced, in step."""
    coded = [*x264(24, ":open-gop=1:tff=1"), *X264_FIELDS, "-c:a", "mp2"]
    from_the_second_keyframe(ffmpeg, path, [*fields((720, 576), 3), *tone(3), *coded])


@case
def dvb_with_a_hole(ffmpeg: Path, path: Path) -> None:
    """A gust of wind: half a second of MPEG-2 and MP2 is gone -> as long, silence, a note on it."""
    gone = ["-bsf:v", "noise=drop='between(n,32,45)'", "-bsf:a", "noise=drop='between(n,53,76)'"]
    write(ffmpeg, path, *picture("352x288", "25", 3), *tone(3), *MPEG2, "-c:a", "mp2", *gone)


@case
def fields_change_their_size(ffmpeg: Path, path: Path) -> None:
    """H.264 of fields, 352x576 and then 720x576 -> deinterlaced, all of one size and shape, a note."""
    coded = [*x264(12, ":tff=1"), *X264_FIELDS, "-bsf:v", "dump_extra=freq=k"]
    one_behind_the_other(ffmpeg, path, [[*fields((wide, 576), 1.2), *coded] for wide in (352, 720)])


@case
def two_languages_in_two_channels(ffmpeg: Path, path: Path) -> None:
    """MP2 in the mode dual_channel, a language in each -> two channels, neither mixed into the other."""
    write(ffmpeg, path, *picture(), *tones("stereo", 2), *x264(), "-c:a", "mp2")
    in_blocks(path, 2, lambda one: one[:7] + bytes([one[7] & 0x3F | 0x80]) + one[8:])


@case
def aac_becomes_surround(ffmpeg: Path, path: Path) -> None:
    """Packets with ADTS heads and no CodecPrivate, 2.0 and then 5.1 -> 5.1 with a note, each in its place."""
    write(ffmpeg, path, *picture(seconds=2), *tones("stereo", 2, 2), *x264(), "-c:a", "aac")
    packets = []
    for layout, count in (("stereo", 2), ("5.1", 6)):
        coded = ["-c:a", "aac", *EXACT, "-f", "adts", "pipe:1"]
        stream, at = clips.run_ffmpeg(ffmpeg, *tones(layout, count, 2), *coded), 0
        parts = []
        while at < len(stream):
            size = (stream[at + 3] & 3) << 11 | stream[at + 4] << 3 | stream[at + 5] >> 5
            parts.append(stream[at : at + size])
            at += size
        packets += parts[:45] if count == 2 else parts
    turn = iter(packets)
    in_blocks(path, 2, lambda one: one[:4] + next(turn))
    of_tracks(path, 1, {"63A2": None})


@case
def eac3_of_two_rates_and_layouts(ffmpeg: Path, path: Path) -> None:
    """48 kHz of 2.0 and then 44.1 of 5.1, from 0.4 s on -> 5.1 at its times, a note."""
    sound = [[*tone(1.2), "-ac", "2"], [*tone(1.2, 44100), "-ac", "6"]]
    whole = joined(ffmpeg, path, "eac3", [[*one, "-c:a", "eac3"] for one in sound])
    drawn = [*picture(seconds=3), "-itsoffset", "0.4", "-i", whole]
    write(ffmpeg, path, *drawn, *x264(), "-c:a", "copy")
    whole.unlink()


@case
def everything_starts_over(ffmpeg: Path, path: Path) -> None:
    """Two parts, joined byte by byte: times begin anew at 0 -> one behind the other; or refused."""
    plain(ffmpeg, path)
    clusters: list[bytes] = []

    def taken(content: bytes) -> bytes:
        clusters.append(surgery.element(surgery.CLUSTER, content))
        return content

    surgery.rewritten(path, {surgery.CLUSTER: taken})
    appended(path, b"".join(clusters))


@case
def sound_starts_over(ffmpeg: Path, path: Path) -> None:
    """The last of two begins anew at 0 in its midst -> the other, a note; not half of it without a word."""
    mapped = ["-map", "0", "-map", "1", "-map", "2"]
    write(ffmpeg, path, *picture(), *tone(), *tone(frequency=550), *mapped, *x264(), "-c:a", "ac3")
    retimed(path, 3, lambda tick: tick if tick < 750 else tick - 750)


@case
def sound_of_one_packet(ffmpeg: Path, path: Path) -> None:
    """Of a recorder that was killed: all of its one packet is the encoder's delay -> left out, a note."""
    mapped = ["-map", "0", "-map", "1", "-map", "2"]
    write(ffmpeg, path, *picture(), *tone(), *tone(frequency=550), *mapped, *x264(), "-c:a", "aac")
    turn = iter(range(1000))
    in_clusters(path, lambda parts: [one for one in parts if not _sounds(one) or next(turn) == 0])


def _sounds(part: tuple[bytes, bytes]) -> bool:
    identity, value = part
    if identity == surgery.BLOCK_GROUP:
        value = dict(surgery.children(value))[surgery.BLOCK]
    return identity in (surgery.SIMPLE_BLOCK, surgery.BLOCK_GROUP) and value[0] == 0x83


@case
def sound_of_noise(ffmpeg: Path, path: Path) -> None:
    """The last of two is nothing that decodes, as of a key that was wrong -> the other; or refused for it."""
    mapped = ["-map", "0", "-map", "1", "-map", "2"]
    write(ffmpeg, path, *picture(), *tone(), *tone(frequency=550), *mapped, *x264(), "-c:a", "ac3")
    noise = random.Random(7)
    in_blocks(path, 3, lambda one: one[:4] + noise.randbytes(len(one) - 4))


@case
def a_master_of_a_broadcaster(ffmpeg: Path, path: Path) -> None:
    """H.264 of fields, 4:2:2 of 10 bits, eight tracks of PCM of a channel -> deinterlaced, eight tracks."""
    sound = [part for number in range(8) for part in tone(1.2, frequency=300 + 100 * number)]
    mapped = [part for number in range(9) for part in ("-map", str(number))]
    coded = [*x264(12, ":tff=1"), *X264_FIELDS, "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s24le"]
    write(ffmpeg, path, *fields((720, 576), 1.2), *sound, *mapped, *coded)


@case
def ten_hours_in(ffmpeg: Path, path: Path) -> None:
    """All begins at 10:00:00, as on tape, ASS and chapters too -> in step, the chapters at their pictures."""
    whole, listing, texts = (path.with_suffix(one) for one in (".w.mkv", ".xml", ".ass"))
    plain(ffmpeg, whole)
    listing.write_text(chapters((36_000_000, 36_000_700, "One"), (36_000_700, 36_001_500, "Two")))
    texts.write_text(ASS)
    late = ["--sync", "-1:36000000"]
    mkvmerge(path, "--chapters", listing, *late, whole, *late, texts)
    for one in (whole, listing, texts):
        one.unlink()


@case
def sound_of_four_beginnings(ffmpeg: Path, path: Path) -> None:
    """From -0.3 s, from 0.7 s, with a gap, and for half of the film alone -> each in step."""
    sound = [
        part for number in range(4) for part in tone(2 if number < 3 else 1, frequency=440 + 110 * number)
    ]
    mapped = [part for number in range(5) for part in ("-map", str(number))]
    coded = ["-c:a", "ac3", "-c:a:1", "flac", "-bsf:a:2", "noise=drop='between(n,20,29)'"]
    write(ffmpeg, path, *picture(seconds=2), *sound, *mapped, *x264(), *coded, "-cluster_time_limit", "400")
    moved = {2: -300, 3: 700}
    relative(path, lambda _, track, time: time + moved.get(track, 0))
