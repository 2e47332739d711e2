"""The figures beside their bounds, as Markdown."""

from __future__ import annotations

import math
import platform
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.timing import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.cluster import Overhead
    from bench.encoding import Rounds
    from bench.eta import Told
    from bench.film import Shown
    from bench.idle import Idle
    from bench.quality import Targeted
    from bench.scale import Looks, Scale
    from bench.search import Title
    from bench.timing import Own
    from drapto.tools import Tools


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: What it is.
        found: What was measured.
        bound: The most it may be; None where it is only told.
        unit: Behind both figures.
    """

    name: str
    found: float
    bound: float | None = None
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.bound is None or self.found <= self.bound


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


def eta_rows(found: Sequence[Told]) -> list[Row]:
    """Return how far off the told remaining times are."""
    rows = []
    for one in found:
        name = f"{one.kind}, {'learnt' if one.learnt else 'nothing learnt'} ({one.seconds:.0f} s)"
        rows += [
            Row(f"{name}: end as told from a quarter on, mean error", one.mean, 20, " %"),
            Row(f"{name}: the same, 95th percentile", one.worst, None, " %"),
            Row(f"{name}: told that nothing was left while more than 3 s were", one.nothing, 0),
        ]
    return rows


def cluster_rows(found: Overhead) -> list[Row]:
    """Return the figures of the comparison of a cluster with this machine."""
    rows = [
        Row("whole job on the cluster, wall / this machine's, the same slots", found.ratio("wall"), 1.05),
        Row("the same, CPU of all processes", found.ratio("cpu")),
    ]
    parts = {"before": "until the first encode", "encodes": "encodes", "after": "after the last encode"}
    for field, words in parts.items():
        for side, where in enumerate(("here", "cluster")):
            rows.append(Row(f"{words}, {where}", found.middle(field, cluster=bool(side)), unit=" s"))
    for side, where in enumerate(("here", "cluster")):
        share = 100 * found.middle("busy", cluster=bool(side))
        rows.append(Row(f"slots busy from the first encode to the last, {where}", share, unit=" %"))
    return rows


def scale_rows(found: Scale) -> list[Row]:
    """Return what drapto itself takes for many segments, and for many titles."""
    few, some, many = found.runs
    each = {count: 1000 * one.cpu / count for count, one in found.runs.items()}
    # of a few hundred, a third is the start of the program, the probe and the rest of the title
    rows = [
        Row(f"drapto's own CPU a segment, of {count:,}", one, None if count == few else 10, " ms")
        for count, one in each.items()
    ]
    rows += [
        Row(f"the same, of {many:,} / of {few:,}", each[many] / each[few], 1.2),
        Row(f"peak memory of a run of {many:,} segments", found.runs[many].peak / MIB, 300, " MiB"),
    ]
    for name, pick in _LOOKS.items():
        seconds = {count: pick(one).cpu for count, one in found.looks.items()}
        later = (seconds[many] - seconds[some]) / (many - some)
        sooner = (seconds[some] - seconds[few]) / (some - few)
        rows += [
            Row(f"{name}, {many:,} segments, CPU", seconds[many], unit=" s"),
            Row(f"{name}: each segment beyond {some:,} / each beyond {few:,}", later / sooner, 1.2),
            Row(f"{name}, {many:,} segments, peak memory", pick(found.looks[many]).peak / MIB, 300, " MiB"),
        ]
    fewer, most = found.shelves
    for name, pick in _LOOKS.items():
        first, last = pick(found.shelves[fewer]), pick(found.shelves[most])
        rows += [
            Row(f"{name}, {most} titles, CPU", last.cpu, unit=" s"),
            Row(f"{name}: CPU of {most} titles / of {fewer}", last.cpu / first.cpu, 1.2 * most / fewer),
            Row(f"{name}, {most} titles, peak memory", last.peak / MIB, 300, " MiB"),
        ]
    return rows


_LOOKS: dict[str, Callable[[Looks], Own]] = {
    "doit with nothing to do": lambda one: one.idle,
    "drapto plan": lambda one: one.plan,
    "drapto status": lambda one: one.status,
}


def quality_rows(found: Targeted) -> list[Row]:
    """Return the figures of encoding one clip to a target."""
    encodes = sorted(found.encodes)
    name = found.clip.removesuffix(".mkv")
    rows = [
        Row(f"{name}: whole targeted job, CPU / fixed CRF's CPU", found.cpu_ratio, 1.6),
        Row(f"{name}: encodes per segment, mean", sum(encodes) / len(encodes)),
        Row(f"{name}: encodes per segment, 95th percentile", encodes[math.ceil(0.95 * len(encodes)) - 1]),
        Row(f"{name}: segments within 0.75 of VMAF 93, all frames measured", 100 * found.close, unit=" %"),
        Row(f"{name}: segments at a CRF bound or plateau instead", 100 * found.excused, unit=" %"),
        Row(f"{name}: reported VMAF less that of all frames, mean", statistics.mean(found.errors)),
        Row(f"{name}: the same, standard deviation", statistics.pstdev(found.errors)),
        Row(f"{name}: the same, largest", max(map(abs, found.errors)), 0.3),
    ]
    if found.peer:
        peer = found.peer
        rows += [
            Row(f"{name}: drapto's CPU / ab-av1's, {peer.segments} segments", peer.own_cpu / peer.cpu),
            Row(f"{name}: drapto's bytes / ab-av1's at equal VMAF", peer.bytes_ratio),
            Row(f"{name}: VMAF of all frames, drapto", peer.own_vmaf),
            Row(f"{name}: VMAF of all frames, ab-av1", peer.vmaf),
            Row(f"{name}: of these segments within 0.75, drapto", peer.own_close),
            Row(f"{name}: of these segments within 0.75, ab-av1", peer.close),
        ]
    return rows


def film_rows(found: Shown) -> list[Row]:
    """Return the figures of a target on a film that was never seen."""
    encodes = [record.encodes for record in found.records]
    target, whole = 93.0, found.own.whole.harmonic
    rows = [
        Row(
            "film: targeted job, CPU / fixed CRF's CPU at its mean CRF",
            found.ratio(found.targeted, found.fixed, "cpu"),
            1.4,
        ),
        Row("film: the same, wall", found.ratio(found.targeted, found.fixed, "wall"), 1.45),
        Row("film: encodes per segment, mean", statistics.mean(encodes)),
        Row("film: encodes per segment, most", max(encodes)),
        Row("film: segments within 1.0 of VMAF 93, all frames measured", 100 * found.close, unit=" %"),
        Row("film: segments that are not, but say why", 100 * found.excused, unit=" %"),
        Row("film: VMAF of all frames less the target", abs(whole - target), 0.3),
        Row("film: segment farthest off", max(abs(one - target) for one in found.own.segments)),
        Row("film: reported VMAF less that of all frames, segments, mean", statistics.mean(found.errors)),
        Row("film: the same, largest", max(map(abs, found.errors)), 0.3),
        Row(
            "film: fixed CRF job, wall / plain ffmpeg's wall",
            found.ratio(found.fixed, found.plain, "wall"),
            1.0,
        ),
        Row("film: the same, CPU", found.ratio(found.fixed, found.plain, "cpu"), 1.03),
    ]
    if found.peer:
        peer = found.peer
        rows += [
            Row("film: drapto's CPU / ab-av1's", found.targeted[0].cpu / peer.took.cpu, 1.0),
            Row("film: drapto's bytes / ab-av1's at equal VMAF", found.bytes_ratio, 1.0),
            Row("film: VMAF of all frames, drapto", whole),
            Row("film: VMAF of all frames, ab-av1", peer.whole.harmonic),
            Row("film: 5th percentile of the segments, drapto", found.own.low),
            Row("film: 5th percentile of the segments, ab-av1", peer.low),
            Row("film: worst segment, drapto", min(found.own.segments)),
            Row("film: worst segment, ab-av1", min(peer.segments)),
        ]
    return rows


def search_rows(titles: Sequence[Title]) -> list[Row]:
    """Return what the searches of one film took, and how close they came."""
    name, target = titles[0].curves.name, 93.0
    segments = [one for title in titles for one in title.segments]
    missed = statistics.mean(one.missed for one in segments)
    whole = [title.vmaf - target for title in titles]
    off = statistics.pstdev((one.vmaf for one in segments), target)
    return [
        Row(f"{name}: encodes per segment, mean", statistics.mean(title.encodes for title in titles)),
        Row(f"{name}: encoders started per segment", statistics.mean(title.starts for title in titles)),
        Row(f"{name}: segments off by more than a point, and not at a bound", 100 * missed, 5, " %"),
        Row(f"{name}: segments less the target, root mean square", off),
        Row(f"{name}: the film less the target, mean", statistics.mean(whole)),
        Row(f"{name}: the same, largest", max(map(abs, whole))),
        Row(f"{name}: bytes / at one CRF, as good", statistics.mean(title.bytes_ratio for title in titles)),
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


def commit() -> str:
    """Return what is checked out, in short; with a mark where code is changed, and not documents alone."""
    changed = _git("status", "--porcelain", "--", ":/drapto", ":/rules", ":/bench")
    return f"{_git('rev-parse', '--short', 'HEAD') or 'unknown'}{'-dirty' if changed else ''}"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def table(rows: list[Row]) -> str:
    """Return a Markdown table."""
    lines = ["| figure | measured | bound | |", "|---|---|---|---|"]
    for row in rows:
        mark = "" if row.bound is None else "✓" if row.holds else "✗"
        bound = "" if row.bound is None else f"{row.bound:g}{row.unit}"
        lines.append(f"| {row.name} | {row.found:.2f}{row.unit} | {bound} | {mark} |")
    return "\n".join(lines)
