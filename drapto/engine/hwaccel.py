"""Which hardware is to decode: what is asked for, what this ffmpeg lists, what this machine seems to have.

Only decoding: frames come back to memory, and filters, encoder and settings are those of any other run.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drapto.engine import process
from drapto.engine.vitals import INSTANT

Asked = Literal["off", "auto", "videotoolbox", "vaapi", "cuda", "qsv"]
"""The values of ``decoding.hardware``."""

PREFERRED = ("videotoolbox", "cuda", "vaapi", "qsv")
"""What ``auto`` looks for, in turn. CUDA comes before VAAPI since NVIDIA's cards, too, have a render node;
VAAPI before QSV since both drive Intel's, and QSV needs a runtime besides the driver."""

INTEL = "0x8086"
"""Intel's PCI vendor."""


@dataclass(frozen=True)
class Machine:
    """Where the traces of hardware are looked for.

    Attributes:
        platform: As `sys.platform`.
        dev: The device nodes.
        drm: The kernel's description of the graphics devices.
    """

    platform: str = sys.platform
    dev: Path = Path("/dev")
    drm: Path = Path("/sys/class/drm")

    def has(self, name: str) -> bool:
        """Tell whether there is hardware for ``name``; whether it works, only a trial tells."""
        if name == "videotoolbox":
            return self.platform == "darwin"
        if name == "cuda":
            return any(self.dev.glob("nvidia[0-9]*"))
        nodes = (self.dev / "dri").glob("renderD*")
        return any(name == "vaapi" or self._vendor(node.name) == INTEL for node in nodes)

    def _vendor(self, node: str) -> str:
        try:
            return (self.drm / node / "device" / "vendor").read_text(encoding="ascii").strip()
        except OSError:
            return ""  # not a PCI device


HERE = Machine()


@dataclass(frozen=True)
class Choice:
    """What decodes.

    Attributes:
        name: As ``-hwaccel`` takes it; None for ffmpeg itself.
        reason: Why it is not what was asked for; empty where it is, or where nothing was.
    """

    name: str | None
    reason: str = ""


@functools.cache
def listed(ffmpeg: Path) -> frozenset[str]:
    """Return the names that ``ffmpeg`` was built with.

    Raises:
        ToolMissingError, ToolFailedError: It cannot be run.
    """
    answer = process.run([ffmpeg, "-hide_banner", "-hwaccels"], limits=INSTANT).stdout
    return frozenset(line.strip() for line in answer.decode(errors="replace").splitlines()[1:])


def choose(asked: Asked, ffmpeg: Path, machine: Machine = HERE) -> Choice:
    """Return what is to decode.

    What is asked for by name is tried even where nothing is seen of it: containers and Windows' Linux show
    their hardware in other places.

    Args:
        asked: ``decoding.hardware``.
        ffmpeg: The program.
        machine: Where to look.

    Raises:
        ToolMissingError, ToolFailedError: ffmpeg cannot be run.
    """
    if asked == "off":
        return Choice(None)
    if asked == "auto":
        return Choice(next(iter(available(ffmpeg, machine)), None))
    return (
        Choice(asked) if asked in listed(ffmpeg) else Choice(None, f"this ffmpeg was built without {asked}")
    )


def available(ffmpeg: Path, machine: Machine = HERE) -> list[str]:
    """Return what this ffmpeg was built with and this machine seems to have.

    Raises:
        ToolMissingError, ToolFailedError: ffmpeg cannot be run.
    """
    there = [name for name in PREFERRED if machine.has(name)]
    # most servers have none: then no program is asked
    return [name for name in there if name in listed(ffmpeg)]
