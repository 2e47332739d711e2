"""The promises of an output, held against what a probe of it says. Pure: models in, checks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.audio.plan import first_sound
from drapto.media.model import AV1_CHROMA_LOCATIONS
from drapto.media.rate import NS
from drapto.media.timestamps import NS_PER_MS
from drapto.media.yuv import delivered
from drapto.output.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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

LENGTH = 1.0
"""Seconds by which an output, or a track of it, may be longer or shorter than the source."""

TICK = 0.001
"""Seconds of a Matroska tick. A copied track's times may be off by one where the source's tick is finer."""

LUMINANCE = 0.01
CHROMATICITY = 1 / 50_000
"""AV1's metadata holds a mastering display in steps of 1/256 cd/m², 1/16384 cd/m² and 1/65536 (AV1
specification, section 6.7.4), HEVC's in steps of 1/10000 cd/m² and 1/50000."""


def exact(name: str, expected: object, found: object) -> Check:
    """Check that two values are equal."""
    return Check(name=name, expected=_words(expected), found=_words(found), passed=expected == found)


def near(name: str, expected: float, found: float, tolerance: float) -> Check:
    """Check that two times are no further apart than ``tolerance``, all in seconds."""
    return Check(
        name=name,
        expected=f"{expected:.3f} s ± {tolerance:g}",
        found=f"{found:.3f} s",
        passed=abs(expected - found) <= tolerance + 1e-9,
    )


def _words(value: object) -> str:
    if value is None or value == ():
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def check_all(
    source: SourceInfo,
    times: Sequence[int],
    crop: CropInfo,
    plans: Sequence[AudioPlan],
    output: SourceInfo,
    found_times: Sequence[int],
) -> Iterator[Check]:
    """Yield the checks of an output.

    Args:
        source: The source's probe.
        times: Its frames' presentation times, nanoseconds.
        crop: What was kept of its picture.
        plans: What its audio tracks became.
        output: The output's probe.
        found_times: Its frames' presentation times, nanoseconds.
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
    yield from _chapters(source.chapters, output.chapters)
    yield from _attachments(source.attachments, output.attachments)
    yield exact("tags", _tags(source.tags), _tags(output.tags))
    ends = [track.end for track in (source.video, *source.audio, *source.subtitles)]
    yield near("duration", max(ends), output.duration or 0.0, LENGTH)


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
    # Matroska keeps the aspect as a display size in whole pixels (RFC 9559, DisplayWidth)
    off = abs(source.sar - output.sar) * crop.rect.width
    yield Check(
        name="video sample aspect ratio", expected=str(source.sar), found=str(output.sar), passed=off < 1
    )
    yield exact("video rotation", source.rotation % 360, output.rotation % 360)
    colour = delivered(source)
    for name in ("range", "primaries", "transfer", "matrix"):
        said = getattr(colour, name)
        if said is not None:
            yield exact(f"video colour {name}", said, getattr(output.colour, name))
    location = colour.chroma_location
    if location in AV1_CHROMA_LOCATIONS and location is not None:
        yield exact("video chroma location", location, output.colour.chroma_location)
    yield from _mastering(source, output)
    if source.light is not None:
        yield exact("video light levels", source.light, output.light)
    yield from _labels("video", source, output)


def _mastering(source: VideoTrack, output: VideoTrack) -> Iterator[Check]:
    if (given := source.mastering) is None:
        return
    kept = output.mastering
    corners = ("red", "green", "blue", "white")
    passed = kept is not None and all(
        abs(a - b) <= CHROMATICITY
        for corner in corners
        for a, b in zip(getattr(given, corner), getattr(kept, corner), strict=True)
    )
    if kept is not None:
        passed &= abs(given.max_luminance - kept.max_luminance) <= LUMINANCE
        passed &= abs(given.min_luminance - kept.min_luminance) <= LUMINANCE
    yield Check(name="video mastering display", expected=str(given), found=_words(kept), passed=passed)


def _labels(name: str, source: Track, output: Track) -> Iterator[Check]:
    """Check what a player lists of a track."""
    yield exact(f"{name} language", source.language, output.language)
    yield exact(f"{name} title", source.title, output.title)
    yield exact(f"{name} dispositions", source.dispositions, output.dispositions)
    yield exact(f"{name} tags", _tags(source.tags), _tags(output.tags))


def _audio(name: str, source: AudioTrack, plan: AudioPlan, output: AudioTrack) -> Iterator[Check]:
    yield from _labels(name, source, output)
    if plan.copies:
        yield from _copy(name, source, output)
        return
    yield exact(f"{name} codec", "opus", output.codec)
    yield exact(f"{name} layout", plan.layout, output.layout)
    yield near(f"{name} start", first_sound(source), output.start, SOUND_START)
    yield near(f"{name} end", source.end, output.end, LENGTH)


def _copy(name: str, source: AudioTrack, output: AudioTrack) -> Iterator[Check]:
    """Check a track that was copied, but for the content of its packets."""
    yield exact(f"{name} codec", source.codec, output.codec)
    yield exact(f"{name} layout", source.layout, output.layout)
    yield exact(f"{name} sample rate", source.sample_rate, output.sample_rate)
    yield exact(f"{name} packets", source.packets, output.packets)
    yield near(f"{name} start", source.start, output.start, TICK)
    # where packets have no times, the last one has no duration either
    yield near(f"{name} end", source.end, output.end, SOUND_START + source.spacing)


def _subtitles(name: str, source: SubtitleTrack, output: SubtitleTrack) -> Iterator[Check]:
    yield exact(f"{name} codec", source.codec, output.codec)
    yield from _labels(name, source, output)
    yield exact(f"{name} packets", source.packets, output.packets)
    yield exact(f"{name} content", source.digest, output.digest)
    yield near(f"{name} start", source.start, output.start, TICK)
    yield near(f"{name} end", source.end, output.end, TICK)


def _chapters(source: Sequence[Chapter], output: Sequence[Chapter]) -> Iterator[Check]:
    yield exact("chapters", len(source), len(output))
    for number, (given, kept) in enumerate(zip(source, output, strict=False)):
        yield exact(f"chapter {number}", _chapter(given), _chapter(kept))
        # where a chapter does not say its end, the last one lasts to that of the file
        yield near(f"chapter {number} end", given.end / NS, kept.end / NS, LENGTH)


def _chapter(chapter: Chapter) -> str:
    return f"{chapter.start} ns {chapter.title or ''}".rstrip()


def _attachments(source: Sequence[Attachment], output: Sequence[Attachment]) -> Iterator[Check]:
    yield exact("attachments", len(source), len(output))
    for number, (given, kept) in enumerate(zip(source, output, strict=False)):
        yield exact(f"attachment {number} name", given.filename, kept.filename)
        yield exact(f"attachment {number} type", given.mimetype, kept.mimetype)
        yield exact(f"attachment {number} content", given.sha256, kept.sha256)


def _tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return tags as Matroska keeps them: names in capitals, without spaces; a date has its own field."""
    named = {name.upper().replace(" ", "_"): value for name, value in tags.items()}
    return tuple(f"{name}={value}" for name, value in sorted(named.items()) if name != "CREATION_TIME")
