"""The peer: `ab-av1 auto-encode` on a segment's file, tier after tier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from drapto.encoding.abav1.crf_search import TIERS, SampleTier, SearchSettings, encode_options
from drapto.encoding.abav1.programs import toolchain
from drapto.errors import ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.encoding.abav1 import AbAv1
    from drapto.engine.context import StageContext

GAVE_UP = "Error: Failed to find a suitable crf"

RECIPE = "AB_AV1_FFMPEG_ARGS"
"""The tag in which ab-av1 leaves how it encoded."""


@dataclass(frozen=True)
class AutoEncoded:
    """What ab-av1 made of a file.

    Attributes:
        crf: The CRF that it settled on.
        vmaf: What it believes to have delivered.
        tier: The tier that succeeded, from 1.
        bytes: Size of the file that it wrote, which has all frames of the input: a few more than the segment.
        cpu_seconds: Processor seconds of all tiers, with all that it ran.
        seconds: Wall-clock seconds of all tiers.
    """

    crf: float
    vmaf: float
    tier: int
    bytes: int
    cpu_seconds: float
    seconds: float


def auto_encode(
    tool: AbAv1,
    source: Path,
    target: Path,
    settings: SearchSettings,
    *,
    threads: int,
    scratch: Path,
    context: StageContext,
    tiers: Sequence[SampleTier] = TIERS,
) -> AutoEncoded:
    """Run `ab-av1 auto-encode` on ``source`` until a tier succeeds; see `drapto.encoding.abav1.search`.

    Raises:
        ToolFailedError: No tier did, or ab-av1 failed for another reason.
    """
    cpu = seconds = 0.0
    for number, tier in enumerate(tiers, 1):
        with toolchain(scratch, tool, source, context.ffmpeg) as place:
            finished = context.run(
                [
                    place.program,
                    "auto-encode",
                    *("--input", place.source, "--output", target.absolute(), "--video-only"),
                    *("--temp-dir", place.temp),
                    *encode_options(settings, tier, threads=threads),
                ],
                log=f"auto-encode-{source.stem}",
                about=source,
                forgive=lambda finished: GAVE_UP in finished.stderr,
            )
        cpu += finished.cpu_seconds
        seconds += finished.seconds
        if GAVE_UP not in finished.stderr:
            crf = _crf(target)
            vmaf = _scores(finished.stderr)[crf]
            return AutoEncoded(crf, vmaf, number, target.stat().st_size, cpu, seconds)
    raise ToolFailedError("ab-av1 found no CRF in any tier", path=source)


def _crf(encoded: Path) -> float:
    with av.open(encoded) as container:
        found = re.search(r"-crf ([\d.]+)", container.metadata[RECIPE])
    if found is None:
        raise ToolFailedError(f"its {RECIPE} names no CRF", path=encoded)
    return float(found[1])


def _scores(log: str) -> dict[float, float]:
    """Return what ab-av1 logged of each CRF that it tried."""
    return {
        float(crf): float(vmaf) for crf, vmaf in re.findall(r"\] crf ([\d.]+) VMAF ([\d.]+) predicted", log)
    }
