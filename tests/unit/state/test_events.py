"""The event types and the bus."""

from __future__ import annotations

import dataclasses
import logging
import pickle
import threading
from typing import TYPE_CHECKING

import pytest

from drapto.state import events, progress_events
from drapto.state.bus import Bus
from drapto.state.events import AnalysisStarted, Event, Progress, StageComplete

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = {
    "TitleSkipped": "title_skipped",
    "FileDiscovered": "file_discovered",
    "HookFailed": "hook_failed",
    "AnalysisStarted": "analysis_started",
    "AnalysisComplete": "analysis_complete",
    "EncodingStarted": "encoding_started",
    "Progress": "progress",
    "SegmentComplete": "segment_complete",
    "EncodingComplete": "encoding_complete",
    "ErrorEvent": "error",
    "StageStarted": "stage_started",
    "StageRetried": "stage_retried",
    "RunPaused": "run_paused",
    "RunResumed": "run_resumed",
    "StageComplete": "stage_complete",
    "StageWaiting": "stage_waiting",
    "StageRunning": "stage_running",
    "TitleProgress": "title_progress",
    "QueueProgress": "queue_progress",
}

HELLO = AnalysisStarted(title="a")


def concrete() -> dict[str, type[Event]]:
    found = {
        name: value
        for name, value in {**vars(events), **vars(progress_events)}.items()
        if isinstance(value, type)
    }
    return {
        name: value for name, value in found.items() if issubclass(value, Event) and hasattr(value, "name")
    }


def test_names_are_pinned() -> None:
    assert {name: kind.name for name, kind in concrete().items()} == NAMES


def test_events_are_values() -> None:
    event = Progress(title="a", stage="encode", segment=3, frame=5, frames=10)
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301  our own bytes
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.frame = 6  # type: ignore[misc]


@pytest.mark.parametrize(
    ("event", "fraction"),
    [
        (Progress(title="a", stage="encode", frame=5, frames=10), 0.5),
        (Progress(title="a", stage="encode", frame=12, frames=10), 1.0),
        (Progress(title="a", stage="audio", position=3.0, duration=4.0), 0.75),
        (Progress(title="a", stage="audio", position=-0.1, duration=4.0), 0.0),
        (Progress(title="a", stage="audio", position=3.0), 0.0),
    ],
)
def test_progress_is_a_fraction(event: Progress, fraction: float) -> None:
    assert event.fraction == fraction


def test_a_part_is_a_segment_or_a_track() -> None:
    assert StageComplete(title="a", stage="encode", segment=2, seconds=1).part == 2
    assert StageComplete(title="a", stage="audio", track=0, seconds=1).part == 0
    assert StageComplete(title="a", stage="probe", seconds=1).part is None


def test_every_subscriber_gets_every_event_in_order() -> None:
    bus = Bus()
    seen: list[tuple[str, Event]] = []
    bus.subscribe(lambda event: seen.append(("first", event)))
    bus.subscribe(lambda event: seen.append(("second", event)))
    bus.publish(HELLO)
    assert seen == [("first", HELLO), ("second", HELLO)]


def test_one_callback_may_subscribe_twice() -> None:
    bus = Bus()
    seen: list[Event] = []
    end = bus.subscribe(seen.append)
    bus.subscribe(seen.append)
    bus.publish(HELLO)
    end()
    bus.publish(HELLO)
    assert len(seen) == 3


def test_a_subscription_ends_by_call_and_by_block() -> None:
    bus = Bus()
    seen: list[Event] = []
    with bus.subscribe(seen.append) as end:
        bus.publish(HELLO)
        end()
        end()
        bus.publish(HELLO)
    bus.publish(HELLO)
    assert seen == [HELLO]


def test_a_subscriber_may_end_itself_while_it_is_called() -> None:
    bus = Bus()
    seen: list[Event] = []
    ends: list[Callable[[], None]] = []

    def once(event: Event) -> None:
        seen.append(event)
        ends[0]()

    ends.append(bus.subscribe(once))
    bus.publish(HELLO)
    bus.publish(HELLO)
    assert seen == [HELLO]


def test_a_failing_subscriber_is_named_once_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus = Bus()
    seen: list[Event] = []

    def broken(event: Event) -> None:
        raise KeyError(event.title)

    bus.subscribe(broken)
    bus.subscribe(seen.append)
    with caplog.at_level(logging.ERROR, logger="drapto"):
        bus.publish(HELLO)
        bus.publish(HELLO)
    assert seen == [HELLO, HELLO]
    (record,) = caplog.records
    assert "broken" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError


def test_an_interrupt_is_not_swallowed() -> None:
    bus = Bus()

    def interrupted(_event: Event) -> None:
        raise KeyboardInterrupt

    bus.subscribe(interrupted)
    with pytest.raises(KeyboardInterrupt):
        bus.publish(HELLO)


def test_threads_publish_and_subscribe_at_once() -> None:
    bus = Bus()
    seen: list[Event] = []
    bus.subscribe(seen.append)

    def work() -> None:
        for _ in range(200):
            with bus.subscribe(lambda _event: None):
                bus.publish(HELLO)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1600
