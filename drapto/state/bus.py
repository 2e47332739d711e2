"""Where events are published, and who listens.

An event is delivered in the process, and in the thread, that publishes it. Under doit's process runner that
is the forked worker: a subscriber from before the fork sees each event in the worker that it happened in; one
in the main process does not see the workers' events.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from drapto.terminal import ShownRecords

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.state.events import Event

_log = logging.getLogger("drapto")
_log.addFilter(ShownRecords())


class Subscription:
    """Ends when it is called, or when its ``with`` block does; ending it twice is fine."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end

    def __call__(self) -> None:
        """End the subscription."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end()


class Bus:
    """Hands every event to every subscriber, in the order of their subscriptions. Any thread may use it."""

    def __init__(self) -> None:
        self._subscribers: dict[object, Callable[[Event], None]] = {}
        self._complained: set[object] = set()
        self._lock = threading.Lock()

    def subscribe(self, callback: Callable[[Event], None]) -> Subscription:
        """Call ``callback`` with every event from now on; one with a ``close`` is closed at the end of it.

        It is called in the publisher's thread, perhaps in several at once, and should return quickly.
        """
        key = object()
        with self._lock:
            self._subscribers[key] = callback
        return Subscription(lambda: self._drop(key))

    def _drop(self, key: object) -> None:
        with self._lock:
            callback = self._subscribers.pop(key, None)
        close = getattr(callback, "close", None)
        if close is not None:
            close()

    @property
    def is_heard(self) -> bool:
        """Whether anyone listens."""
        return bool(self._subscribers)

    def publish(self, event: Event) -> None:
        """Hand ``event`` to every subscriber.

        One that raises breaks neither the work nor the others; its first failure is logged, with a traceback
        where it is not the system's (a full disk).
        """
        with self._lock:
            subscribers = list(self._subscribers.items())
        for key, callback in subscribers:
            try:
                callback(event)
            except Exception as error:  # noqa: BLE001  a listener's fault, whatever it is, must not stop an encode
                self._complain(key, callback, event, error)

    def _complain(
        self, key: object, callback: Callable[[Event], None], event: Event, error: Exception
    ) -> None:
        with self._lock:
            known = key in self._complained
            self._complained.add(key)
        if known:
            return
        if isinstance(error, OSError):
            text = "what becomes of %s cannot be recorded (%s); its encode goes on"
            _log.warning(text, event.title, error.strerror or error)
        else:
            _log.exception(
                "the subscriber %r failed on %s; later failures are not shown", callback, event.name
            )
