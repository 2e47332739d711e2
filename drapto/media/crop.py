"""The crop stage: which part of the picture is not black bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av import FFmpegError

from drapto.errors import ConfigError, SourceError
from drapto.media.margins import Margins, measure
from drapto.media.model import CropInfo, CropRect, CropSample
from drapto.media.samples import follow, keyframes, runs
from drapto.media.vote import agreed_margins, is_larger, is_settled, to_rect, vote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Literal

    from drapto.media.model import SourceInfo, VideoTrack

FEW = 20
"""With fewer keyframes than this, other pictures are decoded too."""

MILLISECONDS = 3
"""Decimals of a sample's time."""


def detect_crop(
    source: Path,
    info: SourceInfo,
    target: Path,
    *,
    enabled: bool,
    rect: str | None,
    threshold: float,
) -> CropInfo:
    """Write the crop of ``source`` and its evidence to ``target``.

    Args:
        source: The MKV.
        info: What is in it.
        target: ``crop.json``.
        enabled: False keeps the whole picture.
        rect: ``width:height:x:y`` to keep, instead of looking for bars.
        threshold: The black level as a fraction of full scale.

    Raises:
        ConfigError: ``rect`` does not fit the picture.
        SourceError: The file cannot be read.
    """
    width, height = info.video.width, info.video.height
    samples: tuple[CropSample, ...] = ()
    method: Literal["detected", "disabled", "manual"]
    if rect is not None:
        method, chosen, reason = "manual", _fitting(rect, width, height, source), "set by hand"
    elif not enabled:
        method, chosen, reason = "disabled", _whole(width, height), "cropping is turned off"
    else:
        method = "detected"
        found = _look(source, info.video, threshold)
        chosen, reason = _decide(found, width, height)
        samples = _evidence(found)
    return CropInfo(
        digest=info.digest,
        source_width=width,
        source_height=height,
        rect=chosen,
        method=method,
        reason=reason,
        threshold=threshold if method == "detected" else None,
        samples=samples,
        settings={"enabled": enabled, "rect": rect, "threshold": threshold},
    ).write(target)


def _whole(width: int, height: int) -> CropRect:
    return CropRect(width=width, height=height, x=0, y=0)


def _fitting(text: str, width: int, height: int, source: Path) -> CropRect:
    """Read ``width:height:x:y``; refuse what does not lie inside the picture."""
    kept_width, kept_height, x, y = (int(part) for part in text.split(":"))
    if x + kept_width > width or y + kept_height > height:
        raise ConfigError(
            f"the crop {text} does not lie inside the {width}x{height} picture",
            path=source,
            remedy="correct crop.rect, or remove it to have the bars found",
        )
    return CropRect(width=kept_width, height=kept_height, x=x, y=y)


def _look(source: Path, video: VideoTrack, threshold: float) -> dict[float, Margins | None]:
    """Return the margins of keyframes, and of what follows them where these do not settle it.

    That is where they are few, or where a single one shows a larger picture: a flash passes, a scene goes on.
    """
    try:
        found = {time: measure(frame, threshold) for time, frame in keyframes(source, video)}
        if len(found) < FEW and not is_settled(_told(found.values())):
            found |= {time: measure(frame, threshold) for time, frame in runs(source, video)}
        found |= _closer(source, video, threshold, found)
    except FFmpegError as error:
        problem = f"is damaged ({error.strerror})"
        raise SourceError(problem, path=source, remedy="rip or copy it again") from error
    return found


def _closer(
    source: Path, video: VideoTrack, threshold: float, found: Mapping[float, Margins | None]
) -> dict[float, Margins | None]:
    """Return what follows the one picture that is larger than the others, where that is no flash."""
    agreed = agreed_margins(_told(found.values()))
    larger = [time for time, margins in found.items() if margins is not None and is_larger(margins, agreed)]
    if len(larger) != 1:
        return {}
    after = {time: measure(frame, threshold) for time, frame in follow(source, video, larger)}
    lasting = [margins for margins in _told(after.values()) if is_larger(margins, agreed)]
    return after if len(lasting) > len(after) / 2 else {}


def _evidence(found: Mapping[float, Margins | None]) -> tuple[CropSample, ...]:
    return tuple(
        CropSample(time=round(time, MILLISECONDS), **({} if margins is None else margins._asdict()))
        for time, margins in sorted(found.items())
    )


def _told(found: Iterable[Margins | None]) -> list[Margins]:
    return [margins for margins in found if margins is not None]


def _decide(found: Mapping[float, Margins | None], width: int, height: int) -> tuple[CropRect, str]:
    verdict = vote(_told(found.values()), len(found))
    rect = to_rect(verdict.margins, width, height)
    if rect == _whole(width, height) and any(verdict.margins):
        return rect, f"not worth a crop, or too little would be left ({verdict.reason})"
    return rect, verdict.reason
