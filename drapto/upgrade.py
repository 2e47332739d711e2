"""What becomes of a title that one version of the encoder began, when there is another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from drapto.versions import Versions

Kind = Literal["picture", "sound"]
OnUpgrade = Literal["redo", "mix"]
Deciding = tuple[str, ...]
"""The versions that decide the bytes of a picture, or of a sound: ffmpeg's, and the encoder's."""

NAMES = {"picture": ("ffmpeg", "SVT-AV1"), "sound": ("ffmpeg", "libopus")}


def deciding(versions: Versions, kind: Kind) -> Deciding:
    """Return the versions that decide the bytes."""
    return (versions.ffmpeg, versions.svt_av1 if kind == "picture" else versions.libopus)


def same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether nothing is known to differ: one that could not be learnt is taken to be the same."""
    return all(a == b or not a or not b for a, b in zip(one, other, strict=True))


def difference(before: Sequence[str], now: Sequence[str], kind: Kind) -> str:
    """Say what differs, such as ``SVT-AV1 v4.1.0 -> v4.2.0``."""
    rows = zip(NAMES[kind], before, now, strict=True)
    return ", ".join(f"{name} {a} -> {b}" for name, a, b in rows if not same([a], [b]))


@dataclass(frozen=True)
class MadeBy:
    """What made something.

    Attributes:
        program: The ffmpeg.
        versions: Its versions then.
    """

    program: Path
    versions: Versions


@dataclass(frozen=True)
class Use:
    """The title goes on, and what there is stays.

    Attributes:
        made_by: What makes the rest.
    """

    made_by: MadeBy


@dataclass(frozen=True)
class Redo:
    """What others than ``made_by`` have made is made again.

    Attributes:
        made_by: What makes all of it.
        reason: What differs.
    """

    made_by: MadeBy
    reason: str


def which_program(
    records: Iterable[MadeBy | None],
    current: MadeBy,
    on_upgrade: OnUpgrade,
    *,
    kind: Kind,
    now: Callable[[Path], Versions | None],
) -> Use | Redo:
    """Say what a title's remaining parts are made by.

    Args:
        records: What made each of the parts that there are; None where it is not known, which is taken for
            the current one: work of before this was recorded goes on.
        current: The program in use.
        on_upgrade: ``mix`` lets each part be made by what is there; ``redo`` wants one version for all.
        kind: Which parts.
        now: Returns the versions of the program at a path as it is now, or None where it is gone.
    """
    here = deciding(current.versions, kind)
    provenance = distinct(records, kind)
    others = [one for one in provenance if not same(deciding(one.versions, kind), here)]
    if on_upgrade == "mix" or not others:
        return Use(current)
    before = deciding(others[0].versions, kind)
    if len(others) == len(provenance) == 1:
        # what began the title finishes it, if it can still be had
        there = now(others[0].program)
        if there is not None and there.ffmpeg and same(deciding(there, kind), before):
            return Use(MadeBy(others[0].program, there))
    return Redo(current, difference(before, here, kind))


def distinct(records: Iterable[MadeBy | None], kind: Kind) -> list[MadeBy]:
    """Return one record for each set of deciding versions, in the order in which they come."""
    found: dict[Deciding, MadeBy] = {}
    for one in records:
        if one is not None:
            found.setdefault(deciding(one.versions, kind), one)
    return list(found.values())


def agree(provenance: Sequence[MadeBy], kind: Kind) -> bool:
    """Return whether all of these are one version, as far as is known."""
    known = [deciding(one.versions, kind) for one in provenance]
    return all(same(one, known[0]) for one in known)
