"""The crop stage: which part of the picture is not black bars."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from av import FFmpegError

from drapto.errors import ConfigError, SourceError
from drapto.media.crop.margins import Margins, black_level, measure
from drapto.media.crop.samples import follow, keyframes, runs
from drapto.media.crop.vote import agreed_margins, is_larger, is_settled, to_rect, vote
from drapto.media.model import CropInfo, CropRect, CropSample
from drapto.media.yuv import is_rgb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Literal

    from drapto.media.model import SourceInfo, VideoTrack

FEW = 20
"""With fewer keyframes than this, other pictures are decoded too."""

HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
"""PQ and HLG (ITU-T H.273): dark parts of a picture take more of the scale than in SDR, and so does black."""

TEN_BIT = 1023
ABOVE_BLACK = 1.5
HDR_BOUNDS = (128, 256)
"""An HDR title's threshold: so many times its black level, within bounds on the 10-bit scale."""

LEVEL_SAMPLES = 16
DARKEST = 0.1
"""Pictures that are asked for their black level, and the part of them that may be darker: a bright picture
without bars has no black."""

LIMITED_BLACK, LIMITED_SWING, FULL_SWING = 16, 219, 255
"""Black and the distance to white in the limited range, and that distance in the full range, at 8 bits."""

SIDE_BY_SIDE, ONE_ABOVE_THE_OTHER = (1, 11), (2, 3)
WOVEN = (4, 5, 6, 7, 8, 9)
"""StereoModes (RFC 9559) by how a picture holds two eyes': in halves, or in each other's pixels, which only
some crops leave as they are."""

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
        threshold: What counts as black, as a fraction of full scale; in an HDR title, at least.

    Raises:
        ConfigError: ``rect`` does not fit the picture.
        SourceError: The file cannot be read.
    """
    width, height = info.video.width, info.video.height
    samples: tuple[CropSample, ...] = ()
    black, used = None, threshold
    method: Literal["detected", "disabled", "manual"]
    if rect is not None:
        method, chosen, reason = "manual", _fitting(rect, width, height, source), "set by hand"
    elif not enabled:
        method, chosen, reason = "disabled", _whole(width, height), "cropping is turned off"
    else:
        method = "detected"
        if info.video.colour.transfer in HDR_TRANSFERS:
            black = _black_level(source, info.video)
            used = max(threshold, hdr_threshold(black))
        elif info.video.colour.range == "pc" or is_rgb(info.video):
            used = full_range_threshold(threshold)
        found = _look(source, info.video, used)
        chosen, reason = _decide(found, info.video)
        samples = _evidence(found)
    return CropInfo(
        digest=info.digest,
        source_width=width,
        source_height=height,
        rect=chosen,
        method=method,
        reason=reason,
        threshold=used if method == "detected" else None,
        black=black,
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


def full_range_threshold(threshold: float) -> float:
    """Return what a threshold for the limited range is in a full-range picture, whose black is 0."""
    return max(0.0, (threshold * FULL_SWING - LIMITED_BLACK) / LIMITED_SWING)


def hdr_threshold(black: float) -> float:
    """Return what counts as black where black is at ``black``, both as fractions of full scale."""
    lowest, highest = HDR_BOUNDS
    return min(max(ABOVE_BLACK * black * TEN_BIT, lowest), highest) / TEN_BIT


def _black_level(source: Path, video: VideoTrack) -> float:
    """Return the level of black in a title's dark pictures, as a fraction of full scale."""
    with _readable(source):
        levels = sorted(black_level(frame) for _, frame in keyframes(source, video, LEVEL_SAMPLES))
    return levels[int(DARKEST * len(levels))] if levels else 0.0


@contextlib.contextmanager
def _readable(source: Path) -> Iterator[None]:
    """Say that a source is damaged where it cannot be read."""
    try:
        yield
    except FFmpegError as error:
        problem = f"is damaged ({error.strerror})"
        raise SourceError(problem, path=source, remedy="rip or copy it again") from error


def _look(source: Path, video: VideoTrack, threshold: float) -> dict[float, Margins | None]:
    """Return the margins of keyframes, and of what follows them where these do not settle it.

    That is where they are few, or where a single one shows a larger picture: a flash passes, a scene goes on.
    """
    with _readable(source):
        found = {time: measure(frame, threshold) for time, frame in keyframes(source, video)}
        if len(found) < FEW and not is_settled(_told(found.values())):
            found |= {time: measure(frame, threshold) for time, frame in runs(source, video)}
        found |= _closer(source, video, threshold, found)
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


def _decide(found: Mapping[float, Margins | None], video: VideoTrack) -> tuple[CropRect, str]:
    width, height = video.width, video.height
    verdict = vote(_told(found.values()), len(found))
    rect = to_rect(_of_both_eyes(verdict.margins, video.stereo_mode), width, height)
    if rect == _whole(width, height) and any(verdict.margins):
        return rect, f"not worth a crop, or too little would be left ({verdict.reason})"
    return rect, verdict.reason


def _of_both_eyes(margins: Margins, stereo_mode: int) -> Margins:
    """Return the margins whose crop takes as much from either eye's picture, and moves neither."""
    if stereo_mode in SIDE_BY_SIDE:
        return margins._replace(left=0, right=0)
    if stereo_mode in ONE_ABOVE_THE_OTHER:
        return margins._replace(top=0, bottom=0)
    return Margins(0, 0, 0, 0) if stereo_mode in WOVEN else margins
