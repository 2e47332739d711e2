"""Validation of really wrong files: each fault is made with real tools, and its check fails."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import ArtifactError, ValidationError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.output import validate as validate_module
from drapto.output.copies import content_of
from drapto.output.entries import DESCRIBING
from drapto.output.model import Validation
from drapto.output.mux import mux
from drapto.output.validate import Provenance, validate
from tests import clips
from tests.integration.finished import Finished, encode_video, finish
from tests.matroska import changed, made, without
from tests.sources import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext


@pytest.fixture(scope="module")
def done(shared_job: StageContext, clip_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    source = clips.make_tracks(shared_job.ffmpeg, clip_cache / "tracks-36.mkv", frames=36)
    return finish(shared_job, source, tmp_path_factory.mktemp("title"))


def run(
    done: Finished, context: StageContext, target: Path, *, strict: bool = False, audio: Sequence[Path] = ()
) -> Validation:
    finished = validate_module.Finished(
        done.muxed,
        done.info,
        done.timestamps,
        done.dynamic,
        done.crop,
        fields(),
        done.plans,
        done.decoded,
        done.elements,
        audio,
    )
    provenance = Provenance({"crf": 25.0, "source": "abc"})
    return validate(finished, target, provenance=provenance, context=context, strict=strict)


def differing(done: Finished, context: StageContext, muxed: Path) -> list[str]:
    """Validate another file in the place of the muxed one, which passes; return what differs."""
    validation = run(dataclasses.replace(done, muxed=muxed), context, muxed.with_suffix(".json"))
    assert validation.passed
    assert not validation.broken
    return [check.name for check in validation.differing]


def failures(done: Finished, context: StageContext, muxed: Path) -> list[str]:
    """Validate another file in the place of the muxed one; return the checks that failed."""
    target = muxed.with_suffix(".json")
    with pytest.raises(ValidationError, match="is not what was promised") as caught:
        run(dataclasses.replace(done, muxed=muxed), context, target)
    validation = Validation.read(target)
    names = [check.name for check in validation.failed]
    assert not validation.passed
    assert names[0] in str(caught.value)
    assert str(muxed) in str(caught.value)
    return names


def mux_with(done: Finished, context: StageContext, target: Path, **changes: object) -> Path:
    """Mux the parts again, some of them or of what is said of them changed."""
    other = dataclasses.replace(done, **changes)
    mux(
        other.video,
        other.audio,
        other.subtitles,
        other.info,
        target,
        elements=other.elements,
        context=context,
    )
    return target


def repacked(source: Path, target: Path, change: Callable[[int, av.Packet], bool], stream: int = 0) -> Path:
    """Copy a file; ``change`` gets each packet of a stream with its number, and says whether to keep it."""
    with av.open(str(source)) as given, av.open(str(target), "w", format="matroska") as taken:
        made = {
            one.index: taken.add_stream_from_template(one, opaque=one.type == "video")
            for one in given.streams
            if one.type != "attachment"
        }
        count = 0
        for packet in given.demux(*[given.streams[index] for index in made]):
            if packet.pts is None:
                continue
            if packet.stream.index == stream:
                count += 1
                if not change(count - 1, packet):
                    continue
            packet.stream = made[packet.stream.index]
            taken.mux(packet)
    return target


def test_a_right_file_passes(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    validation = run(done, shared_job, tmp_path / "validation.json")
    assert validation.passed
    assert Validation.read(tmp_path / "validation.json") == validation
    assert validation.frames == 36
    assert validation.inputs == {"crf": 25.0, "source": "abc"}
    assert validation.output_bytes == done.muxed.stat().st_size
    sizes = validation.sizes
    assert sizes.source == done.source.stat().st_size
    assert (len(sizes.audio), len(sizes.subtitles)) == (3, 2)
    assert 0.5 < (sizes.video + sum(sizes.audio) + sum(sizes.subtitles)) / sizes.output < 1
    names = {check.name for check in validation.checks}
    assert {
        "video timestamps",
        "audio 2 layout",
        "subtitle 1 content",
        "elements",
        "decoded frames",
    } <= names


def test_the_same_report_each_time(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        run(done, shared_job, tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_dropped_frame(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    video = repacked(done.video, tmp_path / "video.mkv", lambda number, _: number != 35)
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", video=video)
    assert failures(done, shared_job, muxed) == ["video frames", "video timestamps", "decoded frames"]


def test_a_frame_one_tick_late(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    def late(number: int, packet: av.Packet) -> bool:
        if number == 17:
            assert packet.pts is not None
            packet.pts += 1
            packet.dts = packet.pts
        return True

    video = repacked(done.video, tmp_path / "video.mkv", late)
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", video=video)
    assert failures(done, shared_job, muxed) == ["video timestamps"]
    check = next(one for one in Validation.read(tmp_path / "muxed.json").failed)
    assert check.found.startswith("frame 17 at ")


def test_eight_bit_video(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    video = encode_video(shared_job, done.source, tmp_path / "video.mkv", "yuv420p")
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", video=video)
    assert failures(done, shared_job, muxed) == ["video bit depth", "video pixel format", "decoded frames"]


def test_another_codec_and_size(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    video = clips.make_clip(shared_job.ffmpeg, tmp_path / "video.mkv", frames=36, size=(320, 160), bframes=0)
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", video=video)
    names = failures(done, shared_job, muxed)
    assert {"video codec", "video bit depth", "video size"} <= set(names)


def test_another_language_title_and_disposition(
    done: Finished, shared_job: StageContext, tmp_path: Path
) -> None:
    def wrong(element: Element) -> Element:
        if element.id != ids.TRACK_ENTRY or element.number(ids.TRACK_NUMBER) != 3:
            return element
        kept = [part for part in element.parts if part.id not in DESCRIBING]
        said = [made("Language", "ger"), made("Name", "x"), made("FlagForced", 1), made("FlagDefault", 0)]
        return Element(element.id, (*kept, *said))

    elements = changed(done.elements, tmp_path / "elements.mkv", wrong)
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", elements=elements)
    expected = [
        *("audio 1 language", "audio 1 title", "audio 1 dispositions"),
        *(f"elements: Tracks/TrackEntry 3/{name}" for name in ("Language", "Name", "FlagForced")),
    ]
    assert differing(done, shared_job, muxed) == expected
    with pytest.raises(ValidationError, match=r"audio 1 language .*output\.strict = false publishes it"):
        run(dataclasses.replace(done, muxed=muxed), shared_job, tmp_path / "strict.json", strict=True)
    strict = Validation.read(tmp_path / "strict.json")
    assert (strict.passed, [check.name for check in strict.broken]) == (False, expected)


def test_audio_in_another_order(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    first, second, third = done.audio
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", audio=[second, first, third])
    assert failures(done, shared_job, muxed) == [
        "audio 0 layout",
        "audio 0 start",
        "audio 1 layout",
        "audio 1 start",
    ]


def test_a_late_track_brought_forward(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    def early(_: int, packet: av.Packet) -> bool:
        assert packet.pts is not None
        packet.pts -= 100
        packet.dts = packet.pts
        return True

    audio = [done.audio[0], repacked(done.audio[1], tmp_path / "early.mkv", early), done.audio[2]]
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", audio=audio)
    assert failures(done, shared_job, muxed) == ["audio 1 start"]


def test_a_track_cut_short(shared_job: StageContext, tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    clip = clips.make_clip(shared_job.ffmpeg, tmp_path / "clip.mkv", frames=72)
    sound = ["-f", "lavfi", "-i", "sine=440:d=3:r=48000"]
    clips.run_ffmpeg(shared_job.ffmpeg, "-i", clip, *sound, "-c:v", "copy", "-c:a", "flac", source)
    done = finish(shared_job, source, tmp_path / "title")
    audio = [repacked(done.audio[0], tmp_path / "short.mkv", lambda number, _: number < 90)]
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", audio=audio)
    assert failures(done, shared_job, muxed) == ["audio 0 end"]


def test_a_missing_subtitle_packet(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    assert done.subtitles is not None
    subtitles = repacked(done.subtitles, tmp_path / "subtitles.mkv", lambda number, _: number != 1)
    elements = changed(done.elements, tmp_path / "elements.mkv", without("Attachments"))
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", subtitles=subtitles, elements=elements)
    assert failures(done, shared_job, muxed) == [
        *("subtitle 0 packets", "subtitle 0 content", "elements: Attachments"),
    ]


def test_missing_subtitles_and_chapters(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    info = done.info.model_copy(update={"subtitles": done.info.subtitles[:1]})
    elements = changed(done.elements, tmp_path / "elements.mkv", without("Chapters"))
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", info=info, elements=elements)
    assert failures(done, shared_job, muxed) == ["subtitle tracks", "elements: Chapters"]


def test_what_libavformat_does_not_model(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    def hidden(element: Element) -> Element:
        if element.id == ids.CHAPTER_ATOM:
            return Element(element.id, (*element.parts, made("ChapterFlagHidden", 1)))
        return element

    elements = changed(done.elements, tmp_path / "elements.mkv", hidden)
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", elements=elements)
    names = differing(done, shared_job, muxed)
    assert len(names) == len(done.info.chapters)
    assert names[0] == "elements: Chapters/EditionEntry/ChapterAtom 1/ChapterFlagHidden"


def test_an_altered_attachment(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    content = done.muxed.read_bytes()
    assert content.count("äöü".encode()) == 1
    muxed = tmp_path / "muxed.mkv"
    muxed.write_bytes(content.replace("äöü".encode(), "äöx!".encode()))
    names = failures(done, shared_job, muxed)
    assert names == ["elements: Attachments/AttachedFile/FileData"]


def damaged(done: Finished, part: Path, target: Path, numbers: range, fill: bytes) -> Path:
    """Overwrite packets of one part where they lie in the muxed file."""
    content = bytearray(done.muxed.read_bytes())
    with av.open(str(part)) as container:
        packets = [bytes(packet) for packet in container.demux() if packet.size]
    for packet in packets[numbers.start : numbers.stop]:
        at = content.find(packet)
        assert at > 0
        content[at : at + len(packet)] = fill * len(packet)
    target.write_bytes(content)
    return target


def test_damaged_picture(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    muxed = damaged(done, done.video, tmp_path / "muxed.mkv", range(1, 2), b"\xff")
    assert "decoded frames" in failures(done, shared_job, muxed)


def test_damaged_sound(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    muxed = damaged(done, done.audio[1], tmp_path / "muxed.mkv", range(20, 40), b"\xff")
    assert "decode errors" in failures(done, shared_job, muxed)


def test_a_file_cut_short(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    muxed = tmp_path / "muxed.mkv"
    muxed.write_bytes(done.muxed.read_bytes()[:-20_000])
    with pytest.raises(ValidationError, match="is cut short"):
        run(dataclasses.replace(done, muxed=muxed), shared_job, tmp_path / "validation.json")
    assert not (tmp_path / "validation.json").exists()


def test_missing_timestamps_are_said(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    other = dataclasses.replace(done, timestamps=tmp_path / "none.txt")
    with pytest.raises(ArtifactError, match="cannot be read"):
        run(other, shared_job, tmp_path / "validation.json")


def test_a_variable_rate_passes(shared_job: StageContext, tmp_path: Path) -> None:
    source = clips.make_vfr(shared_job.ffmpeg, tmp_path / "vfr.mkv")
    done = finish(shared_job, source, tmp_path / "title")
    assert run(done, shared_job, tmp_path / "validation.json").passed


def test_colour_and_shape_of_the_source_are_held(shared_job: StageContext, tmp_path: Path) -> None:
    tags = ["-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m"]
    source = clips.make_clip(
        shared_job.ffmpeg,
        tmp_path / "ntsc.mkv",
        frames=12,
        size=(176, 120),
        filters="setsar=10/11,setparams=range=tv:colorspace=smpte170m:color_primaries=smpte170m:color_trc=smpte170m",
        options=[*tags, "-color_range", "tv"],
    )
    done = finish(shared_job, source, tmp_path / "title")
    assert run(done, shared_job, tmp_path / "validation.json").passed
    plain = clips.make_clip(shared_job.ffmpeg, tmp_path / "plain.mkv", frames=12, size=(176, 120))
    video = encode_video(shared_job, plain, tmp_path / "video.mkv")
    square = done.info.model_copy(update={"video": done.info.video.model_copy(update={"sar": 1})})
    muxed = mux_with(done, shared_job, tmp_path / "muxed.mkv", video=video, info=square)
    names = failures(done, shared_job, muxed)
    wanted = ["sample aspect ratio", "colour primaries", "colour transfer", "colour matrix"]
    assert names == [*(f"video {name}" for name in wanted), "decoded frames"]


@pytest.mark.media
def test_a_source_with_packets_that_are_no_frames(
    shared_job: StageContext, media: Callable[[str], Path], tmp_path: Path
) -> None:
    done = finish(shared_job, media("ntsc_letterbox_mpeg2.mkv"), tmp_path / "title")
    validation = run(done, shared_job, tmp_path / "validation.json")
    assert (validation.passed, validation.frames) == (True, 202)


def flipped(path: Path, target: Path, stream: int, chance: random.Random) -> Path:
    """Copy a file with one bit of one packet of a stream changed."""
    with av.open(str(path)) as container:
        packets = [bytes(one) for one in container.demux(container.streams[stream]) if one.size > 8]
    data, packet = bytearray(path.read_bytes()), chance.choice(packets)
    at = data.index(packet) + chance.randrange(len(packet))
    data[at] ^= 1 << chance.randrange(8)
    target.write_bytes(data)
    return target


def test_one_bit_of_sound_is_missed(done: Finished, shared_job: StageContext, tmp_path: Path) -> None:
    assert run(done, shared_job, tmp_path / "right.json", audio=done.audio).passed
    muxed = flipped(done.muxed, tmp_path / "muxed.mkv", 2, random.Random(1))
    wrong = dataclasses.replace(done, muxed=muxed)
    with pytest.raises(ValidationError, match="audio 1 packets") as caught:
        run(wrong, shared_job, tmp_path / "wrong.json", audio=done.audio)
    assert "audio 1 packets" in caught.value.failed


def test_it_is_missed_in_each_of_a_hundred_files(done: Finished, tmp_path: Path) -> None:
    whole = content_of(done.audio[0]).value
    for seed in range(100):
        chance = random.Random(seed)
        assert content_of(flipped(done.audio[0], tmp_path / "flipped.mkv", 0, chance)).value != whole
