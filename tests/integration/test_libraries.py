"""What the probe says of files as people's libraries hold them: of odd endings, beginnings and tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import SourceError
from drapto.media.examine import examine
from tests.oddities import sets, surgery
from tests.oddities.containers import of_tracks, plain
from tests.oddities.suites import in_blocks, retimed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="film")
def _film(ffmpeg: Path, tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    plain(ffmpeg, path, "-cluster_time_limit", "400")
    return path


# --- endings


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (20, "its last {} bytes are missing, in Cues behind the film: the film is whole"),
        (2, "its last {} bytes are missing, behind the film: the film is whole"),
        (0, "its last {} bytes are missing, behind the film: the film is whole"),
    ],
)
def test_a_file_that_lacks_its_index_is_a_film(film: Path, left: int, said: str) -> None:
    content = film.read_bytes()
    index = content.rindex(surgery.CUES)
    film.write_bytes(content[: index + left])
    info = examine(film).info
    assert info.video.frames == 36
    assert info.notes == (said.format(len(content) - index - left),)


@pytest.mark.parametrize("missing", [50, 5000])
def test_a_file_that_lacks_some_of_its_film_is_refused(film: Path, missing: int) -> None:
    content = film.read_bytes()
    film.write_bytes(content[: content.rindex(surgery.CUES) - missing])
    with pytest.raises(SourceError, match=r"is cut short: \d+ of \d+ bytes are there"):
        examine(film)


def test_a_file_that_ends_where_nothing_says_that_the_film_does_is_refused(film: Path) -> None:
    surgery.rewritten(film, {})
    content = film.read_bytes()
    film.write_bytes(content[: content.rindex(surgery.CLUSTER)])
    with pytest.raises(SourceError, match="is cut short"):
        examine(film)


# --- parts one over the other


def again(film: Path, later: int) -> None:
    """Put all clusters of a file behind the last one, ``later`` milliseconds later."""
    more: list[bytes] = []

    def taken(content: bytes) -> bytes:
        parts = [one for one in surgery.children(content) if one[0] != b"\xbf"]
        moved = [
            (one, (int.from_bytes(value, "big") + later).to_bytes(4, "big") if one == b"\xe7" else value)
            for one, value in parts
        ]
        more.append(surgery.element(surgery.CLUSTER, surgery.joined(moved)))
        return content

    surgery.rewritten(film, {surgery.CLUSTER: taken})
    content = film.read_bytes()
    start = content.index(surgery.SEGMENT) + 12
    size = (0x01 << 56 | len(content) - start + sum(map(len, more))).to_bytes(8, "big")
    film.write_bytes(content[: start - 8] + size + content[start:] + b"".join(more))


@pytest.mark.parametrize("later", [0, 300])
def test_times_that_begin_anew_are_refused_by_the_byte(film: Path, later: int) -> None:
    again(film, later)
    content = film.read_bytes()
    with pytest.raises(SourceError, match=r"times that begin anew after 1\.5 s") as refused:
        examine(film)
    first = content.index(surgery.CLUSTER)
    clusters = [at for at in range(first, len(content)) if content.startswith(surgery.CLUSTER, at)]
    part = clusters[len(clusters) // 2]
    assert f"`head -c {part} FILE > first.mkv`" in refused.value.remedy
    assert f"(head -c {first} FILE; tail -c +{part + 1} FILE)" in refused.value.remedy


def test_a_part_that_overlaps_a_little_is_not_refused(film: Path) -> None:
    again(film, 1300)
    info = examine(film).info
    assert info.video.frames == 72
    assert [note for note in info.notes if "times go back by 0.2 s" in note]


def test_sound_that_begins_anew_is_refused(film: Path) -> None:
    retimed(film, 2, lambda tick: tick if tick < 750 else tick - 750)
    with pytest.raises(SourceError, match=r"sound whose times begin anew after 0\.\d s, at -?0\.0 s"):
        examine(film)


def test_sound_whose_times_go_to_and_fro_is_kept(film: Path) -> None:
    turn = iter(range(1000))
    retimed(film, 2, lambda tick: max(0, tick - 130 * (next(turn) % 2)))
    assert [track.index for track in examine(film).info.audio] == [1]


# --- tracks


def test_sound_that_begins_anew_is_left_out_where_there_is_other(ffmpeg: Path, tmp_path: Path) -> None:
    info = examine(sets.make(ffmpeg, "sound_starts_over", tmp_path)).info
    assert [track.index for track in info.audio] == [1]
    assert [note for note in info.notes if "times begin anew" in note]


@pytest.mark.parametrize("wish", ["auto", "refuse"])
def test_sound_of_which_nothing_decodes(film: Path, wish: str) -> None:
    in_blocks(film, 2, lambda one: one[:4] + bytes(len(one) - 4))
    with pytest.raises(SourceError, match=r"sound of which nothing can be decoded, track 1 \(ac3\)"):
        examine(film, unreadable_tracks=wish)
    info = examine(film, unreadable_tracks="leave-out").info
    assert info.audio == ()


def test_sound_that_decodes_late_is_kept(film: Path) -> None:
    turn = iter(range(1000))
    in_blocks(film, 2, lambda one: one[:4] + bytes(len(one) - 4) if next(turn) < 40 else one)
    assert [track.index for track in examine(film).info.audio] == [1]


def test_a_track_of_one_packet_that_is_all_delay_is_left_out(ffmpeg: Path, tmp_path: Path) -> None:
    info = examine(sets.make(ffmpeg, "sound_of_one_packet", tmp_path)).info
    assert [track.index for track in info.audio] == [1]
    assert "it has sound of which nothing can be decoded, track 2 (aac): left out" in info.notes


@pytest.mark.parametrize("codec", [b"M_GPMF", b"X_ANYTHING"])
def test_what_ffmpeg_makes_no_stream_of_shifts_no_track(film: Path, codec: bytes) -> None:
    def first(content: bytes) -> bytes:
        entries = [one for one in surgery.children(content) if one[0] == b"\xae"]
        other = {b"\xd7": b"\x09", b"\x73\xc5": b"\x63", b"\x83": b"\x21", b"\x86": codec}
        added = [(one, other.get(one, value)) for one, value in surgery.children(entries[2][1])]
        return surgery.joined([(b"\xae", surgery.joined(added)), *entries])

    surgery.rewritten(film, {surgery.TRACKS: first})
    of_tracks(film, 2, {"22B59D": b"fr-CA"})
    info = examine(film).info
    assert [(track.index, track.language) for track in info.audio] == [(1, "fr-CA")]
    assert info.notes == (f"track number 9 ({codec.decode()}) holds no film: left out",)


def test_blocks_of_a_track_of_no_stream_at_the_end_are_not_missed(ffmpeg: Path, tmp_path: Path) -> None:
    info = examine(sets.make(ffmpeg, "an_action_camera", tmp_path)).info
    assert info.video.frames == 36


def test_aac_in_adts_that_becomes_surround_is_seen(ffmpeg: Path, tmp_path: Path) -> None:
    (track,) = examine(sets.make(ffmpeg, "aac_becomes_surround", tmp_path)).info.audio
    assert (track.layout, [change.form.layout for change in track.changes]) == ("5.1", ["5.1"])


# --- pictures


def test_hdr10_metadata_that_come_late_are_the_film_s(ffmpeg: Path, tmp_path: Path) -> None:
    video = examine(sets.make(ffmpeg, "hdr10_that_begins_late", tmp_path)).info.video
    assert video.light is not None
    assert video.mastering is not None
    assert (video.light.max_cll, video.mastering.max_luminance) == (900, 1000)


def test_of_a_range_that_changes_one_thing_is_said(ffmpeg: Path, tmp_path: Path) -> None:
    info = examine(sets.make(ffmpeg, "limited_then_full_range", tmp_path)).info
    (note,) = info.notes
    assert note.startswith("after 1.0 s the picture changes its colours from tv/bt709 to pc/bt709")


def test_half_a_second_without_a_frame_is_said(ffmpeg: Path, tmp_path: Path) -> None:
    info = examine(sets.make(ffmpeg, "dvb_with_a_hole", tmp_path)).info
    assert "there is no frame from 1.36 to 1.84 s" in info.notes
