"""Odd sources of the fourth set: pictures of discs, broadcasts and archives, kinds that no other set has.

Behind each arrow stands what a tool does that does it right, written before any was run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from drapto.media.hdr.dynamic import FrameMetadata
from drapto.media.model import DolbyVision
from tests import clips, dynamic
from tests.oddities import reported, surgery
from tests.oddities.containers import mkvmerge, of_tracks
from tests.oddities.pgs import write_pgs
from tests.oddities.reported import case, one_behind_the_other, picture, tone, write, x264
from tests.oddities.rips import joined, x265
from tests.oddities.suites import in_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAKERS = reported.MAKERS
"""Of all cases, those of this module among them."""

LAYER = DolbyVision(profile=8, compatibility=1, level=1, has_rpu=True, has_el=False, has_bl=True)

MPEG2 = ["-c:v", "mpeg2video", "-q:v", "3", "-g", "12", "-bf", "2"]


def packets(path: Path) -> list[tuple[bytes, bool]]:
    """Return the packets of the first track in their order: content, and whether it is a keyframe."""
    with av.open(str(path)) as container:
        return [(bytes(one), one.is_keyframe) for one in container.demux(video=0) if one.size]


def from_the_second_keyframe(ffmpeg: Path, path: Path, options: Sequence[str | Path]) -> None:
    """Write an encode, and drop what is in front of its second keyframe."""
    whole = path.with_suffix(".whole.mkv")
    write(ffmpeg, whole, *options)
    keyframes = [number for number, (_, key) in enumerate(packets(whole)) if key]
    copied = ["-i", whole, "-map", "0", "-c", "copy", "-copyinkf"]
    write(ffmpeg, path, *copied, "-bsf:v", f"noise=drop='lt(n,{keyframes[1]})'")
    whole.unlink()


# --- parameter sets


@case
def h264_in_annex_b(ffmpeg: Path, path: Path) -> None:
    """No CodecPrivate, start codes in the blocks (jellyfin-androidtv #2982) -> all of it."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-bsf:v", "dump_extra=freq=k", "-c:a", "ac3")

    def started(block: bytes) -> bytes:
        at, parts = 4, block[:4]
        while at < len(block):
            size = int.from_bytes(block[at : at + 4], "big")
            parts += b"\0\0\0\1" + block[at + 4 : at + 4 + size]
            at += 4 + size
        return parts

    in_blocks(path, 1, started)
    of_tracks(path, 0, {"63A2": None})


@case
def hevc_with_parameter_sets_in_the_stream_alone(ffmpeg: Path, path: Path) -> None:
    """CodecPrivate with no parameter set in it (hev1) -> all of it."""
    coded = x265("keyint=12:pools=none:frame-threads=1:log-level=none:repeat-headers=1")
    write(ffmpeg, path, *picture(), *tone(), *coded, "-c:a", "eac3")
    content = path.read_bytes()
    at = content.index(bytes.fromhex("63A2"))
    private = surgery.children(content[at : at + 4000])[0][1]
    of_tracks(path, 0, {"63A2": private[:22] + b"\0"})


@case
def av1_of_2018(ffmpeg: Path, path: Path) -> None:
    """No CodecPrivate, a temporal delimiter in each block -> all of it."""
    coded = ["-c:v", "libsvtav1", "-preset", "12", "-crf", "30", "-g", "12", "-c:a", "libopus"]
    write(ffmpeg, path, *picture(), *tone(), *coded)
    in_blocks(path, 1, lambda one: one[:4] + b"\x12\x00" + one[4:])
    of_tracks(path, 0, {"63A2": None})


@case
def h264_becomes_ten_bits(ffmpeg: Path, path: Path) -> None:
    """Two episodes in one, of 8 and 10 bits -> all frames, in 10 bits."""
    kinds = ("yuv420p", "yuv420p10le")
    coded = [[*picture(seconds=1), *x264(), "-pix_fmt", one, "-bsf:v", "dump_extra=freq=k"] for one in kinds]
    one_behind_the_other(ffmpeg, path, coded)


@case
def h264_grows_on_the_way(ffmpeg: Path, path: Path) -> None:
    """A second of 320x240, two of 640x480 -> all frames, of the larger size; or a note."""
    coded = [
        [*picture(size, seconds=long), *x264(), "-bsf:v", "dump_extra=freq=k"]
        for size, long in (("320x240", 1), ("640x480", 2))
    ]
    one_behind_the_other(ffmpeg, path, coded)


# --- recordings


@case
def h264_begins_at_a_recovery_point(ffmpeg: Path, path: Path) -> None:
    """A recording's: no IDR picture, B-frames before the first I that refer to nothing -> what decodes."""
    coded = [*picture(seconds=3), *tone(3), *x264(24, ":open-gop=1"), "-c:a", "mp2"]
    from_the_second_keyframe(ffmpeg, path, coded)


@case
def h264_of_a_blu_ray(ffmpeg: Path, path: Path) -> None:
    """Open GOPs of a second, a strict pyramid of B-frames -> all of it, no word on damage at its cuts."""
    coded = ["-c:v", "libx264", "-preset", "slow", "-crf", "20", "-g", "24", "-x264-params"]
    named = "threads=1:bframes=3:open-gop=1:b-pyramid=strict"
    write(ffmpeg, path, *picture(seconds=4), *tone(4), *coded, named, "-c:a", "ac3")


@case
def mpeg2_cut_at_an_open_gop(ffmpeg: Path, path: Path) -> None:
    """The same in MPEG-2 -> what decodes."""
    drawn = [*picture("352x288", "25", 2), *tone(2)]
    from_the_second_keyframe(ffmpeg, path, [*drawn, *MPEG2, "-c:a", "mp2"])


@case
def mpeg2_spliced_at_open_gops(ffmpeg: Path, path: Path) -> None:
    """Advertisements cut out: the second part begins with an open GOP -> all frames, each at its time."""
    parts = []
    for number in range(2):
        part = path.with_suffix(f".{number}.mkv")
        make = write if number == 0 else lambda *given: from_the_second_keyframe(*given[:2], given[2:])
        drawn = [*picture("352x288", "25", 2), *tone(2)]
        make(ffmpeg, part, *drawn, *MPEG2, "-c:a", "mp2")
        parts.append(part)
    mkvmerge(path, parts[0], "+", parts[1])
    for part in parts:
        part.unlink()


@case
def mpeg2_of_pan_and_scan(ffmpeg: Path, path: Path) -> None:
    """A sequence display extension of 540x576, 4:3; nothing in the container -> shown at 16:9."""
    drawn = [*picture("720x576", "25", 1.5, "setdar=4/3"), *tone()]
    write(ffmpeg, path, *drawn, *MPEG2, "-c:a", "mp2")
    bits = f"{0b0010:04b}{0:03b}0{540:014b}1{576:014b}" + "000"
    extension = dynamic_bytes(bits)

    def widened(block: bytes) -> bytes:
        at = block.find(clips.EXTENSION)
        if at < 0 or block[at + 4] >> 4 != 1:
            return block
        behind = at + 10
        return block[:behind] + clips.EXTENSION + extension + block[behind:]

    in_blocks(path, 1, widened)
    of_tracks(path, 0, {"E0": surgery.joined([(b"\xb0", b"\x02\xd0"), (b"\xba", b"\x02\x40")])})


def dynamic_bytes(bits: str) -> bytes:
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


# --- fields


def film(frames: int, filters: str, rate: str = "25") -> list[str]:
    """Return ffmpeg's options for a soft picture that moves everywhere."""
    return ["-f", "lavfi", "-i", f"{clips.film((720, 576), rate)},{filters}", "-frames:v", str(frames)]


FIELDS = [*MPEG2, "-flags:v", "+bitexact+ilme+ildct"]


@case
def pal_film_shifted_by_a_field(ffmpeg: Path, path: Path) -> None:
    """Each frame holds a field of the one before, as many PAL discs -> nothing combed."""
    write(ffmpeg, path, *film(50, "phase=mode=t,setfield=tff"), *FIELDS)


@case
def film_at_25_by_repeated_fields(ffmpeg: Path, path: Path) -> None:
    """24 frames in 25 by two repeated fields a second -> nothing combed."""
    write(ffmpeg, path, *film(75, "telecine=pattern=222222222223", "24"), *FIELDS)


@case
def fields_in_the_wrong_order(ffmpeg: Path, path: Path) -> None:
    """The lower field comes first, the stream says the upper -> deinterlaced, movement goes on."""
    write(ffmpeg, path, *film(40, "tinterlace=interleave_bottom,setfield=tff", "50"), *FIELDS)


@case
def mjpeg_of_two_fields_in_a_packet(ffmpeg: Path, path: Path) -> None:
    """A capture card's: each block holds two JPEGs of half the height -> deinterlaced, all of it."""
    coded = ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj422p"]
    halves, inner = path.with_suffix(".half.mkv"), "setfield=tff,separatefields"
    drawn = ["-f", "lavfi", "-i", f"{clips.film((720, 576), '50')},tinterlace=interleave_top"]
    write(ffmpeg, halves, *drawn, "-vf", inner, "-frames:v", "60", *coded)
    fields = [content for content, _ in packets(halves)]
    write(ffmpeg, path, *drawn, *tone(1.2), "-frames:v", "30", *coded, "-c:a", "pcm_s16le")
    turn = iter(range(30))

    def both(block: bytes) -> bytes:
        number = next(turn)
        return block[:4] + fields[2 * number] + fields[2 * number + 1]

    in_blocks(path, 1, both)
    halves.unlink()


@case
def interlaced_by_the_container(ffmpeg: Path, path: Path) -> None:
    """FlagInterlaced and FieldOrder of a film that is progressive -> as it is, no longer so marked."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "ac3")
    video = [(b"\x9a", b"\x01"), (b"\x9d", b"\x01"), (b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0")]
    of_tracks(path, 0, {"E0": surgery.joined(video)})


# --- colour, HDR


def _rpus(count: int) -> list[FrameMetadata]:
    return [FrameMetadata(rpu=dynamic.rpu(brightest=1000 + number)) for number in range(count)]


@case
def dolby_vision_by_name_alone(ffmpeg: Path, path: Path) -> None:
    """The container says 8.1, no frame has an RPU -> HDR10, not called Dolby Vision, with a note."""
    dynamic.make_hdr(ffmpeg, path, [FrameMetadata()] * 36, configuration=LAYER)


@case
def dolby_vision_that_nothing_announces(ffmpeg: Path, path: Path) -> None:
    """RPUs of profile 8 in the stream, no record in the container -> 10.1 with all RPUs; or a note."""
    dynamic.make_hdr(ffmpeg, path, _rpus(36))


@case
def dolby_vision_in_two_tracks(ffmpeg: Path, path: Path) -> None:
    """A disc's: HDR10, and beside it the enhancement layer as a track of its own -> HDR10, a note on it."""
    parts = [path.with_suffix(".base.mkv"), path.with_suffix(".layer.mkv")]
    dynamic.make_hdr(ffmpeg, parts[0], [FrameMetadata()] * 36)
    frames = [FrameMetadata(rpu=dynamic.rpu(layer="FEL", brightest=1000 + one)) for one in range(36)]
    dynamic.make_hdr(ffmpeg, parts[1], frames, size=(160, 90))
    mkvmerge(path, *parts)
    for part in parts:
        part.unlink()


@case
def pq_by_the_container_alone(ffmpeg: Path, path: Path) -> None:
    """HEVC of 10 bits that says BT.709, Matroska says PQ with MaxCLL -> one of the two, and a note."""
    named = "format=yuv420p10le,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
    coded = x265("keyint=12:pools=none:frame-threads=1:log-level=none")
    write(ffmpeg, path, *picture(filters=named), *tone(), *coded, "-c:a", "eac3")
    colour = [(b"\x55\xb1", b"\x09"), (b"\x55\xba", b"\x10"), (b"\x55\xbb", b"\x09"), (b"\x55\xb9", b"\x01")]
    colour += [(b"\x55\xbc", b"\x03\xe8"), (b"\x55\xbd", b"\x01\x90")]
    video = [(b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0"), (b"\x55\xb0", surgery.joined(colour))]
    of_tracks(path, 0, {"E0": surgery.joined(video)})


@case
def hevc_with_alpha_in_a_layer(ffmpeg: Path, path: Path) -> None:
    """Alpha in HEVC's second layer, as phones and editors write it -> the picture, a note on the alpha."""
    drawn = picture(filters="format=rgba,colorchannelmixer=aa=0.5,format=yuva420p")
    coded = x265("keyint=12:pools=none:frame-threads=1:log-level=none:alpha=1")
    write(ffmpeg, path, *drawn, *tone(), *coded, "-pix_fmt", "yuva420p", "-c:a", "aac")


@case
def letterboxed_with_pgs_in_the_bar(ffmpeg: Path, path: Path) -> None:
    """A disc's: the film has bars, the subtitles lie in the lower one -> both; the places still fit."""
    shown = write_pgs(path.with_suffix(".sup"), (320, 240))
    shown.write_bytes(shown.read_bytes().replace(b"\x00\x20\x00\x20", b"\x00\x20\x00\xe0"))
    barred = "crop=320:180,pad=320:240:0:30:black"
    write(
        ffmpeg, path, *picture(filters=barred), *tone(), "-i", shown, *x264(), "-c:a", "ac3", "-c:s", "copy"
    )
    shown.unlink()


# --- sizes, lengths, rates


@case
def av1_that_resizes_itself(ffmpeg: Path, path: Path) -> None:
    """libaom's resize-mode: frames of other sizes, all to be shown alike -> all of one size."""
    coded = ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-b:v", "500k", "-g", "24"]
    more = ["-aom-params", "resize-mode=2", "-threads", "1"]
    write(ffmpeg, path, *picture("320x240", seconds=2), *tone(2), *coded, *more, "-c:a", "libopus")


@case
def a_thousand_per_second(ffmpeg: Path, path: Path) -> None:
    """A frame a millisecond, a quarter of a second -> all of them; or refused by the probe."""
    write(ffmpeg, path, *picture(rate="1000", seconds=0.25), *tone(0.25), *x264(60), "-c:a", "aac")


@case
def as_wide_as_av1_goes(ffmpeg: Path, path: Path) -> None:
    """16384x64 -> all of it."""
    write(ffmpeg, path, *picture("16384x64", seconds=0.5), "-c:v", "ffv1")


@case
def wider_than_av1_goes(ffmpeg: Path, path: Path) -> None:
    """16640x64 -> refused by the probe, with the limit."""
    write(ffmpeg, path, *picture("16640x64", seconds=0.5), "-c:v", "ffv1")


@case
def two_frames(ffmpeg: Path, path: Path) -> None:
    """Two frames, and sound for as long -> both."""
    write(ffmpeg, path, *picture(seconds=0.08), *tone(0.08), *x264(), "-c:a", "ac3")


@case
def h264_of_sixteen_b_frames(ffmpeg: Path, path: Path) -> None:
    """As many in a row as there can be, in a pyramid -> all of it."""
    coded = ["-c:v", "libx264", "-preset", "fast", "-crf", "20", "-g", "48", "-x264-params"]
    named = "threads=1:bframes=16:b-adapt=0:ref=16:b-pyramid=normal"
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *coded, named, "-c:a", "aac")


@case
def nothing_but_black(ffmpeg: Path, path: Path) -> None:
    """A black picture, and sound -> all of it, nothing cropped."""
    drawn = ["-f", "lavfi", "-i", "color=black:s=320x240:r=24:d=2"]
    write(ffmpeg, path, *drawn, *tone(2), *x264(), "-c:a", "ac3")


@case
def film_of_a_lost_broadcast(ffmpeg: Path, path: Path) -> None:
    """Two recordings of MPEG-2 as one stream, with the end code between them -> all frames."""
    parts = [[*picture("352x288", "25", 1.2), *MPEG2], [*picture("352x288", "25", 1.2), *MPEG2]]
    whole = joined(ffmpeg, path, "mpeg2video", parts)
    content = whole.read_bytes()
    again = content.index(b"\0\0\1\xb3", len(content) // 2 - len(content) // 4)
    whole.write_bytes(content[:again] + b"\0\0\1\xb7" + content[again:] + b"\0\0\1\xb7")
    mkvmerge(path, whole)
    whole.unlink()
