"""What goes between drapto and a child."""

from __future__ import annotations

import os

from drapto.engine.streams import read_all


def test_what_a_child_writes_right_before_it_ends_is_read() -> None:
    reading, writing = os.pipe()
    kept = os.dup(writing)  # what the child has started holds its output open
    found: list[bytes] = []

    def has_ended() -> bool:
        """End in the very moment in which it is asked."""
        os.write(writing, b"last words")
        return True

    with os.fdopen(reading, "rb") as pipe:
        read_all({pipe: found.append}, has_ended)
    os.close(writing)
    os.close(kept)
    assert b"".join(found) == b"last words"
