"""Which worker runs a call: what each has to give, what is in use, and who is not to be asked."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drapto.engine.causes import NO_CLUSTER
from drapto.engine.execution import Needs
from drapto.errors import ClusterError
from drapto.words import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

POLL = 0.2
"""Seconds between two looks; who gives something back wakes those who wait."""

MATCH_WAIT = 5.0
"""Seconds for which a worker that has enough may still join, before that is an error."""

AVOIDED = 60.0
"""Seconds for which a worker that had no room on its disk is asked for nothing."""


@dataclass(frozen=True)
class Offer:
    """A worker, and what it has.

    Attributes:
        address: Dask's address of it.
        name: Its name.
        cpus: One-core encoders side by side.
        memory: Bytes for them.
    """

    address: str
    name: str
    cpus: int
    memory: int

    @property
    def said(self) -> str:
        """What it has, in words."""
        return f"{self.name}: {count_text(self.cpus, 'encode slot')}, {size_text(self.memory)}"


class Workers:
    """The workers of a cluster that may be used. Any thread may use it.

    Each thread that waits looks several times a second, and there may be a thousand of them: so a look goes
    over the workers that have a slot free, which are none or few while others wait, and not over all.
    """

    def __init__(self) -> None:
        self._offers: dict[str, Offer] = {}
        self._open: dict[str, Offer] = {}
        self._most_memory = -1
        self._used: dict[str, tuple[int, int]] = {}
        self._avoided: dict[str, float] = {}
        self._joining = 0
        self._changed = threading.Condition()

    def become(self, offers: Mapping[str, Offer], *, joining: int = 0) -> None:
        """Take in which workers there are, and how many more have yet to show that they may be used."""
        with self._changed:
            self._joining = joining
            if offers != self._offers:
                self._offers = dict(offers)
                self._used = {
                    address: used for address, used in self._used.items() if used[0] or address in offers
                }
                self._most_memory = max((one.memory for one in offers.values() if one.cpus), default=-1)
                self._open.clear()
                for address in offers:
                    self._count(address)
                self._changed.notify_all()

    def has(self, address: str) -> bool:
        """Return whether a worker is still there."""
        return address in self._offers

    @property
    def offers(self) -> list[Offer]:
        """All that may be used."""
        return list(self._offers.values())

    def capacity(self) -> Needs:
        """Return all processors, and the memory of the largest worker, which is what one call can have."""
        offers = self.offers
        return Needs(
            cpus=sum(one.cpus for one in offers), memory=max((one.memory for one in offers), default=0)
        )

    def avoid(self, address: str) -> bool:
        """Ask a worker for nothing for a while; return whether there is another one."""
        with self._changed:
            self._avoided[address] = time.monotonic() + AVOIDED
            return any(not self._is_avoided(one) for one in self._offers)

    def _is_avoided(self, address: str) -> bool:
        return self._avoided.get(address, 0.0) > time.monotonic()

    @contextlib.contextmanager
    def hold(self, needs: Needs, look: Callable[[], None], patience: float) -> Iterator[tuple[Offer, Needs]]:
        """Wait for a worker that has what a call needs; hold it for the block.

        Args:
            needs: What it needs; no more processors than the largest worker has are asked for.
            look: Called while it waits; raises where it is in vain.
            patience: Seconds to wait for the first worker, where there is none.

        Raises:
            ClusterError: There is no worker, or none that could ever have enough.
        """
        began = time.monotonic()
        with self._changed:
            while (found := self._free(needs)) is None:
                look()
                if self._fits(needs):
                    began = time.monotonic()  # it is only busy
                self._require_match(needs, time.monotonic() - began, patience)
                self._changed.wait(POLL)
            offer, taken = found
            self._use(offer.address, taken.cpus, taken.memory)
        try:
            yield offer, taken
        finally:
            with self._changed:
                self._use(offer.address, -taken.cpus, -taken.memory)
                self._changed.notify_all()

    def _use(self, address: str, cpus: int, memory: int) -> None:
        before = self._used.get(address, (0, 0))
        self._used[address] = before[0] + cpus, before[1] + memory
        self._count(address)

    def _count(self, address: str) -> None:
        """Note whether a worker has a slot free."""
        offer = self._offers.get(address)
        if offer is not None and offer.cpus > self._used.get(address, (0, 0))[0]:
            self._open[address] = offer
        else:
            self._open.pop(address, None)

    def _fits(self, needs: Needs) -> bool:
        """Return whether there is a worker that could run it if it did nothing else."""
        return self._most_memory >= needs.memory

    def _free(self, needs: Needs) -> tuple[Offer, Needs] | None:
        """Return the worker with the most processors free that can run it now, and what it takes there."""
        found: list[tuple[int, str, Offer, Needs]] = []
        for one in self._open.values():
            taken = replace(needs, cpus=min(needs.cpus, one.cpus))
            cpus, memory = self._used.get(one.address, (0, 0))
            free = one.cpus - cpus
            if (
                free >= taken.cpus
                and one.memory - memory >= needs.memory
                and not self._is_avoided(one.address)
            ):
                found.append((free, one.address, one, taken))
        if not found:
            return None
        _, _, offer, taken = max(found, key=lambda each: (each[0], each[1]))
        return offer, taken

    def _require_match(self, needs: Needs, waited: float, patience: float) -> None:
        if not self._offers:
            if waited > patience and not self._joining:
                raise unable("the cluster has no worker", "start some: `drapto cluster worker ADDRESS`")
        elif not self._fits(needs) and waited > MATCH_WAIT and not self._joining:
            largest = max(self._offers.values(), key=lambda one: one.memory)
            raise unable(
                f"no worker has {size_text(needs.memory)} of memory, which this needs ({largest.said})",
                "start a larger one",
            )


def unable(problem: str, remedy: str) -> ClusterError:
    """Return the failure of a cluster that lacks something."""
    error = ClusterError(problem, remedy=remedy)
    error.cause = NO_CLUSTER.name
    return error
