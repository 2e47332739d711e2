"""Which dynamic metadata each frame of the output has, given those of the source."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from drapto.media.hdr import captions
from drapto.media.hdr.captions import COUNT, TRIPLE
from drapto.media.hdr.dolby_vision import plan
from drapto.media.hdr.dynamic import FrameMetadata, read_dynamic
from drapto.media.hdr.rpu import Margins
from drapto.media.hdr.rpu_edit import edited
from drapto.media.hdr.t35 import wrap_rpu
from drapto.media.model import CropInfo, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction
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
        rate: Frames of the output per second; None where it has the source's frames.
    """

    dynamic: Path
    frames: int
    probe: Path
    crop: Path
    rate: Fraction | None = None

    def __iter__(self) -> Iterator[FrameMetadata]:
        """Yield what each frame has, in order.

        Raises:
            ArtifactError: A file cannot be read.
        """
        info, cut = SourceInfo.read(self.probe), CropInfo.read(self.crop)
        return iter(of_output(self.dynamic, self.frames, info, cut, self.rate))


def of_output(
    dynamic: Path, frames: int, info: SourceInfo, crop: CropInfo, rate: Fraction | None
) -> Iterator[FrameMetadata]:
    """Yield what each frame of the output has; the arguments are as the attributes of `Carried`.

    Raises:
        ArtifactError: The file cannot be read.
    """
    ratio = 1 if rate is None else rate / info.video.rate
    if ratio == 1:
        given = read_dynamic(dynamic, frames)
    else:
        given = regrouped(read_dynamic(dynamic, info.video.frames), ratio.denominator, ratio.numerator)
    return spilled(carried(given, plan(info.video), crop))


def regrouped(frames: Iterable[FrameMetadata], taken: int, given: int) -> Iterator[FrameMetadata]:
    """Yield the metadata of the output's frames where cycles of ``taken`` of the source become ``given``.

    The frames of a cycle share its captions evenly, as their rate wants it (20 triples in a frame at 29.97
    per second are 25 at 23.976, CTA-708, section 4.3.6): none are lost, and none doubled. A cycle that is not
    full keeps its frames (`drapto.media.fields.model.Cadence`).
    """
    waiting = iter(frames)
    while cycle := list(islice(waiting, taken)):
        if len(cycle) < taken:
            yield from cycle
            return
        said = b"".join(frame.captions or b"" for frame in cycle)
        bounds = [len(said) // TRIPLE * number // given * TRIPLE for number in range(given + 1)]
        for number, (first, end) in enumerate(pairwise(bounds)):
            yield cycle[number * taken // given]._replace(captions=said[first:end] or None)


def spilled(frames: Iterable[FrameMetadata]) -> Iterator[FrameMetadata]:
    """Yield the metadata of frames of which none but the last has more captions than one message holds.

    libavcodec shows the last message of a frame alone; what is too much, as it is where a DVD has the
    captions of a long group of pictures in one place, goes to the frames behind.
    """
    over, most = b"", COUNT * TRIPLE
    waiting = iter(frames)
    frame = next(waiting, None)
    while frame is not None:
        after = next(waiting, None)
        said = over + (frame.captions or b"")
        if not over and len(said) <= most:
            yield frame
        else:
            kept = len(said) if after is None else most
            yield frame._replace(captions=said[:kept] or None)
            over = said[kept:]
        frame = after


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
        yield FrameMetadata(frame.hdr10plus, rpu, frame.captions)


def cut_away(crop: CropInfo) -> Margins:
    """Return what a crop takes off each side, pixels."""
    rect = crop.rect
    right, bottom = crop.source_width - rect.x - rect.width, crop.source_height - rect.y - rect.height
    return Margins(rect.x, right, rect.y, bottom)


def messages(frame: FrameMetadata) -> list[bytes]:
    """Return the ITU-T T.35 messages that carry a frame's metadata in AV1."""
    plus = [] if frame.hdr10plus is None else [frame.hdr10plus]
    dolby = [] if frame.rpu is None else [wrap_rpu(frame.rpu)]
    return [*plus, *dolby, *captions.messages(frame.captions or b"")]
