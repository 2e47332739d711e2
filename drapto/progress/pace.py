"""How much longer than predicted each kind of work takes in a run: a busy machine, or hard pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drapto.progress.costs import encode_kind
from drapto.progress.title import group_of

if TYPE_CHECKING:
    from drapto.progress.costs import Costs
    from drapto.progress.title import Begun, TitleState
    from drapto.progress.work import Key

DOUBT = 0.4
"""Of a mean task: what the others' pace counts for against a title's own."""

UNMEASURED = 0.7
"""Slot seconds that the prediction counts for against the pace of a run: less than a probe takes."""

ALIKE = 0.75
"""How much of other work's pace encodes have, as the power of it: a busy machine is slow at all that it does,
hard pictures are slow to encode alone."""


@dataclass
class Sums:
    """Slot seconds of what was done of one kind: as predicted, and as taken."""

    predicted: float = 0.0
    taken: float = 0.0

    def add(self, predicted: float, taken: float) -> None:
        """Take in a task, or a part of one."""
        self.predicted += predicted
        self.taken += taken

    def ratio(self, prior: float, weight: float) -> float:
        """Return how much longer than predicted it takes; ``prior`` counts like ``weight`` slot seconds."""
        total = weight + self.predicted
        return prior if total <= 0 else (weight * prior + self.taken) / total


class Pace:
    """Follows what a run's tasks have taken. Not safe for threads.

    Args:
        costs: What they are predicted by.
        slots: How many processors the run has.
    """

    def __init__(self, costs: Costs, slots: int) -> None:
        self._costs = costs
        self._slots = slots
        self._sums: dict[tuple[str, str], Sums] = {}

    def ended(self, title: TitleState, key: Key, spent: float) -> None:
        """Take in what a task has taken, slot seconds."""
        sums = self._sums.setdefault((title.name, group_of(key)), Sums())
        sums.add(title.cost(key), self._counted(title, key, spent))

    def is_new(self, title: TitleState, key: Key) -> bool:
        """Return whether no task of a title of this kind has ended in this run."""
        return (title.name, group_of(key)) not in self._sums

    def ratios(self, title: TitleState, now: float) -> dict[str, float]:
        """Return how much longer than predicted each kind of a title's tasks takes; ``now`` as for events."""
        # what was measured on this machine is one measure, what was not another
        paces = {True: Sums(), False: Sums()}
        others: dict[str, Sums] = {}
        own: dict[str, Sums] = {}
        for (name, group), sums in self._sums.items():
            if group != "encode":  # how hard its pictures are says nothing of the rest
                paces[self._knows(title, group)].add(sums.predicted, sums.taken)
            if name == title.name:
                own[group] = replace(sums)
            else:
                others.setdefault(group, Sums()).add(sums.predicted, sums.taken)
        for key, begun in title.begun.items():
            self._partly(title, key, begun, own.setdefault(group_of(key), Sums()), now)
        found = {}
        for group, mean in _means(title).items():
            pace = paces[self._knows(title, group)].ratio(1.0, UNMEASURED)
            usual = pace**ALIKE if group == "encode" else pace
            prior = others.get(group, Sums()).ratio(usual, mean)
            found[group] = own.get(group, Sums()).ratio(prior, DOUBT * mean)
        return found

    def _knows(self, title: TitleState, group: str) -> bool:
        """Return whether work of a kind was measured on this machine before this run."""
        if group != "encode" or title.work is None:
            return self._costs.knows(group)
        return self._costs.knows(encode_kind(title.work.preset, target=title.work.target))

    def _partly(self, title: TitleState, key: Key, begun: Begun, sums: Sums, now: float) -> None:
        """Take in how far a running task is: it tells of those to come before it has ended."""
        elapsed, cost = begun.elapsed(now), title.cost(key)
        if not elapsed or not cost or begun.odd:
            return
        slots = max(1, title.slots(key))
        own = title.own_total(key, begun, now)
        if own is not None:
            sums.add(cost * begun.fraction, self._counted(title, key, slots * own * begun.fraction))
        elif (spent := self._counted(title, key, slots * elapsed)) > cost:
            sums.add(cost, spent)

    def _counted(self, title: TitleState, key: Key, spent: float) -> float:
        """Return slot seconds as the prediction counts them: of a calibration, those that its anchors had."""
        task = title.task(key)
        if task is None or task.side_by_side == 1:
            return spent
        return spent * min(self._slots, task.slots) / max(1, task.slots)


def _means(title: TitleState) -> dict[str, float]:
    """Return what a task of each kind is predicted to take, the mean."""
    sums: dict[str, tuple[float, int]] = {}
    for task in title.tasks:
        total, count = sums.get(group_of(task.key), (0.0, 0))
        sums[group_of(task.key)] = (total + title.cost(task.key), count + 1)
    return {group: total / count for group, (total, count) in sums.items()}
