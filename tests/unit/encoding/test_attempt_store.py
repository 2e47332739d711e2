"""A segment's attempts on disk: what is there is found, what belongs to other settings is thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.attempts import Attempt, Attempts
from drapto.engine.digest import digest
from drapto.quality.scores import Measurement, scores_of
from tests.encodes import job, request, shape

if TYPE_CHECKING:
    from pathlib import Path


def open_store(folder: Path, key: str = "k", measurement: Measurement | None = None) -> AttemptStore:
    target = folder / "encoded" / "0001.mkv"
    return AttemptStore(folder / "attempts", "0001", key, target, measurement=measurement)


def tried(store: AttemptStore, crf: float, first: int = 0) -> Attempt:
    """Write a file that stands for an encode, and keep it."""
    path = store.path(crf, first)
    path.write_bytes(f"{crf} {first}".encode())
    return store.keep(Attempt(crf=crf, first=first, bytes=path.stat().st_size, digest=digest(path)))


def test_what_was_tried_is_found_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    whole, tail = tried(store, 30.25), tried(store, 28.0, first=24)
    store.keep_proxy(30.25, scores_of("vmaf", [90.0]), 0.5)
    store.keep_proxy(36.0, scores_of("vmaf", [80.0]), 0.25)
    again = open_store(tmp_path)
    assert again.known == store.known
    assert again.known.attempts == (whole, tail)
    assert again.known.proxy_cpu_seconds == 0.75
    assert again.file(whole) == store.path(30.25)
    assert again.file(tail) == store.path(28.0, 24)


def test_an_attempt_is_kept_once_for_each_crf_and_first_frame(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    whole = tried(store, 30.0)
    tried(store, 30.0, first=24)
    store.keep(whole.model_copy(update={"seconds": 2.0}))
    assert [(one.crf, one.first, one.seconds) for one in store.known.attempts] == [(30, 0, 2), (30, 24, 0)]


def test_what_other_settings_tried_is_thrown_away(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    tried(store, 30.0)
    other = open_store(tmp_path, "another")
    assert other.known == Attempts(key="another")
    assert list((tmp_path / "attempts").iterdir()) == [store.record]


def test_a_file_with_another_content_is_not_the_attempts(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    attempt = tried(store, 30.0)
    store.path(30.0).write_bytes(b"x" * attempt.bytes)
    assert store.file(attempt) is None


def test_what_is_delivered_is_known_by_its_content(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.delivered() is None
    attempt = tried(store, 30.0)
    tried(store, 32.0)
    store.deliver(store.path(30.0))
    assert store.delivered() == attempt
    assert store.file(attempt) == tmp_path / "encoded" / "0001.mkv"
    store.clear()
    assert store.delivered() == attempt
    assert list((tmp_path / "attempts").iterdir()) == [store.record]


def test_another_program_is_asked_once_for_each_target(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.keep_foreign("93", 31.5, 1.0) == 31.5
    store.keep_foreign("95", 27.0, 2.0)
    assert open_store(tmp_path).known.foreign == {"93": 31.5, "95": 27.0}
    assert store.known.cpu_seconds == 3.0


def test_a_jobs_store_is_named_by_its_segment(tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    source.write_bytes(b"source")
    asked = job(request(source, tmp_path / "encoded", index=7), shape(24))
    assert AttemptStore.of(asked).record == asked.attempts / "0007.json"
    source.write_bytes(b"another")
    before = Attempts.read(asked.attempts / "0007.json").key
    assert AttemptStore.of(asked).known.key != before


OLD, NEW = ("9.0", "4.1"), ("9.0", "4.2")


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [(OLD, OLD, True), (OLD, NEW, False), ((), NEW, True), (OLD, (), False)],
)
def test_attempts_of_another_version_are_thrown_away(
    before: tuple[str, ...], now: tuple[str, ...], kept: bool, tmp_path: Path
) -> None:
    store = AttemptStore(tmp_path, "0001", "key", tmp_path / "encoded.mkv", before)
    store.path(25).write_bytes(b"encode")
    store.keep_foreign("first", 25, 1.0)
    store = AttemptStore(tmp_path, "0001", "key", tmp_path / "encoded.mkv", now)
    assert store.path(25).exists() is kept
    assert bool(store.known.foreign) is kept


def shown(store: AttemptStore, crf: float, size: str) -> None:
    """Keep an encode that was measured as it is shown at ``size``."""
    scores = scores_of("vmaf", [90.0], model="vmaf_v0.6.1", shown=size)
    store.keep(tried(store, crf).model_copy(update={"scores": (scores,)}))
    store.keep_proxy(crf, scores, 0.5)


def test_scores_of_another_measurement_are_forgotten_and_their_encodes_are_not(tmp_path: Path) -> None:
    before = open_store(tmp_path)
    shown(before, 30.0, "")
    shown(before, 28.0, "")
    before.path(28.0).unlink()
    again = open_store(tmp_path, measurement=Measurement("vmaf", "vmaf_v0.6.1", "1920x1080"))
    assert [one.crf for one in again.known.attempts] == [30.0], "what is gone would be made to be measured"
    assert again.known.attempts[0].scores == ()
    assert again.known.proxies == ()
    shown(again, 26.0, "1920x1080")
    whole = open_store(tmp_path, measurement=Measurement("vmaf", "vmaf_v0.6.1", "1920x1080"))
    assert [one.crf for one in whole.known.attempts] == [30.0, 26.0]
    assert [one.crf for one in whole.known.proxies] == [26.0]
    xpsnr = open_store(tmp_path, measurement=Measurement("xpsnr"))
    assert all(one.scores == () for one in xpsnr.known.attempts)


def test_scores_of_the_same_measurement_stay(tmp_path: Path) -> None:
    before = open_store(tmp_path)
    shown(before, 30.0, "")
    before.path(30.0).unlink()
    again = open_store(tmp_path, measurement=Measurement("vmaf", "vmaf_v0.6.1"))
    assert again.known == before.known
