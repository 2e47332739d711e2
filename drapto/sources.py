"""Which files are sources, and what their titles are called."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from drapto.errors import CollisionError, UsageError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.config import Config


@dataclass(frozen=True)
class Source:
    """A file that a title is made from.

    Attributes:
        path: The MKV.
        place: Where its finished file goes below the output directory, without ``.mkv``: its own name, after
            the folders that it lies in below the directory that was searched.
    """

    path: Path
    place: PurePath

    @classmethod
    def of(cls, path: Path, folder: Path | None = None) -> Source:
        """Return the source at ``path``, with its folders below ``folder`` where that was searched."""
        inside = path.relative_to(folder) if folder is not None else PurePath(path.name)
        return cls(path, inside.with_name(path.stem))


SLUG_LIMIT = 80
"""Longest slug in characters: it stands in paths and in task names that people type."""


def find_sources(folder: Path, config: Config, outside: Sequence[Path] = ()) -> list[Path]:
    """Return the files in ``folder`` that the ``input`` settings want, by name.

    Files that are too small or too large by ``input.min_size`` and ``input.max_size`` are left out. A link to
    what is not there is a source, which fails: its disk may not be mounted.

    Args:
        folder: The directory.
        config: The settings.
        outside: Directories in it whose files are no sources: outputs, work files.

    Raises:
        UsageError: The directory may not be read.
    """
    if not folder.is_dir():
        return []
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UsageError("may not be read", path=folder, remedy="give yourself permission to read it")
    return sorted(sources_by(config.input.file_pattern, folder, config, outside))


def sources_by(pattern: str, folder: Path, config: Config, outside: Sequence[Path]) -> Iterator[Path]:
    """Yield what `find_sources` returns by a pattern of its own, in no order.

    What begins with a dot is left out, as a shell's patterns do: a file, and all that is in a directory.
    """
    root = _absolute(folder)
    others = [one for one in map(_absolute, outside) if one != root and one.is_relative_to(root)]
    for path in folder.glob(pattern):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if any(_absolute(path).is_relative_to(other) for other in others):
            continue
        if dangles(path) or _is_wanted(path, config):
            yield path


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow links


def dangles(path: Path) -> bool:
    """Return whether a link leads nowhere: the disk behind it may not be mounted."""
    return path.is_symlink() and not path.exists()


def _is_wanted(path: Path, config: Config) -> bool:
    if not path.is_file():
        return False
    size = path.stat().st_size
    largest = config.input.max_size
    return size >= config.input.min_size and (largest is None or size <= largest)


def refuse_collisions(sources: Sequence[Source], output_dir: Path) -> None:
    """Refuse two sources of one output, and a source that is its own output.

    Raises:
        CollisionError: Names them.
    """
    seen: dict[str, Path] = {}
    for source in sources:
        # file systems that fold case, or normalise Unicode, would give two such names one file
        key = unicodedata.normalize("NFC", str(source.place)).casefold()
        if key in seen:
            raise CollisionError(
                f"would be written to the same output as {printable(seen[key])}",
                path=source.path,
                remedy="rename one of them, or encode them into different directories",
            )
        seen[key] = source.path
        output = output_dir / f"{source.place}.mkv"
        if output == source.path or (
            output.exists() and source.path.exists() and output.samefile(source.path)
        ):
            raise CollisionError(
                "the output would overwrite its own source",
                path=source.path,
                remedy="choose another output directory",
            )


def slugs(places: Sequence[str]) -> list[str]:
    """Return a unique slug for each place below the output directory: its last part, where that is safe.

    A slug that does not say its whole place gets a digest of that where two would be equal.
    """
    plain = [_slug(PurePath(place).name) for place in places]
    taken = [slug.casefold() for slug in plain]
    return [
        slug if slug == place or taken.count(slug.casefold()) == 1 else f"{slug}-{short_digest(place)}"
        for place, slug in zip(places, plain, strict=True)
    ]


def _slug(stem: str) -> str:
    """Keep letters and digits of any script, dots, underscores and hyphens; the rest becomes hyphens."""
    text = unicodedata.normalize("NFC", stem)
    slug = re.sub(r"[^\w.-]+", "-", text).strip("-.")
    if len(slug) > SLUG_LIMIT or len(slug.encode()) > 2 * SLUG_LIMIT:
        slug = f"{slug[: SLUG_LIMIT // 2]}-{short_digest(stem)}"
    return slug or f"title-{short_digest(stem)}"


def short_digest(text: str) -> str:
    """Return eight hexadecimal digits that tell ``text`` from others."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
