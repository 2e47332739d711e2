"""A project: its settings, its titles, and where each title's artifacts lie.

Every path that the graph knows comes from here; the names are contracts (see docs/design.md).
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.errors import CollisionError, UsageError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drapto.config import Config

SLUG_LIMIT = 80
"""Longest slug in characters: it stands in paths and in task names that people type."""


@dataclass(frozen=True)
class Title:
    """One source and everything made from it.

    Attributes:
        name: A slug of the source's stem: unique in the project, safe as a file and as a task name.
        source: The MKV that it comes from, absolute.
        work: Its work directory, absolute.
        output: The finished file, absolute.
    """

    name: str
    source: Path
    work: Path
    output: Path

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
    """

    root: Path
    config: Config
    work_dir: Path
    titles: tuple[Title, ...]

    @cached_property
    def state_dir(self) -> Path:
        """Where the project keeps what belongs to no title: state, lock, slots."""
        return self.work_dir / ".drapto"

    @cached_property
    def database(self) -> Path:
        """The database of doit: which tasks have succeeded, and with what."""
        return self.state_dir / "state.db"


def open_project(root: Path, config: Config, sources: Iterable[Path] | None = None) -> Project:
    """Return the project in ``root``.

    Args:
        root: The project directory.
        config: Its settings; relative paths in them are taken from ``root``.
        sources: The titles' sources; those that ``input`` in the settings names, where none are given.

    Raises:
        UsageError: A source is missing.
        CollisionError: Two sources want one output, or an output is its own source.
    """
    root = root.absolute()
    work_dir = root / config.processing.temp_dir
    output_dir = root / config.output.dir
    if sources is None:
        source_dir = root / config.input.source_dir
        sources = find_sources(source_dir, config)
    absolute = [Path(os.path.abspath(root / source)) for source in sources]  # noqa: PTH100  keeps symbolic links
    _refuse_collisions(absolute, output_dir)
    titles = [
        Title(name, source, work_dir / name, output_dir / f"{source.stem}.mkv")
        for source, name in zip(absolute, slugs([source.stem for source in absolute]), strict=True)
    ]
    return Project(root, config, work_dir, tuple(titles))


def find_sources(folder: Path, config: Config) -> list[Path]:
    """Return the files in ``folder`` that the ``input`` settings want, by name.

    Files that are too small or too large by ``input.min_size`` and ``input.max_size`` are left out. A link to
    what is not there is a source, which fails: its disk may not be mounted.

    Raises:
        UsageError: The directory may not be read.
    """
    if not folder.is_dir():
        return []
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UsageError("may not be read", path=folder, remedy="give yourself permission to read it")
    return sorted(
        path
        for path in folder.glob(config.input.file_pattern)
        if not path.name.startswith(".") and (_dangles(path) or _is_wanted(path, config))
    )


def _dangles(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_wanted(path: Path, config: Config) -> bool:
    if not path.is_file():
        return False
    size = path.stat().st_size
    largest = config.input.max_size
    return size >= config.input.min_size and (largest is None or size <= largest)


def _refuse_collisions(sources: list[Path], output_dir: Path) -> None:
    seen: dict[str, Path] = {}
    for source in sources:
        # file systems that fold case, or normalise Unicode, would give two such stems one file
        key = unicodedata.normalize("NFC", source.stem).casefold()
        if key in seen:
            raise CollisionError(
                f"would be written to the same output as {printable(seen[key])}",
                path=source,
                remedy="rename one of them, or encode them into different directories",
            )
        seen[key] = source
        output = output_dir / f"{source.stem}.mkv"
        if output == source or (output.exists() and source.exists() and output.samefile(source)):
            raise CollisionError(
                "the output would overwrite its own source",
                path=source,
                remedy="choose another output directory",
            )


def slugs(stems: list[str]) -> list[str]:
    """Return a unique slug for each stem, the stem itself where that is safe.

    A slug that does not say its whole stem gets a digest of it where two would be equal.
    """
    plain = [_slug(stem) for stem in stems]
    taken = [slug.casefold() for slug in plain]
    return [
        slug if slug == stem or taken.count(slug.casefold()) == 1 else f"{slug}-{_short_digest(stem)}"
        for stem, slug in zip(stems, plain, strict=True)
    ]


def _slug(stem: str) -> str:
    """Keep letters and digits of any script, dots, underscores and hyphens; the rest becomes hyphens."""
    text = unicodedata.normalize("NFC", stem)
    slug = re.sub(r"[^\w.-]+", "-", text).strip("-.")
    if len(slug) > SLUG_LIMIT or len(slug.encode()) > 2 * SLUG_LIMIT:
        slug = f"{slug[: SLUG_LIMIT // 2]}-{_short_digest(stem)}"
    return slug or f"title-{_short_digest(stem)}"


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]


def require_sources(project: Project) -> None:
    """Refuse sources that are not there, or not files, before anything is encoded.

    Raises:
        UsageError: Names the first such source.
    """
    for title in project.titles:
        if _dangles(title.source):
            continue  # fails by itself, the others need not wait for its disk
        if not title.source.exists():
            raise UsageError("does not exist", path=title.source, remedy="check the name")
        if not title.source.is_file():
            raise UsageError(
                "is not a file", path=title.source, remedy="name MKV files or directories of them"
            )


def require_output(project: Project) -> None:
    """Refuse an output directory that cannot be written to, before anything is encoded for it.

    Where every title's output is there already, nothing is asked of it.

    Raises:
        UsageError: Names the directory.
    """
    remedy = "choose another output directory"
    for title in project.titles:
        if not title.output.is_file():
            folder = title.output.parent
            while not os.path.lexists(folder):
                folder = folder.parent
            if not folder.is_dir():
                raise UsageError("is not a directory", path=folder, remedy=remedy)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise UsageError("cannot be written to", path=folder, remedy=f"make it writable, or {remedy}")
            return
