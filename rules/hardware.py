"""What decodes the segments of a title for their encodes: hardware where it is asked for and works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import printable

if TYPE_CHECKING:
    from drapto.rules.shape import Common
    from drapto.rules.work import Work
    from drapto.video.hardware import Fallback, HardwareDecoding


def decoding_of(work: Work, common: Common) -> HardwareDecoding | None:
    """Return the wish that hardware decodes a title; no setting of its encodes depends on that."""
    asked = work.project.config.decoding.hardware
    if asked == "off" or not common.steady:
        return None  # what leads to one form begins with frames as ffmpeg's own decoders give them
    from drapto.video.hardware import HardwareDecoding

    return HardwareDecoding(
        asked, common.codec, common.pix_fmt, title=str(work.title.work), run=work.state.run_name
    )


def fallback_line(work: Work, fallback: Fallback | None, *, log: str) -> str:
    """Return the line that says why the hardware does not decode a title, once a run, and log it.

    Args:
        work: The surroundings.
        fallback: Why; None where there is nothing to say.
        log: Names the log.
    """
    if fallback is None or not work.once("fallback"):
        return ""
    asked = work.project.config.decoding.hardware
    said = f"decoded by ffmpeg itself (decoding.hardware is {asked}): {fallback.reason}"
    work.context.note(said, log=log)
    return "" if fallback.expected else f"\n{printable(work.title.source)}: {said}"
