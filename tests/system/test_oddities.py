"""A few of the odd sources (`make odd` has all): none fails without a reason, none comes out wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oddities import pairwise, recipes, sets
from tests.oddities.running import run

if TYPE_CHECKING:
    from pathlib import Path

SEED = 15
"""Chosen for rows that are quickly encoded."""


@pytest.mark.parametrize(("setting", "wanted"), [("crf", slice(0, 4)), ("default", slice(5, 6))])
def test_a_sample(ffmpeg: Path, tmp_path: Path, setting: str, wanted: slice) -> None:
    rows = list(enumerate(pairwise.rows(recipes.PROPERTIES, recipes.allowed, 6, seed=SEED)))[wanted]
    sources = [recipes.make(ffmpeg, row, tmp_path / f"{recipes.name(n, row)}.mkv") for n, row in rows]
    outcomes = run(sources, tmp_path, setting)
    assert {one.name: (one.came, one.said) for one in outcomes if one.came in ("wrong", "error")} == {}
    assert [one for one in outcomes if one.came in ("perfect", "noted")]


REPORTED = {
    "a_track_of_buttons": "track number 3 (B_VOBBTN) holds no film: left out",
    "a_track_that_is_encrypted": "has an encrypted track, number 2 (A_AC3)",
    "attachments_of_no_kind": "",
    "colours_of_rare_names": "4:4:4 chroma comes out as 4:2:0",
    "h264_refreshed_without_keyframes": "",
    "something_before_the_head": "begins with 700 bytes that are no Matroska",
    "times_go_back_a_second": "after 1.5 s the picture's times go back by 0.7 s",
    "vp8_is_turned_on_the_way": "after 1.0 s the picture changes its size from 320x240 to 240x320",
}
"""What is said of some of those that users reported, and once were not done well: each of another kind."""

RIPS = {
    "film_and_then_video": "the picture is progressive at 1 of 2 places with movement, as at 0.0 s",
    "h264_cropped_on_four_sides": "",
    "realvideo_of_the_nineties": "",
    "subtitles_of_codecs_long_gone": "track 2 (S_TEXT/USF) is kept",
}
"""The same of the second set."""

SUITES = {
    "a_track_of_sound_without_packets": "audio track 1 (aac) is empty: left out",
    "covers_of_all_kinds": "",
    "no_block_says_keyframe": "",
    "opus_of_a_sphere": "",
    "packed_b_frames_of_an_avi": "",
    "sound_in_bzip2": "number 2 (A_AC3): compressed by bzip2",
    "vc2_of_a_broadcaster": "4:2:2 chroma comes out as 4:2:0",
    "without_info": "",
}
"""The same of the third set."""

FOURTH = {
    "a_lace_that_is_broken": "passes over 15 blocks, from 0.2 s to 0.4 s",
    "a_crop_of_all": "all of its picture is to be cut off",
    "blocks_of_a_track_that_is_not_there": "does not list, number 9",
    "clusters_that_say_their_time_last": "say their time behind their blocks",
    "compressed_twice": "compressed more than once",
    "dolby_vision_that_nothing_announces": "",
    "mpeg2_of_pan_and_scan": "--set display-width=1024 --set display-height=576",
    "pq_by_the_container_alone": "the container calls its colours",
    "dolby_vision_in_two_tracks": "video track 1 is the picture's Dolby Vision enhancement layer",
    "hevc_with_alpha_in_a_layer": "the alpha channel beside the picture is left out",
    "h264_begins_at_a_recovery_point": "",
    "h264_of_a_blu_ray": "",
}
"""The same of the fourth set."""


FIFTH = {
    "a_commentary_in_bzip2": "number 4 (A_AC3): compressed by bzip2",
    "channels_above_the_head": "comes out as 7.1, with TFL, TFR, TBL, TBR mixed into the others",
    "cut_in_its_last_block": "ends in the midst of a block",
    "entries_of_every_kind": "",
    "flac_with_a_bit_turned": "the sound is damaged after 0.2 s",
    "hdr_vivid_of_a_phone": "the picture has HDR Vivid metadata",
    "info_comes_last": "its ticks last 500000 ns",
    "pgs_in_pieces": "",
    "turned_by_stream_and_container": "--delete projection-pose-roll",
    "two_by_two": "SVT-AV1 takes 8 in all at least",
    "two_eyes_by_the_stream_alone": "",
    "two_eyes_that_are_told_twice": "--delete stereo-mode",
    "uids_of_all_ones": "",
}
"""The same of the fifth set."""


@pytest.mark.parametrize("wanted", [REPORTED, RIPS, SUITES, FOURTH, FIFTH])
def test_some_that_users_reported(ffmpeg: Path, tmp_path: Path, wanted: dict[str, str]) -> None:
    assert set(wanted) <= set(sets.MAKERS)
    sources = [sets.make(ffmpeg, name, tmp_path / "sources") for name in wanted]
    outcomes = {one.name: one for one in run(sources, tmp_path, "crf")}
    assert set(outcomes) == set(wanted)
    for name, said in wanted.items():
        assert outcomes[name].came not in ("wrong", "error"), outcomes[name]
        assert any(said in line for line in outcomes[name].said) if said else not outcomes[name].said


def test_sound_of_no_known_codec_is_no_matter_to_what_measures_the_picture(
    ffmpeg: Path, tmp_path: Path
) -> None:
    source = sets.make(ffmpeg, "sound_of_a_codec_that_nobody_knows", tmp_path / "sources")
    [outcome] = run([source], tmp_path, "default")
    assert outcome.came == "noted", outcome
    assert any("codec that ffmpeg does not know, track 1: left out" in line for line in outcome.said)
