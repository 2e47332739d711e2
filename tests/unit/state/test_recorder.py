"""encode_data, kept from the events."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drapto.state import ledger
from drapto.state import recorder as recorder_module
from drapto.state.bus import Bus
from drapto.state.encode_data import (
    EncodingRecord,
    ProgressRecord,
    Running,
    SegmentRecord,
    concerns,
    follow_plan,
    segment_after,
    summarise,
)
from drapto.state.events import (
    AnalysisStarted,
    EncodingComplete,
    EncodingStarted,
    ErrorEvent,
    Event,
    Progress,
    SegmentComplete,
)
from drapto.state.ledger import read_record
from drapto.state.recorder import Recorder
from drapto.video.plan import Segment, SegmentPlan

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_plan(segments: int, frames: int = 10, digest: str = "d") -> SegmentPlan:
    return SegmentPlan(
        digest=digest,
        settings={},
        strategy="chunked",
        reason="test",
        rate=Fraction(24),
        segments=tuple(
            Segment(
                index=number,
                path=f"segments/{number:04d}.mkv",
                size=1,
                start_time=(number - 1) * frames / 24,
                duration=frames / 24,
                frames=frames,
                first_frame=(number - 1) * frames,
                keyint=240,
            )
            for number in range(1, segments + 1)
        ),
    )


def started(number: int, segments: int = 4) -> EncodingStarted:
    return EncodingStarted(
        title="t", segment=number, segments=segments, frames=10, strategy="chunked", crf=25.0
    )


def progress(number: int, frame: int) -> Progress:
    return Progress(
        title="t", stage="encode", segment=number, frame=frame, frames=10, fps=5.0, bytes=frame * 9
    )


def completed(number: int, attempts: int = 1) -> SegmentComplete:
    return SegmentComplete(
        title="t", segment=number, frames=10, bytes=1000 + number, seconds=1.5, crf=25.25, attempts=attempts
    )


def failed(number: int) -> ErrorEvent:
    return ErrorEvent(title="t", stage="encode", segment=number, message="a.mkv: broke; mend it")


JOINED = EncodingComplete(title="t", segments=4, frames=40, bytes=4000, seconds=6.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "t" / "encode_data"
    make_plan(4).write(folder / "segments.json")
    return folder


def feed(folder: Path, *happened: Event, run: str = "one") -> Recorder:
    recorder = Recorder({"t": folder}, run)
    for event in happened:
        recorder(event)
    return recorder


def encoding(folder: Path) -> EncodingRecord:
    return EncodingRecord.read(folder / "encoding.json")


def done(folder: Path) -> ProgressRecord:
    return ProgressRecord.read(folder / "progress.json")


def test_a_segment_from_its_start_to_its_end(folder: Path) -> None:
    recorder = feed(folder, started(2))
    one = encoding(folder).segments[1]
    assert (one.status, one.attempts, one.crf, one.error) == ("encoding", 1, 25.0, None)
    assert one.last_attempt is not None
    assert done(folder).current_segment == 2
    recorder(completed(2))
    two = encoding(folder).segments[1]
    assert (two.status, two.attempts, two.crf, two.bytes, two.seconds) == ("completed", 1, 25.25, 1002, 1.5)
    assert two.last_attempt == one.last_attempt
    after = done(folder)
    assert (after.segments_completed, after.segments_failed, after.total_segments) == (1, 0, 4)
    assert (after.total_progress, after.current_segment) == (25.0, None)


def test_the_files_have_the_promised_fields(folder: Path) -> None:
    feed(folder, started(1))
    assert json.loads((folder / "progress.json").read_text()).keys() >= {
        "created_at",
        "updated_at",
        "total_progress",
        "segments_completed",
        "segments_failed",
        "total_segments",
        "current_segment",
    }
    record = json.loads((folder / "encoding.json").read_text())
    assert record.keys() >= {"created_at", "updated_at", "strategy", "segments"}
    assert record["segments"][0].keys() >= {"index", "status", "attempts", "last_attempt", "error"}
    assert [one["status"] for one in record["segments"]] == ["encoding", "pending", "pending", "pending"]
    assert datetime.fromisoformat(record["created_at"]).tzinfo is not None


def test_a_failed_segment_says_why_and_a_retry_clears_it(folder: Path) -> None:
    feed(folder, started(1), failed(1))
    one = encoding(folder).segments[0]
    assert (one.status, one.error) == ("failed", "a.mkv: broke; mend it")
    assert (done(folder).segments_failed, done(folder).current_segment) == (1, None)
    feed(folder, started(1), completed(1), run="two")
    one = encoding(folder).segments[0]
    assert (one.status, one.attempts, one.error) == ("completed", 2, None)
    assert done(folder).segments_failed == 0


def test_an_error_elsewhere_is_no_segments(folder: Path) -> None:
    feed(folder, started(1), ErrorEvent(title="t", stage="mux", message="no"))
    feed(folder, ErrorEvent(title="t", stage="segment", segment=1, message="no"))
    assert encoding(folder).segments[0].status == "encoding"


def test_a_resumed_run_keeps_what_is_done_and_makes_pending_what_was_interrupted(folder: Path) -> None:
    feed(folder, started(1), completed(1), started(2), started(3))
    before = encoding(folder)
    feed(folder, started(3), run="two")
    after = encoding(folder)
    assert [one.status for one in after.segments] == ["completed", "pending", "encoding", "pending"]
    assert [one.attempts for one in after.segments] == [1, 1, 2, 0]
    assert after.created_at == before.created_at
    assert after.updated_at >= before.updated_at
    assert done(folder).current_segment == 3


def test_a_rebuilt_segment_counts_another_attempt(folder: Path) -> None:
    feed(folder, started(1), completed(1))
    feed(folder, started(1), completed(1), run="two")
    assert encoding(folder).segments[0].attempts == 2


def test_encodes_within_one_attempt_count(folder: Path) -> None:
    feed(folder, started(1), completed(1, attempts=3))
    assert encoding(folder).segments[0].attempts == 3


def test_a_new_plan_keeps_the_segments_that_it_shares(folder: Path) -> None:
    feed(folder, *[event for number in (1, 2, 3, 4) for event in (started(number), completed(number))])
    parts = make_plan(4).segments
    joined = parts[2].model_copy(update={"frames": 20})
    make_plan(4).model_copy(update={"segments": (*parts[:2], joined)}).write(folder / "segments.json")
    feed(folder, started(3))
    record = encoding(folder)
    assert [one.status for one in record.segments] == ["completed", "completed", "encoding"]
    assert record.segments[2].attempts == 1
    assert done(folder).total_progress == 50.0


def test_another_source_starts_anew(folder: Path) -> None:
    feed(folder, started(1), completed(1))
    make_plan(4, digest="other").write(folder / "segments.json")
    feed(folder, started(2))
    assert [one.status for one in encoding(folder).segments] == ["pending", "encoding", "pending", "pending"]


def test_joining_says_that_all_segments_are_there(folder: Path) -> None:
    """Where the record was deleted and only the last segment encoded since, the join proves the rest."""
    feed(folder, started(4), completed(4), JOINED)
    assert done(folder).total_progress == 100.0
    assert [one.status for one in encoding(folder).segments] == ["completed"] * 4
    assert encoding(folder).segments[0].attempts == 0


def test_progress_between_changes_is_counted_in_frames(folder: Path) -> None:
    feed(folder, started(1), completed(1), started(2), progress(2, 5))
    now = done(folder)
    assert now.running == {2: Running(frame=5, fps=5.0, bytes=45)}
    assert now.total_progress == 37.5
    assert now.frames_completed == 10


def test_all_is_done_only_when_the_last_segment_is_checked(folder: Path) -> None:
    most = [event for number in (1, 2, 3) for event in (started(number), completed(number))]
    recorder = feed(folder, *most, started(4), progress(4, 10))
    assert done(folder).total_progress == 99.99
    recorder(completed(4))
    assert done(folder).total_progress == 100.0
    assert done(folder).running == {}


def test_progress_is_written_once_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(recorder_module.time, "monotonic", lambda: clock[0])
    recorder = feed(folder, started(1), started(2), progress(1, 1))
    for tick in range(2, 10):
        clock[0] += 0.1
        recorder(progress(1, tick))
        recorder(progress(2, 2))
    assert done(folder).running == {1: Running(frame=1, fps=5.0, bytes=9)}
    clock[0] += 0.3
    recorder(progress(1, 9))
    assert {key: one.frame for key, one in done(folder).running.items()} == {1: 9, 2: 2}


def test_what_was_reported_since_comes_with_the_next_change(folder: Path) -> None:
    recorder = feed(folder, started(1), started(2), progress(1, 1), progress(1, 7))
    recorder(completed(2))
    assert done(folder).running[1].frame == 7


@pytest.mark.parametrize("content", [None, "", "{", "{}"])
def test_damaged_files_are_rebuilt(folder: Path, content: str | None) -> None:
    feed(folder, started(1), completed(1))
    for name in ("encoding.json", "progress.json"):
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(content)
    feed(folder, started(2), completed(2))
    assert [one.status for one in encoding(folder).segments] == ["pending", "completed", "pending", "pending"]
    (folder / "progress.json").write_text("{")
    feed(folder, progress(2, 1))
    assert done(folder).segments_completed == 1


def test_without_a_plan_there_is_nothing_to_record(tmp_path: Path) -> None:
    feed(tmp_path / "gone", started(1), progress(1, 1), completed(1), JOINED)
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("content", ["", "{}"])
def test_a_damaged_plan_is_left_to_its_stage(folder: Path, content: str) -> None:
    (folder / "segments.json").write_text(content)
    feed(folder, started(1), progress(1, 1))
    assert not (folder / "encoding.json").exists()


def test_other_titles_and_other_events_leave_no_trace(folder: Path) -> None:
    recorder = Recorder({"another": folder})
    recorder(started(1))
    feed(folder, AnalysisStarted(title="t"), Progress(title="t", stage="audio", track=0, position=1.0))
    assert not (folder / "encoding.json").exists()


def test_a_segment_that_the_plan_does_not_have_changes_nothing(folder: Path) -> None:
    feed(folder, started(9), completed(9))
    assert {one.status for one in encoding(folder).segments} == {"pending"}


def work_on(folder: Path, numbers: list[int]) -> None:
    """Encode segments in as many threads as there are, as a worker of the process runner would."""
    recorder = Recorder({"t": folder}, "one")

    def encode(number: int) -> None:
        recorder(started(number, 24))
        for frame in range(1, 10):
            recorder(progress(number, frame))
        recorder(failed(number) if number % 8 == 0 else completed(number))

    threads = [threading.Thread(target=encode, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_and_processes_lose_no_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_plan(24).write(tmp_path / "segments.json")
    context = multiprocessing.get_context("fork")
    monkeypatch.setattr(recorder_module, "WRITE_EVERY", 0.0)
    workers = [
        context.Process(target=work_on, args=(tmp_path, list(range(first, 25, 3)))) for first in (1, 2, 3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    record = encoding(tmp_path)
    assert [one.attempts for one in record.segments] == [1] * 24
    assert [one.index for one in record.segments if one.status == "completed"] == [
        number for number in range(1, 25) if number % 8
    ]
    assert [one.bytes for one in record.segments if one.bytes] == [
        1000 + number for number in range(1, 25) if number % 8
    ]
    after = done(tmp_path)
    assert (after.segments_completed, after.segments_failed, after.running) == (21, 3, {})
    assert after.total_progress == 87.5
    assert not list(tmp_path.glob("*.partial"))


class Written:
    """Counts what is written, and how often the plan is read, while this test's recorder works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = self.plans = 0
        write_text, write, read = Path.write_text, os.write, SegmentPlan.read_if_whole

        def spy_text(path: Path, text: str, **named: Any) -> int:
            self.bytes += len(text)
            return write_text(path, text, **named)

        def spy_write(handle: int, data: bytes) -> int:
            self.bytes += len(data)
            return write(handle, data)

        def spy_read(path: Path) -> SegmentPlan | None:
            self.plans += 1
            return read(path)

        monkeypatch.setattr(Path, "write_text", spy_text)
        monkeypatch.setattr(os, "write", spy_write)
        monkeypatch.setattr(SegmentPlan, "read_if_whole", spy_read)


def run_through(folder: Path, segments: int) -> Recorder:
    return feed(
        folder,
        *[one for number in range(1, segments + 1) for one in (started(number), completed(number))],
    )


def test_an_update_costs_the_same_however_many_segments_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(monkeypatch)
    costs = {}
    for segments in (100, 400):
        folder = tmp_path / str(segments)
        make_plan(segments).write(folder / "segments.json")
        written.bytes = written.plans = 0
        run_through(folder, segments)
        costs[segments] = written.bytes / segments
        assert written.plans == 1
    assert costs[400] < 1.2 * costs[100]
    assert costs[400] < 20_000


def test_a_change_is_on_the_disk_when_the_publisher_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plan(200).write(tmp_path / "segments.json")
    recorder = feed(tmp_path, started(1))
    synced: list[Path] = []
    fsync = os.fsync

    def spy(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", spy)
    recorder(completed(1))
    assert tmp_path / ledger.JOURNAL in synced
    known = read_record(tmp_path)
    assert known is not None
    assert known.segments[0].status == "completed"


def test_a_killed_run_is_known_to_the_next_and_to_who_asks(tmp_path: Path) -> None:
    make_plan(200).write(tmp_path / "segments.json")
    run_through(tmp_path, 17)
    feed(tmp_path, started(18))  # and nobody closes it
    assert encoding(tmp_path).segments[16].status == "pending"
    known = read_record(tmp_path)
    assert known is not None
    assert [one.status for one in known.segments[:19]] == [*["completed"] * 17, "encoding", "pending"]
    with (tmp_path / ledger.JOURNAL).open("a") as journal:
        journal.write('{"index": 19, "first_f')  # a power cut came while it was written
    feed(tmp_path, started(20), run="two")
    states = [one.status for one in encoding(tmp_path).segments[:20]]
    assert states == [*["completed"] * 17, "pending", "pending", "encoding"]
    assert done(tmp_path).segments_completed == 17


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_plan(200).write(tmp_path / "segments.json")
    recorder = feed(tmp_path, started(1), completed(1))
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: write(handle, data[:9]))
        with pytest.raises(OSError, match="full"):
            recorder(started(2))
    recorder(started(3))
    known = read_record(tmp_path)
    assert known is not None
    assert [one.status for one in known.segments[:3]] == ["completed", "pending", "encoding"]


def test_the_record_is_whole_when_the_run_ends(tmp_path: Path) -> None:
    make_plan(200).write(tmp_path / "segments.json")
    bus = Bus()
    subscription = bus.subscribe(Recorder({"t": tmp_path, "not begun": tmp_path / "none"}, "one"))
    for number in range(1, 8):
        bus.publish(started(number))
        bus.publish(completed(number))
    assert encoding(tmp_path).segments[6].status == "pending"
    subscription()
    assert [one.status for one in encoding(tmp_path).segments[:8]] == [*["completed"] * 7, "pending"]
    assert (tmp_path / ledger.JOURNAL).read_bytes() == b""


def encode_some(folder: Path, numbers: list[int]) -> None:
    recorder = Recorder({"t": folder})  # of the run, as each worker makes one
    for number in numbers:
        recorder(started(number, 200))
        recorder(completed(number))
    recorder(started(numbers[-1] + 9, 200))


def test_workers_of_one_run_leave_a_whole_record(tmp_path: Path) -> None:
    make_plan(200).write(tmp_path / "segments.json")
    context = multiprocessing.get_context("fork")
    starts = range(1, 182, 20)
    workers = [
        context.Process(target=encode_some, args=(tmp_path, list(range(first, first + 7))))
        for first in starts
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 10
    states = {one.index: one.status for one in encoding(tmp_path).segments}
    finished = {number for first in starts for number in range(first, first + 7)}
    assert {number for number, state in states.items() if state == "completed"} == finished
    assert {number for number, state in states.items() if state == "encoding"} == {
        first + 15 for first in starts
    }
    assert done(tmp_path).segments_completed == 70


events_of_a_title = st.lists(
    st.one_of(
        st.builds(started, st.integers(1, 4)),
        st.builds(completed, st.integers(1, 4), st.integers(1, 3)),
        st.builds(failed, st.integers(1, 4)),
        st.just(JOINED),
    ),
    max_size=20,
)


@settings(max_examples=50)
@given(events_of_a_title, st.dictionaries(st.integers(1, 4), st.integers(0, 10)))
def test_the_sums_hold_after_any_events(happened: list[Event], frames: dict[int, int]) -> None:
    record = follow_plan(make_plan(4), None, "one", NOW)
    for event in happened:
        segments = (
            segment_after(one, event, NOW) if concerns(event, one) else one for one in record.segments
        )
        record = record.model_copy(update={"segments": tuple(segments)})
    running = {number: Running(frame=frame, fps=1.0, bytes=0) for number, frame in frames.items()}
    sums = summarise(record, running)
    states = [one.status for one in record.segments]
    assert sums.segments_completed == states.count("completed")
    assert sums.segments_failed == states.count("failed")
    assert (sums.current_segment is None) == ("encoding" not in states)
    assert set(sums.running) == {one.index for one in record.segments if one.status == "encoding"} & set(
        frames
    )
    assert 0 <= sums.total_progress <= 100
    assert (sums.total_progress == 100) == (states == ["completed"] * 4)
    for one in record.segments:
        begun = sum(
            1 for event in happened if isinstance(event, EncodingStarted) and event.segment == one.index
        )
        assert one.attempts >= begun
        assert (one.error is not None) == (one.status == "failed")


def test_a_plan_without_segments_is_no_progress() -> None:
    assert summarise(follow_plan(make_plan(0), None, "one", NOW), {}).segments_completed == 0


def test_an_unstarted_segment_is_pending() -> None:
    record = follow_plan(make_plan(1), None, "one", NOW)
    assert record.segments == (SegmentRecord(index=1, first_frame=0, frames=10),)
