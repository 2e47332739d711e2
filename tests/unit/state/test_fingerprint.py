"""Content digests and the cache of them."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.engine.digest import BLOCK, BLOCKS, EDGE, WHOLE_LIMIT, _ranges, digest
from drapto.state import fingerprint
from drapto.state.fingerprint import Fingerprints

LARGE = WHOLE_LIMIT + 5 * EDGE + 12345
LONG_AGO = 1_000_000_000 * 10**9


def settled(path: Path, content: bytes, mtime_ns: int = LONG_AGO) -> Path:
    """Write a file whose modification time is old enough to be trusted."""
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def patch(path: Path, offset: int) -> None:
    with path.open("r+b") as handle:
        handle.seek(offset)
        handle.write(b"\xff")


def large(path: Path, size: int = LARGE) -> Path:
    with path.open("wb") as handle:
        handle.truncate(size)
    return path


class Count:
    """Counts how often a content is really read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads = 0
        real = fingerprint.digest_of

        def counted(handle: int, size: int) -> str:
            self.reads += 1
            return real(handle, size)

        monkeypatch.setattr(fingerprint, "digest_of", counted)


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    return Count(monkeypatch)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_digests_are_equal_exactly_where_contents_are(
    tmp_path_factory: pytest.TempPathFactory, one: bytes, other: bytes
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    (folder / "one").write_bytes(one)
    (folder / "other").write_bytes(other)
    assert (digest(folder / "one") == digest(folder / "other")) == (one == other)


@given(st.integers(min_value=0, max_value=200 << 30))
def test_ranges_lie_in_the_file_in_order_without_overlap_and_include_both_ends(size: int) -> None:
    ranges = _ranges(size)
    ends = [start + length for start, length in ranges]
    assert ranges[0][0] == 0
    assert ends[-1] == size
    assert all(start >= end for (start, _), end in zip(ranges[1:], ends, strict=False))
    assert sum(length for _, length in ranges) <= max(WHOLE_LIMIT, 2 * EDGE + BLOCKS * BLOCK)


def test_a_file_at_the_limit_is_read_whole(tmp_path: Path) -> None:
    path = large(tmp_path / "file", WHOLE_LIMIT)
    before = digest(path)
    patch(path, WHOLE_LIMIT // 2 + 1)
    assert digest(path) != before


@pytest.mark.parametrize("offset", [0, EDGE - 1, LARGE - EDGE, LARGE - 1])
def test_a_large_file_is_told_by_its_ends(tmp_path: Path, offset: int) -> None:
    path = large(tmp_path / "file")
    before = digest(path)
    patch(path, offset)
    assert digest(path) != before


def test_a_large_file_is_told_by_its_blocks_and_by_nothing_between_them(tmp_path: Path) -> None:
    path = large(tmp_path / "file")
    before = digest(path)
    start, length = _ranges(LARGE)[BLOCKS // 2]
    patch(path, start + length)
    assert digest(path) == before, "the documented limit: bytes between two blocks are not read"
    patch(path, start + length - 1)
    assert digest(path) != before


def test_a_large_file_is_told_by_its_size(tmp_path: Path) -> None:
    assert digest(large(tmp_path / "one")) != digest(large(tmp_path / "other", LARGE + 1))


def test_a_huge_file_costs_a_few_megabytes(tmp_path: Path) -> None:
    path = large(tmp_path / "file", 80 << 30)
    assert len(digest(path)) == 40


def test_the_content_is_read_once_while_the_stamp_stays(tmp_path: Path, count: Count) -> None:
    path = settled(tmp_path / "file", b"content")
    prints = Fingerprints()
    assert prints.of(path) == prints.of(str(path)) == digest(path)
    assert prints.state(path) == [7, LONG_AGO, prints.of(path)]
    assert count.reads == 1, "for the cache; digest() itself is not counted"


def test_a_touched_and_a_restored_file_keep_their_digest(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", b"content")
    prints = Fingerprints()
    before = prints.state(path)
    path.touch()
    touched = prints.state(path)
    shutil.copy(path, tmp_path / "copy")
    path.unlink()
    (tmp_path / "copy").rename(path)
    restored = prints.state(path)
    assert before[2] == touched[2] == restored[2]
    assert before[1] != touched[1]


def test_a_changed_file_of_equal_size_is_seen(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", b"one")
    prints = Fingerprints()
    before = prints.of(path)
    settled(path, b"two", LONG_AGO + 1)
    assert prints.of(path) != before


def test_a_file_written_just_now_is_not_trusted_to_its_stamp(tmp_path: Path) -> None:
    """Two writes within one tick of the file system's clock leave one stamp."""
    path = tmp_path / "file"
    path.write_bytes(b"one")
    prints = Fingerprints()
    stamp = path.stat().st_mtime_ns
    before = prints.of(path)
    settled(path, b"two", stamp)
    assert prints.of(path) != before


def test_a_file_changed_while_it_is_read_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settled(tmp_path / "file", b"one")
    prints = Fingerprints()
    real = fingerprint.digest_of

    def slow(handle: int, size: int) -> str:
        found = real(handle, size)
        monkeypatch.setattr(fingerprint, "digest_of", real)
        settled(path, b"two", LONG_AGO + 1)
        return found

    monkeypatch.setattr(fingerprint, "digest_of", slow)
    assert prints.state(path)[1] == LONG_AGO, "the stamp from before: the next check compares digests"
    assert prints.of(path) == digest(path)


def test_the_store_keeps_digests_between_runs(tmp_path: Path, count: Count) -> None:
    path, store = settled(tmp_path / "file", b"content"), tmp_path / "state" / "fingerprints.json"
    first = Fingerprints(store)
    found = first.of(path)
    first.save()
    assert Fingerprints(store).of(path) == found
    assert count.reads == 1


def test_the_store_is_written_only_when_something_was_learnt(tmp_path: Path) -> None:
    path, store = settled(tmp_path / "file", b"content"), tmp_path / "fingerprints.json"
    prints = Fingerprints(store)
    prints.save()
    assert not store.exists()
    prints.of(path)
    prints.save()
    before = store.stat()
    again = Fingerprints(store)
    again.of(path)
    again.save()
    assert store.stat().st_ino == before.st_ino


@pytest.mark.parametrize("content", ["", "{", '{"files": {"a": "b"}}', "[]", '{"other": 1}'])
def test_a_damaged_store_is_rebuilt(tmp_path: Path, content: str) -> None:
    path, store = settled(tmp_path / "file", b"content"), tmp_path / "fingerprints.json"
    store.write_text(content)
    prints = Fingerprints(store)
    found = prints.of(path)
    prints.save()
    assert json.loads(store.read_text())["files"] == {str(path): [7, LONG_AGO, found, path.stat().st_ino]}


def test_files_that_are_gone_leave_the_store(tmp_path: Path) -> None:
    store = tmp_path / "fingerprints.json"
    gone, stays = settled(tmp_path / "gone", b"1"), settled(tmp_path / "stays", b"2")
    prints = Fingerprints(store)
    prints.of(gone)
    prints.of(stays)
    gone.unlink()
    prints.save()
    assert list(json.loads(store.read_text())["files"]) == [str(stays)]


def test_a_name_that_is_no_text_is_digested_but_not_stored(tmp_path: Path) -> None:
    store = tmp_path / "fingerprints.json"
    path = settled(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mkv")), b"content")
    prints = Fingerprints(store)
    assert prints.of(path) == digest(path)
    prints.save()
    assert json.loads(store.read_text())["files"] == {}


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_read_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        Fingerprints().of(tmp_path / name)


def test_threads_share_a_cache(tmp_path: Path) -> None:
    paths = [settled(tmp_path / str(number), bytes([number])) for number in range(20)]
    prints = Fingerprints(tmp_path / "fingerprints.json")
    found: list[list[str]] = [[] for _ in range(8)]

    def work(mine: list[str]) -> None:
        for path in paths:
            mine.append(prints.of(path))
            prints.save()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[digest(path) for path in paths]] * 8
    prints.save()
    assert len(json.loads((tmp_path / "fingerprints.json").read_text())["files"]) == 20


def test_another_file_of_the_same_size_and_time_is_another(tmp_path: Path) -> None:
    path = settled(tmp_path / "film.mkv", b"first!!")
    fingerprints = Fingerprints(tmp_path / "store.json")
    first = fingerprints.of(path)
    fingerprints.save()
    other = settled(tmp_path / "other.mkv", b"second!")
    other.replace(path)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    assert fingerprints.of(path) != first
    assert Fingerprints(tmp_path / "store.json").of(path) != first
    assert not fingerprints.is_same(str(path), path.stat(), first)


def test_a_store_of_before_there_were_inodes_is_read(tmp_path: Path) -> None:
    path = settled(tmp_path / "film.mkv", b"content")
    store = tmp_path / "store.json"
    store.write_text(json.dumps({"files": {str(path): [7, LONG_AGO, "of an older time"]}}))
    assert Fingerprints(store).of(path) == digest(path)
