"""One segment at its fixed CRF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.encoding.record import EncodedSegment
from drapto.engine import atomic

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import EncodeRequest
from drapto.video.encode import run_encoder


def encode_segment(
    request: EncodeRequest,
    settings: EncodeSettings,
    *,
    strategy: str,
    context: StageContext,
    on_start: Callable[[], None] | None = None,
    on_progress: Callable[[EncodeProgress], None] | None = None,
) -> EncodedSegment:
    """Encode one segment at its fixed CRF.

    Args:
        request: What to encode, and where to.
        settings: What shapes the bytes.
        strategy: The strategy's name, for the record.
        context: The title's surroundings.
        on_start: Called once the CPU slots are held.
        on_progress: Called about twice a second.

    Raises:
        FrameCountError: It did not come to the planned number of frames.
        ToolFailedError: The encoder failed.
    """
    if settings.crf is None:
        raise ValueError("the CRF is not fixed")
    with context.cpu.hold(request.slots), atomic.replacing(request.target) as partial:
        if on_start:
            on_start()
        done = run_encoder(request, partial, settings, context=context, on_progress=on_progress)
    return EncodedSegment(
        index=request.index,
        strategy=strategy,
        crf=settings.crf,
        preset=settings.preset,
        attempts=done.starts,
        frames=settings.frames,
        bytes=done.bytes,
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
        complaints=len(done.complaints),
        complaint="".join(done.complaints[:1]),
    ).write(request.record)
