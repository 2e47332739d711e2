"""The fields stage: are a title's pictures whole, interlaced or telecined? The pictures say, not the flags.

The flags lie both ways: discs mark film as interlaced, and interlaced video as progressive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from drapto.media.fields.idet import look
from drapto.media.fields.model import FieldsInfo, deinterlacer
from drapto.media.fields.vote import Verdict, field_order, vote

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.fields.model import FieldPoint, Kind, Order
    from drapto.media.model import SourceInfo, VideoTrack

DISCS_AND_BROADCASTS = ("mpeg2video", "h264", "hevc", "vc1", "wmv3", "mpeg4", "cavs")
CAPTURES = (
    *("dvvideo", "huffyuv", "ffvhuff", "ffv1", "utvideo", "magicyuv", "lagarith", "rawvideo", "v210", "v410"),
    *("yuv4", "y41p", "r210", "mjpeg", "mjpegb", "jpeg2000", "dirac", "dnxhd", "prores", "cfhd", "aic"),
    "speedhq",
)
CODED_IN_FIELDS = (*DISCS_AND_BROADCASTS, *CAPTURES)
"""Codecs that hold interlaced pictures: of discs and broadcasts, and of tapes and cameras whose editors and
archives keep the fields. Those of screens, telephones and the web hold none."""

SD_LINES = 576
HD_LINES = (1080, 1088)
"""Heights of what is interlaced: 480i and 576i (and parts of them), and 1080i; 720 lines never are."""

LEAST_LINES = 240
"""A picture of 2.40:1 in bars on a 4:3 screen has 266 of 480 lines; with less, nothing is a disc's."""

FIELD_RATES = (25.0, 29.97, 50.0, 59.94)
RATE_NEAR = 0.02
"""Frames per second of what may be interlaced, and how near to one of them a title's are."""

TELECINED_RATE = 29.97

Mode = Literal["auto", "off", "progressive", "interlaced", "telecined", "mixed"]


def detect_fields(
    source: Path, info: SourceInfo, target: Path, *, mode: Mode, context: StageContext
) -> FieldsInfo:
    """Write what ``source``'s pictures are made of, and the evidence, to ``target``.

    Args:
        source: The MKV.
        info: What is in it.
        target: ``fields.json``.
        mode: ``auto`` looks; ``off`` takes the pictures as they are; a kind is taken for granted.
        context: The surroundings.

    Raises:
        ToolFailedError: The file cannot be decoded.
    """
    video = info.video
    points: tuple[FieldPoint, ...] = ()
    method: Literal["known", "detected", "disabled", "manual"]
    if mode in ("off", "progressive"):
        method, verdict = "disabled", Verdict("progressive", None, "deinterlacing is turned off")
    elif mode == "auto" and (why := cannot_be_interlaced(video)):
        method, verdict = "known", Verdict("progressive", None, why)
    else:
        may_be_film = has_rate(video, TELECINED_RATE) and not video.variable
        points = look(source, video, context=context, log="fields", may_be_film=may_be_film)
        verdict = vote(points, video_rate=may_be_film)
        method = "detected"
        if mode == "auto" and verdict.kind == "interlaced" and video.scan == "progressive":
            verdict = _tried(verdict, source, video, context)
        if mode != "auto":
            method, verdict = "manual", _granted(cast("Kind", mode), points, video)
    return FieldsInfo(
        digest=info.digest,
        kind=verdict.kind,
        order=verdict.order,
        method=method,
        reason=verdict.reason,
        marked=video.scan != "progressive",
        points=points,
        settings={"deinterlace": mode},
    ).write(target)


def cannot_be_interlaced(video: VideoTrack) -> str | None:
    """Return why a track needs no look, None where it does."""
    if video.codec not in CODED_IN_FIELDS:
        return f"{video.codec} is not interlaced"
    if video.height < LEAST_LINES:
        return f"{video.height} lines are too few for interlaced video"
    if video.height > SD_LINES and video.height not in HD_LINES:
        return f"{video.height} lines are not interlaced"
    if video.scan == "progressive" and not any(has_rate(video, rate) for rate in FIELD_RATES):
        return f"not coded in fields, {float(video.rate):.3f} frames per second"
    return None


def has_rate(video: VideoTrack, rate: float) -> bool:
    """Tell whether a track has about ``rate`` frames per second."""
    return abs(float(video.rate) - rate) <= RATE_NEAR


def _tried(verdict: Verdict, source: Path, video: VideoTrack, context: StageContext) -> Verdict:
    """Return the verdict on a title that denies its fields, once its pictures have been deinterlaced.

    Those of fields are whole then. Others, of lines four apart or of slow credits, look as before, and would
    only be found not to be when all of the title is encoded.
    """
    filters = [deinterlacer(verdict.order or "tff", "frame")]
    points = look(source, video, context=context, log="fields", filters=filters)
    if vote(points, video_rate=False).kind == "progressive":
        return verdict
    return Verdict("progressive", None, f"{verdict.reason}, and still look so once they are deinterlaced")


def _granted(kind: Kind, points: tuple[FieldPoint, ...], video: VideoTrack) -> Verdict:
    """Return the kind that was asked for, with the order of fields that the pictures, or the flags, show."""
    claimed: Order = "bff" if video.top_field_first is False else "tff"
    return Verdict(kind, field_order(points) or claimed, "set by hand")
