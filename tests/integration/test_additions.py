"""HDR10+ beside the picture's packets, in the additions of Matroska's blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.media.hdr.dynamic import FrameMetadata
from drapto.media.matroska import ids
from drapto.media.matroska.additions import t35_additions
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.tree import LIMIT, Reader
from drapto.media.matroska.writing import HEADER
from drapto.media.probe import examine
from tests import captioned, clips, dynamic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REFERENCE_BLOCK = 0xFB
FRAMES = 24


def with_additions(plain: Path, target: Path, beside: Mapping[int, bytes], value: int = 4) -> Path:
    """Copy a clip of one track by drapto's own elements; frame k gets an addition with ``beside[k]``."""
    with plain.open("rb") as file:
        reader = Reader(file, inline=LIMIT)
        info, tracks = reader.first(ids.INFO), reader.first(ids.TRACKS)
    assert info is not None
    assert tracks is not None
    [entry] = tracks.of(ids.TRACK_ENTRY)
    mapped = (
        Element(ids.BLOCK_ADDITION_VALUE, unsigned(value)),
        Element(ids.BLOCK_ADDITION_TYPE, unsigned(4)),
    )
    most = Element(ids.MAX_BLOCK_ADDITION_ID, unsigned(value))
    entry = Element(entry.id, (*entry.parts, most, Element(ids.BLOCK_ADDITION_MAPPING, mapped)))
    with av.open(str(plain)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    order = sorted(packet.pts or 0 for packet in packets)
    clusters = []
    for packet in packets:
        group = [Element(ids.BLOCK, b"\x81\0\0\0" + bytes(packet))]
        if not packet.is_keyframe:
            group.append(Element(REFERENCE_BLOCK, b"\xff"))
        message = beside.get(order.index(packet.pts or 0))
        if message is not None:
            parts = (Element(ids.BLOCK_ADD_ID, unsigned(value)), Element(ids.BLOCK_ADDITIONAL, message))
            group.append(Element(ids.BLOCK_ADDITIONS, (Element(ids.BLOCK_MORE, parts),)))
        timed = Element(ids.CLUSTER_TIMESTAMP, unsigned(packet.pts or 0))
        clusters.append(Element(ids.CLUSTER, (timed, Element(ids.BLOCK_GROUP, tuple(group)))))
    segment = (info, Element(ids.TRACKS, (entry,)), *clusters)
    target.write_bytes(HEADER.encode() + Element(ids.SEGMENT, segment).encode())
    return target


@pytest.fixture(scope="module")
def plain(ffmpeg: Path, clip_cache: Path) -> Path:
    """A clip whose every third frame has HDR10+ in its packet."""
    given = [
        FrameMetadata(dynamic.hdr10plus(number) if number % 3 == 0 else None) for number in range(FRAMES)
    ]
    return dynamic.make_hdr(ffmpeg, clip_cache / "every-third.mkv", given, size=(64, 64))


@pytest.mark.parametrize("value", [4, 7])
def test_what_is_beside_a_frame_is_its_own_and_comes_behind_what_is_in_it(
    plain: Path, tmp_path: Path, value: int
) -> None:
    beside = {number: dynamic.hdr10plus(100 + number) for number in range(FRAMES) if number % 2 == 0}
    source = with_additions(plain, tmp_path / "beside.mkv", beside, value)
    found = examine(source)
    expected = [
        dynamic.hdr10plus(number) if number % 3 == 0 else beside.get(number) for number in range(FRAMES)
    ]
    assert [frame.hdr10plus for frame in found.dynamic] == expected
    assert found.info.video.hdr == "HDR10+"
    assert found.info.video.dynamic is not None
    assert found.info.video.dynamic.hdr10plus_frames == sum(one is not None for one in expected)


def test_a_damaged_file_gives_what_comes_before(plain: Path, tmp_path: Path) -> None:
    beside = {number: dynamic.hdr10plus(number) for number in range(FRAMES)}
    source = with_additions(plain, tmp_path / "cut.mkv", beside)
    assert len(t35_additions(source, 0)) == FRAMES
    assert not t35_additions(source, 5)
    whole = source.read_bytes()
    for end in range(len(whole) - 40, len(whole), 7):
        source.write_bytes(whole[:end])
        assert len(t35_additions(source, 0)) >= FRAMES - 1


def test_other_messages_beside_a_frame(ffmpeg: Path, tmp_path: Path) -> None:
    bare = clips.make_clip(ffmpeg, tmp_path / "bare.mkv", frames=3, size=(64, 64), bframes=0)
    spoken = captioned.captions.messages(captioned.said(1))[0]
    beside = {0: dynamic.hdr10plus(0), 1: spoken, 2: b"\xb5\x00\x01 no one knows"}
    found = examine(with_additions(bare, tmp_path / "other.mkv", beside))
    assert found.dynamic == [
        FrameMetadata(dynamic.hdr10plus(0)),
        FrameMetadata(captions=captioned.said(1)),
        FrameMetadata(),
    ]
