"""A short encode that every machine of a cluster makes, to see whether the same bytes come out."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from drapto.engine import process
from drapto.engine.vitals import Limits

FRAMES = 24
"""A mini-GOP of SVT-AV1 has 16 or 32 frames; preset 6 makes these in 0.5 s on one core."""

SLOWEST = 6
"""Slower presets compute by the same routines, and take ten times as long."""

PATIENCE = Limits(seconds=300.0)

PICTURE = "testsrc2=s=320x180:r=24,noise=alls=12:allf=t:all_seed=7,format=yuv420p10le"


def asked(preset: int, crf: float) -> dict[str, Any]:
    """Return what is to be encoded, as data: by the title's preset, or one that is quick."""
    return {"preset": max(preset, SLOWEST), "crf": crf}


def encoded(ffmpeg: Path, wanted: dict[str, Any], folder: Path | None = None) -> str:
    """Encode it; return the digest of the packets, 32 hexadecimal digits.

    Args:
        ffmpeg: The program.
        wanted: What `asked` returned.
        folder: Where the encode may lie meanwhile.

    Raises:
        ToolFailedError: ffmpeg cannot encode it.
    """
    handle, name = tempfile.mkstemp(suffix=".obu", dir=folder)
    os.close(handle)
    try:
        options = ["-preset", str(int(wanted["preset"])), "-crf", f"{float(wanted['crf']):g}"]
        picture = ["-f", "lavfi", "-i", PICTURE, "-frames:v", str(FRAMES)]
        coder = ["-c:v", "libsvtav1", *options, "-svtav1-params", "lp=1", "-f", "obu", "-y", f"file:{name}"]
        process.run(
            [os.fspath(ffmpeg), "-nostdin", "-hide_banner", "-v", "error", *picture, *coder], limits=PATIENCE
        )
        return hashlib.blake2b(Path(name).read_bytes(), digest_size=16).hexdigest()
    finally:
        Path(name).unlink(missing_ok=True)
