"""The trial of a title's hardware: a few frames are encoded with it and without it, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.errors import ToolFailedError
from drapto.video.encode import encode_arguments
from drapto.video.hardware import decoder_of

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.video.encode_settings import EncodeSettings, EncodeShape
    from drapto.video.hardware import Hardware
    from drapto.video.request import EncodeRequest

TRIAL_FRAMES = 8
"""Enough for pictures that refer to others in both directions; 0.3 s at 1080p and the preset below."""

TRIAL_PRESET = 13
TRIAL_CRF = 20.0


def prove(request: EncodeRequest, shape: EncodeShape, *, context: StageContext) -> None:
    """Try the hardware that is to decode a request, once a title and process; it is given up if it differs.

    Args:
        request: What is about to be encoded.
        shape: How.
        context: The title's surroundings.

    Raises:
        ToolFailedError: The frames cannot be encoded without it either.
    """
    if request.decoding is not None:
        decoder = decoder_of(request.decoding, context)
        decoder.prove(lambda hardware: _differs(hardware, request, shape, context))


def _differs(hardware: Hardware, request: EncodeRequest, shape: EncodeShape, context: StageContext) -> str:
    """Return what is wrong with a few frames that ``hardware`` decoded, or nothing."""
    few = {
        "frames": min(TRIAL_FRAMES, shape.frames),
        "preset": TRIAL_PRESET,
        "svt_params": "",
        "film_grain": False,
    }
    settings = shape.at(TRIAL_CRF).model_copy(update=few)
    with atomic.scratch(request.target) as own, atomic.scratch(request.target) as theirs:
        try:
            complaints = _encode(request, theirs, settings, hardware, context)
        except ToolFailedError as error:
            return error.first or error.problem
        if complaints:
            return complaints[0]
        _encode(request, own, settings, None, context)
        same = own.read_bytes() == theirs.read_bytes()
    return "" if same else "its pictures are not those of ffmpeg's own decoder"


def _encode(
    request: EncodeRequest,
    target: Path,
    settings: EncodeSettings,
    hardware: Hardware | None,
    context: StageContext,
) -> tuple[str, ...]:
    arguments = encode_arguments(
        request.source, request.stream, target, settings, lp=request.lp, hardware=hardware
    )
    return context.run_ffmpeg(arguments, log=request.log, about=request.source).complaints
