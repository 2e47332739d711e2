"""Events as lines of JSON, and the schema that says what stands in them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from drapto.state.event_records import EventWriter, record, schema
from drapto.state.events import (
    AnalysisComplete,
    ErrorEvent,
    Event,
    FileDiscovered,
    Progress,
    SegmentComplete,
    StageComplete,
    StageStarted,
)
from drapto.state.progress_events import QueueProgress, StageRunning, StageWaiting, TitleProgress
from tests.valid import require_valid

DOCUMENTED = Path(__file__).parents[3] / "docs" / "events.schema.json"

EVENTS = [
    FileDiscovered(title="film", source=Path("/x/a\nb.mkv"), bytes=3),
    AnalysisComplete(title="film", frames=1, seconds=1.0, width=2, height=2, audio=0, subtitles=1),
    StageStarted(title="film", stage="audio", track=1),
    Progress(title="film", stage="encode", segment=3, frame=5, frames=10, fps=2.5),
    SegmentComplete(title="film", segment=1, frames=5, bytes=10, seconds=1, crf=25.5, score=93.1),
    StageComplete(title="film", stage="mux", seconds=1.5, summary="fine", notes=("one", "two")),
    ErrorEvent(title="film", stage="probe", message="broken; copy it again"),
    StageWaiting(title="film", stage="encode", segment=2, waits_for="a processor"),
    StageRunning(title="film", stage="encode", segment=2),
    TitleProgress(title="film", fraction=0.25, seconds_left=12.5),
    QueueProgress(fraction=0.0, titles=3, finished=0),
]


def test_the_documented_schema_is_what_is_written() -> None:
    assert json.loads(DOCUMENTED.read_text()) == schema(), (
        "write it anew: python -m drapto.state.event_records"
    )


def test_numbers_have_no_more_digits_than_mean_something() -> None:
    event = TitleProgress(title="film", fraction=1 / 3, seconds_left=4.518440380772043)
    assert (record(event)["fraction"], record(event)["seconds_left"]) == (0.333333, 4.51844)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_is_a_line_that_the_schema_knows(event: Event) -> None:
    stream = io.StringIO()
    writer = EventWriter(stream)
    writer(event)
    writer.end(1)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["run_started", event.name, "run_ended"]
    require_valid(lines, schema())


def test_a_record_has_what_happened_and_when() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert record(StageStarted(title="film", stage="encode", segment=2), now) == {
        "v": 1,
        "time": "2026-01-02T03:04:05.000+00:00",
        "event": "stage_started",
        "title": "film",
        "stage": "encode",
        "segment": 2,
        "track": None,
        "decode_part": None,
    }


def test_the_schema_refuses_what_it_does_not_know() -> None:
    line = record(EVENTS[0]) | {"more": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(line, schema())
