"""drapto for programs: encode, probe and score as functions."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.config import Config, load_config
from drapto.errors import EXIT_INTERRUPTED
from drapto.project import open_project, require_sources
from drapto.tools import find_tools, require

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from drapto.media.model import SourceInfo
    from drapto.output.score import Score
    from drapto.state.events import Event
    from drapto.state.results import EncodeResult


def encode(
    inputs: Sequence[str | os.PathLike[str]],
    output_dir: str | os.PathLike[str],
    *,
    config: Config | None = None,
    work_dir: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> list[EncodeResult]:
    """Encode MKV files; what is up to date already is not done again.

    Args:
        inputs: MKV files.
        output_dir: Where the finished files go, under their sources' names.
        config: The settings; those of the current directory and the environment by default.
        work_dir: Where the work files lie; ``processing.temp_dir`` of the settings by default.
        jobs: How many tasks run side by side; as the settings say by default.
        on_event: Called with every event, in the thread in which it happens.

    Returns:
        A result for each input, in the order of the inputs. One that failed does not keep the others from it.

    Raises:
        UsageError: Refused before any work began: a source, or ffmpeg, is missing; a setting cannot hold.
        KeyboardInterrupt: The run was interrupted, also by SIGTERM or SIGHUP; it can go on from there.
    """
    from drapto import rules  # noqa: PLC0415  the graph imports doit, which a program that only probes does not need

    placed = _placed(config or load_config(), output_dir, work_dir)
    project = open_project(Path.cwd(), placed, [Path(path) for path in inputs])
    require_sources(project)
    require(find_tools(placed.tools.ffmpeg))
    with contextlib.ExitStack() as stack:
        if on_event is not None:
            stack.enter_context(rules.bus_of(project).subscribe(on_event))
        code = rules.run(project, jobs=jobs, quiet=True)
    if code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    return list(rules.results(project, code))


def _placed(
    config: Config, output_dir: str | os.PathLike[str], work_dir: str | os.PathLike[str] | None
) -> Config:
    """Return the settings with these directories."""
    changed = {"output": config.output.model_copy(update={"dir": Path(output_dir)})}
    if work_dir is not None:
        processing = config.processing.model_copy(update={"temp_dir": Path(work_dir)})
        return config.model_copy(update={**changed, "processing": processing})
    return config.model_copy(update=changed)


def probe(source: str | os.PathLike[str]) -> SourceInfo:
    """Return what is in an MKV: every track, chapter and attachment.

    Raises:
        SourceError: It is not a file, not Matroska, has no video, or is damaged.
    """
    from drapto.media.probe import inspect  # noqa: PLC0415  loads PyAV and mediainfo

    info, _ = inspect(Path(source).absolute())
    return info


def score(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    config: Config | None = None,
    every: int | None = None,
    crop: str | None = None,
) -> Score:
    """Return what the picture of ``output`` scores against that of ``source``, both as a display shows them.

    Args:
        source: The original: any file that ffmpeg reads.
        output: What was made of it.
        config: The settings; those of the current directory and the environment by default.
        every: Measure every how many-th frame; by default all of 2,000 frames, and fewer of more.
        crop: What of the source's picture the output shows, ``width:height:x:y``; found by default.

    Raises:
        ConfigError: ``crop`` does not fit.
        SourceError: A file has no picture, or the two cannot be compared: other frames, another picture.
        ToolMissingError: There is no ffmpeg that can measure it.
        ToolFailedError: ffmpeg failed.
    """
    from drapto.output.score import score as measured  # noqa: PLC0415  loads PyAV and all that measures

    place = (Path(source).absolute(), Path(output).absolute())
    return measured(*place, config or load_config(), every=every, crop=crop)
