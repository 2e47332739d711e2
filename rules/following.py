"""What follows a run to say how far it is: from its first task on, so that a run without one pays nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drapto.progress.follow import Follower
    from drapto.state.bus import Bus, Subscription


class Following:
    """Follows one run; what is up to date before the first task runs is remembered until then."""

    def __init__(self) -> None:
        self._kept: list[dict[str, Any]] = []
        self._follower: Follower | None = None
        self._subscription: Subscription | None = None
        self.wanted: set[str] | None = None

    def select(self, tasks: Sequence[str]) -> None:
        """Take in the names of the tasks that were asked for: of some titles, or of all."""
        titles = {name.split(":")[1] for name in tasks if ":" in name}
        self.wanted = titles if all(":" in name and not name.startswith("_") for name in tasks) else None

    def keep(self, place: dict[str, Any]) -> None:
        """Take in that a task is up to date; ``place`` says which, as events say it."""
        if self._follower is None:
            self._kept.append(place)
        else:
            self._follower.keep(place)

    def begin(
        self,
        bus: Bus,
        titles: Sequence[str],
        find: Callable[[str, bool], Any],
        *,
        slots: int,
        folder: Path,
        given: Mapping[str, object],
    ) -> None:
        """Follow the run, unless it is followed already; see `Follower`."""
        if self._follower is not None:
            return
        from drapto.progress.follow import Follower

        names = [name for name in titles if self.wanted is None or name in self.wanted]
        self._follower = Follower(bus, names, find, slots=slots, folder=folder, given=given)
        self._subscription = bus.subscribe(self._follower)
        for place in self._kept:
            self._follower.keep(place)
        self._kept.clear()

    def end(self) -> None:
        """Follow no more: the run has ended."""
        if self._subscription is not None:
            self._subscription()
        self._follower = self._subscription = self.wanted = None
        self._kept.clear()
