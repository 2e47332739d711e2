"""Which worker is asked."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from drapto.cluster import placement
from drapto.cluster.placement import Offer, Workers
from drapto.engine.execution import Needs
from drapto.errors import ClusterError

GIB = 1 << 30


def workers(*offers: Offer) -> Workers:
    made = Workers()
    made.become({one.address: one for one in offers})
    return made


SMALL = Offer("tcp://a", "small", 1, 2 * GIB)
LARGE = Offer("tcp://b", "large", 4, 8 * GIB)


def never() -> None:
    pass


def test_the_one_with_most_to_spare_is_asked_and_gives_back() -> None:
    found = workers(SMALL, LARGE)
    with (
        found.hold(Needs(1), never, 1) as (one, _),
        found.hold(Needs(3), never, 1) as (two, _),
        found.hold(Needs(1), never, 1) as (three, _),
    ):
        assert (one.name, two.name, three.name) == ("large", "large", "small")
    with found.hold(Needs(4), never, 1) as (again, _):
        assert again.name == "large"


def test_memory_decides_too() -> None:
    found = workers(SMALL, LARGE)
    with (
        found.hold(Needs(1, 5 * GIB), never, 1) as (one, _),
        found.hold(Needs(1, 2 * GIB), never, 1) as (two, _),
    ):
        assert (one.name, two.name) == ("large", "large")
        with found.hold(Needs(1, 2 * GIB), never, 1) as (three, _):
            assert three.name == "small"


def test_no_more_processors_are_asked_for_than_the_worker_has() -> None:
    with workers(SMALL).hold(Needs(16), never, 1) as (_, taken):
        assert taken.cpus == 1


def test_what_none_has_is_an_error_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "MATCH_WAIT", 0.1)
    with (
        pytest.raises(ClusterError, match=r"no worker has 9\.7 GB of memory.*large: 4 encode slots, 8\.6 GB"),
        workers(SMALL, LARGE).hold(Needs(1, 9 * GIB), never, 1),
    ):
        pass
    with pytest.raises(ClusterError, match="the cluster has no worker"), workers().hold(Needs(1), never, 0.1):
        pass


def test_who_waits_is_woken_and_a_worker_that_joins_is_taken() -> None:
    found = workers(SMALL)
    got: list[str] = []

    def wait() -> None:
        with found.hold(Needs(1), never, 1) as (one, _):
            got.append(one.name)

    with found.hold(Needs(1), never, 1):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.05)
        assert got == []
        found.become({SMALL.address: SMALL, LARGE.address: LARGE})
        thread.join(5)
    assert got == ["large"]


def test_one_without_room_is_left_alone() -> None:
    found = workers(SMALL, LARGE)
    assert found.avoid(LARGE.address)
    with found.hold(Needs(1), never, 1) as (one, _):
        assert one.name == "small"
    assert not found.avoid(SMALL.address)


def test_those_who_wait_for_a_busy_cluster_cost_no_more_the_larger_it_is() -> None:
    def spent(count: int) -> float:
        found = workers(*(Offer(f"tcp://{number}", str(number), 1, GIB) for number in range(count)))
        with contextlib.ExitStack() as held:
            for _ in range(count):
                held.enter_context(found.hold(Needs(1), never, 1))
            began = time.process_time()
            for _ in range(2000):
                assert found._free(Needs(1)) is None
                assert found._fits(Needs(1))
            return time.process_time() - began

    spent(10)
    assert spent(1000) < 10 * spent(10)
