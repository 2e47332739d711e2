"""What goes between drapto and a child: its input as it is made, its output as it comes, its last words."""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

READ = 1 << 20
"""Bytes read at once at most."""

LOOK_EVERY = 0.5
"""Seconds of silence after which it is looked whether the child has ended."""


class Ends:
    """The beginning and the end of a text of any length, in bounded memory.

    Args:
        limit: Bytes that are kept, half of them at each end; up to it, nothing is lost.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take in what comes next."""
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room > 0 else chunk
        if len(self._tail) > 2 * self._half:
            self._drop()

    def _drop(self) -> None:
        beyond = max(0, len(self._tail) - self._half)
        del self._tail[:beyond]
        self._dropped += beyond

    def text(self) -> str:
        """Return what is kept, with how much is missing where something is."""
        self._drop()
        gap = f"\n[… {self._dropped} bytes …]\n".encode() if self._dropped else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode(errors="replace")


class Lines:
    """Passes whole lines on as the bytes come.

    Args:
        on_line: Called with each line, decoded, without its end; returns False of one that tells nothing new.
    """

    def __init__(self, on_line: Callable[[str], bool | None]) -> None:
        self._on_line = on_line
        self._begun = b""

    def add(self, chunk: bytes) -> bool:
        """Take in what comes next; return whether a line of it told something new."""
        *lines, self._begun = (self._begun + chunk).split(b"\n")
        said = [self._on_line(line.decode(errors="replace").rstrip("\r")) for line in lines]
        return any(new is not False for new in said)

    def end(self) -> None:
        """Pass on a last line that does not end."""
        if self._begun:
            self._on_line(self._begun.decode(errors="replace").rstrip("\r"))


def read_all(
    readers: dict[IO[bytes], Callable[[bytes], None]],
    has_ended: Callable[[], bool],
    look_after: Callable[[], None] = lambda: None,
) -> None:
    """Read pipes side by side until they are closed, so that none of them fills up and stops the child.

    Args:
        readers: For each pipe, what its bytes are given to.
        has_ended: Tells whether the child has ended. What it started may have its pipes still; nobody waits
            for that.
        look_after: Called at least each `LOOK_EVERY` seconds meanwhile.
    """
    with selectors.DefaultSelector() as selector:
        for pipe, reader in readers.items():
            selector.register(pipe, selectors.EVENT_READ, reader)
        ended = False
        while selector.get_map():
            ready = selector.select(0 if ended else LOOK_EVERY)
            look_after()
            if not ready and ended:
                return
            # what it wrote last may have come between the look at its pipes and that at the child itself
            ended = ended or (not ready and has_ended())
            for key, _ in ready:
                if chunk := os.read(key.fd, READ):
                    key.data(chunk)
                else:
                    selector.unregister(key.fileobj)


class Feeder:
    """Writes a child's input in a thread of its own.

    Args:
        pipe: The child's standard input.
        chunks: What to write. A child that stops reading is no failure, and ends it.
        on_failure: Called, in that thread, where ``chunks`` raises: without it, the child would take the end
            of what was written for the end of its input.
    """

    def __init__(self, pipe: IO[bytes], chunks: Iterable[bytes], on_failure: Callable[[], None]) -> None:
        self._pipe = pipe
        self._chunks = chunks
        self._on_failure = on_failure
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        try:
            for chunk in self._chunks:
                try:
                    self._pipe.write(chunk)
                except BrokenPipeError:
                    break
        except BaseException as error:  # noqa: BLE001  whatever it is, it is raised where the child was started
            self._error = error
            self._on_failure()
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()

    def finish(self) -> None:
        """Wait for the end of the input.

        Raises:
            BaseException: What ``chunks`` raised.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
