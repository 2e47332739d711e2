"""Run every benchmark: ``python -m bench``; see ``--help``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bench import report
from bench.parts import ASKED_FOR, CHECKOUT, PARTS, Wanted
from drapto import tools

DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
FOLDER = CHECKOUT / ".bench"

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Measured:
    """The figures of one part.

    Attributes:
        commit: What was checked out.
        rows: The figures.
        said: What is to be said of them.
    """

    commit: str
    rows: list[report.Row]
    said: list[str]

    def write(self, path: Path) -> None:
        """Keep them, for the table."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Measured | None:
        """Return what was kept; None where nothing was."""
        if not path.exists():
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(found["commit"], [report.Row(**row) for row in found["rows"]], found["said"])


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each comparison is made.")
@click.option(
    "--clip", type=click.Path(path_type=Path, exists=True), help="Encode this one; nothing is written."
)
@click.option("--length", default=4, show_default=True, help="Encode the clip so often in a row.")
@click.option("--chunk-size", default=15.0, show_default=True, help="Seconds per segment.")
@click.option("--only", type=click.Choice([*PARTS, *ASKED_FOR]), help="Measure this part alone.")
@click.option("--again", is_flag=True, help="Measure anew what was measured of this commit.")
def main(
    rounds: int, clip: Path | None, length: int, chunk_size: float, only: str | None, again: bool
) -> None:
    """Measure, print, and write docs/benchmarks.md.

    Each part's figures are kept, so that it goes on where it was stopped, and a part can be measured alone.
    """
    os.environ["DRAPTO_IF_LARGER"] = "keep"  # clips of one frame a second become larger
    found = tools.find_tools()
    FOLDER.mkdir(exist_ok=True)
    wanted = Wanted(found.ffmpeg, FOLDER, rounds, clip, length, chunk_size)
    commit = report.commit()
    measured: list[Measured] = []
    for part in [only] if only else PARTS:
        kept = _kept(part)
        known = Measured.read(kept)
        if known is None or known.commit != commit or again or only or clip:
            known = Measured(commit, *(PARTS | ASKED_FOR)[part](wanted))
            if clip is None:
                known.write(kept)
        measured.append(known)
    click.echo("\n\n".join(_text([one]) for one in measured))
    if clip is None and (only is None or only in PARTS):
        there = {part: Measured.read(_kept(part)) for part in PARTS}
        lacking = [part for part, one in there.items() if one is None]
        if lacking:
            # its figures of these are those of another checkout
            click.echo(f"\n{DOCUMENT.name} stays as it is: {', '.join(lacking)} was not measured here yet")
        else:
            known_all = [one for one in there.values() if one is not None]
            _write(f"Machine: {report.machine(found)}.\n\n{_text(known_all)}")


def _kept(part: str) -> Path:
    return FOLDER / "figures" / f"{part}.json"


def _text(measured: list[Measured]) -> str:
    said = [f"{text} (at {one.commit})" for one in measured for text in one.said]
    rows = [row for one in measured for row in one.rows]
    return "\n\n".join([*said, report.table(rows)] if rows else said)


def _write(text: str) -> None:
    """Put the figures between the two marks of the document."""
    head, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
