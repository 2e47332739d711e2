"""The tables and sentences of docs/peers.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.film import USUAL_APART, USUAL_FALL
from bench.peers.programs import PEERS
from bench.timing import median

if TYPE_CHECKING:
    from pathlib import Path

    from bench.peers.results import Results

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

OURS, PLAIN, AB_AV1 = "drapto", "ffmpeg", "ab-av1"

EVEN = 0.02
"""Two figures that are closer than this share count as the same: what a machine does by itself is more."""

BETTER = 0.5
"""Points of VMAF that a percentile or a worst window is better by before it is said."""

HEADS = {"fixed": "At CRF {crf:g}", "target": "To VMAF {target:g}"}


@dataclass(frozen=True)
class Settings:
    """What was asked of all.

    Attributes:
        rounds: How often each encode is made.
        preset: Of SVT-AV1.
        crf: Where none is searched.
        target: VMAF.
        every: How many frames from one that is scored to the next.
        chunk: Seconds of a segment.
    """

    rounds: int
    preset: int
    crf: float
    target: float
    every: int
    chunk: float = 15.0


@dataclass(frozen=True)
class Found:
    """All that was found.

    Attributes:
        results: The figures.
        settings: What was asked.
        films: Names.
        absent: Programs that are not installed, and why.
    """

    results: Results
    settings: Settings
    films: list[str]
    absent: dict[str, str]

    @property
    def names(self) -> list[str]:
        """All programs, drapto first."""
        return [peer.name for peer in PEERS]

    def rounds(self, film: str, mode: str, name: str) -> dict[int, dict[str, Any]]:
        """Return the rounds that ended well, by their numbers."""
        rounds = range(self.settings.rounds)
        found = {number: self.results.get("took", film, mode, name, number) for number in rounds}
        return {number: one["took"] for number, one in found.items() if "took" in one}

    def takes(self, film: str, mode: str, name: str) -> list[dict[str, Any]]:
        """Return what each of them took."""
        return list(self.rounds(film, mode, name).values())

    def ratio(self, film: str, mode: str, name: str, field: str) -> float | None:
        """Return what a program takes over what drapto does, each round against the same one, the median."""
        its, ours = self.rounds(film, mode, name), self.rounds(film, mode, OURS)
        each = [its[number][field] / ours[number][field] for number in its.keys() & ours.keys()]
        return median(each) if each else None

    def worth(self, film: str, mode: str, name: str) -> dict[str, Any] | None:
        """Return the scores; None where there are none."""
        found = self.results.get("worth", film, mode, name)
        return found if "mean" in found else None

    def fall(self, film: str) -> float:
        """Return how the logarithm of the bytes grows with VMAF, by two encodes of the film by one ffmpeg."""
        one, other = self.worth(film, "fixed", PLAIN), self.worth(film, "target", AB_AV1)
        if one is None or other is None or abs(one["mean"] - other["mean"]) < USUAL_APART:
            return USUAL_FALL
        return math.log(one["bytes"] / other["bytes"]) / (one["mean"] - other["mean"])

    def bytes_ratio(self, film: str, mode: str, name: str) -> float | None:
        """Return a program's bytes over drapto's, had both the same mean VMAF."""
        its, ours = self.worth(film, mode, name), self.worth(film, mode, OURS)
        if its is None or ours is None:
            return None
        return float(its["bytes"] / ours["bytes"] * math.exp(self.fall(film) * (ours["mean"] - its["mean"])))

    def why_not(self, film: str, mode: str, name: str) -> str:
        """Return why a program has no figures."""
        if name in self.absent:
            return self.absent[name]
        found = self.results.get("took", film, mode, name, 0)
        return str(found.get("none") or _short(found.get("failed", "not run")))


def text(found: Found) -> list[str]:
    """Return the paragraphs between the marks."""
    asked = found.settings
    scored = "all frames" if asked.every == 1 else f"every {asked.every}th frame"
    rounds = "one round" if asked.rounds == 1 else f"median of {asked.rounds} rounds"
    parts = [_versions(found), f"Preset {asked.preset}, two cores, {rounds}; VMAF of {scored}."]
    for film in found.films:
        for mode, head in HEADS.items():
            parts += [
                f"### {film}: {head.format(crf=asked.crf, target=asked.target).lower()}",
                _encodes(found, film, mode),
            ]
    parts += ["### What is kept", _kept(found), "### Killed, and run again", _resumed(found)]
    parts += ["### Where drapto loses", _losses(found)]
    return parts


def put(document: Path, measured: str) -> None:
    """Put the figures between the two marks of the document."""
    head, rest = document.read_text(encoding="utf-8").split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    document.write_text(f"{head}{BEGIN}\n\n{measured}\n\n{END}{tail}", encoding="utf-8")


def _versions(found: Found) -> str:
    lines = ["| program | version | its SVT-AV1 |", "|---|---|---|"]
    for name in found.names:
        told = [found.results.get("took", found.films[0], mode, name, 0).get("encoder") for mode in HEADS]
        version = found.absent.get(name) or found.results.get("version", name).get("version", "")
        lines.append(f"| {name} | {version} | {next(filter(None, told), '')} |")
    return "\n".join(lines)


def _encodes(found: Found, film: str, mode: str) -> str:
    lines = [
        (
            "| program | CPU | / drapto's | wall | / drapto's | picture | at equal VMAF, / drapto's "
            "| VMAF, mean | 5th percentile | worst 15 s | frames lost |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in found.names:
        takes = found.takes(film, mode, name)
        if not takes:
            lines.append(f"| {name} | {found.why_not(film, mode, name)} | | | | | | | | | |")
            continue
        cells = [name]
        for field in ("cpu", "wall"):
            cells += [
                f"{median([one[field] for one in takes]):.0f} s",
                _times(found.ratio(film, mode, name, field)),
            ]
        worth = found.worth(film, mode, name)
        if worth is None:
            why = _short(found.results.get("worth", film, mode, name).get("failed", "not scored"))
            cells += [why, "", "", "", "", ""]
        else:
            cells += [f"{worth['bytes'] / 1e6:.2f} MB", _times(found.bytes_ratio(film, mode, name))]
            cells += [f"{worth[one]:.2f}" for one in ("mean", "low", "worst")] + [str(worth["lost"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _kept(found: Found) -> str:
    each = {name: found.results.get("kept", name) for name in found.names if name not in found.absent}
    kinds = next((list(one["kept"]) for one in each.values() if "kept" in one), [])
    lines = ["| of a file that has everything | " + " | ".join(each) + " |", "|---" * (len(each) + 1) + "|"]
    for kind in kinds:
        cells = [_share(one["kept"][kind]) if "kept" in one else "failed" for one in each.values()]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    lines += [
        f"\n{name} failed on it: {_short(one['failed'])}." for name, one in each.items() if "failed" in one
    ]
    return "\n".join(lines)


def _resumed(found: Found) -> str:
    lines = [
        (
            "| program | what | killed after | CPU of the second run / of a whole one | wall, the same "
            "| left running | on a finished file, CPU / of a whole run | wall |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in found.names:
        if name in found.absent:
            lines.append(f"| {name} | {found.absent[name]} | | | | | | |")
            continue
        mode = _mode(name)
        whole = found.takes(found.films[0], mode, name)
        again, idle = found.results.get("resume", name), found.results.get("idle", name)
        cells = [name, HEADS[mode].format(crf=found.settings.crf, target=found.settings.target)]
        if "again" in again and whole:
            second = [again["again"][field] / whole[0][field] for field in ("cpu", "wall")]
            cells += [f"{again['killed_at']:.0f} s", *(f"{one:.2f}" for one in second), str(again["left"])]
        else:
            cells += [_short(again.get("failed", "not run")), "", "", ""]
        if "took" in idle and whole:
            cells += [f"{idle['took']['cpu'] / whole[0]['cpu']:.3f}", f"{idle['took']['wall']:.1f} s"]
        else:
            cells += [_short(idle.get("failed", "not run")), ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _losses(found: Found) -> str:
    """Return a sentence for each figure in which another program is better."""
    lines = []
    words = {"cpu": "takes less CPU", "wall": "is done sooner"}
    for film in found.films:
        for mode, head in HEADS.items():
            where = f"{film}, {head.format(crf=found.settings.crf, target=found.settings.target).lower()}"
            for name in found.names[1:]:
                told = [
                    f"{text} ({_times(ratio)} of drapto's)"
                    for field, text in words.items()
                    if (ratio := found.ratio(film, mode, name, field)) and ratio < 1 - EVEN
                ]
                size = found.bytes_ratio(film, mode, name)
                if size and size < 1 - EVEN:
                    told.append(f"needs fewer bytes for the same VMAF ({_times(size)})")
                told += _worths(found, film, mode, name)
                if told:
                    lines.append(f"- {where}: {name} {', '.join(told)}.")
    ours = found.results.get("kept", OURS).get("kept", {})
    for name in found.names[1:]:
        its = found.results.get("kept", name).get("kept", {})
        more = [kind for kind, one in its.items() if kind in ours and one[0] > ours[kind][0]]
        if more:
            lines.append(f"- {name} keeps more: {', '.join(more)}.")
    return "\n".join(lines) or "In nothing that was measured here."


def _worths(found: Found, film: str, mode: str, name: str) -> list[str]:
    """Return in which scores another program is better, where both aim at the same."""
    its, ours = found.worth(film, mode, name), found.worth(film, mode, OURS)
    if mode != "target" or its is None or ours is None:
        return []
    goal = found.settings.target
    told = []
    if abs(its["mean"] - goal) < abs(ours["mean"] - goal) - 0.05:
        told.append(f"comes closer to the target ({its['mean']:.2f} against {ours['mean']:.2f})")
    for field, text in (("low", "5th percentile"), ("worst", "worst 15 s")):
        if its[field] - ours[field] > BETTER:
            told.append(f"has a better {text} ({its[field]:.2f} against {ours[field]:.2f})")
    return told


def _mode(name: str) -> str:
    return next(peer.starts_over or "fixed" for peer in PEERS if peer.name == name)


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _share(pair: list[int]) -> str:
    return f"{pair[0]} of {pair[1]}"


def _short(text: str) -> str:
    """Return a message as a cell can hold it."""
    last = [line.strip() for line in text.splitlines() if line.strip()][-1:]
    return f"failed: {last[0][-120:]}".replace("|", "/") if last and text != "not run" else text
