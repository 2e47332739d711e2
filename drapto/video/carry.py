"""Which dynamic metadata each frame of the output has, given those of the source."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.media.hdr.dolby_vision import plan
from drapto.media.hdr.dynamic import FrameMetadata, read_dynamic
from drapto.media.hdr.rpu import Margins
from drapto.media.hdr.rpu_edit import edited
from drapto.media.hdr.t35 import wrap_rpu
from drapto.media.model import CropInfo, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from drapto.media.hdr.dolby_vision import Plan

REMEMBERED = 64
"""RPUs whose edit is remembered: one holds for a shot, and comes back only near by."""


@dataclass(frozen=True)
class Carried:
    """The metadata of every frame of a title's output, by the files that they come from. It can be pickled.

    Attributes:
        dynamic: What each frame of the source has (``dynamic.txt``).
        frames: How many frames the output has.
        probe: What is in the source (``probe.json``).
        crop: What is kept of its picture (``crop.json``).
    """

    dynamic: Path
    frames: int
    probe: Path
    crop: Path

    def __iter__(self) -> Iterator[FrameMetadata]:
        """Yield what each frame has, in order.

        Raises:
            ArtifactError: A file cannot be read.
        """
        info, cut = SourceInfo.read(self.probe), CropInfo.read(self.crop)
        return carried(read_dynamic(self.dynamic, self.frames), plan(info.video), cut)


def carried(frames: Iterable[FrameMetadata], decided: Plan, crop: CropInfo) -> Iterator[FrameMetadata]:
    """Yield what each frame of the output has.

    Args:
        frames: What each frame of the source has.
        decided: What becomes of its Dolby Vision.
        crop: What is kept of its picture.

    Raises:
        RpuError: An RPU cannot be read; the plan would not keep it then.
    """
    cut = cut_away(crop)

    @functools.lru_cache(REMEMBERED)
    def kept(rpu: bytes) -> bytes:
        return edited(rpu, cut=cut, single_layer=decided.single_layer)

    for frame in frames:
        rpu = kept(frame.rpu) if decided.keeps and frame.rpu is not None else None
        yield FrameMetadata(frame.hdr10plus, rpu)


def cut_away(crop: CropInfo) -> Margins:
    """Return what a crop takes off each side, pixels."""
    rect = crop.rect
    right, bottom = crop.source_width - rect.x - rect.width, crop.source_height - rect.y - rect.height
    return Margins(rect.x, right, rect.y, bottom)


def messages(frame: FrameMetadata) -> list[bytes]:
    """Return the ITU-T T.35 messages that carry a frame's metadata in AV1."""
    plus = [] if frame.hdr10plus is None else [frame.hdr10plus]
    return plus if frame.rpu is None else [*plus, wrap_rpu(frame.rpu)]
