"""Sound that is copied: every packet as it was, and when it was; what is not is encoded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import av
import pytest

from drapto.audio.copy import read_back
from drapto.media.probe import inspect
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODED = (
    ("opus", "stereo", "libopus -b:a 96k"),
    ("opus", "5.1", "libopus -b:a 256k"),
    ("opus", "stereo", "libopus -b:a 400k"),
    ("flac", "5.1(side)", "flac"),
    ("truehd", "5.1(side)", "truehd -strict -2"),
    ("dts", "5.1(side)", "dca -strict -2 -b:a 768k"),
    ("ac3", "stereo", "ac3"),
    ("aac", "mono", "aac"),
)
COPIED = {0, 1, 3, 4, 5, 6}
LATE = 6
"""The track that starts late."""

SETTINGS = '[audio]\npassthrough = ["truehd", "flac", "dts", "ac3"]\n'


def make(ffmpeg: Path, path: Path) -> Path:
    inputs, coded = [], []
    for number, (_, layout, options) in enumerate(CODED):
        noise = f"anoisesrc=d=1.2:r=48000:a=0.3:seed={number},aformat=channel_layouts={layout}"
        tone = f"sine=f=440:d=1.2:r=48000,aformat=channel_layouts={layout}"
        inputs += ["-itsoffset", "0.3"] if number == LATE else []
        inputs += ["-f", "lavfi", "-i", tone if "opus" in options else noise]
        coded += ["-map", f"{number + 1}:a", f"-c:a:{number}"]
        name, *more = options.split()
        coded += [name, *(f"{part}:{number}" if part == "-b:a" else part for part in more)]
    picture = ["-f", "lavfi", "-i", clips.moving_picture((160, 96), "24") + ",trim=end_frame=28"]
    shape = ["-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    clips.run_ffmpeg(ffmpeg, *picture, *inputs, *shape, *coded, "-fflags", "+bitexact", path)
    return path


def holed(source: Path, target: Path) -> Path:
    """Copy a clip without the packets of its first audio track from 0.3 to 0.6 s."""
    with av.open(str(source)) as given, av.open(str(target), "w", format="matroska") as made:
        wanted = [given.streams.video[0], given.streams.audio[0]]
        copies = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in wanted}
        for packet in given.demux(*wanted):
            lost = packet.stream.type == "audio" and packet.pts and 300 <= packet.pts < 600
            if packet.size and not lost:
                packet.stream = copies[packet.stream_index]
                made.mux(packet)
    return target


@pytest.fixture(scope="module")
def finished(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    folder = tmp_path_factory.mktemp("copied")
    source = make(ffmpeg, folder / "clip.mkv")
    project = new_project(folder / "project", source, holed(source, folder / "hole.mkv"), settings=SETTINGS)
    project.doit()
    return project


def test_what_is_asked_for_is_copied_and_the_rest_encoded(finished: ProjectDir) -> None:
    source, _ = inspect(finished.root / "source" / "clip.mkv")
    output, _ = inspect(finished.root / "output" / "clip.mkv")
    checks = json.loads((finished.work() / "validation.json").read_text())["checks"]
    names = {check["name"] for check in checks}
    for number, (given, made) in enumerate(zip(source.audio, output.audio, strict=True)):
        assert given.codec == CODED[number][0]
        assert (made.codec == given.codec) if number in COPIED else (made.codec == "opus")
        contents = [
            read_back(finished.root / folder / "clip.mkv", track.index)
            for folder, track in (("source", given), ("output", made))
        ]
        (before, packets), (after, kept) = contents
        assert (packets == kept) == (number in COPIED)
        if number in COPIED:
            assert before.start == pytest.approx(after.start, abs=0.0011)
            assert before.end == pytest.approx(after.end, abs=0.012)
        assert (f"audio {number} content" in names) == (number in COPIED)
    assert source.audio[LATE].start == pytest.approx(0.3, abs=0.01)
    assert source.audio[0].start == pytest.approx(-0.007, abs=0.001)


def test_the_header_that_players_need_is_kept(finished: ProjectDir) -> None:
    heads = []
    for folder in ("source", "output"):
        with av.open(str(finished.root / folder / "clip.mkv")) as container:
            stream = container.streams.audio[0]
            last = [packet for packet in container.demux(stream) if packet.size][-1]
            skipped = [bytes(data) for data in last.iter_sidedata()]
            heads.append((stream.codec_context.extradata, skipped))
    assert heads[0] == heads[1]
    assert heads[0][1], "the padding at the end is said"


def test_a_hole_is_filled_and_not_copied(finished: ProjectDir) -> None:
    source, _ = inspect(finished.root / "source" / "hole.mkv")
    output, _ = inspect(finished.root / "output" / "hole.mkv")
    assert source.audio[0].opus is not None
    assert not source.audio[0].opus.seamless
    assert output.audio[0].packets > source.audio[0].packets + 10


def test_a_setting_makes_its_own_tracks_again(finished: ProjectDir) -> None:
    finished.configure(SETTINGS.replace('"truehd", ', "") + "copy_opus = false\n")
    tracks = {f"audio:clip:{number}" for number in (0, 1, 4)}
    assert finished.executed() == tracks | {"mux:clip", "validate:clip"}
    output, _ = inspect(finished.root / "output" / "clip.mkv")
    assert [track.codec for track in output.audio][3:6] == ["flac", "opus", "dts"]


@pytest.mark.media
def test_a_real_opus_source(cases: Callable[[str], Path], tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", cases("opus_source.mkv"))
    project.doit("audio")
    given, made = cases("opus_source.mkv"), project.work("opus_source") / "audio-0.mkv"
    assert read_back(given, 1) == read_back(made)
