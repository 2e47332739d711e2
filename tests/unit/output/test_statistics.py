"""The numbers that mkvmerge writes of a track."""

from __future__ import annotations

import pytest

from drapto.media.matroska import ids
from drapto.output.statistics import Statistics, close, statistics_tag, whole_duration

MS = 10**6
S = 10**9


def stated(found: Statistics, date: bytes | None = None) -> dict[str, str]:
    tag = statistics_tag(5, found, "drapto", date)
    targets = tag.find(ids.TARGETS)
    assert targets is not None
    assert targets.numbers(ids.TAG_TRACK_UID) == [5]
    return {one.text(ids.TAG_NAME): one.text(ids.TAG_STRING) for one in tag.of(ids.SIMPLE_TAG)}


def test_a_tag_states_what_was_counted() -> None:
    assert stated(Statistics(300, 123_456, -7 * MS, 3600 * S + 1)) == {
        "BPS": "274",
        "DURATION": "01:00:00.007000001",
        "NUMBER_OF_FRAMES": "300",
        "NUMBER_OF_BYTES": "123456",
        "_STATISTICS_WRITING_APP": "drapto",
        "_STATISTICS_TAGS": "BPS DURATION NUMBER_OF_FRAMES NUMBER_OF_BYTES",
    }
    assert stated(Statistics())["BPS"] == "0"
    assert stated(Statistics())["DURATION"] == "00:00:00.000000000"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "2001-01-01 00:00:00"),
        (817_346_844, "2026-11-26 00:47:24"),
        (-86_400, "2000-12-31 00:00:00"),
        (-86_400 * 36_525, "1901-01-01 00:00:00"),
    ],
)
def test_the_date_is_the_files(seconds: int, said: str) -> None:
    date = (seconds * S).to_bytes(8, "big", signed=True)
    assert stated(Statistics(), date)["_STATISTICS_WRITING_DATE_UTC"] == said


def test_a_last_frame_of_unknown_length_is_left_out() -> None:
    even = Statistics(3, 100, 0, 120 * MS, [0, 40 * MS, 80 * MS])
    odd = Statistics(3, 100, 0, 200 * MS, [0, 40 * MS, 140 * MS])
    assert (even.duration, odd.duration) == (120 * MS, 140 * MS)


def test_a_file_lasts_from_0_or_before_to_its_last_end() -> None:
    assert whole_duration([Statistics(1, 1, 0, 6 * S), Statistics(1, 1, -7 * MS, 6 * S)]) == 6007
    assert whole_duration([Statistics(1, 1, 10 * S, 16 * S)]) == 16_000
    assert whole_duration([]) == 0


@pytest.mark.parametrize(
    ("times", "end"),
    [
        ([0, 40, 80], 120),
        ([0, 42, 83, 125], 167),
        ([0, 10_000, 20_000], 30_000),
        ([0, 40, 80, 3_600_000, 3_600_040], 3_600_081),
    ],
)
def test_a_last_frame_lasts_as_long_as_one_does(times: list[int], end: int) -> None:
    picture = Statistics(times=[time * MS for time in times])
    close(picture)
    assert abs(picture.end - end * MS) <= MS
