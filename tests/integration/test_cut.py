"""A part that is cut out of a source: its own frames, sound, texts and chapters, byte for byte, from 0."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import SourceError
from drapto.media.cut import Taken, cut
from drapto.media.matroska import ids
from drapto.media.matroska.blocks import blocks, clusters
from drapto.media.matroska.container import require_matroska
from drapto.media.matroska.part import Wanted
from drapto.media.matroska.tree import Reader
from tests import clips, matroska

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[Path, Path], Path]

FILMS: dict[str, Make] = {
    "closed.mkv": lambda ffmpeg, path: clips.make_clip(ffmpeg, path, frames=60),
    "open-h264.mkv": lambda ffmpeg, path: clips.make_open_gop(ffmpeg, path, "h264"),
    "open-hevc.mkv": lambda ffmpeg, path: clips.make_open_gop(ffmpeg, path, "hevc"),
    "open-mpeg2.mkv": lambda ffmpeg, path: clips.make_open_gop(ffmpeg, path, "mpeg2"),
    "variable.mkv": clips.make_vfr,
}


def pictures(ffmpeg: Path, path: Path) -> list[tuple[int, str]]:
    """Return when each frame is shown, ms, and its MD5, in that order."""
    output = ["-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1/1000", "-f", "framemd5", "-"]
    lines = clips.run_ffmpeg(ffmpeg, "-i", f"file:{path}", "-map", "0:v:0", *output).decode().splitlines()
    rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    return [(int(row[2]), row[5].strip()) for row in rows]


def packets(path: Path, kind: str) -> list[tuple[int, bytes]]:
    with av.open(str(path)) as file:
        stream = next(one for one in file.streams if one.type == kind)
        return [(one.pts, bytes(one)) for one in file.demux(stream) if one.pts is not None and one.size]


def holds(ffmpeg: Path, source: Path, part: Path, wanted: Wanted, taken: Taken) -> None:
    """Hold a part against what lies at its place in the source."""
    whole, found = pictures(ffmpeg, source), pictures(ffmpeg, part)
    since = round(taken.since * 1000)
    until = None if taken.until is None else round(taken.until * 1000)
    expected = [
        (time - since, content)
        for time, content in whole
        if time >= since and (until is None or time < until)
    ]
    assert found == expected
    assert taken.frames == len(found)
    asked = [
        time
        for time, _ in whole
        if time >= round(wanted.start * 1000) and (wanted.end is None or time < round(wanted.end * 1000))
    ]
    assert {time - since for time in asked} <= {time for time, _ in found}, "all that was asked for is there"
    require_matroska(part)


@pytest.mark.parametrize("name", FILMS)
def test_the_frames_are_those_of_the_source_at_any_place(
    name: str, ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = FILMS[name](ffmpeg, clip_cache / f"cut-{name}")
    last = pictures(ffmpeg, source)[-1][0] / 1000
    places = random.Random(name)
    ranges: list[tuple[float, float | None]] = [(0.0, None), (0.0, 0.001), (last / 2, None)]
    ranges += [tuple(sorted(round(places.uniform(0, last), 3) for _ in range(2))) for _ in range(5)]  # type: ignore[misc]
    for number, (start, end) in enumerate(ranges):
        if end is not None and end <= start:
            continue
        part, wanted = tmp_path / f"{number}.mkv", Wanted(start, end)
        holds(ffmpeg, source, part, wanted, cut(source, part, wanted))


def test_a_part_is_the_same_each_time_and_of_clusters_without_a_size(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_tracks(ffmpeg, clip_cache / "cut-tracks.mkv")
    wanted = Wanted(0.6, 1.4)
    for name in ("one.mkv", "two.mkv"):
        cut(source, tmp_path / name, wanted)
    assert (tmp_path / "one.mkv").read_bytes() == (tmp_path / "two.mkv").read_bytes()
    copied = ["-i", source, "-map", "0:v", "-map", "0:a", "-c", "copy", "-live", "1", "-f", "matroska", "-"]
    live = tmp_path / "live.mkv"
    command = [ffmpeg, "-v", "error", *copied]
    live.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    holds(ffmpeg, live, tmp_path / "of-live.mkv", wanted, cut(live, tmp_path / "of-live.mkv", wanted))


def test_sound_texts_and_chapters_are_those_of_the_part(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_tracks(ffmpeg, clip_cache / "cut-tracks.mkv")
    part = tmp_path / "part.mkv"
    taken = cut(source, part, Wanted(0.6, 1.4))
    assert (taken.since, taken.frames) == (0.5, 24)
    since, until = 500, round((taken.until or 0) * 1000)
    delay = -packets(source, "audio")[0][0]  # ffmpeg's times are those at which it is heard
    assert 0 <= delay < 50
    sound = [(time - since, data) for time, data in packets(source, "audio") if since - delay <= time < until]
    assert packets(part, "audio") == sound
    assert sound
    with av.open(str(source)) as before, av.open(str(part)) as after:
        assert [one.type for one in after.streams] == [one.type for one in before.streams]
        assert [one.metadata.get("language") for one in after.streams] == [
            one.metadata.get("language") for one in before.streams
        ]
    with av.open(str(part)) as file:
        chapters = [
            (one["start"] * one["time_base"], one["end"] * one["time_base"]) for one in file.chapters()
        ]
        shown = [
            (one.pts, one.pts + one.duration)
            for one in file.demux(file.streams.subtitles[0])
            if one.pts is not None
        ]
    length = (until - since) / 1000
    assert [(float(a), float(b)) for a, b in chapters] == [(0, 0.5), (0.5, length)]
    assert shown
    assert all(0 <= start < end <= until - since for start, end in shown)


def test_a_subtitle_that_is_on_when_the_part_begins_is_shown_from_there(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    text = tmp_path / "long.srt"
    text.write_text("1\n00:00:00,100 --> 00:00:01,900\nHello\n")
    picture = clips.make_clip(ffmpeg, clip_cache / "cut-text.mkv", frames=60)
    source = tmp_path / "source.mkv"
    clips.run_ffmpeg(ffmpeg, "-i", picture, "-i", text, "-c", "copy", "-c:s", "srt", source)
    taken = cut(source, tmp_path / "part.mkv", Wanted(1.2, 1.6))
    with av.open(str(tmp_path / "part.mkv")) as file:
        (shown,) = [one for one in file.demux(file.streams.subtitles[0]) if one.pts is not None]
    assert (shown.pts, bytes(shown)) == (0, b"Hello")
    assert shown.duration == round(1000 * ((taken.until or 0) - taken.since)), "it ends with the part"


def test_of_chapter_tags_those_of_other_chapters_are_left_out(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_tracks(ffmpeg, clip_cache / "cut-tracks.mkv")
    cut(source, tmp_path / "part.mkv", Wanted(1.5))
    chapters = matroska.read(tmp_path / "part.mkv", "Chapters")
    assert chapters is not None
    (edition,) = chapters.of(ids.EDITION_ENTRY)
    (second,) = edition.of(ids.CHAPTER_ATOM)
    assert second.number(ids.CHAPTER_TIME_START) == 0


@pytest.mark.parametrize("wanted", [Wanted(60.0), Wanted(0.0, 60.0), Wanted(59.0, 60.0)])
def test_a_part_behind_the_end_is_refused_with_the_end(
    wanted: Wanted, ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = FILMS["closed.mkv"](ffmpeg, clip_cache / "cut-closed.mkv")
    with pytest.raises(SourceError, match=r"does not have that part: it ends at 0:00:02\.500; correct input"):
        cut(source, tmp_path / "part.mkv", wanted)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_damaged_there_is_refused(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    source = FILMS["closed.mkv"](ffmpeg, clip_cache / "cut-closed.mkv")
    data = bytearray(source.read_bytes())
    with source.open("rb") as file:
        *_, last = blocks(file, next(clusters(Reader(file))))
    data[last.place.at : last.place.at + 12] = bytes(12)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(data)
    with pytest.raises(SourceError, match="cannot be cut"):
        cut(broken, tmp_path / "part.mkv", Wanted(0.0, 2.0))
    assert list(tmp_path.iterdir()) == [broken]
