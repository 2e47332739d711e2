"""Wrong blocks of an encode: those whose mean luma is far off the source's, which VMAF hardly sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drapto.engine.context import file_url
from drapto.errors import ToolFailedError
from drapto.media.filters import escaped, renumbered
from drapto.media.uniform import input_options
from drapto.media.yuv import CURVELESS, UNNAMED
from drapto.quality.floor import BLOCK, WRONG

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.reference import Reference

FULL_SCALE = 1023
"""Of ten bits, which is what drapto encodes."""

MEAN = re.compile(r"lavfi\.signalstats\.YMAX=([\d.]+)")


def wrong_blocks(
    encode: Path,
    reference: Reference,
    found_file: Path,
    *,
    threads: int,
    context: StageContext,
    log: str,
) -> tuple[tuple[tuple[int, float], ...], float]:
    """Return the frames of an encode with wrong blocks, each with how far its worst is off, percent.

    Every frame is held against the reference's of the same number, in luma and in blocks of `BLOCK` pixels.
    Blocks that the right and the lower edge cut are left out.

    Args:
        encode: The encoded file.
        reference: What it was encoded from.
        found_file: A temporary file name.
        threads: How many may be used.
        context: The surroundings.
        log: Names the log of the child process.

    Returns:
        These, and the processor seconds that it took.

    Raises:
        ToolFailedError: ffmpeg failed, or looked at other frames than were asked for.
    """
    columns, rows = reference.width // BLOCK, reference.height // BLOCK
    if not (columns and rows):
        return (), 0.0
    tick = renumbered(reference.rate)
    crop = f"crop={reference.crop}," if reference.crop else ""
    means = (
        f"{UNNAMED},{CURVELESS},crop={columns * BLOCK}:{rows * BLOCK}:0:0,"
        # full range on both sides: the values are differences, and are not to be moved by the limited one
        f"scale={columns}:{rows}:flags=area:in_range=pc:out_range=pc,signalstats,"
        f"metadata=print:key=lavfi.signalstats.YMAX:file={escaped(found_file)}"
    )
    filters = (
        f"[0:v:0]format={reference.pix_fmt},extractplanes=y,{tick}[encode];"
        f"[1:{reference.stream}]{reference.prepare}{crop}{reference.convert}extractplanes=y,{tick}[reference];"
        f"[encode][reference]blend=all_mode=difference:shortest=1,{means}[means]"
    )
    decode = ("-noautorotate", "-threads", str(threads))
    arguments: list[str | Path] = [
        *(["-copyts"] if reference.filters else []),
        *(*decode, "-i", file_url(encode)),
        *(*decode, *input_options(reference.filters), "-i", file_url(reference.source)),
        # where nothing is mapped, ffmpeg decodes the source's sound, too
        *("-filter_complex", filters, "-map", "[means]"),
        *("-frames:v", str(reference.frames), "-fps_mode", "passthrough", "-f", "null", "-"),
    ]
    finished = context.run_ffmpeg(arguments, log=log, about=encode)
    worst = [float(value) * 100 / FULL_SCALE for value in MEAN.findall(found_file.read_text("ascii"))]
    if len(worst) < reference.frames:
        raise ToolFailedError(f"{len(worst)} frames of {reference.frames} were looked at", path=encode)
    counted = enumerate(worst[: reference.frames])
    return tuple((frame, round(off, 1)) for frame, off in counted if off > WRONG), finished.cpu_seconds
