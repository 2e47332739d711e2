"""Blocks that libavformat passes over: found where something of a stream lies between its packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.engine.context import file_url
from drapto.errors import SourceError
from drapto.media.passed_over import JOINED, Watch, passed_over, refuse_passed_over
from tests.oddities import boxes, elements, relatives, reported

if TYPE_CHECKING:
    from pathlib import Path


def watched(path: Path) -> Watch:
    watch = Watch()
    with av.open(file_url(path)) as container:
        for packet in container.demux():
            watch.add(packet)
    return watch


@pytest.mark.parametrize("name", ["a_lace_that_is_broken", "a_packet_that_does_not_inflate"])
def test_what_lies_behind_a_broken_block_is_missed(ffmpeg: Path, tmp_path: Path, name: str) -> None:
    assert name in relatives.MAKERS
    path = reported.make(ffmpeg, name, tmp_path)
    [said] = passed_over(path, watched(path), {"ac3"})
    assert "passes over 15 blocks, from 0.2 s to 0.4 s" in said
    with pytest.raises(SourceError, match="is damaged: behind byte"):
        refuse_passed_over(path, watched(path), {"ac3"})
    assert passed_over(path, watched(path), {next(iter(JOINED))}) == []


@pytest.mark.parametrize(
    "name",
    [
        "a_track_of_buttons",
        "alpha_beside_the_picture",
        "clusters_without_blocks",
        "everything_in_zlib",
        "headers_stripped",
        "packets_of_no_bytes",
        "sound_in_three_laces",
        "tags_in_three_places",
        "tracks_of_large_numbers",
        "truehd_with_a_hole",
        "truehd_without_its_first_packets",
        "voids_between_clusters",
        "vp8_with_invisible_frames",
    ],
)
def test_what_else_lies_between_packets_is_not(ffmpeg: Path, tmp_path: Path, name: str) -> None:
    assert boxes.MAKERS is elements.MAKERS is reported.MAKERS
    path = reported.make(ffmpeg, name, tmp_path)
    assert passed_over(path, watched(path), {"ac3"}) == []


def test_what_the_demuxer_never_gave_is_missed_to_the_end(ffmpeg: Path, tmp_path: Path) -> None:
    path = reported.make(ffmpeg, "tags_in_three_places", tmp_path)
    watch = Watch()
    with av.open(file_url(path)) as container:
        for number, packet in enumerate(container.demux()):
            if number < 80:
                watch.add(packet)
    [said] = passed_over(path, watch, set())
    assert "5 blocks" in said
    assert said.split(",")[1].endswith("to its end")
