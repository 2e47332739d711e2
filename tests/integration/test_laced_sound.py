"""Sound whose packets lie several to a block, without durations: their times have to be found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.audio.encode import encode_audio
from drapto.audio.plan import Treatment
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.tree import LIMIT, Reader
from drapto.media.matroska.writing import HEADER
from drapto.media.probe import inspect
from tests import clips
from tests.integration.test_audio import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext

XIPH_LACING = 0x02
"""A block's flags: its frames' sizes are bytes that are added up (RFC 9559, section 10.3.2)."""

IN_A_LACE = 8
DEFAULT_DURATION = 0x23E383


def block(track: int, frames: Sequence[bytes]) -> Element:
    """Return a block of several frames."""
    sizes = b"".join(b"\xff" * (len(one) // 255) + bytes([len(one) % 255]) for one in frames[:-1])
    head = bytes([0x80 | track, 0, 0, XIPH_LACING, len(frames) - 1])
    return Element(ids.BLOCK, head + sizes + b"".join(frames))


@pytest.fixture(scope="module")
def laced(ffmpeg: Path, clip_cache: Path) -> Path:
    """A clip with ALAC, 16 packets of 4096 samples, eight to a block."""
    plain, target = clip_cache / "not-laced.mkv", clip_cache / "laced.mkv"
    picture = ["-f", "lavfi", "-i", clips.moving_picture((64, 64), "24") + ",trim=end_frame=30"]
    sound = ["-f", "lavfi", "-i", "sine=f=440:r=48000,atrim=end_sample=65536", "-c:a", "alac"]
    clips.run_ffmpeg(ffmpeg, *picture, *sound, "-c:v", "libx264", "-bf", "0", "-g", "1", "-bitexact", plain)
    with plain.open("rb") as file:
        reader = Reader(file, inline=LIMIT)
        info, tracks = reader.first(ids.INFO), reader.first(ids.TRACKS)
    assert info is not None
    assert tracks is not None
    bare = [
        Element(one.id, tuple(part for part in one.parts if part.id != DEFAULT_DURATION))
        for one in tracks.of(ids.TRACK_ENTRY)
    ]
    with av.open(str(plain)) as container:
        packets = [packet for packet in container.demux() if packet.size]
    seen = [(packet.pts or 0, [bytes(packet)], 1) for packet in packets if packet.stream_index == 0]
    heard = [packet for packet in packets if packet.stream_index == 1]
    for first in range(0, len(heard), IN_A_LACE):
        lace = heard[first : first + IN_A_LACE]
        seen.append((lace[0].pts or 0, [bytes(packet) for packet in lace], 2))
    clusters = []
    for time, frames, track in sorted(seen):
        whole = Element(ids.BLOCK, b"\x81\0\0\0" + frames[0]) if track == 1 else block(track, frames)
        timed = Element(ids.CLUSTER_TIMESTAMP, unsigned(time))
        clusters.append(Element(ids.CLUSTER, (timed, Element(ids.BLOCK_GROUP, (whole,)))))
    segment = (info, Element(ids.TRACKS, tuple(bare)), *clusters)
    target.write_bytes(HEADER.encode() + Element(ids.SEGMENT, segment).encode())
    return target


def test_the_end_of_a_track_is_found_out(laced: Path) -> None:
    info, _ = inspect(laced)
    (track,) = info.audio
    assert track.packets == 16
    assert track.spacing == pytest.approx(4096 / 48000, abs=0.001)
    assert track.end == pytest.approx(65536 / 48000, abs=0.01)


def test_a_copy_gives_each_packet_its_time(laced: Path, context: StageContext, tmp_path: Path) -> None:
    info, _ = inspect(laced)
    (track,) = info.audio
    target = tmp_path / "audio-0.mkv"
    asked = Treatment(codecs=("alac",))
    result = encode_audio(laced, track, 0, target, bitrates=Table(), context=context, treatment=asked)
    assert result.copied is not None
    with av.open(str(target)) as container:
        times = [packet.pts for packet in container.demux(audio=0) if packet.size]
    assert times == pytest.approx([number * 4096 / 48 for number in range(16)], abs=4)


def test_an_encode_takes_it(laced: Path, context: StageContext, tmp_path: Path) -> None:
    info, _ = inspect(laced)
    result = encode_audio(
        laced, info.audio[0], 0, tmp_path / "audio-0.mkv", bitrates=Table(), context=context
    )
    assert result.span.end == pytest.approx(65536 / 48000, abs=0.01)
