"""Finds ffmpeg, and asks it what it can do instead of assuming it."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine import process
from drapto.engine.vitals import INSTANT
from drapto.errors import DraptoError, ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT = "DRAPTO_FFMPEG"

PACKAGE_ENVIRONMENT = "IMAGEIO_FFMPEG_EXE"
"""Names the program that the package imageio-ffmpeg is to use in place of its own."""

NEEDED_ENCODERS = ("libsvtav1", "libopus")
NEEDED_FILTERS = (
    *("crop", "settb", "setpts", "aresample", "aformat", "channelmap", "pan"),
    *("idet", "metadata", "bwdif", "fieldmatch", "decimate", "trim", "setfield"),
    *("split", "separatefields", "weave", "mergeplanes", "convolution", "msad"),
)
WANTED_FILTERS = ("libvmaf", "xpsnr")
"""A fixed-CRF job does without these; measuring quality does not."""

BUNDLED = "install the package imageio-ffmpeg, or set DRAPTO_FFMPEG (tools.ffmpeg) to an ffmpeg of your own"


@dataclass(frozen=True)
class Tools:
    """The ffmpeg in use.

    Attributes:
        ffmpeg: The program.
        origin: Where it was found: ``config``, ``environment`` or ``bundled``.
        version: Its version, as it says it.
        encoders: Its video and audio encoders.
        filters: Its filters.
    """

    ffmpeg: Path
    origin: str
    version: str
    encoders: frozenset[str]
    filters: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """What every job needs and this ffmpeg lacks."""
        encoders = tuple(name for name in NEEDED_ENCODERS if name not in self.encoders)
        return encoders + tuple(name for name in NEEDED_FILTERS if name not in self.filters)

    @property
    def lacking(self) -> tuple[str, ...]:
        """What only some jobs need and this ffmpeg lacks."""
        return tuple(name for name in WANTED_FILTERS if name not in self.filters)


def locate(configured: Path | None = None, environ: Mapping[str, str] | None = None) -> tuple[Path, str]:
    """Return the ffmpeg to use and where it comes from.

    Args:
        configured: ``tools.ffmpeg`` of the settings: a path, or a name to look up on ``PATH``.
        environ: The environment; the process's own by default.

    Raises:
        ToolMissingError: What was asked for is not there, or nothing is.
    """
    environ = os.environ if environ is None else environ
    asked = environ.get(ENVIRONMENT) or None
    if asked is not None and configured is not None and os.fspath(configured) == asked:
        configured = None  # the settings have it from the environment
    wishes = ((configured, "config"), (asked, "environment"))
    for wish, origin in wishes:
        if wish is None:
            continue
        found = shutil.which(os.fspath(wish))
        if found is None:
            remedy = "correct tools.ffmpeg" if origin == "config" else f"correct or unset {ENVIRONMENT}"
            raise ToolMissingError("is not a program that can be run", path=wish, remedy=remedy)
        return Path(found).absolute(), origin
    return _bundled(), "bundled"


def _bundled() -> Path:
    """Return the ffmpeg of the package imageio-ffmpeg.

    The package itself is not asked: it would run what it has, each time, and where that fails once, take
    another ffmpeg that it finds on PATH, without a word. Where its wheel has none, as on a system that it is
    not built for, it is the one on PATH.

    Raises:
        ToolMissingError: There is none, or it cannot be run.
    """
    asked = os.environ.get(PACKAGE_ENVIRONMENT)
    spec = importlib.util.find_spec("imageio_ffmpeg")
    brought: list[Path] = []
    if asked:
        brought = [Path(asked)]
    elif spec is not None and spec.origin is not None:
        brought = sorted((Path(spec.origin).parent / "binaries").glob("ffmpeg-*"))
    found = shutil.which(brought[-1] if brought else "ffmpeg")
    if found is None and brought:
        raise ToolMissingError("is not a program that can be run", path=brought[-1], remedy=BUNDLED)
    if found is None:
        raise ToolMissingError("no ffmpeg was found", remedy=BUNDLED)
    return Path(found).absolute()


@functools.cache
def examine(ffmpeg: Path, origin: str) -> Tools:
    """Ask ``ffmpeg`` for its version and capabilities (three short child processes; cached).

    Raises:
        ToolMissingError: It cannot be run.
    """
    try:
        version = _ask(ffmpeg, "-version")
        encoders = _names(_ask(ffmpeg, "-hide_banner", "-encoders"))
        filters = _names(_ask(ffmpeg, "-hide_banner", "-filters"))
    except ToolMissingError:
        raise
    except DraptoError as error:
        raise ToolMissingError(
            f"does not work as an ffmpeg ({error.problem})", path=ffmpeg, remedy=BUNDLED
        ) from error
    match = re.match(r"ffmpeg version (\S+)", version)
    if match is None:
        raise ToolMissingError("does not answer as an ffmpeg does", path=ffmpeg, remedy=BUNDLED)
    return Tools(ffmpeg, origin, match[1], encoders, filters)


def find_tools(configured: Path | None = None, environ: Mapping[str, str] | None = None) -> Tools:
    """Return the ffmpeg to use, examined.

    Raises:
        ToolMissingError: There is none, or it cannot be run.
    """
    return examine(*locate(configured, environ))


def require(tools: Tools) -> Tools:
    """Return ``tools`` if they can do what every job needs.

    Raises:
        ToolMissingError: Names what is missing.
    """
    if tools.missing:
        raise ToolMissingError(
            f"this ffmpeg ({tools.version}) lacks {', '.join(tools.missing)}",
            path=tools.ffmpeg,
            remedy=BUNDLED,
        )
    return tools


def _ask(ffmpeg: Path, *arguments: str) -> str:
    return process.run([ffmpeg, *arguments], limits=INSTANT).stdout.decode(errors="replace")


def _names(listing: str) -> frozenset[str]:
    """Read ffmpeg's listings: flags, a name, a description to the line's end."""
    rows = re.findall(r"^ [A-Z.|]{2,6} (\S+)\s", listing, flags=re.MULTILINE)
    return frozenset(rows)
