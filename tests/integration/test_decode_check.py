"""The checking decode, on real and on really damaged segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.encoding.fixed import encode_at
from drapto.errors import ArtifactError
from drapto.output.decode_check import Coded, DecodedPart, Encoded, check_part, decode_part, same_frames
from drapto.quality.target import FixedCrf
from drapto.video.join import Run, packets_of
from drapto.video.packets import digest_of
from tests import clips
from tests.encodes import job, request, shape

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext

FRAMES = 20


@pytest.fixture(scope="module")
def segments(
    shared_job: StageContext, clip_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Coded]:
    """Return three segments, each with a second keyframe in it."""
    folder = tmp_path_factory.mktemp("segments")
    source = clips.make_clip(shared_job.ffmpeg, clip_cache / "decode.mkv", frames=FRAMES)
    made = []
    for index, crf in enumerate((40, 45, 50), 1):
        target = folder / f"{index:04d}.mkv"
        asked = job(request(source, folder, index=index), shape(FRAMES, keyint=FRAMES // 2))
        encode_at(asked, FixedCrf(crf=crf), context=shared_job)
        made.append(Coded(index, target))
    return made


def damaged(segment: Coded, target: Path, number: int) -> Coded:
    """Copy a segment, a packet of it overwritten from its middle on; its length stays."""
    content = bytearray(segment.path.read_bytes())
    with av.open(str(segment.path)) as container:
        packet = [bytes(packet) for packet in container.demux() if packet.size][number]
    at = content.find(packet) + len(packet) // 2
    content[at : at + len(packet) // 2] = b"\xff" * (len(packet) // 2)
    target.write_bytes(content)
    return Coded(segment.index, target)


@pytest.mark.parametrize("threads", [1, 2, 16])
def test_every_frame_on_any_number_of_threads(
    segments: list[Coded], shared_job: StageContext, tmp_path: Path, threads: int
) -> None:
    seen: list[int] = []
    target = tmp_path / "01.json"
    share = decode_part(
        segments, target, context=shared_job, log="validate-01", threads=threads, on_frames=seen.append
    )
    assert share == DecodedPart.read(target)
    assert [(one.index, one.frames) for one in share.segments] == [(1, FRAMES), (2, FRAMES), (3, FRAMES)]
    assert len({one.digest for one in share.segments}) == 3
    assert max(seen) == 3 * FRAMES
    packets = [bytes(packet) for one in segments for packet in packets_of(Run(one.path))]
    assert same_frames(packets, share.segments) == 3 * FRAMES


@pytest.mark.parametrize(("number", "broken"), [(0, 0), (1, 0), (2, 13)])
def test_the_segment_that_does_not_decode_is_named(
    segments: list[Coded], shared_job: StageContext, tmp_path: Path, number: int, broken: int
) -> None:
    given = list(segments)
    given[number] = damaged(segments[number], tmp_path / "broken.mkv", broken)
    target = tmp_path / "01.json"
    with pytest.raises(ArtifactError, match="does not decode") as caught:
        decode_part(given, target, context=shared_job, log="validate-01")
    assert caught.value.path == str(tmp_path / "broken.mkv")
    assert "delete it and run again" in str(caught.value)
    assert not target.exists()


def test_a_segment_that_is_no_file_is_named(shared_job: StageContext, tmp_path: Path) -> None:
    (tmp_path / "0001.mkv").write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match=r"0001\.mkv: cannot be read"):
        decode_part([Coded(1, tmp_path / "0001.mkv")], tmp_path / "01.json", context=shared_job, log="v")


def test_what_was_decoded_when_it_was_measured_is_not_decoded_again(
    segments: list[Coded], shared_job: StageContext, tmp_path: Path
) -> None:
    broken = damaged(segments[1], tmp_path / "broken.mkv", 0)
    target = tmp_path / "01.json"

    def checked(decoded: str) -> DecodedPart:
        given = [Encoded(1, segments[0].path, 0, FRAMES), Encoded(2, broken.path, FRAMES, FRAMES, decoded)]
        return check_part(given, (), target, context=shared_job, log="v", threads=1, report=lambda _: None)

    # no one would say of these packets that they were decoded, but it shows that they are not
    own = digest_of([Run(broken.path)])
    found = {one.index: one for one in checked(own).segments}
    assert {index: one.frames for index, one in found.items()} == {1: FRAMES, 2: FRAMES}
    assert found[2].digest == own
    for other in ("", digest_of([Run(segments[1].path)])):
        with pytest.raises(ArtifactError, match=r"broken\.mkv: does not decode"):
            checked(other)
