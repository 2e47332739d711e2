"""The checking decode of sound, on real and on really damaged tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.output.sound_check import check_sound
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

NOISE = [part for seed in (1, 2) for part in ("-f", "lavfi", "-i", f"anoisesrc=d=3:r=48000:seed={seed}")]


def encoded(ffmpeg: Path, target: Path, *coded: str) -> Path:
    clips.run_ffmpeg(ffmpeg, *NOISE, "-map", "0:a", "-map", "1:a", *coded, target)
    return target


def packets(path: Path, track: int) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(one) for one in container.demux(container.streams.audio[track]) if one.size]


def damaged(path: Path, track: int, numbers: range) -> Path:
    """Overwrite packets of a track where they lie in the file."""
    content = bytearray(path.read_bytes())
    for packet in packets(path, track)[numbers.start : numbers.stop]:
        at = content.find(packet)
        content[at : at + len(packet)] = b"\xff" * len(packet)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("codec", ["libopus", "flac", "ac3"])
def test_sound_that_decodes(ffmpeg: Path, tmp_path: Path, codec: str) -> None:
    assert check_sound(encoded(ffmpeg, tmp_path / "sound.mkv", "-c:a", codec)).passed


@pytest.mark.parametrize(
    ("codec", "said"),
    [
        # libavformat leaves such a packet out: the decoder never sees it
        ("libopus", "audio 1: 0.02 s missing from 0.4 s on"),
        ("flac", "audio 1: 1 packet refused and 0.02 s missing from 0.4 s on"),
        ("ac3", "audio 1: 1 packet refused and 0.03 s missing from 0.6 s on"),
    ],
)
def test_one_damaged_packet_is_seen_and_its_time_said(
    ffmpeg: Path, tmp_path: Path, codec: str, said: str
) -> None:
    path = damaged(encoded(ffmpeg, tmp_path / "sound.mkv", "-c:a", codec), 1, range(20, 21))
    check = check_sound(path)
    assert (check.passed, check.severity) == (False, "broken")
    assert check.found == said
    assert check_sound(path, [0]).passed
    assert check_sound(path, [1]).found == said


def test_what_only_a_muxer_complains_of_is_no_fault(ffmpeg: Path, tmp_path: Path) -> None:
    """Packets whose times go back by some milliseconds, which a muxer would not take from a decoder."""
    whole = encoded(ffmpeg, tmp_path / "whole.mkv", "-c:a", "libopus")
    path = tmp_path / "jitter.mkv"
    with av.open(str(whole)) as given, av.open(str(path), "w", format="matroska") as taken:
        made = taken.add_stream_from_template(given.streams.audio[0])
        for number, packet in enumerate(given.demux(given.streams.audio[0])):
            if packet.pts is not None:
                packet.pts += number % 2
                packet.dts, packet.stream = packet.pts, made
                taken.mux(packet)
    assert check_sound(path).passed


def test_a_file_without_sound(ffmpeg: Path, tmp_path: Path) -> None:
    path = clips.make_clip(ffmpeg, tmp_path / "clip.mkv", frames=3)
    assert check_sound(path).passed
