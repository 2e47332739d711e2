"""A fade with wrong blocks of SVT-AV1's preset 10: what is delivered of it with a floor, and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.encoding.targeted import encode_to_target
from drapto.quality.display import Display
from tests import clips
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext

FRAMES = 36


def deliver(source: Path, folder: Path, context: StageContext, floor: float | None) -> EncodedSegment:
    """Encode the fade at the one CRF that is allowed, which is better than its target."""
    asked = request(source, folder, width=640, height=544)
    how = shape(FRAMES, preset=10)
    # shown as large as it is, which takes less time
    display = Display(model="vmaf_v0.6.1", width=640, height=544, coded_width=640, coded_height=544)
    goal = target(80, lowest=24, highest=24, floor=floor, display=display)
    return encode_to_target(job(asked, how, goal), goal, context=context)


def test_a_fade_without_wrong_blocks(
    ffmpeg: Path, media: Callable[[str], Path], tmp_path: Path, context: StageContext
) -> None:
    source = tmp_path / "fade.mkv"
    cut = "trim=start_frame=757:end_frame=793,setpts=N/24/TB,crop=640:544:640:88,format=yuv420p10le"
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", media("sintel_trailer_720p.mkv"), "-map", "0:v:0", "-vf", cut),
        *("-fps_mode", "passthrough", "-c:v", "ffv1", source),
    )
    without = deliver(source, tmp_path / "without", context, None)
    assert (without.preset, without.encodes, without.low) == (10, 1.0, ())
    lifted = deliver(source, tmp_path / "with", context, 73.0)
    assert (lifted.preset, lifted.encodes, lifted.low) == (9, 2.0, ())
    assert lifted.crf == without.crf == 24
