from __future__ import annotations

import pickle

from drapto.state.doit_plugins import TaskNames


class Seen(str):
    """A name that counts how often it is compared."""

    __slots__ = ()

    compared = 0

    def __eq__(self, other: object) -> bool:
        Seen.compared += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def test_what_is_among_them_is_known_without_looking_through_them() -> None:
    names = TaskNames([Seen(f"encode:film:{number:04d}") for number in range(1000)])
    assert "encode:film:9999" not in names
    assert Seen.compared < 10
    names.append("mux:film")
    names.extend(["a", "b"])
    assert {"encode:film:0999", "mux:film", "a", "b"} <= set(names)
    assert all(name in names for name in ("encode:film:0999", "mux:film", "a", "b"))
    copy = pickle.loads(pickle.dumps(names))  # noqa: S301  our own bytes
    assert copy == names
    assert "mux:film" in copy
    assert "c" not in copy
