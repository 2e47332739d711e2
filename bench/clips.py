"""Which of the shared clips the search's constants were set on, and a film of those that they were not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

LEARNT_FROM = ("marathon_540p60.mkv", "bbb_720p_aac51.mkv")
"""The half that constants were set on, with its derivatives. Six clips from elsewhere went with them: docs/
benchmarks.md names them."""


@dataclass(frozen=True)
class Scene:
    """A clip of the half that is only judged on.

    Attributes:
        name: Its file name.
        frames: How many frames are taken.
        crop: What is cut off first, in ffmpeg's words; empty where it has no bars.
    """

    name: str
    frames: int
    crop: str = ""


JUDGED_ON = (
    Scene("city_mpeg2_opengop.mkv", 190),
    Scene("sintel_trailer_720p.mkv", 1253, "crop=1280:544:0:88,"),
    Scene("ntsc_letterbox_mpeg2.mkv", 200, "crop=704:352:0:64,"),
    Scene("changi_4k_hevc.mkv", 270),
    Scene("friday_bw_pillarbox.mkv", 185, "crop=630:478:4:0,"),
)

SIZE, RATE = (1280, 544), 24
"""The film's. Clips of other sizes are scaled to fill it, and every frame of theirs is one of its."""

CODING = ("-c:v", "libx264", "-preset", "medium", "-crf", "17", "-g", "240", "-pix_fmt", "yuv420p")


def make_film(ffmpeg: Path, media: Path, target: Path) -> Path:
    """Join all scenes of the half that is judged on, none of them twice, to a film as it would be ripped.

    Args:
        ffmpeg: The program.
        media: Where the clips are.
        target: The film; where it is there already, nothing is done.
    """
    if target.exists():
        return target
    width, height = SIZE
    filled = (
        f"scale={width}:{height}:flags=bicubic:force_original_aspect_ratio=increase,crop={width}:{height}"
    )
    inputs = [part for scene in JUDGED_ON for part in ("-noautorotate", "-i", media / scene.name)]
    chains = [
        f"[{number}:v:0]trim=end_frame={scene.frames},{scene.crop}{filled},setsar=1,format=yuv420p,"
        f"settb=1/{RATE},setpts=N[v{number}]"
        for number, scene in enumerate(JUDGED_ON)
    ]
    joined = "".join(f"[v{number}]" for number in range(len(JUDGED_ON)))
    graph = f"{';'.join(chains)};{joined}concat=n={len(JUDGED_ON)},settb=1/{RATE},setpts=N[film]"
    part = target.with_suffix(".part.mkv")
    clips.run_ffmpeg(
        ffmpeg, *inputs, "-filter_complex", graph, "-map", "[film]", "-r", str(RATE), *CODING, part
    )
    return part.replace(target)
