"""Odd sources that users reported of other tools, or may any day: what is odd is the container."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING

from tests.oddities import reported, surgery
from tests.oddities.reported import case, picture, tone, write, x264

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAKERS = reported.MAKERS
"""Of all cases, those of this module among them."""

TRACKS, TRACK, INFO = bytes.fromhex("1654AE6B"), bytes.fromhex("AE"), surgery.INFO


def plain(ffmpeg: Path, path: Path, *more: str | Path) -> None:
    """Write a file of a picture, a tone and three lines of subtitles."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,700\nOne\n\n2\n00:00:00,900 --> 00:00:01,300\nTwo\n")
    inputs = [*picture(), *tone(), "-i", texts]
    write(ffmpeg, path, *inputs, *x264(), "-c:a", "ac3", "-c:s", "srt", *more)
    texts.unlink()


def mkvmerge(path: Path, *arguments: str | Path) -> None:
    """Write a file by mkvmerge, the same each time."""
    command = ["mkvmerge", "-q", "--deterministic", "1", "-o", path, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode < 2, done.stdout + done.stderr  # 1 is a warning


def merged(ffmpeg: Path, path: Path, *options: str | Path) -> None:
    """Write the plain file anew by mkvmerge."""
    whole = path.with_suffix(".whole.mkv")
    plain(ffmpeg, whole)
    mkvmerge(path, *options, whole)
    whole.unlink()


def of_tracks(path: Path, number: int, change: dict[str, bytes | None]) -> None:
    """Set elements of a track's entry, counted from 0, by their IDs in hexadecimal; None drops one."""

    def tracks(content: bytes) -> bytes:
        entries = surgery.children(content)
        track = [at for at, (identity, _) in enumerate(entries) if identity == TRACK][number]
        parts = [one for one in surgery.children(entries[track][1]) if one[0].hex().upper() not in change]
        added = [(bytes.fromhex(one), value) for one, value in change.items() if value is not None]
        entries[track] = TRACK, surgery.joined([*parts, *added])
        return surgery.joined(entries)

    surgery.rewritten(path, {TRACKS: tracks})


def of_info(path: Path, identity: bytes, value: bytes) -> None:
    """Set an element of Info."""

    def info(content: bytes) -> bytes:
        parts = [one for one in surgery.children(content) if one[0] != identity]
        return surgery.joined([*parts, (identity, value)])

    surgery.rewritten(path, {INFO: info})


def chapters(*atoms: tuple[int, int | None, str]) -> str:
    """Return mkvmerge's chapters of starts, ends (ms) and names."""

    def at(milliseconds: int) -> str:
        minutes, rest = divmod(milliseconds, 60_000)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest / 1000:06.3f}"

    inner = "".join(
        f"<ChapterAtom><ChapterTimeStart>{at(start)}</ChapterTimeStart>"
        + (f"<ChapterTimeEnd>{at(end)}</ChapterTimeEnd>" if end is not None else "")
        + (f"<ChapterDisplay><ChapterString>{name}</ChapterString></ChapterDisplay>" if name else "")
        + "</ChapterAtom>"
        for start, end, name in atoms
    )
    return f'<?xml version="1.0"?>\n<Chapters><EditionEntry>{inner}</EditionEntry></Chapters>'


@case
def headers_stripped(ffmpeg: Path, path: Path) -> None:
    """Header stripping: each packet of AC-3 lacks its syncword."""
    plain(ffmpeg, path)
    settings = surgery.joined([(b"\x42\x54", b"\x03"), (b"\x42\x55", b"\x0b\x77")])
    encoding = surgery.joined([(b"\x50\x31", b"\x00"), (b"\x50\x32", b"\x01"), (b"\x50\x34", settings)])
    of_tracks(path, 1, {"6D80": surgery.element(b"\x62\x40", encoding)})

    def cluster(content: bytes) -> bytes:
        parts = []
        for identity, block in surgery.children(content):
            sound = identity == surgery.SIMPLE_BLOCK and block[0] == 0x82
            parts.append((identity, block[:4] + block[6:] if sound else block))
        return surgery.joined(parts)

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def everything_in_zlib(ffmpeg: Path, path: Path) -> None:
    merged(ffmpeg, path, "--compression", "-1:zlib")


@case
def block_groups_in_tiny_clusters(ffmpeg: Path, path: Path) -> None:
    merged(ffmpeg, path, "--engage", "no_simpleblocks", "--cluster-length", "1")


@case
def laced_and_appended_with_a_gap(ffmpeg: Path, path: Path) -> None:
    """The gap falls into a lace (mkvtoolnix #1700)."""
    first, second = path.with_suffix(".1.mkv"), path.with_suffix(".2.mkv")
    plain(ffmpeg, first)
    plain(ffmpeg, second)
    mkvmerge(path, "--append-mode", "track", first, "--sync", "1:20", "+", second)
    first.unlink()
    second.unlink()


@case
def cues_in_front(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path, "-reserve_index_space", "20000")


@case
def a_wrong_checksum(ffmpeg: Path, path: Path) -> None:
    """Tracks were edited by a tool that knows no CRC-32."""
    plain(ffmpeg, path)
    surgery.rewritten(path, {TRACKS: lambda content: b"\xbf\x84" + b"none" + content})


@case
def times_go_back_a_second(ffmpeg: Path, path: Path) -> None:
    """A disc's playlist, ripped as it is (HandBrake #7746): its last clusters begin too early."""
    write(ffmpeg, path, *picture(seconds=3), *x264(), "-cluster_time_limit", "500")

    def earlier(identity: bytes, value: bytes) -> tuple[bytes, bytes]:
        time = int.from_bytes(value, "big")
        late = identity == b"\xe7" and time >= 1500
        return identity, (time - 700).to_bytes(4, "big") if late else value

    def cluster(content: bytes) -> bytes:
        return surgery.joined([earlier(*one) for one in surgery.children(content) if one[0] != b"\xbf"])

    surgery.rewritten(path, {surgery.CLUSTER: cluster})


@case
def voids_between_clusters(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path, "-cluster_time_limit", "200")
    void = surgery.element(surgery.VOID, bytes(65536))
    surgery.rewritten(path, {}, before={surgery.CLUSTER: void})


@case
def zeros_behind_the_end(ffmpeg: Path, path: Path) -> None:
    """A download that was given its room beforehand."""
    plain(ffmpeg, path)
    path.write_bytes(path.read_bytes() + bytes(100_000))


@case
def something_before_the_head(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path)
    path.write_bytes(bytes(700) + path.read_bytes())


@case
def a_webm_with_another_name(ffmpeg: Path, path: Path) -> None:
    coded = [
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-b:v",
        "1M",
        "-c:a",
        "libvorbis",
    ]
    write(ffmpeg, path, *picture(), *tone(), *coded, "-f", "webm")


@case
def an_hour_is_claimed(ffmpeg: Path, path: Path) -> None:
    """Info says an hour."""
    plain(ffmpeg, path)
    of_info(path, b"\x44\x89", struct.pack(">d", 3_600_000.0))


@case
def a_rate_twice_as_high_is_claimed(ffmpeg: Path, path: Path) -> None:
    """DefaultDuration of a field (jellyfin #4314)."""
    plain(ffmpeg, path)
    of_tracks(path, 0, {"23E383": (20_833_333).to_bytes(4, "big")})


@case
def one_tick_a_frame(ffmpeg: Path, path: Path) -> None:
    """TimestampScale of a frame: sound is timed by frames, too."""
    whole = path.with_suffix(".whole.mkv")
    write(ffmpeg, whole, *picture(rate="25"), *tone(), *x264(), "-c:a", "ac3")
    ticks = "setts=pts=round(PTS/40):dts=round(DTS/40):duration=max(1\\,round(DURATION/40))"
    write(
        ffmpeg,
        path,
        "-copyts",
        "-i",
        whole,
        "-c",
        "copy",
        "-bsf:v",
        ticks,
        "-bsf:a",
        ticks,
        "-avoid_negative_ts",
        "disabled",
    )
    of_info(path, b"\x2a\xd7\xb1", (40_000_000).to_bytes(4, "big"))
    whole.unlink()


@case
def a_track_with_a_scale_of_its_own(ffmpeg: Path, path: Path) -> None:
    """TrackTimestampScale, which is deprecated."""
    plain(ffmpeg, path)
    of_tracks(path, 1, {"23314F": struct.pack(">f", 0.96)})


@case
def a_codec_delay_of_aac(ffmpeg: Path, path: Path) -> None:
    """mkvtoolnix #1849."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "aac")
    of_tracks(path, 1, {"56AA": (21_333_333).to_bytes(4, "big"), "56BB": (80_000_000).to_bytes(4, "big")})


@case
def packets_of_no_bytes(ffmpeg: Path, path: Path) -> None:
    """One for each track at the start of each cluster."""
    plain(ffmpeg, path, "-cluster_time_limit", "500")
    empty = b"".join(surgery.element(surgery.SIMPLE_BLOCK, bytes([0x80 | n, 0, 1, 0])) for n in (1, 2, 3))
    surgery.rewritten(path, {surgery.CLUSTER: lambda content: content + empty})


@case
def tracks_of_one_uid(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path)
    of_tracks(path, 1, {"73C5": b"\x07"})
    of_tracks(path, 2, {"73C5": b"\x07"})


@case
def languages_that_are_none(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path)
    of_tracks(path, 1, {"22B59C": b"xyz9", "22B59D": b"x-klingon-private"})
    of_tracks(path, 2, {"22B59C": b"", "536E": b"Plain"})


@case
def names_that_act_on_terminals(ffmpeg: Path, path: Path) -> None:
    """Right-to-left overrides, escapes, line breaks, emoji, 4 KiB of it."""
    plain(ffmpeg, path)
    of_tracks(path, 0, {"536E": "\u202e\x1b[31mred\x1b]0;title\x07".encode()})
    of_tracks(path, 1, {"536E": ("line\nbreak\r\ttab 🎬 " * 200).encode()})
    of_tracks(path, 2, {"536E": b"caf\xe9 \xff\xfe in no encoding"})


@case
def a_shape_as_a_ratio(ffmpeg: Path, path: Path) -> None:
    """DisplayUnit 3: 16 by 9."""
    plain(ffmpeg, path)
    video = surgery.joined(
        [
            (b"\xb0", b"\x01\x40"),
            (b"\xba", b"\xf0"),
            (b"\x54\xb0", b"\x10"),
            (b"\x54\xba", b"\x09"),
            (b"\x54\xb2", b"\x03"),
        ]
    )
    of_tracks(path, 0, {"E0": video})


@case
def shown_twice_as_large(ffmpeg: Path, path: Path) -> None:
    """DisplayWidth and DisplayHeight of twice the pixels."""
    plain(ffmpeg, path)
    video = surgery.joined(
        [(b"\xb0", b"\x01\x40"), (b"\xba", b"\xf0"), (b"\x54\xb0", b"\x02\x80"), (b"\x54\xba", b"\x01\xe0")]
    )
    of_tracks(path, 0, {"E0": video})


@case
def a_track_of_buttons(ffmpeg: Path, path: Path) -> None:
    """A DVD's menu: TrackType 18, B_VOBBTN."""
    plain(ffmpeg, path)
    of_tracks(path, 2, {"83": b"\x12", "86": b"B_VOBBTN"})


@case
def a_track_that_is_encrypted(ffmpeg: Path, path: Path) -> None:
    plain(ffmpeg, path)
    encryption = surgery.joined([(b"\x47\xe1", b"\x05"), (b"\x47\xe2", bytes(16))])
    encoding = surgery.joined(
        [(b"\x50\x31", b"\x00"), (b"\x50\x32", b"\x01"), (b"\x50\x33", b"\x01"), (b"\x50\x35", encryption)]
    )
    of_tracks(path, 1, {"6D80": surgery.element(b"\x62\x40", encoding)})


@case
def chapters_in_disorder(ffmpeg: Path, path: Path) -> None:
    """Beyond the end, backwards, without a length, without a name, all alike."""
    listing = path.with_suffix(".xml")
    atoms = [
        (1000, None, "Late"),
        (0, 0, "Nothing"),
        (500, 400, "Back"),
        (700, None, ""),
        (3_600_000, 3_700_000, "Far"),
        (1000, None, "Late"),
    ]
    listing.write_text(chapters(*atoms))
    merged(ffmpeg, path, "--chapters", listing)
    listing.unlink()


@case
def tags_of_nobody(ffmpeg: Path, path: Path) -> None:
    """Without a target, and for tracks and chapters that are not there."""
    listing = path.with_suffix(".xml")
    simple = "<Simple><Name>{}</Name><String>{}</String></Simple>"
    one = f"<Tag>{simple.format('ARTIST', 'Nobody')}</Tag>"
    other = f"<Tag><Targets><TrackUID>4242</TrackUID></Targets>{simple.format('COMMENT', 'Lost')}</Tag>"
    third = f"<Tag><Targets><ChapterUID>99</ChapterUID></Targets>{simple.format('TITLE', 'Gone')}</Tag>"
    listing.write_text(f"<Tags>{one}{other}{third}</Tags>")
    merged(ffmpeg, path, "--global-tags", listing)
    listing.unlink()


def attached(kinds: Sequence[str], files: Sequence[Path]) -> list[str | Path]:
    """Return mkvmerge's options that attach files, each as what it is to say that it is."""
    return [
        part
        for kind, file in zip(kinds, files, strict=True)
        for part in ("--attachment-mime-type", kind, "--attach-file", file)
    ]


@case
def attachments_of_no_kind(ffmpeg: Path, path: Path) -> None:
    """A font as octets, a file without a byte, a cover that says it is a text."""
    side = path.with_suffix(".side")
    side.mkdir(exist_ok=True)
    (side / "a.ttf").write_bytes(b"no font " * 40)
    (side / "empty.bin").write_bytes(b"!")
    (side / "cover.jpg").write_bytes(b"\xff\xd8\xff no picture")
    kinds = ("application/octet-stream", "application/x-nothing", "text/plain")
    files = sorted(side.iterdir())
    merged(ffmpeg, path, *attached(kinds, files))
    surgery.rewritten(
        path,
        {
            bytes.fromhex("1941A469"): lambda files: surgery.joined(
                [_emptied(one) for one in surgery.children(files)]
            )
        },
    )
    for file in files:
        file.unlink()
    side.rmdir()


def _emptied(attached: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Return an attached file without its bytes where it is to have none: mkvmerge writes no such."""
    parts = [(identity, b"" if value == b"!" else value) for identity, value in surgery.children(attached[1])]
    return attached[0], surgery.joined(parts)
