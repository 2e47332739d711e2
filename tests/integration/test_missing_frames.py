"""Sources of which frames are missing: what is let through, what is refused, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import SourceError
from drapto.media.probe import inspect, probe_source
from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.media.damage import AllowDamage
    from drapto.media.model import SourceInfo

FRAMES = 96


def damaged(ffmpeg: Path, folder: Path, codec: str, numbers: Sequence[int]) -> Path:
    """Make a clip of four seconds of which some packets, counted as they lie in the file, are rubbish."""
    whole = clips.make_clip(ffmpeg, folder / f"{codec}.mkv", codec=codec, frames=FRAMES, size=(160, 96))
    content = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for number in numbers:
        at = content.index(packets[number])
        content[at : at + len(packets[number])] = bytes(
            byte % 251 + 1 for byte in range(len(packets[number]))
        )
    path = folder / "clip.mkv"
    path.write_bytes(content)
    return path


def probed(source: Path, folder: Path, allow: AllowDamage = "concealed") -> SourceInfo:
    targets = [folder / name for name in ("probe", "times", "keys", "dynamic")]
    return probe_source(source, *targets, digest="d", allow_damage=allow)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("numbers", [[50], [49, 50, 51], [60]])
def test_a_moment_of_damage_anywhere_is_delivered_and_named(
    ffmpeg: Path, tmp_path: Path, codec: str, numbers: list[int]
) -> None:
    source = damaged(ffmpeg, tmp_path, codec, numbers)
    info, times = inspect(source)
    assert info.video.counted == "decoded"
    assert FRAMES - 13 <= info.video.frames == len(times) <= FRAMES
    project = new_project(tmp_path / "project", source)
    said = project.doit().output
    if info.video.frames < FRAMES:
        assert sum(hole.frames for hole in info.video.holes) == FRAMES - info.video.frames
        assert " cannot be decoded, from " in said
    else:
        assert "the picture is damaged after" in said
    [output] = (project.root / "output").iterdir()
    assert inspect(output)[1] == times


def test_nothing_may_be_missing_where_that_is_asked_for(ffmpeg: Path, tmp_path: Path) -> None:
    source = damaged(ffmpeg, tmp_path, "hevc", [50])
    assert probed(source, tmp_path).video.holes
    with pytest.raises(
        SourceError, match=r'frames cannot be decoded, from 2\.\d+.*allow_damage = "concealed"'
    ):
        probed(source, tmp_path, "none")


def test_what_the_decoder_conceals_is_not_published_then(ffmpeg: Path, tmp_path: Path) -> None:
    source = damaged(ffmpeg, tmp_path, "h264", [50])
    project = new_project(tmp_path / "project", source)
    assert "the picture is damaged after 2.0 s" in project.doit().output
    project.configure('[input]\nallow_damage = "none"\n')
    said = project.doit(status=1).output
    assert "clip.mkv: " in said
    assert "allow a moment of damage by input.allow_damage" in said or "cannot be decoded" in said


def test_more_than_a_moment_is_refused_unless_it_is_allowed(ffmpeg: Path, tmp_path: Path) -> None:
    source = damaged(ffmpeg, tmp_path, "hevc", range(24, 60))
    with pytest.raises(SourceError, match=r'of 96 frames cannot be decoded, from 1\.\d+ to 2\.5.*"holes"'):
        probed(source, tmp_path)
    assert probed(source, tmp_path, "holes").video.frames == 60
    project = new_project(tmp_path / "project", source, settings='[input]\nallow_damage = "holes"\n')
    assert "36 frames cannot be decoded, from 1.00 to 2.50 s" in project.doit().output
    [output] = (project.root / "output").iterdir()
    assert inspect(output)[0].video.frames == 60


def test_a_film_without_most_of_its_packets_is_refused(ffmpeg: Path, tmp_path: Path) -> None:
    """What a remux leaves of a damaged file has no damage in it any more."""
    whole = clips.make_clip(ffmpeg, tmp_path / "whole.mkv", frames=240, keyint=12, size=(160, 96), bframes=0)
    source = tmp_path / "clip.mkv"
    with av.open(str(whole)) as given, av.open(str(source), "w") as kept:
        stream = kept.add_stream_from_template(given.streams.video[0])
        for number, packet in enumerate(one for one in given.demux(video=0) if one.size):
            if number < 36 or number >= 216:
                packet.stream = stream
                kept.mux(packet)
    with pytest.raises(SourceError, match=r'frames are missing, from 1\.5\d? to 9\.00 s.*"holes"'):
        probed(source, tmp_path)
    assert "there is no frame from 1.50 to 9.00 s" in probed(source, tmp_path, "holes").notes


def test_a_picture_that_stands_still_while_the_sound_goes_on_is_a_film(ffmpeg: Path, tmp_path: Path) -> None:
    still = "testsrc2=s=160x96:r=24:d=2,setpts='PTS+gte(N,24)*6/TB'"
    inputs = ["-f", "lavfi", "-i", still, "-f", "lavfi", "-i", "sine=440:d=8"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "flac"]
    source = tmp_path / "clip.mkv"
    clips.run_ffmpeg(ffmpeg, *inputs, *coded, "-fps_mode", "passthrough", source)
    assert probed(source, tmp_path).notes == ("there is no frame from 1.00 to 7.00 s",)


@pytest.mark.media
def test_the_case_of_a_gutted_film_is_published_on_request_only(
    cases: Callable[[str], Path], tmp_path: Path
) -> None:
    source = cases("gutted_45_of_259_frames.mkv")
    refused = new_project(tmp_path / "refused", source)
    said = refused.doit(status=1).output
    assert "214 of 259 frames cannot be decoded, from 1.54 to 10.43 s, from 0.29 to 0.33 s" in said
    assert not list((refused.root).glob("output/*"))
    allowed = new_project(tmp_path / "allowed", source, settings='[input]\nallow_damage = "holes"\n')
    assert "213 frames cannot be decoded, from 1.54 to 10.43 s" in allowed.doit().output
