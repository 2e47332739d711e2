"""Odd sources of the fifth set: pictures, of kinds that no other set has.

Behind each arrow stands what a tool does that does it right, written before any was run.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import reported, surgery
from tests.oddities.containers import of_tracks
from tests.oddities.discs import MPEG2
from tests.oddities.entries import SIZE
from tests.oddities.reported import case, picture, tone, write, x264
from tests.oddities.rips import X265, x265
from tests.oddities.suites import PQ, by_way_of, in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKERS = reported.MAKERS
"""Of all cases, those of this module among them."""

STEREO_MODE = b"\x53\xb8"

BT709 = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def sized(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """Return a Video element."""
    size = [(b"\xb0", width.to_bytes(2, "big")), (b"\xba", height.to_bytes(2, "big"))]
    return surgery.joined([*size, *more])


def in_clusters(path: Path, change: Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]) -> None:
    """Change the elements of each cluster; a checksum is left out."""

    def cluster(content: bytes) -> bytes:
        return surgery.joined(change([one for one in surgery.children(content) if one[0] != b"\xbf"]))

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


# --- two eyes in one picture


@case
def side_by_side_in_pillars(ffmpeg: Path, path: Path) -> None:
    """StereoMode 1, bars beside each eye's picture -> still one eye in each half, at the same place."""
    views = "pad=320:240:24:0,split[a][b];[b]hue=h=30[c];[a][c]hstack"
    write(ffmpeg, path, *picture("272x240", filters=views), *tone(), *x264(), "-c:a", "ac3")
    of_tracks(path, 0, {"E0": sized(640, 240, (STEREO_MODE, b"\x01"))})


@case
def one_above_the_other_letterboxed(ffmpeg: Path, path: Path) -> None:
    """StereoMode 3, bars above and below each eye's picture -> the same."""
    views = "pad=320:240:0:32,split[a][b];[b]hue=h=30[c];[a][c]vstack"
    write(ffmpeg, path, *picture("320x176", filters=views), *tone(), *x264(), "-c:a", "ac3")
    of_tracks(path, 0, {"E0": sized(320, 480, (STEREO_MODE, b"\x03"))})


@case
def rows_of_two_eyes(ffmpeg: Path, path: Path) -> None:
    """StereoMode 7: the lines of both eyes by turns, which look combed -> not deinterlaced, nor cropped."""
    views = "split[a][b];[b]crop=344:480:8:0,pad=352:480,hue=h=30[c];[a][c]hstack,stereo3d=sbsl:irl"
    drawn = ["-f", "lavfi", "-i", f"{clips.film((352, 480), '24')},trim=end=1.5,{views},scale=352:480"]
    write(ffmpeg, path, *drawn, *tone(), *x264(), "-c:a", "ac3")
    of_tracks(path, 0, {"E0": sized(352, 480, (STEREO_MODE, b"\x07"))})


@case
def two_eyes_by_the_stream_alone(ffmpeg: Path, path: Path) -> None:
    """H.264's frame packing, side by side; no StereoMode -> it, or a note that nothing says so any longer."""
    write(ffmpeg, path, *picture("640x240"), *tone(), *x264(more=":frame-packing=3"), "-c:a", "ac3")


@case
def two_eyes_that_are_told_twice(ffmpeg: Path, path: Path) -> None:
    """H.264's frame packing, and StereoMode beside it -> the mode; or refused, with what to do."""
    write(ffmpeg, path, *picture("640x240"), *tone(), *x264(more=":frame-packing=3"), "-c:a", "ac3")
    of_tracks(path, 0, {"E0": sized(640, 240, (STEREO_MODE, b"\x01"))})


@case
def turned_by_stream_and_container(ffmpeg: Path, path: Path) -> None:
    """H.264's display orientation, and ProjectionPoseRoll beside it -> turned; or refused with a remedy."""
    turned_by_its_stream(ffmpeg, path)
    flat = [(b"\x76\x71", b"\x00"), (b"\x76\x75", struct.pack(">f", 90))]
    of_tracks(path, 0, {"E0": sized(320, 240, (b"\x76\x70", surgery.joined(flat)))})


# --- what only the stream, or only the container says


@case
def turned_by_its_stream(ffmpeg: Path, path: Path) -> None:
    """H.264's display orientation, a quarter; nothing in the container -> shown so, or a note on it."""
    turned = "h264_metadata=display_orientation=insert:rotate=90"
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-bsf:v", turned, "-c:a", "ac3")


@case
def shaped_by_the_container(ffmpeg: Path, path: Path) -> None:
    """The stream says 16:11, the container 320x240, which is its size -> the container's word."""
    write(ffmpeg, path, *picture(filters="setsar=16/11"), *tone(), *x264(), "-c:a", "ac3")
    of_tracks(path, 0, {"E0": surgery.joined([*SIZE, (b"\x54\xb0", b"\x01\x40"), (b"\x54\xba", b"\xf0")])})


@case
def cropped_by_stream_and_container(ffmpeg: Path, path: Path) -> None:
    """H.264 says 320x240 of 336x256, PixelCrop takes four lines and eight columns more -> 312x236."""
    cut = "h264_metadata=crop_left=8:crop_right=8:crop_top=4:crop_bottom=12"
    write(ffmpeg, path, *picture("336x256"), *tone(), *x264(), "-bsf:v", cut, "-c:a", "ac3")
    sides = [(b"\x54\xbb", b"\x02"), (b"\x54\xaa", b"\x02"), (b"\x54\xcc", b"\x04"), (b"\x54\xdd", b"\x04")]
    of_tracks(path, 0, {"E0": sized(320, 240, *sides)})


@case
def pq_in_full_range(ffmpeg: Path, path: Path) -> None:
    """A screen recorder's HDR -> PQ in full range, the same greys."""
    coloured = PQ.replace("range=tv", "range=pc")
    said = f"{X265}:colorprim=9:transfer=16:colormatrix=9:range=full"
    write(ffmpeg, path, *picture(filters=coloured), *tone(), *x265(said), "-c:a", "ac3")


@case
def sdr_with_light_levels(ffmpeg: Path, path: Path) -> None:
    """BT.709 with HDR10's metadata, as converters forget them -> BT.709, the metadata as they are."""
    said = f"{X265}:colorprim=1:transfer=1:colormatrix=1:range=limited:max-cll=1000,400"
    said += ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    write(ffmpeg, path, *picture(filters=f"format=yuv420p10le,{BT709}"), *tone(), *x265(said), "-c:a", "ac3")


@case
def hdr_vivid_of_a_phone(ffmpeg: Path, path: Path) -> None:
    """PQ with the dynamic metadata of CUVA, an ITU-T T.35 message -> PQ, a note that they are lost."""
    said = f"{X265}:colorprim=9:transfer=16:colormatrix=9:range=limited"
    write(ffmpeg, path, *picture(filters=PQ), *tone(), *x265(said), "-c:a", "ac3")
    message = b"\x26\x00\x04\x00\x05\x01" + bytes(range(1, 30)) + b"\x80"
    unit = b"\x4e\x01\x04" + bytes([len(message)]) + message + b"\x80"
    in_blocks(path, 1, lambda one: one[:4] + len(unit).to_bytes(4, "big") + unit + one[4:])


# --- codecs


@case
def h264_in_an_avi(ffmpeg: Path, path: Path) -> None:
    """x264vfw's: B-frames in a container that has no times -> 36 frames, evenly, in their order."""
    by_way_of(ffmpeg, path, "avi", *picture(), *tone(), *x264(), "-c:a", "libmp3lame")


@case
def bitmaps_upside_down(ffmpeg: Path, path: Path) -> None:
    """RGB of an AVI, whose lowest line comes first -> upright, a note on RGB."""
    coded = ["-c:v", "rawvideo", "-pix_fmt", "bgr24", "-c:a", "pcm_s16le"]
    by_way_of(ffmpeg, path, "avi", *picture("322x240", "12"), *tone(), *coded)


@case
def bitmaps_of_five_bits(ffmpeg: Path, path: Path) -> None:
    """RGB of 5 bits each -> their colours."""
    coded = ["-c:v", "rawvideo", "-pix_fmt", "rgb555le", "-c:a", "pcm_s16le"]
    by_way_of(ffmpeg, path, "avi", *picture("320x240", "12"), *tone(), *coded)


@case
def a_screen_of_1995(ffmpeg: Path, path: Path) -> None:
    """Microsoft's RLE of 256 colours -> all of it."""
    graph = "split[a][b];[a]palettegen[p];[b][p]paletteuse"
    coded = ["-c:v", "msrle", "-pix_fmt", "pal8", "-c:a", "pcm_u8"]
    by_way_of(ffmpeg, path, "avi", *picture("320x240", "10", filters=graph), *tone(rate=11025), *coded)


@case
def a_lesson_in_flash(ffmpeg: Path, path: Path) -> None:
    """Flash Screen Video, Nellymoser -> all of it."""
    coded = ["-c:v", "flashsv", "-pix_fmt", "bgr24", "-c:a", "adpcm_swf"]
    write(ffmpeg, path, *picture("320x240", "10"), *tone(rate=22050), *coded)


@case
def a_conference_of_1993(ffmpeg: Path, path: Path) -> None:
    """H.261 and G.722 -> all of it."""
    coded = ["-c:v", "h261", "-q:v", "4", "-c:a", "g722", "-ar", "16000", "-ac", "1"]
    write(ffmpeg, path, *picture("352x288", "30000/1001"), *tone(), *coded)


@case
def a_trailer_of_1996(ffmpeg: Path, path: Path) -> None:
    """Apple Video (Road Pizza) of 5 bits, out of QuickTime -> all of it."""
    coded = ["-c:v", "rpza", "-c:a", "pcm_s8"]
    by_way_of(ffmpeg, path, "mov", *picture("160x120", "12"), *tone(rate=22050), *coded)


@case
def magicyuv_of_a_game(ffmpeg: Path, path: Path) -> None:
    """RGB without loss at 120 frames a second -> all frames, a note on RGB."""
    coded = ["-c:v", "magicyuv", "-pix_fmt", "gbrp", "-c:a", "pcm_s16le"]
    by_way_of(ffmpeg, path, "avi", *picture(rate="120"), *tone(), *coded)


@case
def ffv1_of_nine_bits(ffmpeg: Path, path: Path) -> None:
    """4:2:2 of 9 bits -> 4:2:0 of 10, the same colours, a note."""
    write(ffmpeg, path, *picture(), *tone(), "-c:v", "ffv1", "-pix_fmt", "yuv422p9le", "-c:a", "flac")


@case
def hevc_in_grey_of_twelve_bits(ffmpeg: Path, path: Path) -> None:
    """An X-ray's -> the same greys, a note on the depth."""
    coded = [*x265(X265), "-pix_fmt", "gray12le"]
    write(ffmpeg, path, *picture(), *tone(), *coded, "-c:a", "aac")


@case
def two_by_two(ffmpeg: Path, path: Path) -> None:
    """-> all of it; or refused, with the least that the encoder takes."""
    write(ffmpeg, path, *picture("64x64", filters="scale=2:2"), *tone(), "-c:v", "ffv1", "-c:a", "ac3")


@case
def mpeg2_in_422_of_fields(ffmpeg: Path, path: Path) -> None:
    """A broadcaster's contribution -> deinterlaced, 4:2:0 with a note."""
    weave = f"{clips.film((720, 576), '50')},tinterlace=interleave_top,setfield=tff,setsar=16/15"
    shown = ["-f", "lavfi", "-i", f"{weave},trim=end=1.2"]
    coded = [*MPEG2, "-pix_fmt", "yuv422p", "-flags:v", "+bitexact+ildct+ilme", "-c:a", "mp2"]
    clips.run_ffmpeg(ffmpeg, *shown, *tone(1.2), *coded, "-fflags", "+bitexact", "-f", "matroska", path)


@case
def telecine_that_was_edited(ffmpeg: Path, path: Path) -> None:
    """Film at 29.97, cut afterwards, so that its rhythm breaks twice -> nothing combed, as long as it is."""
    pulled = f"{clips.film((352, 288))},telecine=pattern=23,trim=end_frame=110"
    cut = "select='not(between(n,31,32)+between(n,71,73))',setpts=N/(30000/1001*TB)"
    shown = ["-f", "lavfi", "-i", f"{pulled},{cut}"]
    write(ffmpeg, path, *shown, *tone(3.5), *MPEG2, "-c:a", "ac3")


# --- frames in blocks


@case
def theora_that_repeats_frames(ffmpeg: Path, path: Path) -> None:
    """Packets of no bytes, each of which repeats a frame -> shown as long, no word on damage."""
    coded = ["-c:v", "libtheora", "-q:v", "6", "-g", "12", "-c:a", "libvorbis"]
    write(ffmpeg, path, *picture(), *tone(), *coded)
    turn = iter(range(1000))
    in_blocks(path, 1, lambda one: one[:4] if next(turn) in (5, 6, 17) else one)


@case
def pictures_in_laces(ffmpeg: Path, path: Path) -> None:
    """Three JPEGs in a block, timed by DefaultDuration -> 36 frames at their times."""
    coded = ["-c:v", "mjpeg", "-q:v", "4", "-c:a", "ac3"]
    write(ffmpeg, path, *picture(rate="25"), *tone(), *coded, "-cluster_time_limit", "240")

    def laced(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept: list[tuple[bytes, bytes]] = []
        waiting: list[bytes] = []
        for identity, value in parts:
            if identity != surgery.SIMPLE_BLOCK or value[0] != 0x81:
                kept.append((identity, value))
                continue
            waiting.append(value)
            if len(waiting) == 3:
                sizes = b"".join(
                    b"\xff" * ((len(one) - 4) // 255) + bytes([(len(one) - 4) % 255]) for one in waiting[:2]
                )
                whole = waiting[0][:3] + b"\x82\x02" + sizes + b"".join(one[4:] for one in waiting)
                kept.append((identity, whole))
                waiting = []
        return [*kept, *((surgery.SIMPLE_BLOCK, one) for one in waiting)]

    in_clusters(path, laced)


@case
def h264_without_its_b_frames(ffmpeg: Path, path: Path) -> None:
    """A tool dropped what nothing refers to -> the frames that are left, at their times; no damage."""
    params = "threads=1:bframes=1:b-adapt=0:b-pyramid=none:scenecut=0"
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "24", "-x264-params", params]
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *coded, "-c:a", "ac3")

    def referred(block: bytes) -> bool:
        at = 4
        while at < len(block):
            size = int.from_bytes(block[at : at + 4], "big")
            if block[at + 4] & 0x1F in (1, 5):
                return bool(block[at + 4] & 0x60)
            at += 4 + size
        return True

    in_clusters(
        path,
        lambda parts: [
            one for one in parts if one[0] != surgery.SIMPLE_BLOCK or one[1][0] != 0x81 or referred(one[1])
        ],
    )


@case
def mpeg2_with_codec_states(ffmpeg: Path, path: Path) -> None:
    """CodecState at each keyframe, as old versions of mkvmerge wrote it -> all of it."""
    write(ffmpeg, path, *picture("352x288", "25"), *tone(), *MPEG2, "-c:a", "ac3")
    content = path.read_bytes()
    at = content.index(b"\x00\x00\x01\xb3")
    state = content[at : at + 12]

    def stated(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [
            (
                surgery.BLOCK_GROUP,
                surgery.joined([(surgery.BLOCK, value[:3] + b"\0" + value[4:]), (b"\xa4", state)]),
            )
            if one == surgery.SIMPLE_BLOCK and value[0] == 0x81 and value[3] & 0x80
            else (one, value)
            for one, value in parts
        ]

    in_clusters(path, stated)


@case
def a_poster_of_three_frames(ffmpeg: Path, path: Path) -> None:
    """The first track, the default, is a JPEG that is said again each second -> the film, a note."""
    still = ["-f", "lavfi", "-i", "testsrc=s=600x900:r=1:d=3"]
    mapped = ["-map", "0:v", "-map", "1:v", "-map", "2:a", "-disposition:v:0", "default"]
    coded = [
        "-c:v:0",
        "mjpeg",
        "-q:v:0",
        "4",
        "-c:v:1",
        "libx264",
        "-preset:v:1",
        "ultrafast",
        "-g:v:1",
        "12",
    ]
    write(ffmpeg, path, *still, *picture(seconds=3), *tone(3), *mapped, *coded, "-c:a", "ac3")
