"""One audio track to Opus, or copied where that is planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from drapto.audio.copy import copy_sound
from drapto.audio.damage import check_options, first_damage
from drapto.audio.evenly import decode_options
from drapto.audio.plan import (
    AS_IT_IS,
    AudioPlan,
    Bitrates,
    Treatment,
    describe,
    first_sound,
    plan_audio,
)
from drapto.audio.span import Span, opus_span
from drapto.engine import atomic
from drapto.engine.causes import FAILED
from drapto.engine.context import file_url
from drapto.errors import SourceError, SpaceError, StageError, ToolFailedError
from drapto.media.damage import listening
from drapto.media.muxer import REPRODUCIBLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.audio.record import CopiedSound
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.media.model import AudioTrack

OPUS = (
    *("-c:a", "libopus", "-application", "audio", "-frame_duration", "20"),
    *("-vbr", "on", "-compression_level", "10"),
)

BARE = (*REPRODUCIBLE, "-flags:a", "+bitexact", "-map_metadata", "-1", "-map_chapters", "-1")
"""Nothing but the sound, and no version of the encoder; what else belongs to a track, the mux writes."""

UNCOMPRESSED_DYNAMICS = {"ac3": ("-drc_scale", "0"), "eac3": ("-drc_scale", "0")}
"""Decoder options. Unless told not to, ffmpeg applies the stream's dynamic range compression, meant for late
listening; it would be in the sound for ever."""

START_TOLERANCE = 0.02
"""Seconds: an Opus frame."""

END_TOLERANCE = 1.0
"""Seconds. As for the whole file."""


@dataclass(frozen=True)
class AudioResult:
    """One encoded track.

    Attributes:
        number: Which audio track, counted from 0.
        plan: What was asked for.
        span: When it sounds.
        size: Bytes of the file.
        complaints: What ffmpeg complained of in the source, a line each.
        copied: What was copied, where it was not encoded.
        damaged: When the source's sound is damaged first, seconds; None where it is not, or nobody knows.
    """

    number: int
    plan: AudioPlan
    span: Span
    size: int
    complaints: tuple[str, ...] = ()
    copied: CopiedSound | None = None
    damaged: float | None = None


def encode_audio(
    source: Path,
    track: AudioTrack,
    number: int,
    target: Path,
    *,
    bitrates: Bitrates,
    context: StageContext,
    treatment: Treatment = AS_IT_IS,
    report: Callable[[EncodeProgress], None] | None = None,
) -> AudioResult:
    """Encode one track of ``source`` to Opus in Matroska, or copy it there.

    It starts when the source's track starts. Where the source's timestamps leave a hole, silence fills it,
    and where they overlap, samples are dropped, so that what follows stays in time in every player.

    Args:
        source: The source.
        track: The track in it.
        number: Which audio track that is, counted from 0; it names the track in messages and the log.
        target: Where to; written whole or not at all.
        bitrates: kbit/s by class of layout.
        context: The surroundings.
        treatment: Which tracks are copied, and which are mixed down.
        report: Told about twice a second how far it is.

    Raises:
        SourceError: The track cannot be decoded, or not to its end.
        StageError: ffmpeg failed for another reason.
    """
    name = describe(number, track)
    plan = plan_audio(track, bitrates, treatment)
    log = f"audio-{number}"
    copied = None
    with atomic.replacing(target) as partial:
        try:
            if plan.copies:
                span, copied, complaints = copy_sound(
                    source, track, partial, log=log, context=context, report=report
                )
            else:
                arguments = _arguments(source, track, plan, partial)
                # of two outputs, ffmpeg says how large the first is, which is not the track's
                whole = None if track.changes else partial
                done = context.run_ffmpeg(arguments, log=log, about=source, on_progress=report, target=whole)
                complaints = done.complaints
                made = _written(partial)
        except SpaceError:
            raise
        except (StageError, SourceError) as error:
            raise _of_track(error, name, source) from error
        if not plan.copies:
            span = _checked(made, track, name, source)
        size = partial.stat().st_size
    damaged = first_damage(source, track.index) if complaints else None
    return AudioResult(number, plan, span, size, complaints, copied, damaged)


def _arguments(source: Path, track: AudioTrack, plan: AudioPlan, partial: Path) -> list[str]:
    return [
        *("-copyts", *UNCOMPRESSED_DYNAMICS.get(track.codec, ()), *check_options(track.codec)),
        *("-i", file_url(source)),
        *(*decode_options(track, plan), *OPUS, "-b:a", f"{plan.bitrate}k"),
        *(() if plan.family is None else ("-mapping_family", f"{plan.family}")),
        *(*BARE, "-f", "matroska", file_url(partial)),
    ]


def _written(path: Path) -> Span | None:
    """Return when what was just written sounds.

    Raises:
        ToolFailedError: It cannot be read to its end: a disk, or a tool, has lost some of it.
    """
    try:
        with listening() as said:
            span = opus_span(path)
    except av.FFmpegError as error:
        raise _lost(f"what ffmpeg wrote cannot be read back ({error.strerror})") from error
    if said:
        raise _lost(f"what ffmpeg wrote cannot be read back whole ({' '.join(said[0][2].split())})")
    return span


def _lost(problem: str) -> ToolFailedError:
    error = ToolFailedError(problem, remedy="check the disk, and run again")
    error.cause = FAILED.name
    return error


MOSTLY_DAMAGED = "failed with status 69"
"""What is said of ffmpeg where more than two thirds of a track's packets do not decode (ffmpeg's manual,
"max_error_rate")."""

UNDECODABLE_ENDS = {
    "tta": 'in Matroska, ffmpeg cannot decode the last packet of TTA; set audio.passthrough = ["tta"], which '
    "keeps the track as it is, or remux the file without it"
}
"""What to do about sound whose end does not decode though it is whole: Matroska does not hold TTA's header,
which says how many samples the last packet has, and libavformat makes it up from the length of the film."""


def _of_track(error: StageError | SourceError, name: str, source: Path) -> StageError | SourceError:
    """Return an error that names the track."""
    if MOSTLY_DAMAGED in error.problem:
        remedy = "rip it again, or remux the file without that track"
        return SourceError(f"{name}: most of it cannot be decoded", path=source, remedy=remedy)
    return type(error)(f"{name}: {error.problem}", path=source, remedy=error.remedy)


def _checked(span: Span | None, track: AudioTrack, name: str, source: Path) -> Span:
    """Refuse sound that begins or ends elsewhere than the source's."""
    if span is None:
        raise SourceError(
            f"{name}: nothing in it can be decoded", path=source, remedy="remux the file without that track"
        )
    late, short = span.start - first_sound(track), track.end - span.end
    if abs(late) > START_TOLERANCE or abs(short) > END_TOLERANCE:
        raise SourceError(
            f"{name}: decodes from {span.start:.3f} to {span.end:.3f} s, "
            f"but its packets run from {track.start:.3f} to {track.end:.3f} s",
            path=source,
            remedy=UNDECODABLE_ENDS.get(
                track.codec, "the track is damaged; rip it again, or remux the file without it"
            ),
        )
    return span
