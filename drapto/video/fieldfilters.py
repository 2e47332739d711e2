"""The filters that make whole pictures of a segment's fields.

A segment's file holds some frames before and after its own (`LEAD_IN`, `LEAD_OUT`), because the filters look
at neighbours: with them, what comes out of all segments in order is what one pass over the title would give,
frame by frame. They are cut off by their times, so that a frame that does not decode cannot shift the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.fields.model import FILM_CYCLE, FieldsInfo, cadence, deinterlacer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.fields.model import FieldRate

NS = 1_000_000_000

LEAD_IN = 2 * FILM_CYCLE
"""Frames before a segment's first: a cycle that tells what the first one repeats, and what that is matched
with."""

LEAD_OUT = FILM_CYCLE
"""Frames after a segment's last: the deinterlacer and the field matcher look one ahead."""

EARLY = 4
"""A frame is cut off from a quarter of its predecessor's duration before it: at field rate, the predecessor's
second field is shown half its duration before."""

WHOLE = "setfield=prog"
"""Takes the mark of interlacing off pictures that are whole, so that no player deinterlaces the output."""


def needs_neighbours(fields: FieldsInfo) -> bool:
    """Tell whether a title's pictures are filtered with their neighbours."""
    return fields.kind != "progressive"


def field_filters(
    fields: FieldsInfo, rate: FieldRate, times: Sequence[int], frames: range, *, leads: bool
) -> tuple[str, ...]:
    """Return ffmpeg's filters that turn a decoded segment's file into the segment's pictures.

    Args:
        fields: What the title's pictures are made of.
        rate: How often an interlaced title's pictures come.
        times: When the source's frames are shown, nanoseconds, ascending.
        frames: The segment's own frames of the source; the first one begins a cycle.
        leads: The file has frames before and after them, and the source's times.
    """
    if not needs_neighbours(fields):
        return (WHOLE,) if fields.marked else ()
    woven = _weave(fields, rate)
    if fields.kind != "telecined":
        return (*woven, *(_trim(times, frames) if leads else ()), WHOLE)
    # the cycle before goes through `decimate`, too, which compares each frame with the one before it
    before = FILM_CYCLE if leads and frames.start else 0
    kept = range(frames.start - before, frames.stop)
    cut = (f"trim=start_frame={cadence(fields.kind, rate).given}",) if before else ()
    own = _trim(times, kept) if leads else ()
    return (*woven, *own, f"decimate=cycle={FILM_CYCLE}:chroma=0", *cut, WHOLE)


def _weave(fields: FieldsInfo, rate: FieldRate) -> tuple[str, ...]:
    order = fields.order or "tff"
    if fields.kind == "interlaced":
        return (deinterlacer(order, rate),)
    # what stays combed once fields were matched is marked as interlaced; luma alone decides, since chroma
    # that was thinned out or filled up in whole frames is blended of two fields, and misleads
    return (
        f"fieldmatch=order={order}:combmatch=full:mchroma=0",
        f"bwdif=mode=send_frame:parity={order}:deint=interlaced",
    )


def _trim(times: Sequence[int], frames: range) -> tuple[str, ...]:
    bounds = []
    if frames.start:
        bounds.append(f"start={_before(times, frames.start)}")
    if frames.stop < len(times):
        bounds.append(f"end={_before(times, frames.stop)}")
    return (f"trim={':'.join(bounds)}",) if bounds else ()


def _before(times: Sequence[int], frame: int) -> str:
    """Return a time shortly before a frame is shown, seconds."""
    time = times[frame] - (times[frame] - times[frame - 1]) // EARLY
    return f"{time / NS:.6f}"
