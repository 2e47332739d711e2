"""What the bench found, and the ratios that follow from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.film import USUAL_APART, USUAL_FALL
from bench.peers.programs import PEERS
from bench.timing import median

if TYPE_CHECKING:
    from bench.peers.results import Results

OURS, PLAIN, AB_AV1 = "drapto", "ffmpeg", "ab-av1"

HEADS = {"fixed": "At CRF {crf:g}", "target": "To VMAF {target:g}"}

FEW = 10
"""Seconds, of fewer of which the tenths are told as well."""


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

    def versions(self, name: str) -> list[str]:
        """Return the versions of a program that the figures are of: several, if it changed on the way."""
        known = self.results.known.values()
        each = [str(one["of"]) for one in known if "of" in one and name in one["key"].split("/")]
        return list(dict.fromkeys(each))

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

    def resumed(self, name: str) -> dict[str, Any]:
        """Return what a kill cost, on the first film."""
        return self.results.get("resume", self.films[0], name)

    def idle(self, name: str) -> dict[str, Any]:
        """Return what a run on a finished job took, on the first film."""
        return self.results.get("idle", self.films[0], name)

    def why_not(self, film: str, mode: str, name: str) -> str:
        """Return why a program has no figures."""
        if name in self.absent:
            return self.absent[name]
        found = self.results.get("took", film, mode, name, 0)
        return str(found.get("none") or short(found.get("failed", "not run")))


def asked_words(asked: Settings, mode: str) -> str:
    """Return what was asked for in a mode, for the middle of a sentence."""
    words = HEADS[mode].format(crf=asked.crf, target=asked.target)
    return words[0].lower() + words[1:]


def mode_of(name: str) -> str:
    """Return the mode in which a program is killed and run again."""
    return next(peer.starts_over or "fixed" for peer in PEERS if peer.name == name)


def times(ratio: float | None) -> str:
    """Return a ratio as a cell has it."""
    return "" if ratio is None else f"{ratio:.2f}"


def seconds(value: float) -> str:
    """Return seconds; of few, the tenths as well."""
    return f"{value:.0f} s" if value >= FEW else f"{value:.1f} s"


def short(text: str) -> str:
    """Return a message as a cell can hold it."""
    last = [line.strip() for line in text.splitlines() if line.strip()][-1:]
    return f"failed: {last[0][-120:]}".replace("|", "/") if last and text != "not run" else text
