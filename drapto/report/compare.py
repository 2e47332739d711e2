"""The page that holds any two files against each other (`drapto compare`), whoever made them."""

from __future__ import annotations

import bisect
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import av
from av import FFmpegError

from drapto.engine.context import StageContext, file_url
from drapto.engine.machine import usable_cores
from drapto.engine.resources import DiskRate
from drapto.errors import SourceError
from drapto.media.demuxer import demuxer_of
from drapto.media.texts import ANY_TEXT
from drapto.output.score import compare as measured
from drapto.report import evidence, scenes
from drapto.report.page import NOTHING, Fact, Page, Plot, Table
from drapto.report.pictures import Frame, View
from drapto.report.plots import plot
from drapto.report.scenes import Low
from drapto.report.timeline import Interval
from drapto.words import change_text, count_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from drapto.config import Config
    from drapto.media.picture import Picture
    from drapto.output.score import Comparison

MOST_INTERVALS = 400
SHORTEST = 2.0
"""Into how many intervals a film is cut for its plots, at most, and how long each is at least, seconds."""

COUNTING = ("decimate", "trim")
"""Filters that cannot begin in the midst of a film."""


class Contents(NamedTuple):
    """What is in a file.

    Attributes:
        streams: A row each: kind, codec, language, title, and more of it.
        packets: Of the picture: when each is shown, seconds, and its bytes.
    """

    streams: list[tuple[str, ...]]
    packets: list[tuple[float, int]]


def compare(
    source: Path,
    output: Path,
    config: Config,
    *,
    every: int | None = None,
    crop: str | None = None,
    tell: Callable[[float], None] | None = None,
) -> Page:
    """Return the page about two files.

    Args:
        source: The original.
        output: What was made of it.
        config: The settings: the model, the crop's threshold, the ffmpeg.
        every: Measure every how many-th frame; None chooses by how many there are.
        crop: What of the source's picture the output shows, ``width:height:x:y``; None finds it.
        tell: Called about twice a second, while it is measured, with how much of that is done, 0 to 1.

    Raises:
        ConfigError: ``crop`` does not fit.
        SourceError: A file has no picture, or the two cannot be compared.
        ToolMissingError: There is no ffmpeg that can measure it.
        ToolFailedError: ffmpeg failed.
    """
    found = measured(source, output, config, every=every, crop=crop, tell=tell)
    contents = {
        path: _contents(path, look.video.index)
        for path, look in ((source, found.source), (output, found.output))
    }
    intervals = _intervals(found, contents[output].packets)
    with tempfile.TemporaryDirectory(prefix="drapto-") as name:
        folder = Path(name)
        disk = DiskRate(config.resources.max_disk_io, folder / "disk")
        context = StageContext(output.stem, found.ffmpeg, folder / "logs", disk)
        lows = [Low(0, 0, moment.time, moment.score) for moment in found.score.worst]
        threads = usable_cores()
        shown, problems = scenes.shown(lows, lambda low: _pair(found, low), "vmaf", context, threads=threads)
        strip, more = scenes.strip(
            _view(found.output), intervals, found.output.times, context, keys=False, threads=threads
        )
    why = dict.fromkeys([*problems, *more])
    return Page(
        heading=f"{output.name} against {source.name}",
        made=(source.name, output.name),
        facts=tuple(_facts(found)),
        notes=(*found.score.notes, *(f"a picture could not be made: {one}" for one in why)),
        plots=_plots(intervals, _bytes(intervals, contents[source].packets)),
        strip=tuple(strip),
        scenes=tuple(shown),
        scenes_said="The lowest frames that were measured, some way apart; the lowest first.",
        tables=(
            _how(found),
            _streams("In the source", contents[source].streams),
            _streams("In the output", contents[output].streams),
            replace(evidence.colour_table(found.source.video), title="Colour and HDR of the source"),
        ),
    )


def _contents(path: Path, video: int) -> Contents:
    """Return what is in a file.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        with av.open(file_url(path), format=demuxer_of(path), **ANY_TEXT) as container:
            streams = [_stream(stream) for stream in container.streams]
            packets = [
                (float(packet.pts * packet.time_base), packet.size)
                for packet in container.demux(container.streams[video])
                if packet.size and packet.pts is not None
            ]
    except (FFmpegError, OSError) as error:
        raise SourceError(f"cannot be read ({error})", path=path, remedy="check the file") from error
    return Contents(streams, sorted(packets))


def _stream(stream: object) -> tuple[str, ...]:
    """Return a row about a stream of PyAV's."""
    kind = getattr(stream, "type", "") or "other"
    context = getattr(stream, "codec_context", None)
    codec = getattr(getattr(context, "codec", None), "canonical_name", None) or NOTHING
    tags = {key.lower(): value for key, value in (getattr(stream, "metadata", None) or {}).items()}
    more = NOTHING
    if kind == "video" and context is not None:
        more = f"{context.width}x{context.height}, {context.pix_fmt}"
    elif kind == "audio" and context is not None:
        more = f"{context.layout.name}, {context.sample_rate} Hz"
    return (
        kind,
        codec,
        tags.get("language", "not stated"),
        tags.get("title") or tags.get("filename") or NOTHING,
        more,
    )


def _intervals(found: Comparison, packets: Sequence[tuple[float, int]]) -> list[Interval]:
    """Return what the output is over time, in intervals that last as long each."""
    times, scores = found.output.times, found.score.scores
    begin = times[0] / 1e9
    seconds = [time / 1e9 - begin for time in times]
    last = float(1 / found.output.video.rate) if found.output.video.rate else 0.0
    end = seconds[-1] + last
    length = max(SHORTEST, end / MOST_INTERVALS)
    made = []
    for number in range(max(1, -(-int(end * 1000) // int(length * 1000)))):
        start = number * length
        first, stop = (bisect.bisect_left(seconds, time - 1e-6) for time in (start, start + length))
        part = scores.between(first, stop) if stop > first else None
        made.append(
            Interval(
                name=str(number + 1),
                start=start,
                duration=min(length, end - start),
                frames=stop - first,
                bytes=_between(packets, begin + start, begin + start + length),
                score=part.harmonic if part else None,
                p5=part.p5 if part else None,
                lowest=part.minimum if part else None,
            )
        )
    return made


def _between(packets: Sequence[tuple[float, int]], start: float, end: float) -> int:
    first, stop = (bisect.bisect_left(packets, (time - 1e-6, 0)) for time in (start, end))
    return sum(size for _, size in packets[first:stop])


def _bytes(intervals: Sequence[Interval], packets: Sequence[tuple[float, int]]) -> dict[str, float]:
    """Return how many kbit/s the source has in each interval, by its name."""
    begin = packets[0][0] if packets else 0.0
    rates: dict[str, float] = defaultdict(float)
    for one in intervals:
        size = _between(packets, begin + one.start, begin + one.start + one.duration)
        rates[one.name] = 8 * size / one.duration / 1000 if one.duration else 0.0
    return rates


def _plots(intervals: Sequence[Interval], source: dict[str, float]) -> tuple[Plot, ...]:
    drawn = (
        plot(
            "VMAF",
            intervals,
            [("VMAF", "main", lambda one: one.score), ("5th percentile", "second", lambda one: one.p5)],
            unit=lambda value: f"{value:.4g}",
            top=100.0,
        ),
        plot(
            "Bitrate, kbit/s",
            intervals,
            [
                ("output", "main", lambda one: one.bitrate / 1000),
                ("source", "second", lambda one: source[one.name]),
            ],
            unit=lambda value: f"{value:,.0f}",
            zero=True,
        ),
    )
    return tuple(one for one in drawn if one is not None)


def _facts(found: Comparison) -> Iterator[Fact]:
    score = found.score
    sizes = found.source.path.stat().st_size, found.output.path.stat().st_size
    change = f"{change_text(sizes[1] / sizes[0] - 1)}, of {size_text(sizes[0])}" if sizes[0] else ""
    yield Fact("Size", size_text(sizes[1]), change)
    yield Fact("Quality", f"VMAF {score.scores.harmonic:.1f}", f"harmonic mean; mean {score.scores.mean:.1f}")
    yield Fact(
        "5th percentile", f"{score.scores.p5:.1f}", f"10th {score.p10:.1f}, lowest {score.scores.minimum:.1f}"
    )
    times = found.output.times
    yield Fact("Length", time_text((times[-1] - times[0]) / 1e9), count_text(score.frames, "frame"))
    seen, made = found.source.video, found.output.video
    yield Fact("Picture", f"{made.width}x{made.height}", f"of {seen.width}x{seen.height}, {seen.hdr}")


def _how(found: Comparison) -> Table:
    score = found.score
    measured_frames = "all of them" if score.scores.stride == 1 else f"one in {score.scores.stride}"
    rows = (
        ("model", score.display.model),
        ("the whole picture, as it is shown", score.display.size),
        ("compared, as it is shown", f"{score.shown[0]}x{score.shown[1]}"),
        ("what of the source's picture", str(score.crop or "all of it")),
        ("frames", f"{count_text(score.frames, 'frame')}, {measured_frames} measured"),
        ("paired", score.paired),
    )
    return Table("How it was measured", ("what", "how"), rows)


def _streams(title: str, streams: Sequence[tuple[str, ...]]) -> Table:
    return Table(title, ("kind", "codec", "language", "title", "more"), tuple(streams))


def _view(picture: Picture, filters: tuple[str, ...] = (), size: tuple[int, int] | None = None) -> View:
    video = picture.video
    width, height = size or (video.width, video.height)
    return View(picture.path, video.index, width, height, video.sar, video.colour, video.rotation, filters)


def _pair(found: Comparison, low: Low) -> tuple[tuple[View, Frame], tuple[View, Frame]]:
    """Return where a moment is in the source and in the output."""
    source, output, crop = found.source, found.output, found.score.crop
    time = output.times[0] / 1e9 + low.time
    number = bisect.bisect_left(output.times, round((time - 1e-4) * 1e9))
    filters = [one for one in found.pairing.filters if not one.startswith(COUNTING)]
    alike = found.pairing.by == "number" and len(source.times) == len(output.times)
    if alike and not filters:
        at = scenes.before(source.times, number)
    else:
        shown = source.times[0] + output.times[number] - output.times[0]
        at = scenes.before(source.times, max(0, bisect.bisect(source.times, shown + 1) - 1))
    filters += [source.video.flip] if source.video.flip else []
    filters += [f"crop={crop}"] if crop else []
    size = (crop.width, crop.height) if crop else None
    before = _view(source, tuple(filters), size)
    return (before, Frame(at)), (_view(output), Frame(scenes.before(output.times, number)))
