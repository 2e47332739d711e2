"""Which of the shared clips the search's constants were set on, and a film of those that they were not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Scene:
    """A clip of one of the two halves.

    Attributes:
        name: Its file name.
        frames: How many frames are taken.
        crop: What is cut off first, in ffmpeg's words; empty where it has no bars.
        first: The first that is taken.
    """

    name: str
    frames: int
    crop: str = ""
    first: int = 0


LEARNT_FROM = (
    Scene("marathon_540p60.mkv", 480),
    Scene("bbb_720p_aac51.mkv", 104),
    Scene("marathon_540p60.mkv", 480, first=900),
)
"""The half that constants were set on. Six clips from elsewhere went with them, named in
docs/benchmarks.md."""

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


def make_film(ffmpeg: Path, media: Path, target: Path, scenes: Sequence[Scene] = JUDGED_ON) -> Path:
    """Join scenes of one half, none of them twice, to a film as it would be ripped.

    Args:
        ffmpeg: The program.
        media: Where the clips are.
        target: The film; where it is there already, nothing is done.
        scenes: The scenes, by default those that are judged on.
    """
    if target.exists():
        return target
    width, height = SIZE
    filled = (
        f"scale={width}:{height}:flags=bicubic:force_original_aspect_ratio=increase,crop={width}:{height}"
    )
    inputs = [part for scene in scenes for part in ("-noautorotate", "-i", media / scene.name)]
    chains = [
        f"[{number}:v:0]trim=start_frame={scene.first}:end_frame={scene.first + scene.frames},"
        f"{scene.crop}{filled},setsar=1,format=yuv420p,"
        f"settb=1/{RATE},setpts=N[v{number}]"
        for number, scene in enumerate(scenes)
    ]
    joined = "".join(f"[v{number}]" for number in range(len(scenes)))
    graph = f"{';'.join(chains)};{joined}concat=n={len(scenes)},settb=1/{RATE},setpts=N[film]"
    part = target.with_suffix(".part.mkv")
    clips.run_ffmpeg(
        ffmpeg, *inputs, "-filter_complex", graph, "-map", "[film]", "-r", str(RATE), *CODING, part
    )
    return part.replace(target)
