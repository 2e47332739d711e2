"""The mux, held against its parts and the source."""

from __future__ import annotations

import shutil
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import ArtifactError, StageError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.media.model import AudioTrack, SourceInfo
from drapto.media.probe import inspect
from drapto.output.complete import APP
from drapto.output.elements import copy_elements
from drapto.output.entries import display_size
from drapto.output.mux import mux
from drapto.output.subtitles import copy_subtitles
from tests import clips
from tests.integration.finished import Finished, encode_video, finish
from tests.matroska import changed, made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext


@pytest.fixture(scope="module")
def done(shared_job: StageContext, clip_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A clip with every kind of track, and a cover, finished."""
    plain = clips.make_tracks(shared_job.ffmpeg, clip_cache / "tracks-36.mkv", frames=36)
    source = clip_cache / "tracks_and_cover.mkv"
    cover = clip_cache / "cover.jpg"
    clips.run_ffmpeg(shared_job.ffmpeg, "-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1", cover)
    attach = [
        "-attach",
        cover,
        "-metadata:s:t:1",
        "mimetype=image/jpeg",
        "-metadata:s:t:1",
        "filename=cover.jpg",
    ]
    clips.run_ffmpeg(shared_job.ffmpeg, "-i", plain, "-map", "0", "-c", "copy", *attach, "-bitexact", source)
    return finish(shared_job, source, tmp_path_factory.mktemp("title"))


def raw_times(path: Path, kind: str) -> list[int]:
    """Return the presentation times of the packets of the first track of a kind, in ticks."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [packet.pts for packet in container.demux(stream) if packet.pts is not None]


def again(done: Finished, context: StageContext, target: Path, elements: Path | None = None) -> SourceInfo:
    """Mux the parts again, with other elements of the source; return what came out."""
    parts = (done.video, done.audio, done.subtitles)
    mux(*parts, done.info, target, elements=elements or done.elements, context=context)
    return inspect(target)[0]


def described(done: Finished, context: StageContext, target: Path, **changes: object) -> SourceInfo:
    """Mux the parts as if none came from a track of the source, with other words on them."""
    info = done.info.model_copy(update=changes)
    mux(done.video, done.audio, done.subtitles, info, target, context=context)
    return inspect(target)[0]


def test_everything_is_there(done: Finished) -> None:
    info, times = inspect(done.muxed)
    source = done.info
    assert times == done.times
    assert (info.video.language, info.video.title) == (source.video.language, source.video.title)
    for kind in ("audio", "subtitles"):
        for given, kept in zip(getattr(source, kind), getattr(info, kind), strict=True):
            assert (kept.language, kept.title, kept.dispositions, kept.tags) == (
                given.language,
                given.title,
                given.dispositions,
                given.tags,
            )
    # libavformat takes the pre-skip off an Opus track's times; what comes before 0 in the source is not heard
    heard = [track.start + 0.0065 for track in info.audio]
    assert heard == pytest.approx([max(0.0, track.start) for track in source.audio], abs=0.002)
    assert heard[1] > 0.39
    assert [track.layout for track in info.audio] == ["stereo", "5.1", "mono"]
    assert info.chapters == source.chapters
    assert info.tags == source.tags
    for given_subtitle, kept_subtitle in zip(source.subtitles, info.subtitles, strict=True):
        update = {"index": given_subtitle.index}
        assert kept_subtitle.model_copy(update=update) == given_subtitle


def test_attachments_come_byte_for_byte_and_a_cover_stays_one(done: Finished) -> None:
    info, _ = inspect(done.muxed)
    assert len(info.attachments) == 2
    for given, kept in zip(done.info.attachments, info.attachments, strict=True):
        assert kept.model_copy(update={"index": given.index}) == given


def test_the_tracks_come_kind_by_kind(done: Finished) -> None:
    with av.open(str(done.muxed)) as container:
        kinds = [stream.type for stream in container.streams]
    assert kinds[:6] == ["video", "audio", "audio", "audio", "subtitle", "subtitle"]


def test_the_statistics_are_those_of_the_finished_tracks(done: Finished) -> None:
    with av.open(str(done.muxed)) as container:
        stated = [dict(stream.metadata) for stream in container.streams if stream.type != "attachment"][:6]
        found = [(0, 0)] * 6
        for packet in container.demux():
            if packet.size and packet.stream_index < 6:
                count, size = found[packet.stream_index]
                found[packet.stream_index] = (count + 1, size + packet.size)
    assert [(int(one["NUMBER_OF_FRAMES"]), int(one["NUMBER_OF_BYTES"])) for one in stated] == found
    assert stated[0]["DURATION"] == "00:00:01.500000000"
    assert int(stated[0]["BPS"]) == found[0][1] * 8 * 2 // 3
    assert {one["_STATISTICS_WRITING_APP"] for one in stated} == {APP}


def test_the_packets_keep_their_times(done: Finished) -> None:
    assert raw_times(done.muxed, "video") == raw_times(done.video, "video")
    assert raw_times(done.muxed, "audio") == raw_times(done.audio[0], "audio")
    assert raw_times(done.muxed, "subtitle") == raw_times(done.source, "subtitle")


def test_the_same_bytes_each_time(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    for number in range(3):
        again(done, shared_job, tmp_path / f"{number}.mkv")
        assert (tmp_path / f"{number}.mkv").read_bytes() == done.muxed.read_bytes()


def test_a_video_that_starts_late_starts_there(shared_job: StageContext, tmp_path: Path) -> None:
    source = clips.make_clip(shared_job.ffmpeg, tmp_path / "plain.mkv", frames=12, bframes=0)
    late = tmp_path / "late.mkv"
    clips.run_ffmpeg(shared_job.ffmpeg, "-itsoffset", "0.36", "-copyts", "-i", source, "-c", "copy", late)
    done = finish(shared_job, late, tmp_path / "title")
    assert done.times[0] == 360_000_000
    assert inspect(done.muxed)[1] == done.times


NASTY = [
    "it's",
    "a=b;c#d",
    "back\\slash",
    "ends in \\",
    "line\nbreak",
    "[CHAPTER]",
    "  spaces  ",
    ";lead",
    "日本語 «é» 🎬",
    "\\",
    "=",
    "-i x",
    "%d %s",
]


def test_titles_and_tags_of_any_kind(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    atoms = [
        made(
            "ChapterAtom",
            made("ChapterUID", number + 1),
            made("ChapterTimeStart", number * 100_000_007),
            made("ChapterTimeEnd", (number + 1) * 100_000_007),
            made("ChapterDisplay", made("ChapString", title)),
        )
        for number, title in enumerate(NASTY)
    ]
    tags = {"TITLE": "x;y=\\\nz\\", "WE=IRD": "v=1", "EMPTY_AFTER": "\\"}

    def nasty(element: Element) -> Element | None:
        if element.id == ids.EDITION_ENTRY:
            return Element(element.id, tuple(atoms))
        if element.id == ids.TAGS:
            simple = [
                made("SimpleTag", made("TagName", name), made("TagString", tags[name])) for name in tags
            ]
            return Element(element.id, (made("Tag", made("Targets"), *simple),))
        if element.id == ids.TRACK_ENTRY and (number := element.number(ids.TRACK_NUMBER)) in (2, 3, 4):
            others = [part for part in element.parts if part.id != ids.NAME]
            return Element(element.id, (*others, made("Name", NASTY[number - 1])))
        return element

    elements = changed(done.elements, tmp_path / "elements.mkv", nasty)
    info = again(done, shared_job, tmp_path / "out.mkv", elements)
    assert [(one.start, one.end, one.title) for one in info.chapters] == [
        (number * 100_000_007, (number + 1) * 100_000_007, title) for number, title in enumerate(NASTY)
    ]
    assert {name.upper(): value for name, value in info.tags.items()} == tags
    assert [track.title for track in info.audio] == NASTY[1:4]


def test_dispositions_of_any_kind(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    wanted = [("default", "forced", "original"), ("hearing_impaired", "comment"), ("dub",)]
    audio = tuple(
        track.model_copy(update={"dispositions": dispositions})
        for track, dispositions in zip(done.info.audio, wanted, strict=True)
    )
    info = described(done, shared_job, tmp_path / "out.mkv", audio=audio)
    assert [track.dispositions for track in info.audio] == wanted


def test_languages_with_a_region_and_without_one(
    done: Finished, shared_job: StageContext, tmp_path: Path
) -> None:
    wanted = ["pt-BR", None, "qaa"]
    audio = tuple(
        track.model_copy(update={"language": language})
        for track, language in zip(done.info.audio, wanted, strict=True)
    )
    info = described(done, shared_job, tmp_path / "out.mkv", audio=audio)
    assert [track.language for track in info.audio] == wanted
    assert [track.title for track in info.audio] == [track.title for track in audio]
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.audio[0].metadata["language"] == "por"


@pytest.mark.parametrize("sar", [Fraction(10, 11), Fraction(16, 15), Fraction(40, 33), Fraction(4, 3)])
def test_the_shape_of_a_pixel(
    done: Finished, shared_job: StageContext, tmp_path: Path, sar: Fraction
) -> None:
    video = done.info.video.model_copy(update={"sar": sar, "title": "Picture"})
    info = described(done, shared_job, tmp_path / "out.mkv", video=video)
    assert abs(info.video.sar - sar) * info.video.width < 1
    assert info.video.title == "Picture"


def test_square_pixels_say_nothing(done: Finished) -> None:
    assert inspect(done.muxed)[0].video.sar == 1


@pytest.mark.parametrize(
    ("size", "sar", "shown"),
    [
        ((704, 480), Fraction(10, 11), (640, 480)),
        ((720, 576), Fraction(16, 15), (768, 576)),
        ((702, 480), Fraction(8, 9), (624, 480)),
        ((701, 480), Fraction(10, 11), (701, 528)),
        ((701, 479), Fraction(10, 11), (637, 479)),
    ],
)
def test_display_size(size: tuple[int, int], sar: Fraction, shown: tuple[int, int]) -> None:
    assert display_size(*size, sar) == shown


def test_other_parts_than_tracks_are_refused(
    done: Finished, shared_job: StageContext, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactError, match="2 audio files for 3 audio tracks"):
        mux(done.video, done.audio[:2], done.subtitles, done.info, tmp_path / "out.mkv", context=shared_job)
    assert not list(tmp_path.iterdir())


def test_damaged_elements_are_refused(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    elements = tmp_path / "elements.mkv"
    elements.write_bytes(done.elements.read_bytes()[:-40])
    with pytest.raises(ArtifactError, match=r"elements\.mkv: is damaged"):
        again(done, shared_job, tmp_path / "out.mkv", elements)
    assert not (tmp_path / "out.mkv").exists()


def test_a_picture_alone(shared_job: StageContext, tmp_path: Path) -> None:
    source = clips.make_clip(shared_job.ffmpeg, tmp_path / "plain.mkv", frames=6)
    done = finish(shared_job, source, tmp_path / "title")
    info, times = inspect(done.muxed)
    assert times == done.times
    assert (info.audio, info.subtitles, info.chapters, info.attachments) == ((), (), (), ())


def test_nothing_to_copy_is_refused(shared_job: StageContext, tmp_path: Path) -> None:
    source = clips.make_clip(shared_job.ffmpeg, tmp_path / "plain.mkv", frames=6)
    with pytest.raises(StageError, match="has no subtitles"):
        copy_subtitles(source, inspect(source)[0], tmp_path / "subtitles.mkv", context=shared_job)


def test_a_source_that_changed_since_its_probe_is_seen(
    done: Finished, shared_job: StageContext, tmp_path: Path
) -> None:
    (first, *rest) = done.info.subtitles
    info = done.info.model_copy(update={"subtitles": (first.model_copy(update={"packets": 9}), *rest)})
    with pytest.raises(ArtifactError, match=r"subtitle track 0 \(eng, subrip\): 3 packets copied, not the 9"):
        copy_subtitles(done.source, info, tmp_path / "subtitles.mkv", context=shared_job)
    assert not (tmp_path / "subtitles.mkv").exists()


def test_names_that_tools_would_interpret(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    folder = tmp_path / "a 'b' \"c\" %d : é\n"
    folder.mkdir()
    parts = [folder / f"-{number}.mkv" for number in range(5)]
    for part, path in zip((done.video, *done.audio, done.subtitles), parts, strict=True):
        assert part is not None
        shutil.copyfile(part, path)
    shutil.copyfile(done.elements, folder / "-5.mkv")
    mux(
        *(parts[0], parts[1:4], parts[4]),
        done.info,
        folder / "-out.mkv",
        elements=folder / "-5.mkv",
        context=shared_job,
    )
    assert (folder / "-out.mkv").read_bytes() == done.muxed.read_bytes()


@pytest.mark.media
def test_bitmap_subtitles(shared_job: StageContext, media: Callable[[str], Path], tmp_path: Path) -> None:
    done = finish(shared_job, media("vobsub_pgs_no_audio.mkv"), tmp_path / "title")
    info, times = inspect(done.muxed)
    assert times == done.times
    assert [track.codec for track in info.subtitles] == ["dvd_subtitle", "hdmv_pgs_subtitle"]
    for given, kept in zip(done.info.subtitles, info.subtitles, strict=True):
        assert kept.model_copy(update={"index": given.index}) == given


@pytest.mark.media
def test_the_kitchen_sink_s_labels(
    shared_job: StageContext, media: Callable[[str], Path], tmp_path: Path
) -> None:
    """Its subtitles, chapters, tags and font, beside a picture of a few frames and no sound."""
    source = media("sintel_kitchen_sink.mkv")
    info, _ = inspect(source)
    silent = info.model_copy(update={"audio": ()})
    assert isinstance(info.audio[0], AudioTrack)
    clip = clips.make_clip(shared_job.ffmpeg, tmp_path / "plain.mkv", frames=6)
    video = encode_video(shared_job, clip, tmp_path / "video.mkv")
    copy_subtitles(source, info, tmp_path / "subtitles.mkv", context=shared_job)
    subtitles, elements = tmp_path / "subtitles.mkv", tmp_path / "elements.mkv"
    copy_elements(source, elements)
    mux(video, [], subtitles, silent, tmp_path / "muxed.mkv", elements=elements, context=shared_job)
    found, _ = inspect(tmp_path / "muxed.mkv")
    assert [track.packets for track in found.subtitles] == [4, 1, 1, 2]
    for given, kept in zip(info.subtitles, found.subtitles, strict=True):
        assert kept.model_copy(update={"index": given.index}) == given
    # where a chapter does not say its end, it lasts to that of the file
    labels = [[(one.start, one.title) for one in each.chapters] for each in (found, info)]
    assert labels[0] == labels[1]
    assert found.attachments[0].sha256 == info.attachments[0].sha256
    assert found.tags["title"] == info.tags["title"]
