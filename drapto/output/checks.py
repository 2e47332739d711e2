"""The promises of an output, held against what a probe of it says. Pure: models in, checks out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from drapto.audio.plan import first_sound
from drapto.media.rate import NS
from drapto.media.timestamps import NS_PER_MS
from drapto.output.colour_checks import check_colours
from drapto.output.judging import exact, near, noted, same_tags
from drapto.output.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.audio.plan import AudioPlan
    from drapto.media.model import (
        Attachment,
        AudioTrack,
        Chapter,
        CropInfo,
        SourceInfo,
        SubtitleTrack,
        Track,
        VideoTrack,
    )

SOUND_START = 0.02
"""Seconds: an Opus frame. libavformat takes the pre-skip, 6.5 ms, off an Opus track's times."""

HEARD_EARLY = 0.04
"""Seconds by which sound may come apart from its picture before it is noticed: EBU R 37 lets it lead by 40 ms
and lag by 60."""

TAIL = 0.2
"""Seconds by which sound may end elsewhere: an Opus packet, and what a codec's last packet is filled up with.
What `make odd` makes, in 13 codecs, comes out within 0.1 s."""

LENGTH = 1.0
"""Seconds by which it may end elsewhere before it is missed, at the end of the credits."""

TICK = 0.001
"""Seconds of a Matroska tick. A copied track's times may be off by one where the source's tick is finer."""

NAMED_ANEW = {"text": "subrip"}
"""What a subtitle codec is called once it has been copied: Matroska's old plain text (``S_TEXT/ASCII``) is
written as ``S_TEXT/UTF8``, byte for byte."""

READ_LATE = 0.1
"""Seconds by which a subtitle may come early or late before it is noticed: two or three frames."""

JUMP = 0.5
"""Seconds by which a chapter may begin elsewhere before one who jumps there misses something."""

SHAPE = 0.01
"""Part by which a picture may be wider or narrower than it is meant to be before it is noticed."""


def check_all(
    source: SourceInfo,
    times: Sequence[int],
    crop: CropInfo,
    plans: Sequence[AudioPlan],
    output: SourceInfo,
    found_times: Sequence[int],
    *,
    by_elements: bool = False,
) -> Iterator[Check]:
    """Yield the checks of an output.

    Args:
        source: The source's probe.
        times: Its frames' presentation times, nanoseconds.
        crop: What was kept of its picture.
        plans: What its audio tracks became.
        output: The output's probe.
        found_times: Its frames' presentation times, nanoseconds.
        by_elements: Chapters, attached files and tags are compared by their elements, and not here:
            libavformat does not find all that a source has of them behind its clusters.
    """
    yield from _video(source.video, crop, output.video)
    yield exact("video frames", len(times), len(found_times))
    yield timestamps(times, found_times)
    yield exact("audio tracks", len(source.audio), len(output.audio))
    for number, (track, plan, made) in enumerate(zip(source.audio, plans, output.audio, strict=False)):
        yield from _audio(f"audio {number}", track, plan, made)
    yield exact("subtitle tracks", len(source.subtitles), len(output.subtitles))
    for number, (given, kept) in enumerate(zip(source.subtitles, output.subtitles, strict=False)):
        yield from _subtitles(f"subtitle {number}", given, kept)
    if not by_elements:
        yield from _beside(source, output)
    yield _duration(source, output)


def _beside(source: SourceInfo, output: SourceInfo) -> Iterator[Check]:
    """Check what is beside the tracks, as libavformat shows it."""
    yield from _chapters(source.chapters, output.chapters)
    yield from _attachments(source.attachments, output.attachments)
    yield same_tags("tags", source.tags, output.tags)
    yield same_tags("video tags", source.video.tags, output.video.tags)
    for kind, tracks, made in (
        ("audio", source.audio, output.audio),
        ("subtitle", source.subtitles, output.subtitles),
    ):
        for number, (given, kept) in enumerate(zip(tracks, made, strict=False)):
            yield same_tags(f"{kind} {number} tags", given.tags, kept.tags)


def _duration(source: SourceInfo, output: SourceInfo) -> Check:
    """Check what the head says of the length; how long picture and sound really are, other checks say."""
    ends = [track.end for track in (source.video, *source.audio, *source.subtitles)]
    said = near("duration", max(ends), output.duration or 0.0, LENGTH)
    return said.model_copy(update={"severity": "differs"})


def timestamps(expected: Sequence[int], found: Sequence[int]) -> Check:
    """Check every frame's time, nanoseconds, to half a tick of the output, naming the first that differs."""
    wanted = f"all {len(expected)} as in the source"
    for number, (given, kept) in enumerate(zip(expected, found, strict=False)):
        if 2 * abs(given - kept) > NS_PER_MS:
            differing = f"frame {number} at {kept / NS_PER_MS:g} ms, not {given / NS_PER_MS:g} ms"
            return Check(name="video timestamps", expected=wanted, found=differing, passed=False)
    same = min(len(expected), len(found))
    passed = len(expected) == len(found)
    return Check(name="video timestamps", expected=wanted, found=f"{same} as in the source", passed=passed)


def _video(source: VideoTrack, crop: CropInfo, output: VideoTrack) -> Iterator[Check]:
    yield exact("video codec", "av1", output.codec)
    yield exact("video bit depth", 10, output.bit_depth)
    yield exact("video pixel format", "yuv420p10le", output.pix_fmt)
    size = f"{crop.rect.width}x{crop.rect.height}"
    yield exact("video size", size, f"{output.width}x{output.height}")
    yield _shape(source, output, crop.rect.width)
    yield exact("video rotation", source.rotation % 360, output.rotation % 360)
    yield from check_colours(source, output)
    yield from _labels("video", source, output)


def _shape(source: VideoTrack, output: VideoTrack, width: int) -> Check:
    # Matroska keeps the aspect as a display size in whole pixels (RFC 9559, DisplayWidth)
    off = abs(source.sar - output.sar) * width
    return Check(
        name="video sample aspect ratio",
        expected=str(source.sar),
        found=str(output.sar),
        passed=off < 1,
        severity="differs" if off <= SHAPE * source.sar * width else "broken",
    )


def _labels(name: str, source: Track, output: Track) -> Iterator[Check]:
    """Check what a player lists of a track."""
    yield noted(f"{name} language", _language(source.language), _language(output.language))
    yield noted(f"{name} title", source.title, output.title)
    yield noted(f"{name} dispositions", source.dispositions, output.dispositions)


def _language(said: str | None) -> str | None:
    """Return a track's language; one that is undetermined (``und``, ISO 639-2) is none."""
    return None if said == "und" else said


def _audio(name: str, source: AudioTrack, plan: AudioPlan, output: AudioTrack) -> Iterator[Check]:
    yield from _labels(name, source, output)
    if plan.copies:
        yield from _copy(name, source, output)
        return
    yield exact(f"{name} codec", "opus", output.codec)
    yield exact(f"{name} layout", plan.layout, output.layout)
    yield near(f"{name} start", first_sound(source), output.start, SOUND_START, HEARD_EARLY)
    yield near(f"{name} end", source.end, output.end, TAIL, LENGTH)


def _copy(name: str, source: AudioTrack, output: AudioTrack) -> Iterator[Check]:
    """Check a track that was copied, but for the content of its packets."""
    yield exact(f"{name} codec", source.codec, output.codec)
    yield exact(f"{name} layout", source.layout, output.layout)
    yield exact(f"{name} sample rate", source.sample_rate, output.sample_rate)
    yield exact(f"{name} packet count", source.packets, output.packets)
    yield near(f"{name} start", source.start, output.start, TICK)
    # where packets have no times, the last one has no duration either
    yield near(f"{name} end", source.end, output.end, SOUND_START + source.spacing)


def _subtitles(name: str, source: SubtitleTrack, output: SubtitleTrack) -> Iterator[Check]:
    yield exact(f"{name} codec", NAMED_ANEW.get(source.codec, source.codec), output.codec)
    yield from _labels(name, source, output)
    yield exact(f"{name} packets", source.packets, output.packets)
    yield exact(f"{name} content", source.digest, output.digest)
    yield near(f"{name} start", source.start, output.start, TICK, READ_LATE)
    yield near(f"{name} end", source.end, output.end, TICK, READ_LATE)


def _chapters(source: Sequence[Chapter], output: Sequence[Chapter]) -> Iterator[Check]:
    yield exact("chapters", len(source), len(output))
    for number, (given, kept) in enumerate(zip(source, output, strict=False)):
        there = abs(given.start - kept.start) <= JUMP * NS
        yield exact(
            f"chapter {number}", _chapter(given), _chapter(kept), severity="differs" if there else "broken"
        )
        # where a chapter does not say its end, the last one lasts to that of the file
        yield near(f"chapter {number} end", given.end / NS, kept.end / NS, LENGTH, bearable=math.inf)


def _chapter(chapter: Chapter) -> str:
    return f"{chapter.start} ns {chapter.title or ''}".rstrip()


def _attachments(source: Sequence[Attachment], output: Sequence[Attachment]) -> Iterator[Check]:
    yield exact("attachments", len(source), len(output))
    for number, (given, kept) in enumerate(zip(source, output, strict=False)):
        yield noted(f"attachment {number} name", given.filename, kept.filename)
        yield noted(f"attachment {number} type", given.mimetype, kept.mimetype)
        yield exact(f"attachment {number} content", given.sha256, kept.sha256)
