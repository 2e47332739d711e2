"""What happens in a worker of doit's process runner, told to the process that counts the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.state.events import Event

_send: Callable[[Event], None] | None = None
_listeners: list[Callable[[Event], None]] = []


def send_by(send: Callable[[Event], None]) -> None:
    """Have a worker's events sent by ``send``, which any thread may call."""
    global _send  # noqa: PLW0603  a process has one way to the run
    _send = send


def pass_on(event: Event) -> None:
    """Tell the run an event of a worker's, at once: how long something took is told by when it is heard."""
    if _send is not None:
        _send(event)


def listen(callback: Callable[[Event], None]) -> Callable[[], None]:
    """Have ``callback`` told the workers' events; return what ends that."""
    _listeners.append(callback)
    return lambda: _listeners.remove(callback)


def deliver(event: Event) -> None:
    """Tell those who listen an event of a worker's, in the main process."""
    for callback in _listeners:
        callback(event)
