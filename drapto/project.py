"""A project: its settings, its titles, and where each title's artifacts lie.

Every path that the graph knows comes from here; the names are contracts (see docs/design.md).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.links import leading_out
from drapto.errors import UsageError
from drapto.sources import Source, dangles, find_sources, refuse_collisions, short_digest, slugs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drapto.config import Config

STATE = "state.db"

SOURCE_NOTE = "source.txt"
"""The file in a title's work directory that has the path of the source which it is for."""


@dataclass(frozen=True)
class Title:
    """One source and everything made from it.

    Attributes:
        name: A slug of the source's stem: unique in the project, safe as a file and as a task name.
        source: The MKV that it comes from, absolute.
        work: Its work directory, absolute.
        output: The finished file, absolute.
        place: Where it is below the output directory, without ``.mkv``.
        range: Which part of the source is encoded, as ``input.range`` has it; None: all of it.
    """

    name: str
    source: Path
    work: Path
    output: Path
    place: str = ""
    range: str | None = None

    @cached_property
    def film(self) -> Path:
        """What is encoded: the source, or the part of it that is cut out."""
        return self.source if self.range is None else self.work / "range.mkv"

    @cached_property
    def range_record(self) -> Path:
        """Which part of the source was cut out."""
        return self.work / "range.json"

    @cached_property
    def source_note(self) -> Path:
        """Which source the work directory is for: its path."""
        return self.work / SOURCE_NOTE

    def claim(self, root: Path) -> None:
        """Note which source the work directory is for, so that no other source of its name takes it."""
        with atomic.replacing(self.source_note) as partial:
            partial.write_bytes(os.fsencode(_noted(root, self.source)))

    @cached_property
    def probe(self) -> Path:
        """What is in the source."""
        return self.work / "probe.json"

    @cached_property
    def timestamps(self) -> Path:
        """Every frame's presentation time."""
        return self.work / "timestamps.txt"

    @cached_property
    def keyframes(self) -> Path:
        """The presentation times of the keyframes, where the source can be cut."""
        return self.work / "keyframes.txt"

    @cached_property
    def dynamic(self) -> Path:
        """Every frame's HDR10+ and Dolby Vision metadata."""
        return self.work / "dynamic.txt"

    @cached_property
    def crop(self) -> Path:
        """The crop and its evidence."""
        return self.work / "crop.json"

    @cached_property
    def fields(self) -> Path:
        """What the pictures are made of, and the evidence."""
        return self.work / "fields.json"

    @cached_property
    def planned(self) -> Path:
        """The presentation time of every frame of the output."""
        return self.work / "planned.txt"

    @cached_property
    def encode_data(self) -> Path:
        """The directory of segments.json, encoding.json and progress.json."""
        return self.work / "encode_data"

    @cached_property
    def plan(self) -> Path:
        """The segment plan."""
        return self.encode_data / "segments.json"

    @cached_property
    def segments(self) -> Path:
        """The directory of the stream-copied segments."""
        return self.work / "segments"

    @cached_property
    def calibration(self) -> Path:
        """What samples say of the title's quality at each CRF."""
        return self.work / "calibration.json"

    @cached_property
    def attempts(self) -> Path:
        """The directory of what is tried on the way to a target."""
        return self.work / "attempts"

    @cached_property
    def encoded(self) -> Path:
        """The directory of the encoded segments and their records."""
        return self.work / "encoded"

    def audio(self, number: int) -> Path:
        """Return the Opus file of audio track ``number``, counted from 0."""
        return self.work / f"audio-{number}.mkv"

    def audio_record(self, number: int) -> Path:
        """What made audio track ``number``, counted from 0."""
        return self.work / f"audio-{number}.json"

    @cached_property
    def elements(self) -> Path:
        """The source's own elements: chapters, tags, attached files, what it says of its tracks."""
        return self.work / "elements.mkv"

    @cached_property
    def subtitles(self) -> Path:
        """Subtitles, stream-copied."""
        return self.work / "subtitles.mkv"

    @cached_property
    def video(self) -> Path:
        """The joined video with the source's timestamps."""
        return self.work / "video.mkv"

    @cached_property
    def decoded(self) -> Path:
        """The directory of the records of what decodes."""
        return self.work / "decoded"

    @cached_property
    def muxed(self) -> Path:
        """The whole file, before validation."""
        return self.work / "muxed.mkv"

    @cached_property
    def validation(self) -> Path:
        """The checks and what they found."""
        return self.work / "validation.json"

    @cached_property
    def published(self) -> Path:
        """What was published, so that the output can be held against it."""
        return self.work / "published.json"

    @cached_property
    def report(self) -> Path:
        """The page about the finished title."""
        return self.work / "report.html"

    @cached_property
    def skipped(self) -> Path:
        """That it would not have become small enough, and by what that is known."""
        return self.work / "skipped.json"

    @cached_property
    def logs(self) -> Path:
        """The directory of the logs."""
        return self.work / "logs"


@dataclass(frozen=True)
class Project:
    """Settings and titles.

    Attributes:
        root: The project directory, absolute.
        config: The settings.
        work_dir: Where the titles' work directories are, absolute.
        titles: In the order of their sources' names.
        given: Settings that were given for this run alone, by key.
    """

    root: Path
    config: Config
    work_dir: Path
    titles: tuple[Title, ...]
    given: Mapping[str, object] = field(default_factory=dict)

    def of(self, title: Title) -> Project:
        """Return the project as a title sees it: with the settings that are given for it."""
        if not self.config.titles:
            return self
        config = self.config.of(title.source.stem, title.place)
        return self if config is self.config else replace(self, config=config)

    @cached_property
    def state_dir(self) -> Path:
        """Where the project keeps what belongs to no title: state, lock, slots."""
        return self.work_dir / ".drapto"

    @cached_property
    def index(self) -> Path:
        """The page about all titles."""
        return self.work_dir / "report.html"

    @cached_property
    def database(self) -> Path:
        """The database of doit: which tasks have succeeded, and with what."""
        return self.state_dir / STATE


def open_project(root: Path, config: Config, sources: Iterable[Path | Source] | None = None) -> Project:
    """Return the project in ``root``.

    Args:
        root: The project directory.
        config: Its settings; relative paths in them are taken from ``root``.
        sources: The titles' sources; those that ``input`` in the settings names, where none are given.

    Raises:
        UsageError: A source is missing, or a link leads out of the work directory.
        CollisionError: Two sources want one output, or an output is its own source.
    """
    root = root.absolute()
    work_dir = root / config.processing.temp_dir
    output_dir = root / config.output.dir
    if sources is None:
        folder = root / config.input.source_dir
        sources = [Source.of(path, folder) for path in find_sources(folder, config, (work_dir, output_dir))]
    found = [_absolute(root, source) for source in sources]
    refuse_collisions(found, output_dir)
    names = slugs([str(source.place) for source in found])
    titles = [
        _title(work_dir, _name(root, work_dir, name, source.path), source, output_dir, config)
        for source, name in zip(found, names, strict=True)
    ]
    project = Project(root, config, work_dir, tuple(titles))
    require_no_links_out(project)
    return project


def require_no_links_out(project: Project) -> None:
    """Refuse a link in the work directory that leads out of it: what lies there would be written, or removed.

    The work directory itself may be one, and single files may: these are replaced and not written through.

    Raises:
        UsageError: Names the link.
    """
    folders = (project.state_dir, *(title.work for title in project.titles))
    link = leading_out(folders, project.work_dir, STATE)
    if link is not None:
        raise UsageError(
            "is a link that leads out of the work directory",
            path=link,
            remedy="remove it; to work on another disk, set processing.temp_dir",
        )


def _absolute(root: Path, source: Path | Source) -> Source:
    given = source if isinstance(source, Source) else Source.of(source)
    return replace(given, path=Path(os.path.abspath(root / given.path)))  # noqa: PTH100  keeps symbolic links


def _title(work_dir: Path, name: str, source: Source, output_dir: Path, config: Config) -> Title:
    place = str(source.place)
    own = config.of(source.path.stem, place).input.range
    return Title(name, source.path, work_dir / name, output_dir / f"{place}.mkv", place, own)


def _noted(root: Path, source: Path) -> str:
    """Return how a source's path is noted: a project that is copied, or moved, as a whole keeps its work."""
    return str(source.relative_to(root) if source.is_relative_to(root) else source)


def _name(root: Path, work_dir: Path, name: str, source: Path) -> str:
    """Return the name of a title whose work directory is not that of another source of the same name.

    Two runs in one directory may each encode a ``title_t00.mkv``; neither takes the other's work for its own.
    """
    own = f"{name}-{short_digest(_noted(root, source))}"
    if os.path.isdir(work_dir / own):  # noqa: PTH112  asked of every title in every run
        return own
    try:
        other = os.fsdecode((work_dir / name / SOURCE_NOTE).read_bytes())
    except OSError:
        return name  # nobody's, or of an earlier version, which wrote no such note
    taken = other != _noted(root, source) and os.path.exists(root / other)  # noqa: PTH110  as above
    return own if taken else name


def require_sources(project: Project) -> None:
    """Refuse sources that are not there, or not files, before anything is encoded.

    Raises:
        UsageError: Names the first such source.
    """
    for title in project.titles:
        if dangles(title.source):
            continue  # fails by itself, the others need not wait for its disk
        if not title.source.exists():
            raise UsageError("does not exist", path=title.source, remedy="check the name")
        if not title.source.is_file():
            remedy = "name MKV files or directories of them"
            raise UsageError("is not a file", path=title.source, remedy=remedy)
