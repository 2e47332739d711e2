"""What decodes the pieces of a title for their encodes: hardware where it is asked for and works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.errors import printable
from drapto.rules.run_state import decoder

if TYPE_CHECKING:
    from drapto.engine.job import Job
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import Piece


def with_decoder(
    piece: Piece, settings: EncodeSettings, job: Job, project: Project, title: Title, common: Common
) -> Piece:
    """Return the piece with what decodes it; no setting of the encode depends on that."""
    asked = project.config.decoding.hardware
    if asked == "off":
        return piece
    from drapto.video.hardware import decoder_for

    found = decoder(title, lambda: decoder_for(job, asked, codec=common.codec, pix_fmt=common.pix_fmt))
    found.prove(piece, settings, job=job)
    return replace(piece, decoder=found)


def decoder_news(piece: Piece, job: Job, project: Project, title: Title) -> str:
    """Return the line that says why the hardware does not decode a title, once, and log it; or nothing."""
    if piece.decoder is None or not (reason := piece.decoder.news()):
        return ""
    from drapto.video.request import stage_of

    said = f"decoded by ffmpeg itself (decoding.hardware is {project.config.decoding.hardware}): {reason}"
    job.note(said, stage=stage_of(piece))
    return "" if piece.decoder.expected else f"\n{printable(title.source)}: {said}"
