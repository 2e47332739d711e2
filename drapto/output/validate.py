"""Is the finished file what was promised?"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av

from drapto.engine.context import file_url
from drapto.errors import SourceError, ValidationError
from drapto.media.probe import examine
from drapto.media.texts import ANY_TEXT
from drapto.media.timestamps import read_timestamps
from drapto.output.checks import check_all
from drapto.output.copies import Content, copy_checks
from drapto.output.copy_checks import check_copies
from drapto.output.decode_check import same_frames
from drapto.output.dynamic_checks import check_dynamic
from drapto.output.element_checks import check_elements
from drapto.output.fields import FIELDS, FIELDS_REMEDY, check_fields
from drapto.output.judging import exact
from drapto.output.model import Sizes, Validation
from drapto.output.sound_check import check_sound
from drapto.video.carry import of_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction
    from pathlib import Path

    from drapto.audio.plan import AudioPlan
    from drapto.audio.record import CopiedSound
    from drapto.encoding.delivered import Delivered
    from drapto.engine.context import StageContext
    from drapto.media.fields.model import FieldsInfo
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.media.probe import Examined
    from drapto.output.decode_check import DecodedSegment
    from drapto.output.model import Check, MadeWith

NAMED_FAILURES = 5
"""Failed checks that the error names; ``validation.json`` has all of them."""


@dataclass(frozen=True)
class Finished:
    """A finished file, not yet published, and what it is to be.

    Attributes:
        muxed: The file.
        info: The source's probe.
        timestamps: The presentation times planned for the output's frames.
        dynamic: The HDR10+ and Dolby Vision metadata and the captions of the source's frames.
        crop: What was kept of its picture.
        fields: What its pictures were made of.
        plans: What its audio tracks became, in order.
        decoded: The segments that its picture is joined from.
        elements: The source's own elements; None where these are not compared.
        audio: The files that its audio tracks are copied from, in order.
        rate: Its planned frames per second; None where it has the source's frames.
        defaults: Whether a track is the default, by its stream index there, where that says otherwise.
        copied: What was copied of its audio tracks, in order; None of one that was encoded.
    """

    muxed: Path
    info: SourceInfo
    timestamps: Path
    dynamic: Path
    crop: CropInfo
    fields: FieldsInfo
    plans: Sequence[AudioPlan]
    decoded: Sequence[DecodedSegment]
    elements: Path | None = None
    audio: Sequence[Path] = ()
    rate: Fraction | None = None
    copied: Sequence[CopiedSound | None] = ()
    defaults: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """What a validation records of how the file came to be.

    Attributes:
        inputs: The settings and the source's digest; values that JSON holds.
        quality: What the picture was measured to score.
        versions: Of what made it.
        notes: What has to be known to read it, a line each.
    """

    inputs: Mapping[str, object]
    quality: Delivered | None = None
    versions: MadeWith | None = None
    notes: tuple[str, ...] = ()


def validate(
    finished: Finished,
    target: Path,
    *,
    provenance: Provenance,
    context: StageContext,
    strict: bool = False,
) -> Validation:
    """Hold a finished file against the source's probe, and decode it to its end. The source is not read.

    Its picture has been decoded already, segment by segment (see `drapto.output.decode_check`): here its
    packets are held against those.

    Args:
        finished: The file, and what it is to be.
        target: ``validation.json``; written also where checks fail, and says so.
        provenance: What else to record there.
        context: The surroundings.
        strict: Refuse what a viewer would not miss, too.

    Raises:
        ValidationError: A check failed whose failure a viewer would notice.
        ArtifactError: The times or the metadata cannot be read.
    """
    info, crop, muxed = finished.info, finished.crop, finished.muxed
    expected = read_timestamps(finished.timestamps)
    found = _examined(muxed, target)
    output = found.info
    by_elements = finished.elements is not None
    plans = finished.plans
    checks = list(check_all(info, expected, crop, plans, output, found.times, by_elements=by_elements))
    metadata = of_output(finished.dynamic, len(expected), info, crop, finished.rate)
    checks += check_dynamic(info.video, output.video, metadata, found.dynamic)
    if finished.elements is not None:
        checks += check_elements(finished.elements, muxed, info, finished.defaults)
    frames, held, content = _held_against(finished.decoded, muxed, output)
    checks += copy_checks(finished.audio, output, content)
    if finished.fields.kind != "progressive":
        checks.append(check_fields(muxed, output.video, context=context))
    checks += check_copies(muxed, finished.copied, output.audio)
    encoded = [number for number, made in enumerate(plans) if not made.copies]
    checks += [check_sound(muxed, encoded), exact("decoded frames", len(expected), frames)]
    validation = Validation(
        digest=info.digest,
        passed=all(check.passed or (check.severity == "differs" and not strict) for check in checks),
        strict=strict,
        frames=len(found.times),
        duration=output.duration or 0.0,
        sizes=_sizes(info, output, held),
        inputs=dict(provenance.inputs),
        checks=tuple(checks),
        quality=provenance.quality,
        versions=provenance.versions,
        notes=provenance.notes,
        content=content.value,
    ).write(target)
    if not validation.passed:
        raise _refusal(validation, muxed, target)
    return validation


def _examined(muxed: Path, target: Path) -> Examined:
    try:
        return examine(muxed, frame_index="packets")
    except SourceError as error:
        raise ValidationError(
            f"the finished file {error.problem}", path=muxed, remedy=_remedy(target)
        ) from error


def _held_against(
    decoded: Sequence[DecodedSegment], muxed: Path, output: SourceInfo
) -> tuple[int, Counter[int], Content]:
    """Return how many frames are those that were decoded, the bytes of every track, and its packets."""
    held: Counter[int] = Counter()
    content = Content()
    picture = _picture(muxed, output, held, content)
    frames = same_frames(picture, decoded)
    deque(picture, maxlen=0)  # on to the end of the file, to count the bytes of every track
    return frames, held, content


def _picture(muxed: Path, output: SourceInfo, held: Counter[int], content: Content) -> Iterator[bytes]:
    """Yield the packets of the picture; take in what every track has, by stream index."""
    with av.open(file_url(muxed), **ANY_TEXT) as container:
        for packet in container.demux():
            held[packet.stream_index] += packet.size
            data = bytes(packet)
            content.add(packet.stream_index, data)
            if packet.stream_index == output.video.index and data:
                yield data


def _sizes(source: SourceInfo, output: SourceInfo, held: Mapping[int, int]) -> Sizes:
    return Sizes(
        source=source.size,
        output=output.size,
        video=held[output.video.index],
        audio=tuple(held[track.index] for track in output.audio),
        subtitles=tuple(held[track.index] for track in output.subtitles),
    )


def _refusal(validation: Validation, muxed: Path, target: Path) -> ValidationError:
    broken = validation.broken
    named = [check.said for check in broken[:NAMED_FAILURES]]
    more = [f"and {len(broken) - NAMED_FAILURES} more"] if len(broken) > NAMED_FAILURES else []
    problem = "is not what was promised: " + ", ".join([*named, *more])
    error = ValidationError(problem, path=muxed, remedy=_remedy(target, broken))
    error.failed = tuple(check.name for check in broken)
    return error


def _remedy(target: Path, broken: Sequence[Check] = ()) -> str:
    known = [FIELDS_REMEDY] if any(check.name == FIELDS for check in broken) else []
    if broken and all(check.severity == "differs" for check in broken):
        known.append("a viewer would not miss that: output.strict = false publishes it")
    return "; ".join([*known, f"nothing was published and the work is kept; see {target}"])
