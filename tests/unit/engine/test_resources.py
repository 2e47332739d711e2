"""How the machine is divided."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.engine import resources
from drapto.engine.resources import MIB, Allotment, DiskRate, allot_cpus, encoder_memory
from drapto.errors import SpaceError
from drapto.output import publish

if TYPE_CHECKING:
    from pathlib import Path

PLENTY = 1 << 40


def share(slots: int, *, jobs: int = 32, segments: int = 100, memory: int = PLENTY) -> Allotment:
    need = encoder_memory(1920, 1080)
    return allot_cpus(slots=slots, jobs=jobs, segments=segments, memory=memory, need=need)


def test_one_small_encoder_on_each_core() -> None:
    assert share(2) == Allotment(2, 1)
    assert share(16) == Allotment(16, 1)


def test_few_segments_get_more_cores_each() -> None:
    assert share(8, segments=3) == Allotment(3, 2)
    assert share(8, segments=1) == Allotment(1, 8)


def test_the_last_encodes_take_the_cores_of_those_that_have_ended() -> None:
    two = share(2)
    assert two.lp_of([1.0, 1.0, 1.0]) == [1, 1, 2]
    assert two.lp_of([1.0]) == [2]
    four = share(4)
    assert four.lp_of([1.0] * 6) == [1, 1, 1, 1, 2, 2]
    assert four.lp_of([1.0] * 5) == [1, 1, 1, 1, 4]
    assert share(8, segments=1).lp_of([1.0]) == [8]
    assert two.lp_of([]) == []


def test_an_encode_that_others_run_beside_gets_no_threads() -> None:
    assert share(2).lp_of([18.0, 14.0, 13.0, 13.0, 12.5, 12.0, 4.0]) == [1] * 7
    assert share(2).lp_of([10.0, 9.0, 8.0, 7.0]) == [1, 1, 1, 1]
    # the last one begins 3 s before another's end, if efforts are right
    trailers = [18.4, 18.3, 18.2, 14.5, 13.4, 13.0, 13.0, 12.5, 12.4, 12.2, 12.2, 10.5, 4.6]
    assert share(2).lp_of(trailers) == [1] * 13


def test_jobs_and_memory_limit_the_encoders() -> None:
    assert share(8, jobs=2) == Allotment(2, 4)
    assert share(8, memory=3 * encoder_memory(1920, 1080)) == Allotment(2, 4)
    assert share(8, memory=1) == Allotment(1, 8)


@given(
    slots=st.integers(1, 128),
    jobs=st.integers(1, 32),
    segments=st.integers(1, 1000),
    fit=st.integers(1, 40),
)
def test_all_cores_are_used_and_no_more_and_the_memory_holds(
    slots: int, jobs: int, segments: int, fit: int
) -> None:
    found = share(slots, jobs=jobs, segments=segments, memory=fit * encoder_memory(1920, 1080))
    assert found.encoders * found.lp <= slots < (found.lp + 1) * found.encoders
    # encoders of other titles hold as many slots each, so that together they keep within the memory
    assert slots // found.lp <= max(fit, 1) or found.encoders == segments


def test_measured_memory() -> None:
    assert encoder_memory(1280, 720) == pytest.approx(525_000_000, rel=0.05)
    assert encoder_memory(2160, 3840) == pytest.approx(2_134_000_000, rel=0.05)


def test_cpu_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "usable_cores", lambda: 2)
    assert [resources.cpu_slots(percent) for percent in (1, 50, 95, 100)] == [1, 1, 2, 2]


def test_a_throttle_lets_a_burst_through_and_then_keeps_the_rate(tmp_path: Path) -> None:
    throttle = DiskRate(100_000, tmp_path / "state" / "disk").throttle()
    started = time.monotonic()
    throttle.spend(90_000)
    assert time.monotonic() - started < 0.5
    throttle.spend(40_000)
    assert time.monotonic() - started >= 0.25


RATE = 10_000_000
COPY = 6_000_000


def copy(folder: Path) -> None:
    """Copy at the rate, as a finished file is copied to its place on another disk."""
    disk = pickle.loads(pickle.dumps(DiskRate(RATE, folder / "disk")))  # noqa: S301  as to a worker
    given, taken = folder / "given", folder / f"taken-{os.getpid()}-{threading.get_ident()}"
    with given.open("rb") as source, taken.open("wb") as target:
        publish._copy(source, target, disk.throttle())


def worker(folder: Path) -> None:
    threads = [threading.Thread(target=copy, args=(folder,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_copies_at_once_take_as_long_as_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(bytes(COPY))
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=worker, args=(tmp_path,)) for _ in range(2)]
    started = time.monotonic()
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    # a second's worth may burst, and each copy's last bytes are written when they are booked
    assert time.monotonic() - started >= 4 * COPY / RATE - 1.1


def test_small_writes_ask_for_the_clock_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    booked: list[float] = []
    monkeypatch.setattr(resources, "_book", lambda _, seconds: booked.append(seconds) or 0.0)
    throttle = DiskRate(100 * MIB, tmp_path / "disk").throttle()
    for _ in range(10_000):
        throttle.spend(1024)
    assert len(booked) == 9
    assert sum(booked) == pytest.approx(10_000 * 1024 / (100 * MIB), rel=0.1)


@pytest.mark.parametrize(
    "left",
    [
        struct.pack("=dd", time.monotonic() + 1e6, time.monotonic() + 2e6),
        struct.pack("=dd", *[float("nan")] * 2),
        b"cut",
    ],
    ids=["future", "nan", "cut"],
)
def test_a_clock_from_before_the_machine_was_started(left: bytes, tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(left)
    started = time.monotonic()
    DiskRate(MIB, tmp_path / "disk").throttle().spend(MIB // 2)
    assert time.monotonic() - started < 0.5


def test_a_disk_too_small_is_said_before_the_work(tmp_path: Path) -> None:
    resources.require_space(tmp_path / "not" / "yet", 1, "this title")
    with pytest.raises(SpaceError, match=r"B free, this title needs about [0-9.]+ TB; free some space"):
        resources.require_space(tmp_path / "not" / "yet", 1 << 60, "this title")
    assert MIB == 1 << 20
