"""Two runs in one process, as a server would have them: neither hears, or disturbs, the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from doit import control

import drapto
from drapto.config import load_config
from drapto.errors import LockedError
from drapto.state.doit_plugins import DurableDB
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto import EncodeResult, Event

FAST = {
    "encoding.preset": "13",
    "quality.mode": "crf",
    "processing.chunk_size": "1",
    "output.if_larger": "keep",
    "report.enabled": "false",
}


def encode(folder: Path, source: Path, on_event: Callable[[Event], None]) -> list[EncodeResult]:
    config = load_config(folder, environ={}, overrides=FAST)
    return drapto.encode(
        [source], folder / "out", config=config, work_dir=folder / "work", jobs=2, on_event=on_event
    )


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    """Call all at once, each in a thread; return what each returned or raised."""
    found: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            found[number] = calls[number]()
        except drapto.DraptoError as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture(scope="module")
def films(ffmpeg: Path, clip_cache: Path) -> tuple[Path, Path]:
    """A good film and a bad one, of the same name."""
    good = clip_cache / "one-of-two-runs" / "movie.mkv"
    bad = clip_cache / "other-of-two-runs" / "movie.mkv"
    bad.parent.mkdir()
    bad.write_bytes(b"no Matroska")
    return clips.make_clip(ffmpeg, good, size=(128, 96), frames=72), bad


def test_two_runs_do_not_hear_each_other(films: tuple[Path, Path], tmp_path: Path) -> None:
    good, bad = films
    heard: dict[str, list[Event]] = {"good": [], "bad": []}
    before = control.TaskDispatcher, control.ExecNode, set(DurableDB.in_a_run)
    (fine,), (broken,) = side_by_side(
        lambda: encode(tmp_path / "good", good, heard["good"].append),
        lambda: encode(tmp_path / "bad", bad, heard["bad"].append),
    )
    assert (fine.ok, fine.errors) == (True, ())
    assert (broken.ok, len(broken.errors)) == (False, 1)
    assert {event.name for event in heard["bad"]} <= {
        *("file_discovered", "analysis_started", "error", "stage_started")
    }
    assert "error" not in {event.name for event in heard["good"]}
    assert [event.source for event in heard["good"] if event.name == "file_discovered"] == [good]
    assert (tmp_path / "good" / "work" / "movie" / "encode_data" / "encoding.json").is_file()
    assert not (tmp_path / "bad" / "work" / "movie" / "encode_data").exists()
    assert (control.TaskDispatcher, control.ExecNode, set(DurableDB.in_a_run)) == before


def test_a_second_run_in_one_project_is_refused(films: tuple[Path, Path], tmp_path: Path) -> None:
    inside = threading.Event()
    go_on = threading.Event()

    def hold(event: Event) -> None:
        if event.name == "analysis_started":
            inside.set()
            assert go_on.wait(60)

    def second() -> list[EncodeResult]:
        assert inside.wait(60)
        try:
            return encode(tmp_path, films[0], lambda _: None)
        finally:
            go_on.set()

    (first,), refused = side_by_side(lambda: encode(tmp_path, films[0], hold), second)
    assert first.ok
    assert isinstance(refused, LockedError)
    assert "another run works here (in this process)" in str(refused)
    (again,) = encode(tmp_path, films[0], lambda _: None)
    assert again.ok
