"""Odd sources of the sixth set (see `releases`): containers, sound, subtitles by everyday tools."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import chapters, merged, mkvmerge, of_tracks, plain
from tests.oddities.elements import appended
from tests.oddities.entries import TAGS
from tests.oddities.muxing import simple
from tests.oddities.pgs import write_pgs
from tests.oddities.recordings import FIELDS, UNKNOWN
from tests.oddities.releases import MAKERS
from tests.oddities.reported import case, picture, tone, write, x264
from tests.oddities.screens import in_clusters, sized
from tests.oddities.suites import by_way_of, in_blocks, tones

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAKERS"]

GLOBAL_TAGS = """<?xml version="1.0"?>
<Tags><Tag><Targets><TargetTypeValue>50</TargetTypeValue></Targets>
<Simple><Name>DIRECTOR</Name><String>Ann</String></Simple></Tag></Tags>
"""


# --- discs


@case
def makemkv_of_a_disc(ffmpeg: Path, path: Path) -> None:
    """MPEG-2 by flags, TrueHD and its AC-3, full and forced PGS, statistics -> all; no false statistics."""
    disc, sound, shown = (path.with_suffix(one) for one in (".v.mkv", ".a.mkv", ".sup"))
    clips.make_soft_telecined(ffmpeg, disc, frames=48)
    coded = ["-map", "0", "-c:a:0", "truehd", "-map", "0", "-c:a:1", "ac3", "-strict", "-2"]
    write(ffmpeg, sound, *tones("5.1", 6, 2), *coded)
    write_pgs(shown, (352, 288))
    listing = path.with_suffix(".xml")
    listing.write_text(chapters((0, 1000, "Chapter 01"), (1000, 2000, "Chapter 02")))
    named = ["--language", "0:eng", "--language", "1:eng", "--track-name", "0:Surround 5.1", sound]
    texts = ["--language", "0:eng", shown, "--language", "0:eng", "--forced-display-flag", "0:1", shown]
    mkvmerge(path, "--title", "A Disc", "--chapters", listing, disc, *named, *texts)
    for one in (disc, sound, shown, listing):
        one.unlink()


@case
def vobsub_in_the_bar_of_fields(ffmpeg: Path, path: Path) -> None:
    """PAL: fields, bars, a VobSub in the upper one -> deinterlaced, the subtitle inside the picture."""
    shown, texts = path.with_suffix(".sup"), path.with_suffix(".s.mkv")
    write_pgs(shown, (720, 576))
    timed = ["-c:s", "dvdsub", "-bsf:s", "setts=duration=400", "-fflags", "+bitexact"]
    clips.run_ffmpeg(ffmpeg, "-i", shown, *timed, texts)
    graph = f"{clips.film((720, 432), '50')},trim=end=1.6,{FIELDS},pad=720:576:0:72:black,setsar=64/45"
    coded = ["-c:v", "mpeg2video", "-q:v", "3", "-g", "12", "-bf", "2", "-flags:v", "+bitexact+ilme+ildct"]
    drawn = ["-f", "lavfi", "-i", graph, *tone(1.6), "-i", texts]
    write(ffmpeg, path, *drawn, *coded, "-c:a", "ac3", "-c:s", "copy")
    shown.unlink()
    texts.unlink()


# --- files as tools leave them


@case
def cut_in_its_tags(ffmpeg: Path, path: Path) -> None:
    """A copy lacks its last 30 bytes, in the tags behind the film -> the film, all of it, and a note."""
    listing = path.with_suffix(".xml")
    listing.write_text(GLOBAL_TAGS)
    merged(ffmpeg, path, "--global-tags", listing)
    listing.unlink()
    path.write_bytes(path.read_bytes()[:-30])


@case
def cut_in_its_index(ffmpeg: Path, path: Path) -> None:
    """A copy lacks the last 20 bytes of its Cues, the last element -> the film, all of it, and a note."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    content = path.read_bytes()
    assert content.rindex(surgery.CUES) < len(content) - 20
    path.write_bytes(content[:-20])


@case
def a_seek_head_to_what_is_gone(ffmpeg: Path, path: Path) -> None:
    """Chapters, tags and Cues that it names were cut off, and the segment's size set right -> the film."""
    listing = path.with_suffix(".xml")
    listing.write_text(chapters((0, 700, "One"), (700, 1500, "Two")))
    merged(ffmpeg, path, "--chapters", listing)
    listing.unlink()
    content = path.read_bytes()
    start, end = content.index(surgery.SEGMENT) + 12, content.rindex(surgery.CUES)
    path.write_bytes(
        content[: start - 8] + (0x01 << 56 | (end - start)).to_bytes(8, "big") + content[start:end]
    )


@case
def slices_of_2004(ffmpeg: Path, path: Path) -> None:
    """BlockGroups with Slices, ReferencePriority and a BlockVirtual, as long ago -> all of it."""
    merged(ffmpeg, path, "--engage", "no_simpleblocks")
    old = surgery.joined([(b"\xfa", b"\x01"), (b"\xfd", b"\x00"), (b"\xa2", b"\x81\x00\x00\x00")])
    old += surgery.element(b"\x8e", surgery.element(b"\xe8", surgery.element(b"\xcc", b"\x00")))

    def aged(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [(one, value + old if one == surgery.BLOCK_GROUP else value) for one, value in parts]

    in_clusters(path, aged)


@case
def voids_and_checksums_within(ffmpeg: Path, path: Path) -> None:
    """Void in entries, blocks and chapters, right CRC-32 in front of each -> all of it."""
    listing = path.with_suffix(".xml")
    listing.write_text(chapters((0, 700, "One"), (700, 1500, "Two")))
    merged(ffmpeg, path, "--chapters", listing, "--engage", "no_simpleblocks")
    listing.unlink()
    masters = {bytes.fromhex(one) for one in ("AE", "E0", "E1", "A0", "45B9", "B6", "80")}

    def filled(content: bytes) -> bytes:
        parts = [one for one in surgery.children(content) if one[0] not in (b"\xbf", surgery.VOID)]
        inner = surgery.joined([(one, filled(value) if one in masters else value) for one, value in parts])
        inner += surgery.element(surgery.VOID, bytes(12))
        return surgery.element(b"\xbf", zlib.crc32(inner).to_bytes(4, "little")) + inner

    tops = (surgery.TRACKS, surgery.CLUSTER, bytes.fromhex("1043A770"))
    surgery.rewritten(path, dict.fromkeys(tops, filled))


@case
def unknown_sizes_among_known(ffmpeg: Path, path: Path) -> None:
    """Every second cluster does not say its size, the segment does; tags behind -> all of it, these too."""
    plain(ffmpeg, path, "-cluster_time_limit", "300")
    appended(
        path,
        surgery.element(
            TAGS, surgery.element(b"\x73\x73", surgery.element(b"\x63\xc0", b"") + simple("DIRECTOR", "Ann"))
        ),
    )
    surgery.rewritten(path, {})
    content = path.read_bytes()
    at, number = content.find(surgery.CLUSTER), 0
    while at >= 0:
        if number % 2 == 0:
            content = content[: at + 4] + UNKNOWN + content[at + 12 :]
        at, number = content.find(surgery.CLUSTER, at + 12), number + 1
    path.write_bytes(content)


@case
def languages_of_other_lists(ffmpeg: Path, path: Path) -> None:
    """Language "en", "deu" and "pt-BR", as tools took them -> as they are, or as they are meant."""
    plain(ffmpeg, path)
    for number, language in enumerate((b"en", b"deu", b"pt-BR")):
        of_tracks(path, number, {"22B59C": language})


@case
def chapters_between_milliseconds(ffmpeg: Path, path: Path) -> None:
    """Nanoseconds of 24000/1001 frames, two languages, a disabled one -> all of it, to the millisecond."""
    listing = path.with_suffix(".xml")
    named = "".join(
        f"<ChapterDisplay><ChapterString>{name}</ChapterString><ChapLanguageIETF>{language}</ChapLanguageIETF>"
        "</ChapterDisplay>"
        for name, language in (("Null", "de-AT"), ("Zero", "en"))
    )
    atoms = "".join(
        f"<ChapterAtom><ChapterFlagEnabled>{number != 1:d}</ChapterFlagEnabled>"
        f"<ChapterTimeStart>00:00:00.{number * 500_499_999:09d}</ChapterTimeStart>{named}</ChapterAtom>"
        for number in range(2)
    )
    listing.write_text(f'<?xml version="1.0"?>\n<Chapters><EditionEntry>{atoms}</EditionEntry></Chapters>')
    merged(ffmpeg, path, "--chapters", listing)
    listing.unlink()


@case
def a_matrix_of_rgb(ffmpeg: Path, path: Path) -> None:
    """MatrixCoefficients 0 of YUV, as tools wrote that took it for "unknown" -> no green picture."""
    plain(ffmpeg, path)
    colour = [(b"\x55\xb1", b"\x00"), (b"\x55\xb9", b"\x01"), (b"\x55\xb7", b"\x01"), (b"\x55\xb8", b"\x02")]
    of_tracks(path, 0, {"E0": sized(320, 240, (b"\x55\xb0", surgery.joined(colour)))})


@case
def mpeg4_shaped_by_its_stream(ffmpeg: Path, path: Path) -> None:
    """MPEG-4 that says 16:11, a container that says nothing -> so shown, as players do; or a note on it."""
    coded = ["-c:v", "mpeg4", "-q:v", "4", "-bf", "2", "-g", "12", "-c:a", "libmp3lame"]
    write(ffmpeg, path, *picture("352x288", "25", filters="setsar=16/11"), *tone(), *coded)
    of_tracks(path, 0, {"E0": sized(352, 288)})


# --- subtitles and sound


@case
def subtitles_in_utf_16(ffmpeg: Path, path: Path) -> None:
    """An editor's SubRip in UTF-16 with its mark, as bytes in S_TEXT/UTF8 -> as they are."""
    plain(ffmpeg, path)
    in_blocks(path, 3, lambda one: one[:4] + one[4:].decode().encode("utf-16"))


@case
def alac_of_eight_channels(ffmpeg: Path, path: Path) -> None:
    """ALAC of 7.1(wide) and 24 bits, in its own order -> each in its place."""
    coded = ["-c:a", "alac", "-sample_fmt", "s32p"]
    write(ffmpeg, path, *picture(), *tones("7.1(wide)", 8), *x264(), *coded)


@case
def opus_of_many_layouts(ffmpeg: Path, path: Path) -> None:
    """quad, 6.1 and 7.1 of mapping family 1, the second from 0.5 s on -> copied, at their times."""
    sound = [*tones("quad", 4), "-itsoffset", "0.5", *tones("6.1", 7, 1), *tones("7.1", 8)]
    mapped = [part for number in range(4) for part in ("-map", str(number))]
    coded = ["-c:a", "libopus", "-mapping_family", "1"]
    write(ffmpeg, path, *picture(), *sound, *mapped, *x264(), *coded)


@case
def mp4_of_a_shop(ffmpeg: Path, path: Path) -> None:
    """B-frames and AAC, both with edit lists, by mkvmerge -> in step, nothing before 0."""
    by_way_of(ffmpeg, path, "mp4", *picture(), *tone(), *x264(), "-c:a", "aac")


@case
def sound_by_wave_headers(ffmpeg: Path, path: Path) -> None:
    """A_MS/ACM of AC-3 (0x2000), MP3 (0x55), DTS (0x2001) and AAC (0xFF), out of AVI -> all of them."""
    kinds = (("ac3", 0x2000), ("libmp3lame", 0x55), ("dca", 0x2001), ("aac", 0xFF))
    sound = [part for number in range(4) for part in tone(frequency=440 + 110 * number)]
    mapped = [part for number in range(5) for part in ("-map", str(number))]
    coded = [part for number, (kind, _) in enumerate(kinds) for part in (f"-c:a:{number}", kind)]
    write(ffmpeg, path, *picture(), *sound, *mapped, *x264(), *coded, "-strict", "-2", "-ac", "2")
    for number, (_, tag) in enumerate(kinds):
        private = b"\x11\x90" if tag == 0xFF else b""
        head = struct.pack("<HHIIHHH", tag, 2, 48000, 16000, 1, 0, len(private)) + private
        of_tracks(path, number + 1, {"86": b"A_MS/ACM", "63A2": head})
