"""What a worker of doit's process runner has in place of doit's queues."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from drapto.engine import spent
from drapto.errors import EXIT_INTERRUPTED
from drapto.state import relay

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


_sending = threading.Lock()
"""Of a worker's threads, one at a time; it is no part of a seat, which is pickled where nothing is forked."""


class Seat:
    """A worker's end of its connection to the run (`drapto.state.doit_plugins.workers.Crew`).

    A tuple that it sends is what came of a job, and what its programs took; all else is an event.
    """

    def __init__(self, own: Connection) -> None:
        self._own = own

    def get(self) -> Any:  # noqa: ANN401  doit's job
        """Wait for what is to be done next."""
        relay.send_by(self._tell)
        try:
            return self._own.recv()
        except (EOFError, OSError):  # the run is no more
            os._exit(EXIT_INTERRUPTED)

    def put(self, result: Any) -> None:  # noqa: ANN401  doit's result
        """Say what came of it, and what its programs took."""
        self._tell((result, spent.take()))

    def _tell(self, message: object) -> None:
        try:
            with _sending:
                self._own.send(message)
        except OSError:  # as above
            os._exit(EXIT_INTERRUPTED)
