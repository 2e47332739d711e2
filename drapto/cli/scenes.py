"""Three scenes of a film, encoded as all of it would be: what they tell of the whole."""

from __future__ import annotations

import contextlib
import math
import resource
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.config.span import read_span
from drapto.encoding.record import EncodedSegment
from drapto.engine.context import StageContext, file_url
from drapto.engine.resources import DiskRate, cpu_slots
from drapto.errors import EXIT_INTERRUPTED, DraptoError, StageError
from drapto.media.crop.detect import detect_crop
from drapto.media.cut import cut
from drapto.media.matroska.part import Wanted
from drapto.media.probe import inspect
from drapto.output.model import Validation
from drapto.project import open_project
from drapto.quality.target import decide
from drapto.sources import Source
from drapto.tools import find_tools, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.config import Config
    from drapto.media.model import CropRect, SourceInfo
    from drapto.project import Project, Title

PLACES = (0.15, 0.45, 0.75)
"""Where the scenes are, as a part of the film: behind the titles, before the credits."""

SECONDS = 12.0
"""How long each is; of a short film, a fifth of it."""

FEWEST = 1.0
"""Seconds that a scene has at least."""


@dataclass(frozen=True)
class Scene:
    """What came of a scene.

    Attributes:
        time: When it begins, seconds.
        frames: How many frames it has.
        bytes: Of its encoded picture.
        crf: The mean CRF of its frames.
        metric: What it was measured in; empty where it was not.
        score: What that says.
        cpu_seconds: Processor seconds that its encodes and measurements took.
        picture: The picture of source beside output; None where none was asked for.
    """

    time: float
    frames: int
    bytes: int
    crf: float
    metric: str
    score: float | None
    cpu_seconds: float
    picture: str | None = None


@dataclass(frozen=True)
class Sample:
    """What the scenes tell of the whole film.

    Attributes:
        source: The file.
        source_bytes: Its size.
        scenes: In order.
        quality: How the quality is set, and why.
        bytes: How large the finished file will be, about.
        smallest, largest: The same, were all of the film like the scene that takes fewest, or most.
        seconds: How long an encode of it all will take here, about.
        uncounted: How many audio tracks are copied as they are, whose size is not in it.
    """

    source: str
    source_bytes: int
    scenes: tuple[Scene, ...]
    quality: str
    bytes: int
    smallest: int
    largest: int
    seconds: float
    uncounted: int = 0


Tell = Callable[[float | None, float | None], None]
"""Called with how much is done, 0 to 1, and how many seconds are left, as far as that is known."""


def sample(source: Path, config: Config, pictures: Path | None, tell: Tell) -> Sample:
    """Encode three scenes of a film in a directory that is gone afterwards.

    Args:
        source: The film.
        config: The settings.
        pictures: What the pictures' names begin with; None makes none.
        tell: Called about once a second.

    Raises:
        DraptoError: It cannot be read, or a scene cannot be encoded.
        KeyboardInterrupt: It was interrupted.
    """
    with _scratch() as folder:
        context = StageContext(
            source.stem,
            require(find_tools(config.tools.ffmpeg)).ffmpeg,
            folder / "logs",
            DiskRate(config.resources.max_disk_io, folder / "disk"),
        )
        film = source
        if config.input.range is not None:
            film, span = folder / "range.mkv", read_span(config.input.range)
            cut(source, film, Wanted(span.start, span.end), disk_rate=context.disk_rate)
        info, _ = inspect(film, frame_index="packets")
        crop = detect_crop(
            film,
            info,
            folder / "crop.json",
            enabled=config.crop.enabled,
            rect=config.crop.titles.get(source.stem, config.crop.rect),
            threshold=config.crop.threshold,
        )
        times = _times(info)
        copies = [
            Source.of(_cut(film, info, time, folder / f"scene-{number}.mkv", context))
            for number, time in enumerate(times)
        ]
        as_scenes = _as_scenes(config, crop.rect if crop.cuts else None, folder)
        project = open_project(Path.cwd(), as_scenes, copies)
        cpu = _encode(project, tell)
        scenes = []
        for number, (time, title) in enumerate(zip(times, project.titles, strict=True), 1):
            picture = None if pictures is None else pictures.with_name(f"{pictures.name}-{number}.png")
            if picture is not None:
                _beside(title, crop.rect, picture, context)
            scenes.append(_scene(project, title, time, picture))
    return _predicted(source, info, replace(project, config=config), scenes, cpu)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a directory beside the work, not where a small memory may lie: pictures are large."""
    with tempfile.TemporaryDirectory(prefix=".drapto-sample-", dir=Path.cwd()) as name:
        yield Path(name)


def _times(info: SourceInfo) -> list[float]:
    video = info.video
    length = video.end - video.start
    return [video.start + place * length for place in PLACES]


def _cut(source: Path, info: SourceInfo, time: float, target: Path, context: StageContext) -> Path:
    """Copy a scene's picture, from the keyframe before it on."""
    length = info.video.end - info.video.start
    seconds = max(FEWEST, min(SECONDS, length / 5))
    wanted = Wanted(max(0.0, time), time + seconds, info.video.index)
    cut(source, target, wanted, disk_rate=context.disk_rate, picture_only=True)
    return target


def _as_scenes(config: Config, crop: CropRect | None, folder: Path) -> Config:
    """Return the settings with which a scene is encoded as all of the film would be."""
    update = {
        "crop": config.crop.model_copy(
            update={"enabled": crop is not None, "rect": str(crop) if crop else None, "titles": {}}
        ),
        # a cut may leave some pictures without those that they need
        "input": config.input.model_copy(
            update={
                "skip_codecs": (),
                "allow_damage": "holes",
                "frame_index": "decode",
                "sidecar_subtitles": False,
                "range": None,
            }
        ),
        "output": config.output.model_copy(
            update={"dir": folder / "output", "if_larger": "keep", "replace_source": "never"}
        ),
        "processing": config.processing.model_copy(update={"temp_dir": folder / "work", "keep_work": True}),
        "report": config.report.model_copy(update={"enabled": False}),
        "titles": {},
    }
    return config.model_copy(update=update)


def _encode(project: Project, tell: Tell) -> float:
    """Build a project; return the processor seconds that it took: encodes, measurements, checks."""
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good
    from drapto.state.events import ErrorEvent  # noqa: PLC0415  as above
    from drapto.state.progress_events import QueueProgress  # noqa: PLC0415  as above

    failed: list[str] = []
    before = _cpu_seconds()

    def hear(event: object) -> None:
        if isinstance(event, ErrorEvent):
            failed.append(event.message)
        elif isinstance(event, QueueProgress):
            tell(event.fraction, event.seconds_left)

    with rules.bus_of(project).subscribe(hear):
        code = rules.run(project, quiet=True)
    if code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise StageError(failed[0] if failed else "a scene cannot be encoded")
    return _cpu_seconds() - before


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _scene(project: Project, title: Title, time: float, picture: Path | None) -> Scene:
    records = [EncodedSegment.read(path) for path in sorted(title.encoded.glob("*.json"))]
    frames = sum(one.frames for one in records)
    validation = Validation.read(title.validation)
    metric, score = "", None
    if validation.quality is not None:
        metric, score = validation.quality.scores.metric, validation.quality.score
    else:
        metric, score = _scored(project, title)
    return Scene(
        time=round(time, 3),
        frames=frames,
        bytes=validation.sizes.video,
        crf=round(sum(one.crf * one.frames for one in records) / frames, 2),
        metric=metric,
        score=None if score is None else round(score, 2),
        cpu_seconds=round(sum(max(one.cpu_seconds, one.search_cpu_seconds) for one in records), 3),
        picture=None if picture is None else str(picture),
    )


def _scored(project: Project, title: Title) -> tuple[str, float | None]:
    """Measure a scene that was encoded to a fixed CRF."""
    from drapto.output.score import score  # noqa: PLC0415  loads all that measures

    try:
        found = score(title.source, title.output, project.config)
    except DraptoError:
        return "", None
    return found.scores.metric, found.scores.harmonic


def _beside(title: Title, crop: CropRect, picture: Path, context: StageContext) -> None:
    """Draw a frame of the source beside that of the output, halfway through a scene."""
    middle = Validation.read(title.validation).duration / 2
    kept = f"crop={crop.width}:{crop.height}:{crop.x}:{crop.y}"
    graph = f"[0:v]{kept},format=rgb24[a];[1:v]format=rgb24[b];[a][b]hstack"
    arguments = [
        *("-noautorotate", "-ss", f"{middle:.3f}", "-i", file_url(title.source)),
        *("-noautorotate", "-ss", f"{middle:.3f}", "-i", file_url(title.output)),
        *("-filter_complex", graph, "-frames:v", "1", "-f", "image2", "-update", "1", file_url(picture)),
    ]
    context.run_ffmpeg(arguments, log="sample", about=picture, target=picture)


def _predicted(
    source: Path, info: SourceInfo, project: Project, scenes: Sequence[Scene], cpu_seconds: float
) -> Sample:
    config = project.config
    frames = sum(scene.frames for scene in scenes)
    whole = info.video.frames
    rates = [scene.bytes / scene.frames for scene in scenes]
    mean = sum(scene.bytes for scene in scenes) / frames
    sound, uncounted = _sound(info, project)
    beside = sound + sum(one.size for one in info.attachments)
    cpu = cpu_seconds / frames * whole
    slots = cpu_slots(config.resources.max_cpu)
    return Sample(
        source=str(source),
        source_bytes=info.size,
        scenes=tuple(scenes),
        quality=decide(config, info).reason,
        bytes=round(mean * whole + beside),
        smallest=round(min(rates) * whole + beside),
        largest=round(max(rates) * whole + beside),
        seconds=math.ceil(cpu / slots),
        uncounted=uncounted,
    )


def _sound(info: SourceInfo, project: Project) -> tuple[int, int]:
    """Return the bytes of the audio tracks by their bitrates, and how many have none that is known."""
    from drapto.rules.audio import planned  # noqa: PLC0415  as above
    from drapto.rules.tracks import chosen  # noqa: PLC0415  as above

    size, uncounted = 0.0, 0
    for track in chosen(project, info).info.audio:
        plan = planned(project, track)
        size += plan.bitrate * 1000 / 8 * (track.end - track.start)
        uncounted += plan.copies and not plan.bitrate
    return round(size), uncounted
