"""A picture that shows a crop: sampled frames, what is cut off in red."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.context import file_url
from drapto.media.uniform import uniform_filters
from drapto.media.yuv import acceptable

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import CropInfo, CropRect, CropSample, VideoTrack

COLUMNS, ROWS = 3, 3
WIDTH = 480
"""Pixels of one frame's width in the preview."""

COLOUR = "red@0.45"
GAP = 6
"""Pixels between two frames."""


def choose_samples(crop: CropInfo, video: VideoTrack) -> list[float]:
    """Return the times of the frames to show, seconds, ascending: the most telling ones, and some all over.

    Those that the crop cuts into come first.
    """
    wanted = COLUMNS * ROWS
    told = [sample for sample in crop.samples if sample.top is not None]
    if len(told) < wanted:
        step = (video.end - video.start) / wanted
        spread = [video.start + (number + 0.5) * step for number in range(wanted - len(told))]
        return sorted([*(sample.time for sample in told), *spread])
    telling = [sample for sample in told if _is_cut_into(sample, crop)][: wanted // 2]
    rest = [sample for sample in told if sample not in telling]
    count = wanted - len(telling)
    spread = [rest[number * len(rest) // count].time for number in range(count)]
    return sorted({*(sample.time for sample in telling), *spread})


def _is_cut_into(sample: CropSample, crop: CropInfo) -> bool:
    """Tell whether a sample has less black than is cut off somewhere, a line for an even edge aside."""
    rect = crop.rect
    right, bottom = crop.source_width - rect.x - rect.width, crop.source_height - rect.y - rect.height
    pairs = ((sample.left, rect.x), (sample.right, right), (sample.top, rect.y), (sample.bottom, bottom))
    return any((have or 0) < cut - 1 for have, cut in pairs)


def write_preview(
    source: Path, video: VideoTrack, crop: CropInfo, target: Path, *, context: StageContext
) -> list[float]:
    """Write a PNG of sampled frames in which what is cut off is red; return their times in seconds.

    Args:
        source: The MKV.
        video: Its video track.
        crop: The crop and its evidence.
        target: The PNG.
        context: The surroundings.

    Raises:
        ToolFailedError: The source cannot be decoded, or the picture cannot be written.
    """
    times = choose_samples(crop, video)
    url = file_url(source)
    # upright or not, the picture is cut as it is coded
    inputs = [part for time in times for part in ("-noautorotate", "-ss", f"{time:.3f}", "-i", url)]
    with atomic.replacing(target) as partial:
        context.run_ffmpeg(
            [
                *inputs,
                *(
                    "-filter_complex",
                    _graph(len(times), video, crop),
                    "-frames:v",
                    "1",
                    "-map_metadata",
                    "-1",
                ),
                *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-c:v", "png", "-f", "image2pipe"),
                *("-y", file_url(partial)),
            ],
            log="preview",
            about=source,
        )
    return times


def _graph(count: int, video: VideoTrack, crop: CropInfo) -> str:
    """Return the filter graph of ``count`` inputs."""
    # even, in the picture's shape as it is shown
    height = round(WIDTH * video.height / (video.width * video.sar) / 2) * 2
    flip = [video.flip] if video.flip else []
    picture = [*uniform_filters(video), *flip, *acceptable(video.colour), "format=yuv444p"]
    drawn = ",".join(["trim=end_frame=1", "setpts=0", *picture, *_boxes(crop)])
    shown = f"{drawn},scale={WIDTH}:{height}:flags=area,setsar=1,format=rgb24"
    each = ";".join(f"[{number}:{video.index}]{shown}[v{number}]" for number in range(count))
    every = "".join(f"[v{number}]" for number in range(count))
    grid = f"tile={COLUMNS}x{ROWS}:padding={GAP}:margin={GAP}:color=gray"
    return f"{each};{every}concat=n={count}:v=1:a=0,{grid}"


def _boxes(crop: CropInfo) -> list[str]:
    """Return a filter for each margin that is cut off, and one for the border of what is kept."""
    rect, width, height = crop.rect, crop.source_width, crop.source_height
    if not crop.cuts:
        return []
    areas = [
        (0, 0, width, rect.y),
        (0, rect.y + rect.height, width, height - rect.y - rect.height),
        (0, rect.y, rect.x, rect.height),
        (rect.x + rect.width, rect.y, width - rect.x - rect.width, rect.height),
    ]
    filled = [_box(*area, "fill") for area in areas if area[2] > 0 and area[3] > 0]
    return [*filled, _border(rect, max(1, width // WIDTH))]


def _box(x: int, y: int, width: int, height: int, thickness: str) -> str:
    return f"drawbox=x={x}:y={y}:w={width}:h={height}:color={COLOUR}:t={thickness}"


def _border(rect: CropRect, thickness: int) -> str:
    return f"drawbox=x={rect.x}:y={rect.y}:w={rect.width}:h={rect.height}:color=lime:t={thickness}"
