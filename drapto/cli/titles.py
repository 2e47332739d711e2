"""Which titles a person means, and what to say where there are none."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from drapto.cli import dodo
from drapto.config import FILE_NAME
from drapto.config.keys import join
from drapto.config.overrides import fits
from drapto.config.problems import nearest
from drapto.errors import UsageError, printable
from drapto.sources import sources_by

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from drapto.config import Config
    from drapto.project import Project, Title

MOST_NAMED = 5
"""How many titles an error lists."""


def chosen(project: Project, names: Sequence[str]) -> list[Title]:
    """Return the titles that ``names`` mean, in the project's order; all of them where none is named.

    A title goes by its source's name, with or without ``.mkv``, by its path, and by its tasks' name for it.

    Raises:
        UsageError: A name is no title's; it names the nearest ones.
    """
    wanted: set[str] = set()
    for name in names:
        found = {title.name for title in project.titles if name in _names_of(project, title)}
        if not found:
            raise UsageError(f"there is no title {name!r}", remedy=_instead(project, name))
        wanted |= found
    return [title for title in project.titles if title.name in wanted or not names]


def tasks_of(project: Project, names: Sequence[str]) -> list[str]:
    """Return what doit is asked to build for ``names``: titles, or steps such as ``audio:TITLE``.

    ``audio`` is that step of all titles. In a step, too, a title goes by each of its names; a part may
    follow it.

    Raises:
        UsageError: A name is neither.
    """
    from drapto.rules import default_tasks  # noqa: PLC0415  the graph comes once the arguments have proved good
    from drapto.rules.stage import stages  # noqa: PLC0415  as above

    known = {stage.name for stage in stages()}
    wanted: list[str] = []
    for name in names:
        stage, _, rest = name.partition(":")
        if (near := _nearest_step(project, name, known)) is not None:
            raise UsageError(f"there is no title or step {name!r}", remedy=f"did you mean {near!r}?")
        if stage not in known or any(name in _names_of(project, title) for title in project.titles):
            wanted += default_tasks(project, chosen(project, [name]))
        elif not rest:
            wanted.append(stage)
        else:
            wanted += [f"{stage}:{one}" for one in _with_part(project, rest)]
    return wanted


def _nearest_step(project: Project, name: str, steps: Collection[str]) -> str | None:
    """Return what is meant by a mistyped step; None where it is none, or rather a title."""
    stage, colon, rest = name.partition(":")
    stems = [title.source.stem.casefold() for title in project.titles]
    of_title = any(rest in _names_of(project, title) for title in project.titles)
    if stage in steps or any(name in _names_of(project, title) for title in project.titles):
        return None
    if (not of_title and nearest(name.casefold(), stems) is not None) or (
        near := nearest(stage, steps)
    ) is None:
        return None
    return f"{near}{colon}{rest}"


def _with_part(project: Project, text: str) -> list[str]:
    """Return what tasks call a title and a part of it: ``TITLE`` or ``TITLE:PART``.

    Raises:
        UsageError: There is no such title.
    """
    title, _, part = text.rpartition(":")
    if title and not any(text in _names_of(project, one) for one in project.titles):
        return [f"{one.name}:{part}" for one in chosen(project, [title])]
    return [one.name for one in chosen(project, [text])]


def _names_of(project: Project, title: Title) -> set[str]:
    folder = project.root / project.config.input.source_dir
    names = {title.name, title.source.stem, title.source.name, str(title.source)}
    if title.source.is_relative_to(folder):
        inside = title.source.relative_to(folder)
        names |= {str(inside), str(inside.with_suffix(""))}
    if title.source.is_relative_to(project.root):
        names.add(str(title.source.relative_to(project.root)))
    return names


def _instead(project: Project, name: str) -> str:
    stems = [title.source.stem for title in project.titles]
    folded = {stem.casefold(): stem for stem in stems}
    found = nearest(name.casefold(), folded)
    near = [] if found is None else [folded[found]]
    shown = near or stems[:MOST_NAMED]
    rest = "" if near or len(stems) <= MOST_NAMED else f" and {len(stems) - MOST_NAMED} more"
    listed = ", ".join(repr(printable(one)) for one in shown) + rest
    return f"did you mean {listed}?" if near else f"there are {listed}"


def idle_settings(project: Project) -> list[str]:
    """Return a line for each table of ``titles`` that fits no title, and for files that are left out."""
    folder, config = project.root / project.config.input.source_dir, project.config
    more = left_out(folder, config, (project.work_dir, project.root / config.output.dir))
    return [
        *(
            f"note: {join(('titles', name))} fits no title; {_instead(project, name)}"
            for name in without_titles(project)
        ),
        *([f"note: {more}"] if more is not None else []),
    ]


def nothing_here(project: Project) -> str:
    """Return why a project has no titles, and what to do, as one line.

    Raises:
        UsageError: There is no project in the directory at all.
    """
    folder = project.root / project.config.input.source_dir
    pattern = project.config.input.file_pattern
    if not folder.is_dir():
        if not any((project.root / name).is_file() for name in (dodo.FILE, FILE_NAME)):
            raise UsageError(
                "is no drapto project",
                path=project.root,
                remedy="run `drapto init` to make it one, or name MKV files or their directory",
            )
        return f"There is no directory {printable(folder)}; make it, or set input.source_dir."
    where = f"There is no {pattern} in {printable(folder)}"
    if hint := deeper(folder, pattern):
        return f"{where}, but {hint}."
    return f"{where}; put MKV files there, then run `drapto run`."


def deeper(folder: Path, pattern: str) -> str | None:
    """Return where files are that a pattern such as ``*.mkv`` does not reach; None where there are none."""
    if "/" in pattern:
        return None
    inside = next((path for path in sorted(folder.glob(f"**/{pattern}")) if path.parent != folder), None)
    if inside is None:
        return None
    return f'its folders have some: set input.file_pattern = "**/{pattern}"'


NEAR = ("*", "*/*")
"""Folders that are looked into for files that a pattern leaves out: a series, and its seasons."""


def left_out(folder: Path, config: Config, outside: Sequence[Path]) -> str | None:
    """Return that a directory's folders hold sources, too, which the pattern leaves out; None where not.

    Args:
        folder: The directory.
        config: The settings.
        outside: Directories in it whose files are no sources: outputs, work files.
    """
    pattern = config.input.file_pattern
    if "/" in pattern or not folder.is_dir():
        return None
    within = (f"{below}/{pattern}" for below in NEAR)
    found = next(chain.from_iterable(sources_by(one, folder, config, outside) for one in within), None)
    if found is None:
        return None
    return (
        f"{printable(folder)}: files in its folders are left out, such as "
        f'{printable(found.relative_to(folder))}; input.file_pattern = "**/{pattern}" takes them'
    )


def without_titles(project: Project) -> list[str]:
    """Return the names and patterns in the settings' ``titles`` that fit no title."""
    names = [(title.source.stem, title.place) for title in project.titles]
    return [one for one in project.config.titles if not any(fits(one, those) for those in names)]
