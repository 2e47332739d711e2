"""What decodes the pieces of a title for their encodes: hardware where it is asked for and works."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.hardware import Decoder
    from drapto.video.request import EncodeRequest


_decoders: dict[Path, Decoder] = {}
_decoders_lock = threading.Lock()


def _decoder(title: Title, make: Callable[[], Decoder]) -> Decoder:
    with _decoders_lock:
        if title.work not in _decoders:
            _decoders[title.work] = make()
        return _decoders[title.work]


def with_decoder(
    request: EncodeRequest,
    settings: EncodeSettings,
    context: StageContext,
    project: Project,
    title: Title,
    common: Common,
) -> EncodeRequest:
    """Return the request with what decodes it; no setting of the encode depends on that."""
    asked = project.config.decoding.hardware
    if asked == "off":
        return request
    from drapto.video.hardware import decoder_for

    found = _decoder(title, lambda: decoder_for(context, asked, codec=common.codec, pix_fmt=common.pix_fmt))
    found.prove(request, settings, context=context)
    return replace(request, decoder=found)


def decoder_news(request: EncodeRequest, context: StageContext, project: Project, title: Title) -> str:
    """Return the line that says why the hardware does not decode a title, once, and log it; or nothing."""
    if request.decoder is None or not (reason := request.decoder.news()):
        return ""
    from drapto.video.request import log_of

    said = f"decoded by ffmpeg itself (decoding.hardware is {project.config.decoding.hardware}): {reason}"
    context.note(said, log=log_of(request))
    return "" if request.decoder.expected else f"\n{printable(title.source)}: {said}"
