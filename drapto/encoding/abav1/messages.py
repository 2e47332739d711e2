"""What `ab-av1 crf-search --stdout-format json` says: a JSON object a line (``stdout-format-json.md``)."""

from __future__ import annotations

import json
from typing import NamedTuple


class Attempt(NamedTuple):
    """One CRF that ab-av1 tried.

    Attributes:
        crf: The CRF.
        vmaf: The mean of the samples' VMAF.
    """

    crf: float
    vmaf: float


class Best(NamedTuple):
    """The CRF that it settled on, and what it scored."""

    crf: float
    vmaf: float


class GaveUp(NamedTuple):
    """It found none; why, in its words."""

    message: str


def read(line: str) -> Attempt | Best | GaveUp | None:
    """Return what a line says; None where it is of a kind not known here, which later versions may have.

    Raises:
        ValueError, KeyError, TypeError: It is not what it should be.
    """
    said = json.loads(line)
    match said["type"]:
        case "sample-encode-done":
            return Attempt(float(said["crf"]), float(said["vmaf"]))
        case "crf-search-done":
            return Best(float(said["crf"]), float(said["vmaf"]))
        case "crf-search-error":
            return GaveUp(str(said["message"]))
        case _:
            return None
