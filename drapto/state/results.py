"""What came of titles and of a run, as typed values: for `drapto encode --json`, `drapto.encode` and hooks.

docs/results.schema.json is what `schema` returns; a test holds the two together.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer

from drapto.about import VERSION
from drapto.engine.document import Model
from drapto.errors import printable
from drapto.terminal import Shown

LAYOUT: Literal[1] = 1
"""The version of the layout. Names may come to it; none goes, and none changes its meaning."""

ShownPath = Annotated[Path, PlainSerializer(printable, return_type=str, when_used="json")]
"""A path; in JSON, bytes that are no text are escaped."""


class Failure(Model):
    """Why a title failed.

    Attributes:
        stage: The stage that failed: ``probe``, ``encode``, …
        part: The number of the segment (from 1) or of the audio track (from 0); None for the whole title.
        cause: The name of the cause, such as ``no space`` or ``bad input``; empty where it is not known.
        message: One line: the file, what is wrong, the remedy.
        remedy: What to do about it; empty where nothing is known to help.
    """

    stage: str
    part: int | None = None
    cause: str = ""
    message: str
    remedy: str = ""


class SegmentResult(Model):
    """An encoded segment.

    Attributes:
        segment: Its number, from 1.
        start: When it begins in the output, seconds.
        frames: How many frames it has.
        bytes: Of its encoded file.
        crf: What it was encoded at; where parts of it have others, the mean over its frames.
        metric: What it was measured in, ``vmaf`` or ``xpsnr``; empty where it was not.
        score: What that says of the delivered frames; None where nothing was measured.
        attempts: How many encodes it took.
        cpu_seconds: Processor seconds of all encodes and measurements that it took.
    """

    segment: int
    start: float
    frames: int
    bytes: int
    crf: float
    metric: str = ""
    score: float | None = None
    attempts: int = 1
    cpu_seconds: float = 0.0


class CrfRange(Model):
    """The CRFs of a title's segments.

    Attributes:
        lowest, highest: The outermost.
        mean: Over the frames.
    """

    lowest: float
    highest: float
    mean: float


class EncodeResult(Model):
    """What became of one source.

    Attributes:
        source: The MKV that was given, absolute.
        output: The finished file, absolute; it is there where ``ok`` is true. Its source's path, where it
            took that one's place (``output.replace_source``).
        title: The title's name, as events and task names have it.
        ok: The output is complete and validated, by this run or by an earlier one.
        skipped: Why it was left alone; empty where it was not. That is no failure, and leaves ``ok`` false.
        errors: What failed, a line each: the file, what is wrong, the remedy.
        failure: The first of them, taken apart; None where nothing failed.
        notes: What a user should know of it, a line each: what is given up, what differs.
        source_bytes, output_bytes: The files' sizes; None where they are not known. Where only a part of the
            source was encoded (``input.range``), the size of that part.
        reduction: How much smaller than its source the output is, 0.4 for 40 %; negative where it is larger.
        duration: How long the output plays, seconds.
        frames: How many frames the output has.
        crf: The CRFs of its segments; None where none is encoded.
        target: The score that was aimed at; None where the CRF was fixed.
        metric: What the picture was measured in; empty where it was not.
        score: What that says of all frames of the output; None where they were not measured.
        segments: Those that are encoded, in order.
        seconds: How long this run worked on it, wall-clock seconds; 0 where nothing was to be done.
        fps: Frames that this run encoded for each of these seconds; 0 where it encoded none.
        cpu_seconds: Processor seconds of the programs that ran for it in this run, on this machine.
        peak_memory: The most memory that one of these held, bytes; 0 where none ran.
    """

    source: ShownPath
    output: ShownPath
    title: str
    ok: bool
    skipped: str = ""
    errors: tuple[str, ...] = ()
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    source_bytes: int | None = None
    output_bytes: int | None = None
    reduction: float | None = None
    duration: float | None = None
    frames: int | None = None
    crf: CrfRange | None = None
    target: float | None = None
    metric: str = ""
    score: float | None = None
    segments: tuple[SegmentResult, ...] = ()
    seconds: float = 0.0
    fps: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0


class Totals(Model):
    """What titles come to, taken together.

    Attributes:
        titles: How many there are.
        done, failed, skipped: How many of them are complete, failed, or were left alone; what is in none of
            these was not finished, for instance since the run was interrupted.
        source_bytes, output_bytes: The sizes of those that are complete.
        reduction: How much smaller than their sources these are, 0.4 for 40 %; None where there are none.
        duration: How long these play, seconds.
        seconds: Wall-clock seconds.
        frames: How many frames were encoded.
        fps: Frames that were encoded for each of the seconds.
        speed: Seconds of film finished for each of the seconds.
        cpu_seconds: Processor seconds.
        peak_memory: The most memory that one program held, bytes.
        causes: How many failed for which cause, by the causes' names; ``unknown`` where none is known.
    """

    titles: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    source_bytes: int = 0
    output_bytes: int = 0
    reduction: float | None = None
    duration: float = 0.0
    seconds: float = 0.0
    frames: int = 0
    fps: float = 0.0
    speed: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    causes: dict[str, int] = Field(default_factory=dict)


class RunResult(Model):
    """What `drapto encode --json` prints.

    Attributes:
        v: The version of this layout.
        drapto: drapto's version.
        exit_code: How the run ended: 0 done, 1 a title failed, 2 error, 4 something was lacking, 130
            interrupted.
        titles: What became of each source, in their order.
        totals: All of them together.
    """

    v: Literal[1] = LAYOUT
    drapto: str = VERSION
    exit_code: int
    titles: tuple[EncodeResult, ...]
    totals: Totals


class HookCall(Model):
    """What a hook finds on its standard input.

    Attributes:
        v: The version of this layout.
        drapto: drapto's version.
        hook: ``on_done`` or ``on_failed``.
        result: What became of the title.
    """

    v: Literal[1] = LAYOUT
    drapto: str = VERSION
    hook: Literal["on_done", "on_failed"]
    result: EncodeResult


def reduction(source: int | None, output: int | None) -> float | None:
    """Return how much smaller than its source an output is; None where a size is not known."""
    return round(1 - output / source, 4) if source and output is not None else None


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of what `drapto encode --json` prints and of what hooks get."""
    from pydantic.json_schema import models_json_schema  # noqa: PLC0415  for those who ask for it

    _, shared = models_json_schema([(RunResult, "serialization"), (HookCall, "serialization")])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What drapto encode --json prints, and what hooks find on their standard input",
        "oneOf": [{"$ref": "#/$defs/RunResult"}, {"$ref": "#/$defs/HookCall"}],
        "$defs": shared["$defs"],
    }


if __name__ == "__main__":
    Shown(sys.stdout).write(f"{json.dumps(schema(), indent=1)}\n")  # for docs/results.schema.json
