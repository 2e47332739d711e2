"""The file in the output directory: is it the title's own, and still as it was published?

An output directory is the user's. What lies in an output's place and was not put there for the same source is
somebody else's and is not overwritten; what was put there is looked at in each run, by its size, time and
inode alone, and where these differ, by what is in it. A tag that was changed is the user's, too; a file that
lost something, or holds something else, is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from drapto.engine import atomic
from drapto.errors import CollisionError, DraptoError, printable
from drapto.rules.run_state import before_each_run, state_of
from drapto.rules.shown import shown
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.project import Project, Title

HEAD = 1 << 10
"""Bytes at the beginning that tell a file that was cut, or damaged further on, from another one: Matroska's
headers, the duration among them."""

ELSEWHERE = 16
"""How many outputs of a title in other places than the last one are remembered as its own."""


def record(project: Project, title: Title, content: str) -> None:
    """Note what was just published; ``content`` is the digest of its packets."""
    state = title.output.stat()
    output = printable(shown(project, title.output))
    known = {
        "output": output,
        "source": printable(shown(project, title.source)),
        "stamp": _stamp(state),
        "digest": state_of(project).fingerprints.of(title.output),
        "head": _head(title.output),
        "content": content,
    }
    _write(title, {**known, "elsewhere": _elsewhere(title, output)})


def _elsewhere(title: Title, output: str) -> list[dict[str, Any]]:
    """Return what was noted of outputs in other places than this one, the latest first."""
    before = recorded(title)
    if before is None:
        return []
    notes = [
        {name: value for name, value in before.items() if name != "elsewhere"},
        *before.get("elsewhere", ()),
    ]
    return [note for note in notes if note.get("output") != output][:ELSEWHERE]


def note_replaced(project: Project, title: Title) -> None:
    """Note that a title's output is to be found in its source's place."""
    known = recorded(title)
    if known is not None:
        _write(title, {**known, "replaced": state_of(project).fingerprints.of(title.output)})


def output_of(title: Title) -> Path:
    """Return where a title's finished file is, or is to be."""
    known = recorded(title)
    return title.output if known is None else place_of(title, known)


def place_of(title: Title, known: dict[str, Any]) -> Path:
    """Return where a title's output is: in its source's place, if that has been replaced."""
    return title.source if "replaced" in known and not title.output.is_file() else title.output


def recorded(title: Title) -> dict[str, Any] | None:
    """Return what is noted of a title's output; None where nothing is.

    It is no `Document`: a run with nothing to do reads it for every title.
    """
    try:
        known = json.loads(title.published.read_bytes())
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and "stamp" in known else None


def _write(title: Title, known: dict[str, Any]) -> None:
    atomic.write_text(title.published, json.dumps(known, indent=1) + "\n")


def holds(project: Project, title: Title) -> bool:
    """Return whether a title's output is as it was published, but for tags; True where none is noted."""
    known = recorded(title)
    if known is None:
        return True
    try:
        stamp = _stamp(os.stat(title.output))  # noqa: PTH116  for every title of every run
    except OSError:
        return False
    if stamp in (known["stamp"], known.get("accepted")):
        return True
    return _has_same_content(project, title, known, stamp)


@dataclass(frozen=True)
class Verdict:
    """What became of a finished file.

    Attributes:
        title: The title's name.
        output: The file.
        verdict: ``whole``; ``edited`` where its tags alone have changed; ``damaged``; ``missing``;
            ``unknown`` where an earlier drapto noted nothing; ``absent`` where the title is not finished.
        said: The same in words.
    """

    title: str
    output: Path
    verdict: Literal["whole", "edited", "damaged", "missing", "unknown", "absent"]
    said: str


def verify(project: Project) -> Iterator[Verdict]:
    """Read every title's output to its end, one after the other; hold its packets against those published."""
    return map(_verdict, project.titles)


def _verdict(title: Title) -> Verdict:
    known = recorded(title)
    output = title.output if known is None else place_of(title, known)
    there = output.is_file()
    if known is None:
        kind, said = ("unknown", "nothing is noted of it") if there else ("absent", "is not finished")
        return Verdict(title.name, output, kind, said)  # type: ignore[arg-type]
    if not there:
        return Verdict(title.name, output, "missing", "is gone; run again to publish it anew")
    from drapto.engine.digest import digest
    from drapto.output.copies import content_of

    try:
        found = content_of(output)
        same = found.value == known.get("content")
        untouched = same and digest(output) == known.get("digest")
    except (DraptoError, OSError) as error:
        said = getattr(error, "problem", str(error))
        return Verdict(title.name, output, "damaged", f"{said}; run again to publish it anew")
    if not same:
        said = "holds other packets than were published; run again to publish it anew"
        return Verdict(title.name, output, "damaged", said)
    if not untouched:
        return Verdict(title.name, output, "edited", "every packet as published, its tags were edited")
    packets = sum(track.packets for track in found.tracks.values())
    return Verdict(title.name, output, "whole", f"{count_text(packets, 'packet')} as published")


def _has_same_content(project: Project, title: Title, known: dict[str, Any], stamp: list[int]) -> bool:
    """Look into an output that was touched, copied, edited or damaged; remember where it is well."""
    try:
        same = state_of(project).fingerprints.of(title.output) == known.get("digest")
        if not same and known.get("content"):
            same = _has_packets_of(title.output, known)
        if same and state_of(project).lock.is_held:
            _write(title, {**known, "accepted": stamp})
    except (DraptoError, OSError):
        return False
    return same


def _has_packets_of(path: Path, note: dict[str, Any]) -> bool:
    from drapto.output.copies import content_of

    try:
        return content_of(path).value == note.get("content")
    except (DraptoError, OSError):
        return False


def _stamp(state: os.stat_result) -> list[int]:
    return [state.st_size, state.st_mtime_ns, state.st_ino]


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.blake2b(file.read(HEAD), digest_size=20).hexdigest()


def require_own(project: Project, title: Title) -> None:
    """Refuse to overwrite a file that was not made from the title's source here.

    Raises:
        CollisionError: There is one, and the settings do not say that it may be overwritten.
    """
    if project.config.output.if_exists == "overwrite" or not os.path.lexists(title.output):
        return
    if not _is_own(project, title):
        source = printable(title.source)
        whose = (
            f"nothing notes that it was made of {source}"
            if recorded(title) is None
            else f"was not made of {source}"
        )
        raise CollisionError(
            f"is there already, and {whose}",
            path=title.output,
            remedy='move it, choose another output directory, or set output.if_exists = "overwrite"'
            " (`drapto encode --overwrite`)",
        )


def _is_own(project: Project, title: Title) -> bool:
    known = recorded(title)
    if known is None:
        # of an earlier drapto, or killed between the file and the note of it
        from drapto.output.model import Validation

        validation = Validation.read_if_whole(title.validation)
        return (
            validation is not None
            and validation.passed
            and title.output.is_file()
            and title.output.stat().st_size == validation.output_bytes
        )
    output = printable(shown(project, title.output))
    last = known.get("output") == output
    notes: list[dict[str, Any]] = [known] if last else known.get("elsewhere", [])
    note = next((one for one in notes if one.get("output") == output), None)
    if note is None or note.get("source") != printable(shown(project, title.source)):
        return False
    try:
        stamp = _stamp(os.stat(title.output))  # noqa: PTH116  as above
        if stamp in (note["stamp"], note.get("accepted")) or _head(title.output) == note.get("head"):
            return True
        # a file system gives the inode of a file that was deleted to the next one: it says nothing by itself
        same_file = stamp[::2] == note["stamp"][::2]
        return same_file or (holds(project, title) if last else _has_packets_of(title.output, note))
    except OSError:
        return False


def _require_all_own(project: Project) -> None:
    for title in project.titles:
        require_own(project.of(title), title)


before_each_run(_require_all_own)
