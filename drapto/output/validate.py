"""Is the finished file what was promised?"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

import av

from drapto.engine.context import file_url
from drapto.errors import SourceError, ValidationError
from drapto.media.hdr.dolby_vision import plan
from drapto.media.hdr.dynamic import read_dynamic
from drapto.media.probe import examine
from drapto.media.timestamps import read_timestamps
from drapto.output.checks import check_all, exact
from drapto.output.decode_check import decode_sound, same_frames
from drapto.output.dynamic_checks import check_dynamic
from drapto.output.fields import FIELDS, FIELDS_REMEDY, check_fields
from drapto.output.model import Check, Sizes, Validation
from drapto.video.carry import carried

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from drapto.audio.plan import AudioPlan
    from drapto.encoding.delivered import Delivered
    from drapto.engine.context import StageContext
    from drapto.media.fields.model import FieldsInfo
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.output.decode_check import DecodedSegment
    from drapto.output.model import MadeWith

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
    decoded: Sequence[DecodedSegment],
    target: Path,
    *,
    inputs: Mapping[str, object],
    context: StageContext,
    quality: Delivered | None = None,
    versions: MadeWith | None = None,
) -> Validation:
    """Hold ``muxed`` against the source's probe, and decode it to its end. The source itself is not read.

    Its picture has been decoded already, segment by segment (see `drapto.output.decode_check`): here its
    packets are held against those.

    Args:
        muxed: The finished file, not yet published.
        info: The source's probe.
        timestamps: The presentation times planned for the output's frames.
        dynamic: Its frames' HDR10+ and Dolby Vision metadata.
        crop: What was kept of its picture.
        fields: What its pictures were made of.
        plans: What its audio tracks became, in order.
        decoded: The segments that its picture is joined from.
        target: ``validation.json``; written also where checks fail, and says so.
        inputs: What else to record there; values that JSON holds.
        context: The surroundings.
        quality: What the picture was measured to score.
        versions: Of what made the file.

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
    held: Counter[int] = Counter()
    picture = _picture(muxed, output, held)
    frames = same_frames(picture, decoded)
    deque(picture, maxlen=0)  # on to the end of the file, to count the bytes of every track
    if fields.kind != "progressive":
        checks.append(check_fields(muxed, output.video, context=context))
    complaint = decode_sound(muxed, context=context, log="validate") if output.audio else ""
    checks.append(exact("decode errors", "", complaint))
    checks.append(exact("decoded frames", len(expected), frames))
    validation = Validation(
        digest=info.digest,
        passed=all(check.passed for check in checks),
        frames=len(times),
        duration=output.duration or 0.0,
        sizes=_sizes(info, output, held),
        inputs=dict(inputs),
        checks=tuple(checks),
        quality=quality,
        versions=versions,
    ).write(target)
    if not validation.passed:
        raise ValidationError(
            _complaint(validation.failed), path=muxed, remedy=_remedy(target, validation.failed)
        )
    return validation


def _picture(muxed: Path, output: SourceInfo, held: Counter[int]) -> Iterator[bytes]:
    """Yield the packets of the picture, and count into ``held`` the bytes of every track, by stream index."""
    with av.open(file_url(muxed)) as container:
        for packet in container.demux():
            held[packet.stream_index] += packet.size
            if packet.stream_index == output.video.index and packet.size:
                yield bytes(packet)


def _sizes(source: SourceInfo, output: SourceInfo, held: Mapping[int, int]) -> Sizes:
    return Sizes(
        source=source.size,
        output=output.size,
        video=held[output.video.index],
        audio=tuple(held[track.index] for track in output.audio),
        subtitles=tuple(held[track.index] for track in output.subtitles),
    )


def _complaint(failed: Sequence[Check]) -> str:
    named = [f"{check.name} (expected {check.expected}, found {check.found})" for check in failed]
    more = [f"and {len(named) - NAMED_FAILURES} more"] if len(named) > NAMED_FAILURES else []
    return "is not what was promised: " + ", ".join([*named[:NAMED_FAILURES], *more])


def _remedy(target: Path, failed: Sequence[Check] = ()) -> str:
    known = [FIELDS_REMEDY] if any(check.name == FIELDS for check in failed) else []
    return "; ".join([*known, f"nothing was published and the work is kept; see {target}"])
