"""The figures beside their bounds, as Markdown."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.timing import MIB

if TYPE_CHECKING:
    from bench.encoding import Rounds
    from bench.idle import Idle
    from drapto.tools import Tools


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: What it is.
        found: What was measured.
        bound: The most it may be.
        unit: Behind both figures.
    """

    name: str
    found: float
    bound: float
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.found <= self.bound


def encoding_rows(found: Rounds) -> list[Row]:
    """Return the figures of the comparison with plain ffmpeg."""
    return [
        Row("encode stage, wall / plain ffmpeg's wall", found.stage_wall(), 0.92),
        Row("whole job (probe to validation), wall / plain ffmpeg's wall", found.whole_wall(), 1.00),
        Row("whole job, CPU / plain ffmpeg's CPU", found.whole_cpu(), 1.12),
        Row(
            "CPU that is neither encoder nor the checking decode",
            100 * sorted(found.overhead)[len(found.overhead) // 2],
            5,
            " %",
        ),
        Row("video size, distance from plain ffmpeg's", 100 * abs(found.size_ratio - 1), 2, " %"),
        Row("peak memory of drapto's own process", found.own_peak() / MIB, 200, " MiB"),
    ]


def idle_rows(found: Idle, titles: int) -> list[Row]:
    """Return the figures of runs that have nothing to do."""
    return [
        Row(f"doit with nothing to do, one title of {found.segments} segments", found.one, 0.5, " s"),
        Row(f"doit with nothing to do, {titles} such titles", found.many, 3, " s"),
    ]


def machine(tools: Tools) -> str:
    """Return a line about the machine and the tools."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total / (1 << 30)
    return (
        f"{model}, {psutil.cpu_count()} cores, {memory:.0f} GiB; {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, ffmpeg {tools.version}"
    )


def table(rows: list[Row]) -> str:
    """Return a Markdown table."""
    lines = ["| figure | measured | bound | |", "|---|---|---|---|"]
    for row in rows:
        mark = "✓" if row.holds else "✗"
        lines.append(f"| {row.name} | {row.found:.2f}{row.unit} | {row.bound:g}{row.unit} | {mark} |")
    return "\n".join(lines)
