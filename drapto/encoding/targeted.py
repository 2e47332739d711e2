"""One segment to its target: guess, encode, measure, correct; the encode that is accepted is delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.encoding.segment_search import Seeker

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import EncodeRequest


def encode_to_target(
    request: EncodeRequest,
    settings: EncodeSettings,
    *,
    strategy: str,
    context: StageContext,
    on_start: Callable[[], None] | None = None,
    on_progress: Callable[[EncodeProgress], None] | None = None,
) -> EncodedSegment:
    """Encode one segment to the quality that ``settings`` aim at.

    What was tried before, in a run that was interrupted or for another target, is not tried again.

    Args:
        request: What to encode, and where to.
        settings: What shapes the bytes.
        strategy: The strategy's name, for the record.
        context: The title's surroundings.
        on_start: Called once the CPU slots are held.
        on_progress: Called about twice a second during each encode.

    Raises:
        StageError: The target cannot be reached, and the settings do not take the closest.
        FrameCountError: An encode did not come to the planned number of frames.
        ToolFailedError: A child process failed.
    """
    seeker = Seeker(request, settings, context, on_progress)
    with context.cpu.hold(request.slots):
        if on_start:
            on_start()
        tier, end = seeker.search()
        return seeker.deliver(tier, end, strategy)
