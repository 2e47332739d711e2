"""The tables and sentences of docs/peers.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.peers.found import HEADS, asked_words, mode_of, seconds, short, times
from bench.peers.losses import losses
from bench.timing import median

if TYPE_CHECKING:
    from pathlib import Path

    from bench.peers.found import Found

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def text(found: Found) -> list[str]:
    """Return the paragraphs between the marks."""
    asked = found.settings
    scored = "all frames" if asked.every == 1 else f"every {asked.every}th frame"
    rounds = "one round" if asked.rounds == 1 else f"median of {asked.rounds} rounds"
    parts = [_versions(found), f"Preset {asked.preset}, two cores, {rounds}; VMAF of {scored}."]
    for film in found.films:
        for mode in HEADS:
            parts += [
                f"### {film}: {asked_words(asked, mode)}",
                _encodes(found, film, mode),
            ]
    parts += ["### What is kept", _kept(found), "### Killed, and run again", _resumed(found)]
    parts += ["### Where drapto loses", losses(found)]
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
        version = found.absent.get(name) or ", ".join(found.versions(name))
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
                seconds(median([one[field] for one in takes])),
                times(found.ratio(film, mode, name, field)),
            ]
        worth = found.worth(film, mode, name)
        if worth is None:
            why = short(found.results.get("worth", film, mode, name).get("failed", "not scored"))
            cells += [why, "", "", "", "", ""]
        else:
            cells += [f"{worth['bytes'] / 1e6:.2f} MB", times(found.bytes_ratio(film, mode, name))]
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
        f"\n{name} failed on it: {short(one['failed'])}." for name, one in each.items() if "failed" in one
    ]
    return "\n".join(lines)


def _resumed(found: Found) -> str:
    lines = [
        (
            "| program | what | killed after | CPU of the second run / of a whole one | wall, the same "
            "| left running | on a finished file, CPU / of a whole run | CPU | wall |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in found.names:
        if name in found.absent:
            lines.append(f"| {name} | {found.absent[name]} | | | | | | | |")
            continue
        mode = mode_of(name)
        whole = found.takes(found.films[0], mode, name)
        again, idle = found.resumed(name), found.idle(name)
        cells = [name, HEADS[mode].format(crf=found.settings.crf, target=found.settings.target)]
        if "again" in again and whole:
            second = [again["again"][field] / whole[0][field] for field in ("cpu", "wall")]
            cells += [seconds(again["killed_at"]), *(f"{one:.2f}" for one in second), str(again["left"])]
        else:
            cells += [short(again.get("failed", "not run")), "", "", ""]
        if "took" in idle and whole:
            share = idle["took"]["cpu"] / whole[0]["cpu"]
            cells += [f"{share:.3f}", seconds(idle["took"]["cpu"]), seconds(idle["took"]["wall"])]
        else:
            cells += [short(idle.get("failed", "not run")), "", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _share(pair: list[int]) -> str:
    return f"{pair[0]} of {pair[1]}"
