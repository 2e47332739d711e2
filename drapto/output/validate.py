"""Is the finished file what was promised?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import av

from drapto.engine.job import file_url
from drapto.errors import SourceError, ValidationError
from drapto.media.probe import inspect
from drapto.media.timestamps import read_timestamps
from drapto.output.checks import check_all, exact
from drapto.output.decode import decode_all
from drapto.output.model import Check, Sizes, Validation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drapto.audio.plan import AudioPlan
    from drapto.engine.job import EncodeProgress, Job
    from drapto.media.model import CropInfo, SourceInfo

NAMED_FAILURES = 5
"""Failed checks that the error names; ``validation.json`` has all of them."""


def validate(  # noqa: PLR0913  a stage's parameters are its inputs
    muxed: Path,
    info: SourceInfo,
    timestamps: Path,
    crop: CropInfo,
    plans: Sequence[AudioPlan],
    target: Path,
    *,
    inputs: Mapping[str, object],
    job: Job,
    on_progress: Callable[[EncodeProgress], None] | None = None,
) -> Validation:
    """Hold ``muxed`` against the source's probe, and decode it to its end. The source itself is not read.

    Args:
        muxed: The finished file, not yet published.
        info: The source's probe.
        timestamps: Its frames' presentation times.
        crop: What was kept of its picture.
        plans: What its audio tracks became, in order.
        target: ``validation.json``; written also where checks fail, and says so.
        inputs: What else to record there; values that JSON holds.
        job: The surroundings.
        on_progress: Called about twice a second while it decodes.

    Raises:
        ValidationError: A check failed.
        ArtifactError: ``timestamps`` cannot be read.
    """
    expected = read_timestamps(timestamps)
    try:
        output, times = inspect(muxed, frame_index="packets")
    except SourceError as error:
        raise ValidationError(
            f"the finished file {error.problem}", path=muxed, remedy=_remedy(target)
        ) from error
    checks = list(check_all(info, expected, crop, plans, output, times))
    decoded = decode_all(muxed, job=job, on_progress=on_progress)
    checks.append(exact("decode errors", "", decoded.errors))
    checks.append(exact("decoded frames", len(expected), decoded.frames))
    validation = Validation(
        digest=info.digest,
        passed=all(check.passed for check in checks),
        frames=len(times),
        duration=output.duration or 0.0,
        sizes=_sizes(muxed, info, output),
        inputs=dict(inputs),
        checks=tuple(checks),
    ).write(target)
    if not validation.passed:
        raise ValidationError(_complaint(validation.failed), path=muxed, remedy=_remedy(target))
    return validation


def _sizes(muxed: Path, info: SourceInfo, output: SourceInfo) -> Sizes:
    held: Counter[int] = Counter()
    with av.open(file_url(muxed)) as container:
        for packet in container.demux():
            held[packet.stream_index] += packet.size
    return Sizes(
        source=info.size,
        output=output.size,
        video=held[output.video.index],
        audio=tuple(held[track.index] for track in output.audio),
        subtitles=tuple(held[track.index] for track in output.subtitles),
    )


def _complaint(failed: Sequence[Check]) -> str:
    named = [f"{check.name} (expected {check.expected}, found {check.found})" for check in failed]
    more = [f"and {len(named) - NAMED_FAILURES} more"] if len(named) > NAMED_FAILURES else []
    return "is not what was promised: " + ", ".join([*named[:NAMED_FAILURES], *more])


def _remedy(target: Path) -> str:
    return f"nothing was published and the work is kept; see {target}"
