"""The options that several commands share: which project, which sources, which settings."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from drapto.cli import dodo
from drapto.cli.output import say, write
from drapto.cli.titles import chosen, deeper, left_out
from drapto.config import FILE_NAME, load
from drapto.config.loading import read_pair
from drapto.errors import UsageError
from drapto.project import open_project, require_sources
from drapto.sources import Source, find_sources
from drapto.words import DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drapto.config import Config, Loaded
    from drapto.project import Project


OTHER_CONTAINERS = (".mp4", ".m4v", ".webm", ".mov", ".avi", ".ts")
"""What people name who want another container, rather than a directory."""


class _Named(click.Path):
    """A path; an empty one, such as an unset shell variable gives, is not the current directory."""

    name = "path"

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # noqa: ANN401  click's signature
        if not os.fspath(value):
            self.fail("it is empty", param, ctx)
        return super().convert(value, param, ctx)


# not readable: one title that may not be read fails by itself, and does not stop the others
PATH = _Named(path_type=Path, readable=False)

inputs = click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=PATH)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
config_file = click.option(
    "--config", "config_file", type=PATH, metavar="FILE", help=f"Read this file instead of {FILE_NAME}."
)


def _keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the settings that begin so, for a shell's completion."""
    del ctx, param
    from drapto.config import Config  # noqa: PLC0415  only a shell that completes asks
    from drapto.config.writing import entries  # noqa: PLC0415  as above

    keys = [".".join(key) for key, _ in entries(Config())]
    return [f"{key}=" for key in keys if key.startswith(incomplete)]


set_options = click.option(
    "--set",
    "set_",
    shell_complete=_keys,
    metavar="KEY=VALUE",
    multiple=True,
    help="Set a setting, such as encoding.crf.hd=27.5.",
)


def _profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the profiles that begin so, for a shell's completion."""
    del ctx, param
    from drapto.config.profiles import names  # noqa: PLC0415  as above

    return [name for name in names() if name.startswith(incomplete)]


profile_option = click.option(
    "--profile",
    metavar="NAME",
    shell_complete=_profiles,
    help="Use a profile: archive, balanced, small, animation, grain, phone, or one of your own.",
)
output_dir = click.option(
    "-o", "--output", type=PATH, metavar="DIR|FILE", help="Where the finished files go; a .mkv names the one."
)
work_dir = click.option("--work-dir", type=PATH, metavar="DIR", help="Where the work files lie.")


cluster = click.option(
    "--cluster", metavar="ADDRESS", help="Encode on the Dask cluster of this scheduler, tcp:// or tls://."
)


def on_cluster(address: str | None) -> dict[str, object]:
    """Return the settings that ``--cluster`` stands for."""
    return {} if address is None else {"engine.name": "dask", "engine.dask.scheduler": address}


Command = TypeVar("Command", bound="Callable[..., Any]")


def require_file(path: Path) -> None:
    """Refuse a file that is not there, or none, as `encode` does.

    Raises:
        UsageError: Names it.
    """
    if not path.exists():
        raise UsageError("does not exist", path=path, remedy="check the name")
    if not path.is_file():
        raise UsageError("is not a file", path=path, remedy="name a file, not a directory")


def examples(*commands: str) -> str:
    """Return the end of a command's help: lines to try, as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


events_option = click.option(
    "--events",
    type=PATH,
    metavar="FILE",
    help="Append every event to FILE, a line of JSON each; - is standard output, with nothing else.",
)


def echo_json(value: object) -> None:
    """Print ``value`` as JSON in ASCII, which every pipe and locale takes, odd file names included."""
    write(json.dumps(_rounded(value), indent=1))


def _rounded(value: object) -> object:
    """Return a value whose numbers have no more digits than mean something."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def project_options(command: Command) -> Command:
    """Add what names a project's settings and sources, for `open_named`."""
    for option in (set_options, config_file, profile_option, work_dir, output_dir, inputs):
        command = option(command)
    return command


def settings(
    set_: Sequence[str] = (),
    config_file: Path | None = None,
    options: Mapping[str, object] = MappingProxyType({}),
) -> Loaded:
    """Return the settings of the project in the current directory.

    Args:
        set_: The ``--set`` texts; they win over the options.
        config_file: The ``--config`` option.
        options: Values of options that are settings too, by key; None is "not given".

    Raises:
        ConfigError: One of them cannot hold.
    """
    given = {key: value for key, value in options.items() if value is not None}
    given |= dict(read_pair(text) for text in set_)
    loaded = load(file=config_file, overrides=given)
    for note in loaded.notes:
        say(f"note: {note}", err=True)
    return loaded


class Set(TypedDict):
    """What `set_options` and `config_file` give a command."""

    config_file: Path | None
    set_: tuple[str, ...]
    profile: str | None


class Named(Set):
    """What `project_options` gives a command."""

    inputs: tuple[Path, ...]
    output: Path | None
    work_dir: Path | None


def open_named(named: Named, options: Mapping[str, object] = MappingProxyType({})) -> Project:
    """Return the project that the options name: of the inputs, else of the current directory.

    Args:
        named: The options that every such command has.
        options: More of them, as `settings` takes them.

    Raises:
        UsageError: An input, or a setting, cannot be used.
    """
    places = {"processing.temp_dir": named["work_dir"], "profile": named["profile"]}
    loaded = settings(named["set_"], named["config_file"], {**places, **options})
    config = loaded.config
    own = config.processing.temp_dir, named["output"] or config.output.dir
    outside = [Path.cwd() / one for one in own]
    if (project := _of_titles(named, config)) is not None:
        return replace(project, given=for_this_run(loaded))
    sources = expand(named["inputs"], config, outside) if named["inputs"] else None
    output, sources = as_file(named["output"], sources)
    if output is not None:
        config = config.model_copy(update={"output": config.output.model_copy(update={"dir": output})})
    if (said := dodo.advice(Path.cwd())) is not None:
        say(f"note: {said}", err=True)
    for folder in named["inputs"]:
        if (more := left_out(folder, config, outside)) is not None:
            say(f"note: {more}", err=True)
    project = replace(open_project(Path.cwd(), config, sources), given=for_this_run(loaded))
    require_sources(project)
    return project


def _of_titles(named: Named, config: Config) -> Project | None:
    """Return the current directory's project with the titles that the inputs name; None where they are files.

    Raises:
        UsageError: One of them is neither.
    """
    inputs = named["inputs"]
    if not inputs or named["output"] is not None or any(map(os.path.lexists, inputs)):
        return None
    whole = open_project(Path.cwd(), config)
    if not whole.titles:
        return None
    try:
        return replace(whole, titles=tuple(chosen(whole, list(map(str, inputs)))))
    except UsageError:
        if any(path.suffix or len(path.parts) > 1 for path in inputs):
            return None  # what looks like a path is refused as one
        raise


def for_this_run(loaded: Loaded) -> dict[str, object]:
    """Return the settings that were given for this run alone, but for where it works."""
    return {key: value for key, value in loaded.given.items() if key != "processing.temp_dir"}


def expand(inputs: Sequence[Path], config: Config, outside: Sequence[Path]) -> list[Source]:
    """Return the inputs, a directory replaced by the sources in it with their folders, none twice.

    Args:
        inputs: Files and directories.
        config: The settings.
        outside: Directories whose files are no sources, though they lie in one of the inputs.

    Raises:
        UsageError: A directory has no sources.
    """
    found: dict[tuple[str, str], Source] = {}
    for path in inputs:
        if not path.is_dir():
            members = [Source.of(path)]
        else:
            members = [Source.of(member, path) for member in find_sources(path, config, outside)]
            if not members:
                pattern = config.input.file_pattern
                hint = deeper(path, pattern)
                given = f"{hint}, or give --set 'input.file_pattern=**/{pattern}'" if hint else None
                raise UsageError(
                    f"has no {pattern} in it",
                    path=path,
                    remedy=given or "name MKV files, or their directory",
                )
        for member in members:
            # links of several names to one file are several titles; realpath takes a loop of links, too
            found.setdefault((os.path.realpath(member.path), member.path.name), member)
    return list(found.values())


def as_file(output: Path | None, sources: Sequence[Source] | None) -> tuple[Path | None, list[Source] | None]:
    """Return the output directory, and the sources, where ``-o`` names a file.

    Args:
        output: What ``-o`` has.
        sources: The sources that are named; None where they are the project's.

    Raises:
        UsageError: It names one file for several sources, or a file that is not Matroska.
    """
    if output is None or sources is None or output.is_dir() or not output.suffix:
        return output, None if sources is None else list(sources)
    kind = output.suffix.lower()
    if kind in OTHER_CONTAINERS:
        raise UsageError(
            f"drapto writes Matroska alone, not {kind}", path=output, remedy="name a .mkv, or a directory"
        )
    if kind != ".mkv":
        return output, list(sources)
    if len(sources) != 1:
        raise UsageError(
            f"one file cannot hold {len(sources)} titles", path=output, remedy="name a directory with -o"
        )
    return output.parent, [replace(sources[0], place=PurePath(output.stem))]
