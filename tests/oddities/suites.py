"""Odd sources of the third set: pictures and sound, as test suites and trackers have them.

Made after those of `reported` and `rips` had come out right: other kinds. Behind each arrow stands what a
tool does that does it right, written before any was run.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests import clips, dynamic
from tests.oddities import reported, surgery
from tests.oddities.containers import mkvmerge, of_tracks
from tests.oddities.reported import EXACT, case, picture, tone, write, x264

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKERS = reported.MAKERS
"""Of all cases, those of this module among them."""

PQ = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"


def tones(layout: str, count: int, seconds: float = 1.5, rate: int = 48000) -> list[str]:
    """Return ffmpeg's options for a sound whose channel k, counted from 0, is a tone of 300 + 100 k Hz."""
    each = "|".join(f"0.3*sin(2*PI*{300 + 100 * number}*t)" for number in range(count))
    return ["-f", "lavfi", "-i", f"aevalsrc='{each}':c={layout}:s={rate}:d={seconds}"]


def by_way_of(ffmpeg: Path, path: Path, kind: str, *arguments: str | Path) -> None:
    """Write a file of another container, and put what is in it into Matroska by mkvmerge."""
    whole = path.with_suffix(f".{kind}")
    clips.run_ffmpeg(ffmpeg, *arguments, *EXACT, whole)
    mkvmerge(path, whole)
    whole.unlink()


def in_blocks(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    """Change each block of a track, counted from 1: its head of four bytes and its content."""

    def over(identity: bytes, value: bytes) -> tuple[bytes, bytes]:
        if identity == surgery.BLOCK_GROUP:
            return identity, surgery.joined([over(*one) for one in surgery.children(value)])
        mine = identity in (surgery.SIMPLE_BLOCK, surgery.BLOCK) and value[0] == 0x80 | number
        return identity, change(value) if mine else value

    def cluster(content: bytes) -> bytes:
        return surgery.joined([over(*one) for one in surgery.children(content) if one[0] != b"\xbf"])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


def retimed(path: Path, number: int, moved: Callable[[int], int]) -> None:
    """Move each block of a track, counted from 1, from one tick to another."""

    def cluster(content: bytes) -> bytes:
        parts = [one for one in surgery.children(content) if one[0] != b"\xbf"]
        base = next(int.from_bytes(value, "big") for identity, value in parts if identity == b"\xe7")

        def over(identity: bytes, value: bytes) -> tuple[bytes, bytes]:
            if identity == surgery.BLOCK_GROUP:
                return identity, surgery.joined([over(*one) for one in surgery.children(value)])
            if identity in (surgery.SIMPLE_BLOCK, surgery.BLOCK) and value[0] == 0x80 | number:
                at = moved(base + struct.unpack(">h", value[1:3])[0]) - base
                value = value[:1] + struct.pack(">h", at) + value[3:]
            return identity, value

        return surgery.joined([over(*one) for one in parts])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


# --- pictures


@case
def alpha_beside_the_picture(ffmpeg: Path, path: Path) -> None:
    """VP9 whose alpha is a second stream, in BlockAdditions -> the picture, a note on the alpha."""
    drawn = picture(filters="format=rgba,colorchannelmixer=aa=0.5,format=yuva420p")
    coded = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", "12"]
    write(ffmpeg, path, *drawn, *tone(), *coded, "-auto-alt-ref", "0", "-c:a", "libopus")


@case
def packed_b_frames_of_an_avi(ffmpeg: Path, path: Path) -> None:
    """Xvid's packed bitstream: two frames in a packet, then one of nothing -> each frame at its time."""
    coded = ["-c:v", "libxvid", "-q:v", "4", "-bf", "2", "-g", "24", "-c:a", "libmp3lame"]
    by_way_of(ffmpeg, path, "avi", *picture("352x272", "25", 2), *tone(2), *coded)


@case
def windows_media_of_2000(ffmpeg: Path, path: Path) -> None:
    """WMV 7 and WMA 1 -> all of it."""
    write(ffmpeg, path, *picture(rate="15"), *tone(rate=22050), "-c:v", "wmv1", "-q:v", "4", "-c:a", "wmav1")


@case
def dnxhr_in_444(ffmpeg: Path, path: Path) -> None:
    """An editor's, 10 bit, BT.709 -> 4:2:0 with a note."""
    coloured = "format=yuv444p10le,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    coded = ["-c:v", "dnxhd", "-profile:v", "dnxhr_444", "-c:a", "pcm_s24le"]
    write(ffmpeg, path, *picture("640x360", filters=coloured), *tone(), *coded)


@case
def cineform_with_alpha(ffmpeg: Path, path: Path) -> None:
    """12-bit RGB with alpha, out of QuickTime -> the picture, notes on RGB, depth and alpha."""
    coded = ["-c:v", "cfhd", "-pix_fmt", "gbrap12le", "-c:a", "pcm_s16be"]
    by_way_of(ffmpeg, path, "mov", *picture(), *tone(), *coded)


@case
def huffyuv_of_a_video_tape(ffmpeg: Path, path: Path) -> None:
    """A capture in 4:2:2, top field first, which nothing says -> deinterlaced, 30 frames."""
    drawn = ["-f", "lavfi", "-i", f"{clips.film((720, 576), '50')},tinterlace=interleave_top,trim=end=1.2"]
    coded = ["-vf", "setsar=16/15", "-c:v", "huffyuv", "-pix_fmt", "yuv422p", "-c:a", "pcm_s16le"]
    by_way_of(ffmpeg, path, "avi", *drawn, *tone(1.2, 32000), *coded)


@case
def jpeg2000_of_a_cinema(ffmpeg: Path, path: Path) -> None:
    """XYZ of 12 bits -> the colours that it has; or refused for them."""
    coded = ["-c:v", "libopenjpeg", "-pix_fmt", "xyz12le", "-cinema_mode", "2k_24", "-c:a", "pcm_s24le"]
    write(ffmpeg, path, *picture(seconds=0.7), *tone(0.7), *coded)


@case
def png_of_a_palette(ffmpeg: Path, path: Path) -> None:
    """256 colours -> those colours, as YUV."""
    graph = "split[a][b];[a]palettegen[p];[b][p]paletteuse"
    write(ffmpeg, path, *picture(filters=graph), *tone(), "-c:v", "png", "-pix_fmt", "pal8", "-c:a", "mp2")


@case
def quicktime_animation(ffmpeg: Path, path: Path) -> None:
    """V_QUICKTIME with alpha, A_QUICKTIME with IMA's ADPCM -> both, a note on the alpha."""
    coded = ["-c:v", "qtrle", "-pix_fmt", "argb", "-c:a", "adpcm_ima_qt"]
    by_way_of(ffmpeg, path, "mov", *picture(rate="12"), *tone(rate=22050), *coded)


@case
def a_telephone_of_2004(ffmpeg: Path, path: Path) -> None:
    """H.263 of 3GP, and MP3 at 8 kHz -> all of it."""
    coded = ["-c:v", "h263", "-q:v", "4", "-c:a", "libmp3lame", "-ar", "8000", "-ac", "1"]
    write(ffmpeg, path, *picture("176x144", "15"), *tone(), *coded)


@case
def vc2_of_a_broadcaster(ffmpeg: Path, path: Path) -> None:
    """Dirac's intra pictures, 4:2:2 of 10 bits -> all, a note on the chroma."""
    write(ffmpeg, path, *picture("640x360", "50"), *tone(), "-c:v", "vc2", "-pix_fmt", "yuv422p10le")


@case
def vp8_with_invisible_frames(ffmpeg: Path, path: Path) -> None:
    """Alternate references in blocks of their own, marked as invisible -> the 72 that are shown."""
    coded = ["-c:v", "libvpx", "-deadline", "good", "-cpu-used", "4", "-auto-alt-ref", "1"]
    more = ["-lag-in-frames", "16", "-b:v", "300k", "-g", "36"]
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *coded, *more, "-c:a", "libvorbis")
    in_blocks(path, 1, lambda one: one if one[4] & 0x10 else one[:3] + bytes([one[3] | 0x08]) + one[4:])


@case
def hevc_in_444_of_twelve_bits(ffmpeg: Path, path: Path) -> None:
    """-> 4:2:0 of 10 bits, with notes."""
    coded = ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv444p12le"]
    params = "keyint=12:pools=none:frame-threads=1:log-level=none"
    write(ffmpeg, path, *picture(), *tone(), *coded, "-x265-params", params, "-c:a", "ac3")


@case
def a_strip_of_six_columns(ffmpeg: Path, path: Path) -> None:
    """6x480 -> all of it; or refused, with the least that the encoder takes."""
    write(ffmpeg, path, *picture("6x480"), "-c:v", "ffv1")


@case
def vp9_in_hdr_by_the_container(ffmpeg: Path, path: Path) -> None:
    """As YouTube's: mastering display and light levels in Matroska alone -> both kept."""
    coded = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", "12"]
    write(ffmpeg, path, *picture(filters=PQ), *tone(), *coded, "-profile:v", "2", "-c:a", "libopus")
    places = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290, 1000.0, 0.0005)
    mastering = [(bytes([0x55, 0xD1 + n]), struct.pack(">d", value)) for n, value in enumerate(places)]
    said = [("55B1", 9), ("55B9", 1), ("55BA", 16), ("55BB", 9), ("55BC", 900), ("55BD", 250)]
    colour = [(bytes.fromhex(one), value.to_bytes(2, "big")) for one, value in said]
    colour.append((b"\x55\xd0", surgery.joined(mastering)))
    video = [(b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0"), (b"\x55\xb0", surgery.joined(colour))]
    of_tracks(path, 0, {"E0": surgery.joined(video)})


@case
def av1_with_hdr10plus(ffmpeg: Path, path: Path) -> None:
    """Metadata OBUs in AV1 -> every frame's kept."""
    coded = ["-c:v", "libsvtav1", "-preset", "12", "-crf", "40", "-g", "12"]
    write(ffmpeg, path, *picture(filters=PQ), *tone(), *coded, "-c:a", "libopus")
    turn = [0]

    def with_message(block: bytes) -> bytes:
        at = 4
        while block[at] >> 3 & 0xF not in (3, 6):  # what is not the frame's own head
            size, shift, place = 0, 0, at + 1
            while True:
                size |= (block[place] & 0x7F) << shift
                shift, place = shift + 7, place + 1
                if not block[place - 1] & 0x80:
                    break
            at = place + size
        message = b"\x04" + dynamic.hdr10plus(turn[0]) + b"\x80"
        turn[0] += 1
        return block[:at] + bytes([5 << 3 | 2, len(message)]) + message + block[at:]

    in_blocks(path, 1, with_message)


@case
def mvc_of_a_3d_disc(ffmpeg: Path, path: Path) -> None:
    """The other eye in units of H.264's MVC, StereoMode 13 -> the one eye, a note, no StereoMode."""
    write(ffmpeg, path, *picture("640x360"), *tone(), *x264(), "-c:a", "ac3")

    def with_other_eye(block: bytes) -> bytes:
        at, more = 4, b""
        while at < len(block):
            size = int.from_bytes(block[at : at + 4], "big")
            unit = block[at + 4 : at + 4 + size]
            if unit[0] & 0x1F in (1, 5):
                other = bytes([unit[0] & 0x60 | 20, 0x40, 0x00, 0x47]) + unit[1:]
                more += len(other).to_bytes(4, "big") + other
            at += 4 + size
        return block + more

    in_blocks(path, 1, with_other_eye)
    video = [(b"\xb0", b"\x02\x80"), (b"\xba", b"\x01\x68"), (b"\x53\xb8", b"\x0d")]
    of_tracks(path, 0, {"E0": surgery.joined(video)})


@case
def dv_of_an_american_camcorder(ffmpeg: Path, path: Path) -> None:
    """NTSC, 4:1:1, the lower field first, of progressive movement -> deinterlaced, 4:2:0."""
    drawn = f"{clips.film((720, 480), '60000/1001')},tinterlace=interleave_bottom,setfield=bff,setsar=8/9"
    shown = ["-f", "lavfi", "-i", f"{drawn},trim=end=1.2"]
    coded = ["-c:v", "dvvideo", "-pix_fmt", "yuv411p", "-c:a", "pcm_s16le"]
    write(ffmpeg, path, *shown, *tone(1.2), *coded)


@case
def uncompressed_of_a_capture_card(ffmpeg: Path, path: Path) -> None:
    """V210 of an AVI: 4:2:2 of 10 bits, whose rows have room behind them -> all, a note on the chroma."""
    coloured = "format=yuv422p10le,setparams=range=tv:colorspace=bt709"
    coded = ["-c:v", "v210", "-c:a", "pcm_s24le"]
    by_way_of(ffmpeg, path, "avi", *picture("332x240", filters=coloured, seconds=0.8), *tone(0.8), *coded)


@case
def prores_in_fields(ffmpeg: Path, path: Path) -> None:
    """HQ of 720x486, the lower field first -> deinterlaced, 36 frames."""
    drawn = f"{clips.film((720, 486), '60000/1001')},tinterlace=interleave_bottom,setfield=bff,setsar=10/11"
    coded = ["-c:v", "prores_ks", "-profile:v", "3", "-flags:v", "+bitexact+ildct", "-field_order", "bb"]
    shown = ["-f", "lavfi", "-i", f"{drawn},trim=end=1.2"]
    write(ffmpeg, path, *shown, *tone(1.2), *coded, "-c:a", "pcm_s16le")


@case
def a_game_of_1992(ffmpeg: Path, path: Path) -> None:
    """DOSBox: ZMBV at 70.086 frames a second, PCM at 49716 Hz -> all of it, in time."""
    coded = ["-c:v", "zmbv", "-pix_fmt", "bgr0", "-c:a", "pcm_s16le"]
    by_way_of(ffmpeg, path, "avi", *picture("320x200", "70086/1000"), *tone(rate=49716), *coded)


@case
def a_strobe(ffmpeg: Path, path: Path) -> None:
    """Every second picture is its negative -> all of them, not taken for fields or cuts."""
    flashing = "negate=enable='mod(n\\,2)'"
    write(ffmpeg, path, *picture("640x360", "50", filters=flashing), *tone(), *x264(), "-c:a", "aac")


@case
def av1_in_444_by_libaom(ffmpeg: Path, path: Path) -> None:
    """Profile 1, screen content, full range RGB's matrix -> YUV 4:2:0 with a note."""
    coded = ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-pix_fmt", "gbrp", "-b:v", "1M"]
    write(ffmpeg, path, *picture("160x120", seconds=1), *tone(1), *coded, "-c:a", "libopus")


@case
def flash_of_2006(ffmpeg: Path, path: Path) -> None:
    """Sorenson Spark of an odd height, MP3 at 11025 Hz -> all of it."""
    coded = ["-c:v", "flv", "-q:v", "4", "-c:a", "libmp3lame", "-ac", "1"]
    write(ffmpeg, path, *picture("320x238", "30000/1001"), *tone(rate=11025), *coded)


@case
def grey_of_sixteen_bits(ffmpeg: Path, path: Path) -> None:
    """An archive's scan -> the same greys in 10 bits, a note."""
    write(ffmpeg, path, *picture(), *tone(), "-c:v", "ffv1", "-level", "3", "-pix_fmt", "gray16le")


@case
def a_frame_in_ten_seconds(ffmpeg: Path, path: Path) -> None:
    """0.1 frames a second, four of them -> four, 40 s, the sound beside them."""
    write(ffmpeg, path, *picture(rate="1/10", seconds=40), *tone(40), *x264(), "-c:a", "aac")


# --- sound


@case
def mlp_of_a_dvd_audio(ffmpeg: Path, path: Path) -> None:
    """A_MLP, 5.1 of 96 kHz (mpv #5923) -> each channel in its place."""
    coded = ["-c:a", "mlp", "-strict", "-2", "-sample_fmt", "s32p"]
    write(ffmpeg, path, *picture(), *tones("5.1", 6, rate=96000), *x264(), *coded)


@case
def vorbis_of_seven_channels(ffmpeg: Path, path: Path) -> None:
    """6.1, in Vorbis's order -> each channel in its place."""
    write(ffmpeg, path, *picture(), *tones("6.1", 7), *x264(), "-c:a", "libvorbis")


@case
def flac_of_a_layout_of_its_own(ffmpeg: Path, path: Path) -> None:
    """Four channels, a comment says that they are left, right, centre and back centre -> there they are."""
    write(ffmpeg, path, *picture(), *tones("4.0", 4), *x264(), "-c:a", "flac", "-sample_fmt", "s32")


@case
def pcm_by_a_wave_header(ffmpeg: Path, path: Path) -> None:
    """A_MS/ACM: WAVEFORMATEXTENSIBLE, left, right and the sides -> each in its place."""
    write(ffmpeg, path, *picture(), *tones("quad(side)", 4), *x264(), "-c:a", "pcm_s16le")
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    head = struct.pack("<HHIIHHHHI", 0xFFFE, 4, 48000, 48000 * 8, 8, 16, 22, 16, 0x603) + guid
    of_tracks(path, 1, {"86": b"A_MS/ACM", "63A2": head})


@case
def pcm_of_twenty_bits(ffmpeg: Path, path: Path) -> None:
    """BitDepth 20 -> sound; or refused, with the track's name."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "pcm_s24le")
    audio = [(b"\xb5", struct.pack(">d", 48000)), (b"\x9f", b"\x01"), (b"\x62\x64", b"\x14")]
    of_tracks(path, 1, {"E1": surgery.joined(audio)})


@case
def sound_of_old_codec_ids(ffmpeg: Path, path: Path) -> None:
    """A_AAC/MPEG4/LC without CodecPrivate, A_AC3/BSID10 -> both."""
    mapped = ["-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:a:0", "aac", "-c:a:1", "ac3"]
    write(ffmpeg, path, *picture(), *tones("stereo", 2), *tones("5.1", 6), *mapped, *x264())
    of_tracks(path, 1, {"86": b"A_AAC/MPEG4/LC", "63A2": None})
    of_tracks(path, 2, {"86": b"A_AC3/BSID10"})


@case
def a_track_of_sound_without_packets(ffmpeg: Path, path: Path) -> None:
    """The first one of two -> left out with a note, the second one kept."""
    mapped = ["-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a:0", "aac", "-c:a:1", "ac3"]
    write(ffmpeg, path, *picture(), *tone(), *mapped, *x264(), "-bsf:a:0", "noise=drop=1")


@case
def a_head_that_lies_about_sound(ffmpeg: Path, path: Path) -> None:
    """AC-3 of 5.1 and 48 kHz; the head says stereo and 44.1 -> 5.1, in time."""
    write(ffmpeg, path, *picture(seconds=3), *tones("5.1", 6, 3), *x264(), "-c:a", "ac3")
    audio = [(b"\xb5", struct.pack(">d", 44100)), (b"\x9f", b"\x02")]
    of_tracks(path, 1, {"E1": surgery.joined(audio)})


@case
def sound_that_overlaps_itself(ffmpeg: Path, path: Path) -> None:
    """From 1.5 s on its times are half a second early, as two parts were joined -> it ends with its times."""
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *x264(), "-c:a", "ac3")
    retimed(path, 2, lambda at: at - 500 if at >= 1500 else at)


@case
def sound_timed_slower_than_it_is(ffmpeg: Path, path: Path) -> None:
    """Each packet 2 % later than its samples say, a converter's of PAL -> in step with its times."""
    write(ffmpeg, path, *picture(seconds=6), *tone(6), *x264(), "-c:a", "ac3")
    retimed(path, 2, lambda at: round(at * 1.02))


@case
def opus_of_a_sphere(ffmpeg: Path, path: Path) -> None:
    """Ambisonics, mapping family 2 -> copied as it is; or refused."""
    coded = ["-c:a", "libopus", "-mapping_family", "255", "-b:a", "256k"]
    write(ffmpeg, path, *picture(), *tones("4.0", 4), *x264(), *coded)
    content = path.read_bytes()
    at = content.index(b"OpusHead") + 18
    path.write_bytes(content[:at] + b"\x02" + content[at + 1 :])


@case
def sound_begins_after_the_picture_ended(ffmpeg: Path, path: Path) -> None:
    """-> it begins at 4 s."""
    write(ffmpeg, path, *picture(), "-itsoffset", "4", *tone(1), *x264(), "-c:a", "flac")
