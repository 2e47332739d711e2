"""A short encode that every machine of a cluster makes, to see whether the same bytes come out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from drapto.engine import process
from drapto.engine.vitals import Limits

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 24
"""A mini-GOP of SVT-AV1 has 16 or 32 frames; preset 6 makes these in 0.5 s on one core."""

SLOWEST = 6
"""Slower presets compute by the same routines, and take ten times as long."""

PATIENCE = Limits(seconds=300.0)

PICTURE = "testsrc2=s=320x180:r=24,noise=alls=12:allf=t:all_seed=7,format=yuv420p10le"


def asked(preset: int, crf: float) -> dict[str, Any]:
    """Return what is to be encoded, as data: by the title's preset, or one that is quick."""
    return {"preset": max(preset, SLOWEST), "crf": crf}


def encoded(ffmpeg: Path, wanted: dict[str, Any]) -> str:
    """Encode it; return the SHA-256 of the packets, in hexadecimal. No file is written.

    Args:
        ffmpeg: The program.
        wanted: What `asked` returned.

    Raises:
        ToolFailedError: ffmpeg cannot encode it.
    """
    options = ["-preset", str(int(wanted["preset"])), "-crf", f"{float(wanted['crf']):g}"]
    picture = ["-f", "lavfi", "-i", PICTURE, "-frames:v", str(FRAMES)]
    coder = ["-c:v", "libsvtav1", *options, "-svtav1-params", "lp=1"]
    hashed = ["-f", "hash", "-hash", "sha256", "pipe:1"]
    done = process.run(
        [os.fspath(ffmpeg), "-nostdin", "-hide_banner", "-v", "error", *picture, *coder, *hashed],
        limits=PATIENCE,
    )
    return done.stdout.decode("ascii").partition("=")[2].strip()
