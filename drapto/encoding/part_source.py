"""How a part of a segment is read for its encode: from which keyframe on, and which frames are kept of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.quality.sampling import stride_of_part
from drapto.video.entry import entered
from drapto.video.request import KeptFrames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentContext
    from drapto.video.entry import Entry

RAW_BYTES = 3
"""Of a pixel of 10 bit 4:2:0, not compressed."""

MOST_KEPT = 256 << 20
"""Bytes of frames beyond which they are decoded once more: several encoders do so at once."""


@contextlib.contextmanager
def keeping(
    segment: SegmentContext, path: Path, first: int, end: int, stride: int
) -> Iterator[KeptFrames | None]:
    """Yield which frames of an encode are to be kept, if it is worth it; forget them where it fails.

    Args:
        segment: The segment.
        path: The file of the encode.
        first: How many of the segment's frames go before the encode's.
        end: The frame before which they end; 0 for the segment's end.
        stride: Every how many-th frame of the segment will be measured; 0 keeps none.
    """
    reference = segment.reference.part(first, end)
    stride = stride_of_part(stride, reference.frames) if stride else 0
    choose = segment.metric.chosen(reference, stride).rstrip(",") if stride else ""
    looked_at = choose and segment.metric.looked_at(reference, stride)
    if not looked_at or looked_at * reference.width * reference.height * RAW_BYTES > MOST_KEPT:
        yield None
        return
    kept = KeptFrames(path.with_name(f"{path.stem}-frames.nut{atomic.PARTIAL}"), choose)
    try:
        yield kept
    except BaseException:
        kept.path.unlink(missing_ok=True)
        raise


def begun(
    segment: SegmentContext, known: Attempts, path: Path, first: int
) -> AbstractContextManager[Entry | None]:
    """Return where in the source the encode of a part begins; None: at its beginning.

    That it is where something was damaged, or where frames are made of several.

    Args:
        segment: The segment.
        known: What was tried of it.
        path: The file of the encode.
        first: How many of the segment's frames go before the encode's.
    """
    damaged = any(one.complaints for one in known.attempts)
    if damaged or segment.shape.filters or segment.request.decoding is not None:
        return contextlib.nullcontext()
    copy = path.with_name(f"{path.stem}-source.mkv{atomic.PARTIAL}")
    return entered(segment.request.source, first, segment.shape.frames, copy)
