"""What a finished file says of how its picture was made: versions, settings, and what was measured.

It is the same for the same encode, whoever makes it and wherever: no path, no time and no machine is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.about import VERSION
from drapto.output.tags import EncoderTag
from drapto.words import score_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.encoding.delivered import Delivered
    from drapto.encoding.record import EncodedSegment

BETWEEN = " / "
"""What MediaInfo lists settings by."""


def encoder_tag(
    records: Sequence[EncodedSegment], svt_params: str, *, film_grain: bool, quality: Delivered | None
) -> EncoderTag:
    """Return the tag of a picture.

    Args:
        records: Of its segments, one at least.
        svt_params: The SVT-AV1 parameters, ``key=value`` pairs joined by colons.
        film_grain: Whether grain was synthesised.
        quality: What was measured; None where nothing was.
    """
    versions = sorted({one.versions.svt_av1 for one in records if one.versions} - {""})
    encoders = [f"drapto {VERSION}", *([f"SVT-AV1 {' and '.join(versions)}"] if versions else [])]
    settings = _settings(records, svt_params, film_grain=film_grain, quality=quality)
    return EncoderTag(", ".join(encoders), BETWEEN.join(settings))


def _settings(
    records: Sequence[EncodedSegment], svt_params: str, *, film_grain: bool, quality: Delivered | None
) -> Iterator[str]:
    yield f"preset={_range([one.preset for one in records])}"
    crfs = [crf for one in records for crf in ([part.crf for part in one.stretches] or [one.crf])]
    yield f"crf={_range(crfs)}"
    if quality is not None:
        metric, statistic = quality.scores.metric, quality.statistic
        yield f"target={score_text(metric, quality.target, statistic)}"
        yield f"measured={score_text(metric, quality.score, statistic)}"
        yield f"worst-segment={score_text(metric, quality.worst, statistic)}"
        if quality.scores.model:
            yield f"model={quality.scores.model}" + (f" at {quality.display}" if quality.display else "")
    if film_grain:
        yield "film-grain=synthesised"
    # sorted: the same encode is told in the same words, however they stand in the settings
    yield from (one for one in sorted(svt_params.split(":")) if one and "/" not in one and "\\" not in one)


def _range(values: Sequence[float]) -> str:
    lowest, highest = min(values), max(values)
    return f"{lowest:g}" if lowest == highest else f"{lowest:g}-{highest:g}"
