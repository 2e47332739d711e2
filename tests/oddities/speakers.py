"""Odd sources of the fifth set (see `screens`): what is odd is the sound."""

from __future__ import annotations

import bz2
import struct
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery
from tests.oddities.containers import of_tracks
from tests.oddities.entries import encoded, encoding, relative
from tests.oddities.reported import EXACT, case, picture, tone, write, x264
from tests.oddities.screens import MAKERS, in_clusters
from tests.oddities.suites import by_way_of, in_blocks, tones

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAKERS"]

ENCRYPTION = surgery.joined(
    [
        (b"\x50\x31", b"\x00"),
        (b"\x50\x32", b"\x01"),
        (b"\x50\x33", b"\x01"),
        (b"\x50\x35", surgery.joined([(b"\x47\xe1", b"\x05"), (b"\x47\xe2", bytes(16))])),
    ]
)


def of_three(ffmpeg: Path, path: Path, *codecs: str) -> None:
    """Write a film with three tracks of sound: tones of 440, 550 and 660 Hz."""
    sound = [part for number in range(3) for part in tone(frequency=440 + 110 * number)]
    mapped = [part for number in range(4) for part in ("-map", str(number))]
    coded = [part for number, codec in enumerate(codecs) for part in (f"-c:a:{number}", codec)]
    write(ffmpeg, path, *picture(), *sound, *mapped, *x264(), *coded)


# --- how the samples are packed


@case
def dts_of_fourteen_bits(ffmpeg: Path, path: Path) -> None:
    """As on a CD: 14 bits in each word of 16 -> the sound."""
    coded = ["-c:a", "dca", "-strict", "-2", "-ac", "2", "-b:a", "768k"]
    write(ffmpeg, path, *picture(), *tone(), *x264(), *coded)

    def spread(block: bytes) -> bytes:
        bits = "".join(f"{one:08b}" for one in block[4:])
        bits += "0" * (-len(bits) % 28)
        words = [bits[at] * 2 + bits[at : at + 14] for at in range(0, len(bits), 14)]
        return block[:4] + b"".join(int(one, 2).to_bytes(2, "big") for one in words)

    in_blocks(path, 2, spread)


@case
def ac3_of_swapped_bytes(ffmpeg: Path, path: Path) -> None:
    """Little endian, as RealMedia has it -> the sound."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "ac3")

    def swapped(block: bytes) -> bytes:
        return block[:4] + b"".join(
            block[at + 1 : at + 2] + block[at : at + 1] for at in range(4, len(block), 2)
        )

    in_blocks(path, 2, swapped)


@case
def aac_with_adts_heads(ffmpeg: Path, path: Path) -> None:
    """Each packet with a head as in a broadcast, no CodecPrivate -> the sound."""
    write(ffmpeg, path, *picture(), *tones("stereo", 2), *x264(), "-c:a", "aac")

    def headed(block: bytes) -> bytes:
        size = len(block) - 4 + 7
        head = bytes([0xFF, 0xF1, 0x4C, 0x80 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
        return block[:4] + head + block[4:]

    in_blocks(path, 2, headed)
    of_tracks(path, 1, {"63A2": None})


@case
def aac_in_latm(ffmpeg: Path, path: Path) -> None:
    """DVB's way to pack AAC, by a wave header (0x1602) -> the sound."""
    write(ffmpeg, path, *picture(), *tones("stereo", 2), *x264(), "-c:a", "aac")
    packed = clips.run_ffmpeg(ffmpeg, "-i", path, "-map", "0:a", "-c", "copy", *EXACT, "-f", "latm", "pipe:1")
    frames, at = [], 0
    while at < len(packed):
        size = 3 + (int.from_bytes(packed[at + 1 : at + 3], "big") & 0x1FFF)
        frames.append(packed[at : at + size])
        at += size
    turn = iter(frames)
    in_blocks(path, 2, lambda one: one[:4] + next(turn))
    head = struct.pack("<HHIIHHH", 0x1602, 2, 48000, 16000, 1, 16, 0)
    of_tracks(path, 1, {"86": b"A_MS/ACM", "63A2": head})


@case
def ac3_of_two_frames_in_a_block(ffmpeg: Path, path: Path) -> None:
    """One behind the other, without a lace -> all of the sound, in time."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), "-c:a", "ac3")
    waiting: list[bytes] = []

    def paired(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = []
        for identity, value in parts:
            if identity == surgery.SIMPLE_BLOCK and value[0] == 0x82:
                waiting.append(value)
                if len(waiting) < 2:
                    continue
                kept.append((identity, waiting[0] + waiting[1][4:]))
                waiting.clear()
                continue
            kept.append((identity, value))
        return [*kept, *((surgery.SIMPLE_BLOCK, waiting.pop()) for _ in waiting[:1])]

    in_clusters(path, paired)


@case
def eac3_called_ac3(ffmpeg: Path, path: Path) -> None:
    """-> the sound."""
    write(ffmpeg, path, *picture(), *tones("5.1(side)", 6), *x264(), "-c:a", "eac3")
    of_tracks(path, 1, {"86": b"A_AC3"})


@case
def flac_with_a_picture_inside(ffmpeg: Path, path: Path) -> None:
    """24 bits; a cover, a cue sheet's and a player's blocks in its head -> the sound, no second picture."""
    write(ffmpeg, path, *picture(), *tones("5.1", 6), *x264(), "-c:a", "flac", "-sample_fmt", "s32")
    content = path.read_bytes()
    at = content.index(b"fLaC")
    info = content[at + 8 : at + 42]
    image = b"\x89PNG\r\n\x1a\n" + bytes(500)
    mime = b"image/png"
    cover = (
        struct.pack(">II", 3, len(mime)) + mime + struct.pack(">IIIIII", 0, 8, 8, 24, 0, len(image)) + image
    )
    blocks = [(0, info), (6, cover), (2, b"ATCH" + bytes(32)), (1, bytes(4096))]
    head = b"fLaC"
    for number, (kind, value) in enumerate(blocks):
        last = 0x80 if number == len(blocks) - 1 else 0
        head += bytes([last | kind]) + len(value).to_bytes(3, "big") + value
    of_tracks(path, 1, {"63A2": head})


@case
def amr_of_a_telephone(ffmpeg: Path, path: Path) -> None:
    """AMR at 8 kHz, out of 3GP -> the sound."""
    coded = [*x264(), "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k"]
    by_way_of(ffmpeg, path, "3gp", *picture("176x144", "15"), *tone(), *coded)


@case
def a_dictaphone(ffmpeg: Path, path: Path) -> None:
    """G.726 of 4 bits -> the sound."""
    coded = ["-c:a", "g726", "-code_size", "4", "-ar", "8000", "-ac", "1"]
    write(ffmpeg, path, *picture(), *tone(), *x264(), *coded)


@case
def pcm_of_384_kilohertz(ffmpeg: Path, path: Path) -> None:
    """-> the sound, at 48 kHz."""
    write(ffmpeg, path, *picture(), *tone(rate=384000), *x264(), "-c:a", "pcm_s32le")


# --- channels and loudness


@case
def channels_above_the_head(ffmpeg: Path, path: Path) -> None:
    """PCM of 7.1.4 -> 7.1, each in its place, the four above mixed into those, with a note."""
    coded = ["-c:a", "pcm_s16le"]
    write(ffmpeg, path, *picture(), *tones("7.1.4", 12), *x264(), *coded)
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    head = struct.pack("<HHIIHHHHI", 0xFFFE, 12, 48000, 48000 * 24, 24, 16, 22, 16, 0x2D63F) + guid
    of_tracks(path, 1, {"86": b"A_MS/ACM", "63A2": head})


@case
def opus_with_a_gain(ffmpeg: Path, path: Path) -> None:
    """OpusHead says 12 dB less -> played as loud as before."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "libopus", "-ac", "2")
    content = path.read_bytes()
    at = content.index(b"OpusHead") + 16
    path.write_bytes(content[:at] + struct.pack("<h", -12 * 256) + content[at + 2 :])


@case
def opus_without_a_codec_delay(ffmpeg: Path, path: Path) -> None:
    """Neither CodecDelay nor SeekPreRoll beside an OpusHead that has both -> the sound, in time."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "libopus", "-ac", "2")
    of_tracks(path, 1, {"56AA": None, "56BB": None})


@case
def sound_that_claims_sbr(ffmpeg: Path, path: Path) -> None:
    """AAC of 24 kHz; the head says that 48 come out (OutputSamplingFrequency) -> in time, no higher."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2, 24000), *x264(), "-c:a", "aac")
    rates = [(b"\xb5", struct.pack(">d", 24000)), (b"\x78\xb5", struct.pack(">d", 48000)), (b"\x9f", b"\x01")]
    of_tracks(path, 1, {"E1": surgery.joined(rates)})


# --- times


@case
def sound_begins_before_0(ffmpeg: Path, path: Path) -> None:
    """Half a second before the picture, which begins at 0 -> in step; what is before 0 is cut off."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), "-c:a", "ac3")
    relative(path, lambda _, track, time: time - 500 if track == 2 else time)


@case
def sound_in_disorder(ffmpeg: Path, path: Path) -> None:
    """Two packets have changed places in the file, their times are right -> in order, or a note."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), "-c:a", "ac3")

    def swapped(parts: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        mine = [
            at for at, (one, value) in enumerate(parts) if one == surgery.SIMPLE_BLOCK and value[0] == 0x82
        ]
        if len(mine) > 21:
            first, second = mine[20:22]
            parts[first], parts[second] = parts[second], parts[first]
        return parts

    in_clusters(path, swapped)


@case
def opus_with_a_hole(ffmpeg: Path, path: Path) -> None:
    """Half a second of packets is missing -> silence there, what follows in step."""
    dropped = ["-bsf:a", "noise=drop='between(n,50,74)'"]
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *x264(), "-c:a", "libopus", "-ac", "2", *dropped)


# --- damage


@case
def sound_of_which_one_cannot_be_read(ffmpeg: Path, path: Path) -> None:
    """The second of three is PCM of 20 bits, which ffmpeg takes for 16 -> the others, a note."""
    of_three(ffmpeg, path, "ac3", "pcm_s24le", "aac")
    audio = [(b"\xb5", struct.pack(">d", 48000)), (b"\x9f", b"\x01"), (b"\x62\x64", b"\x14")]
    of_tracks(path, 2, {"E1": surgery.joined(audio)})


@case
def a_commentary_in_bzip2(ffmpeg: Path, path: Path) -> None:
    """The last of three -> the others, a note."""
    of_three(ffmpeg, path, "ac3", "aac", "ac3")
    in_blocks(path, 4, lambda one: one[:4] + bz2.compress(one[4:]))
    encoded(path, 3, encoding(0, 1, 1))


@case
def sound_of_a_codec_that_nobody_knows(ffmpeg: Path, path: Path) -> None:
    """The first of three is A_TRUESPEECH/X -> the others, a note."""
    of_three(ffmpeg, path, "ac3", "aac", "ac3")
    of_tracks(path, 1, {"86": b"A_TRUESPEECH/X"})


@case
def a_commentary_that_is_encrypted(ffmpeg: Path, path: Path) -> None:
    """The second of three -> the others, a note."""
    of_three(ffmpeg, path, "ac3", "aac", "ac3")
    of_tracks(path, 2, {"6D80": surgery.element(b"\x62\x40", ENCRYPTION)})


@case
def sound_zeroed_in_its_midst(ffmpeg: Path, path: Path) -> None:
    """Three packets of zeros from 0.64 s on, a bad sector's -> as long as before, a note with the time."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), "-c:a", "ac3")
    turn = iter(range(1000))
    in_blocks(path, 2, lambda one: one[:4] + bytes(len(one) - 4) if next(turn) in (20, 21, 22) else one)


@case
def flac_with_a_bit_turned(ffmpeg: Path, path: Path) -> None:
    """A frame whose checksum is wrong -> all of the sound, a note with the time."""
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), "-c:a", "flac")
    turn = iter(range(1000))

    def flipped(block: bytes) -> bytes:
        if next(turn) != 10:
            return block
        middle = len(block) // 2
        return block[:middle] + bytes([block[middle] ^ 0x10]) + block[middle + 1 :]

    in_blocks(path, 2, flipped)
