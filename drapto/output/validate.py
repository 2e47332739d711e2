"""Is the finished file what was promised?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from drapto.engine.job import file_url
from drapto.errors import SourceError, ValidationError
from drapto.media.dolby_vision import plan
from drapto.media.dynamic import read_dynamic
from drapto.media.probe import examine
from drapto.media.timestamps import read_timestamps
from drapto.output.checks import check_all, exact
from drapto.output.decode import decode_all
from drapto.output.dynamic_checks import check_dynamic
from drapto.output.fields import FIELDS, FIELDS_REMEDY, check_fields
from drapto.output.model import Check, Sizes, Validation
from drapto.video.carry import carried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drapto.audio.plan import AudioPlan
    from drapto.engine.job import Job
    from drapto.media.fields import FieldsInfo
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.quality.delivered import Delivered

NS = 1_000_000_000
MILLISECOND = Fraction(1, 1000)

NAMED_FAILURES = 5
"""Failed checks that the error names; ``validation.json`` has all of them."""


def validate(  # noqa: PLR0913, PLR0917  a stage's parameters are its inputs
    muxed: Path,
    info: SourceInfo,
    timestamps: Path,
    dynamic: Path,
    crop: CropInfo,
    fields: FieldsInfo,
    plans: Sequence[AudioPlan],
    target: Path,
    *,
    inputs: Mapping[str, object],
    job: Job,
    quality: Delivered | None = None,
    on_frames: Callable[[int], None] | None = None,
) -> Validation:
    """Hold ``muxed`` against the source's probe, and decode it to its end. The source itself is not read.

    Args:
        muxed: The finished file, not yet published.
        info: The source's probe.
        timestamps: The presentation times planned for the output's frames.
        dynamic: Its frames' HDR10+ and Dolby Vision metadata.
        crop: What was kept of its picture.
        fields: What its pictures were made of.
        plans: What its audio tracks became, in order.
        target: ``validation.json``; written also where checks fail, and says so.
        inputs: What else to record there; values that JSON holds.
        job: The surroundings.
        quality: What the picture was measured to score.
        on_frames: Called with the frames decoded so far, about twice a second for each decoder.

    Raises:
        ValidationError: A check failed.
        ArtifactError: ``timestamps`` or ``dynamic`` cannot be read.
    """
    expected = read_timestamps(timestamps)
    try:
        found = examine(muxed, frame_index="packets")
    except SourceError as error:
        raise ValidationError(
            f"the finished file {error.problem}", path=muxed, remedy=_remedy(target)
        ) from error
    output, times = found.info, found.times
    checks = list(check_all(info, expected, crop, plans, output, times))
    metadata = carried(read_dynamic(dynamic, len(expected)), plan(info.video), crop)
    checks.extend(check_dynamic(info.video, output.video, metadata, found.dynamic))
    survey = _survey(muxed, output)
    decoded = decode_all(
        muxed, times, survey.keyframes, has_sound=bool(output.audio), job=job, on_frames=on_frames
    )
    if fields.kind != "progressive":
        checks.append(check_fields(muxed, output.video, job=job))
    checks.append(exact("decode errors", "", decoded.errors))
    checks.append(exact("decoded frames", len(expected), decoded.frames))
    validation = Validation(
        digest=info.digest,
        passed=all(check.passed for check in checks),
        frames=len(times),
        duration=output.duration or 0.0,
        sizes=survey.sizes(info, output),
        inputs=dict(inputs),
        checks=tuple(checks),
        quality=quality,
    ).write(target)
    if not validation.passed:
        raise ValidationError(
            _complaint(validation.failed), path=muxed, remedy=_remedy(target, validation.failed)
        )
    return validation


@dataclass(frozen=True)
class _Survey:
    """What one pass over the packets of the finished file finds.

    Attributes:
        held: Bytes of each track's packets, by stream index.
        keyframes: When the picture's keyframes are shown, nanoseconds, ascending.
    """

    held: Counter[int]
    keyframes: list[int]

    def sizes(self, source: SourceInfo, output: SourceInfo) -> Sizes:
        """Return the sizes to record."""
        return Sizes(
            source=source.size,
            output=output.size,
            video=self.held[output.video.index],
            audio=tuple(self.held[track.index] for track in output.audio),
            subtitles=tuple(self.held[track.index] for track in output.subtitles),
        )


def _survey(muxed: Path, output: SourceInfo) -> _Survey:
    held: Counter[int] = Counter()
    keyframes = []
    with av.open(file_url(muxed)) as container:
        tick = (container.streams[output.video.index].time_base or MILLISECOND) * NS
        for packet in container.demux():
            held[packet.stream_index] += packet.size
            if packet.is_keyframe and packet.stream_index == output.video.index and packet.pts is not None:
                keyframes.append(round(packet.pts * tick))
    return _Survey(held, sorted(keyframes))


def _complaint(failed: Sequence[Check]) -> str:
    named = [f"{check.name} (expected {check.expected}, found {check.found})" for check in failed]
    more = [f"and {len(named) - NAMED_FAILURES} more"] if len(named) > NAMED_FAILURES else []
    return "is not what was promised: " + ", ".join([*named[:NAMED_FAILURES], *more])


def _remedy(target: Path, failed: Sequence[Check] = ()) -> str:
    known = [FIELDS_REMEDY] if any(check.name == FIELDS for check in failed) else []
    return "; ".join([*known, f"nothing was published and the work is kept; see {target}"])
