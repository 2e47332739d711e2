"""In what other programs are better than drapto, a sentence for each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.peers.found import HEADS, OURS, asked_words, mode_of, seconds, times

if TYPE_CHECKING:
    from bench.peers.found import Found

EVEN = 0.02
"""Two figures that are closer than this share count as the same: what a machine does by itself is more."""

BETTER = 0.5
"""Points of VMAF that a percentile or a worst window is better by before it is said."""


def losses(found: Found) -> str:
    """Return a sentence for each figure in which another program is better."""
    lines = []
    words = {"cpu": "takes less CPU", "wall": "is done sooner"}
    for film in found.films:
        for mode in HEADS:
            where = f"{film}, {asked_words(found.settings, mode)}"
            for name in found.names[1:]:
                told = [
                    f"{text} ({times(ratio)} of drapto's)"
                    for field, text in words.items()
                    if (ratio := found.ratio(film, mode, name, field)) and ratio < 1 - EVEN
                ]
                size = found.bytes_ratio(film, mode, name)
                if size and size < 1 - EVEN:
                    told.append(f"needs fewer bytes for the same VMAF ({times(size)})")
                told += _worths(found, film, mode, name)
                if told:
                    lines.append(f"- {where}: {name} {', '.join(told)}.")
    lines += [f"- {name} {told}." for name in found.names[1:] for told in _again(found, name)]
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


def _again(found: Found, name: str) -> list[str]:
    """Return in which figures of a kill and of a run on a finished job another program is better."""
    told = []
    its, ours = found.resumed(name), found.resumed(OURS)
    if "again" in its and "again" in ours:
        share = [_share_again(found, one) for one in (name, OURS)]
        if share[0] < share[1] - EVEN:
            told.append(
                f"takes less of a whole run's CPU after a kill "
                f"({share[0]:.2f} of its own against {share[1]:.2f})"
            )
        if its["left"] < ours["left"]:
            told.append(f"leaves fewer processes behind ({its['left']} against {ours['left']})")
    its, ours = found.idle(name), found.idle(OURS)
    if "took" in its and "took" in ours:
        told += [
            f"takes less {words} on a finished file ({seconds(its['took'][field])} "
            f"against {seconds(ours['took'][field])})"
            for field, words in (("cpu", "CPU"), ("wall", "time"))
            if its["took"][field] < ours["took"][field] * (1 - EVEN)
        ]
    return told


def _share_again(found: Found, name: str) -> float:
    """Return the CPU of the run after a kill over that of a whole one."""
    whole = found.takes(found.films[0], mode_of(name), name)
    return float(found.resumed(name)["again"]["cpu"] / whole[0]["cpu"]) if whole else math.inf
