"""Who is waited for when a run begins."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

from drapto.cluster import connection
from drapto.cluster.placement import Offer
from drapto.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


def met(
    known: dict[str, Offer], asked: dict[str, Future[object]], refused: dict[str, str]
) -> connection.Connection:
    """Return a connection that knows so much."""
    made = connection.Connection.__new__(connection.Connection)
    made.looked = threading.Event()
    made._known, made._asked, made.refused, made._has_looked = known, asked, refused, True
    greeting = SimpleNamespace(patience=2.0, remedy="look there")
    made.__dict__["_greeting"] = greeting
    return made


def waited(made: connection.Connection) -> float:
    began = time.monotonic()
    made.require_proven(0.1)
    return time.monotonic() - began


def test_a_worker_that_does_not_answer_keeps_nobody_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SILENCE", 0.1)
    good = {"tcp://a": Offer("tcp://a", "good", 1, 1 << 30)}
    assert waited(met(good, {"tcp://b": Future()}, {})) < 1.5
    assert waited(met({}, {"tcp://b": Future()}, {})) >= 2.0, "the only one is waited for"


def test_one_that_may_not_be_used_is_an_error() -> None:
    made = met({}, {}, {"tcp://b": "worker b has no ffmpeg"})
    made.looked.set()
    with pytest.raises(ClusterError, match="worker b has no ffmpeg"):
        made.require_proven(0.1)


def test_one_that_ends_before_it_has_answered_is_not_refused(tmp_path: Path) -> None:
    made = met({}, {}, {})
    made.__dict__["_log"] = tmp_path / "cluster.log"
    ended: Future[object] = Future()
    ended.cancel()
    made._meet("tcp://b", {"name": "b", "resources": {}}, ended)
    assert (made.refused, made._known) == ({}, {})
    assert "worker b went before it had answered" in (tmp_path / "cluster.log").read_text()
