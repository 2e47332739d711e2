"""What a run shows, on a terminal and elsewhere."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from drapto.display import display as display_module
from drapto.display.board import Board
from drapto.display.display import Display, SummaryRow
from drapto.display.live import LiveScreen
from drapto.display.rows import Row, label, progress_lines
from drapto.display.screens import PlainScreen
from drapto.state.bus import Bus
from drapto.state.encode_data import ProgressRecord, Running
from drapto.state.events import (
    EncodingComplete,
    EncodingStarted,
    ErrorEvent,
    Event,
    Progress,
    SegmentComplete,
    StageComplete,
    StageStarted,
)
from drapto.state.progress_events import QueueProgress, StageRunning, StageWaiting, TitleProgress
from drapto.words import left_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ROW = SummaryRow("film", 2_000_000, 500_000, 10.0, 5.0)


bus = Bus()


def complete(
    stage: str,
    summary: str = "fine",
    *,
    segment: int | None = None,
    track: int | None = None,
    notes: str = "",
) -> StageComplete:
    return StageComplete(
        title="film",
        stage=stage,
        segment=segment,
        track=track,
        seconds=1.5,
        summary=summary,
        notes=tuple(notes.split()),
    )


def begin(stage: str, segment: int | None = None, track: int | None = None) -> StageStarted:
    return StageStarted(title="film", stage=stage, segment=segment, track=track)


def encoding(number: int) -> EncodingStarted:
    return EncodingStarted(title="film", segment=number, segments=3, frames=100, strategy="chunked", crf=25.0)


def progress(number: int, frame: int) -> Progress:
    return Progress(title="film", stage="encode", segment=number, frame=frame, frames=100, fps=20.0)


def encoded(number: int) -> list[Event]:
    done = SegmentComplete(title="film", segment=number, frames=100, bytes=1000, seconds=5.0, crf=25.0)
    return [done, complete("encode", segment=number)]


def failed(stage: str, segment: int | None = None) -> ErrorEvent:
    return ErrorEvent(title="film", stage=stage, segment=segment, message="film.mkv: broke; mend it")


class TestBoard:
    def feed(self, board: Board, now: float, *events: Event) -> list[str]:
        return [f"{line.mark}: {line.body(0)}" for event in events for line in board.feed(event, now)]

    def test_a_finished_stage_is_a_line_and_its_notes_are_warnings(self) -> None:
        said = self.feed(Board(), 0, begin("probe"), complete("probe", "3 tracks", notes="odd bad"))
        assert said == [
            "done: film  probe        3 tracks  1.5 s",
            "warning: film  probe        odd",
            "warning: film  probe        bad",
        ]

    def test_segments_share_one_line_before_the_join(self) -> None:
        board = Board()
        assert self.feed(board, 10, begin("encode", 1), encoding(1), begin("encode", 2), encoding(2)) == []
        assert self.feed(board, 14, *encoded(1)) == []
        assert self.feed(board, 20, *encoded(2)) == []
        joined = EncodingComplete(title="film", segments=2, frames=200, bytes=2000, seconds=10.0)
        assert self.feed(board, 21, begin("video"), joined, complete("video", "200 frames")) == [
            "done: film  encode       2 segments, 200 frames, 2.0 kB, 20.0 fps  10 s",
            "done: film  video        200 frames  1.5 s",
        ]
        assert board.finish() == []

    def test_what_segments_waited_is_no_part_of_their_time(self) -> None:
        """A title whose segments waited 50 s for those of another was told to have taken a minute."""
        board = Board()
        waits = StageWaiting(title="film", stage="encode", segment=1, waits_for="a processor")
        self.feed(board, 0, begin("encode", 1), waits)
        self.feed(board, 50, encoding(1))
        self.feed(board, 54, StageWaiting(title="film", stage="encode", segment=1, waits_for="memory"))
        self.feed(board, 60, StageRunning(title="film", stage="encode", segment=1))
        self.feed(board, 62, *encoded(1))
        self.feed(board, 70, begin("encode", 2), encoding(2))
        self.feed(board, 74, *encoded(2))
        assert [line.body(0) for line in board.finish()] == [
            "film  encode       2 segments, 200 frames, 2.0 kB, 20.0 fps  10 s"
        ]

    def test_segments_side_by_side_take_their_time_once(self) -> None:
        board = Board()
        self.feed(board, 0, begin("encode", 1), encoding(1), begin("encode", 2), encoding(2))
        self.feed(board, 4, *encoded(1))
        self.feed(board, 5, failed("encode", 2))
        self.feed(board, 90, begin("encode", 3))
        assert [line.seconds for line in board.finish()] == [5]

    def test_segments_without_a_join_are_told_at_the_end(self) -> None:
        board = Board()
        self.feed(board, 0, begin("encode", 1), encoding(1))
        self.feed(board, 4, *encoded(1))
        assert [line.text for line in board.finish()] == ["1 segment, 100 frames, 1.0 kB, 25.0 fps"]

    def test_segments_encoded_by_workers_are_counted(self) -> None:
        """The process runner's main process sees the stages alone."""
        board = Board()
        self.feed(board, 0, begin("encode", 1), complete("encode", segment=1))
        assert self.feed(board, 9, complete("video")) == [
            "done: film  encode       1 segment  0.0 s",
            "done: film  video        fine  1.5 s",
        ]

    def test_a_rebuild_of_the_join_alone_says_nothing_of_segments(self) -> None:
        assert self.feed(Board(), 0, begin("video"), complete("video")) == [
            "done: film  video        fine  1.5 s"
        ]

    def test_a_failure_is_its_one_line(self) -> None:
        said = self.feed(Board(), 0, begin("encode", 3), encoding(3), failed("encode", 3))
        assert said == ["failure: film  encode 0003  film.mkv: broke; mend it"]

    def test_rows_are_what_runs(self) -> None:
        board = Board()
        self.feed(board, 0, begin("crop"), begin("audio", track=1), begin("encode", 1))
        assert [(row.label, row.fraction) for row in board.rows()] == [("crop", None), ("audio 1", None)]
        self.feed(board, 10, encoding(1))
        self.feed(board, 15, progress(1, 25), complete("crop"), failed("audio"))
        row = board.rows()[1]
        assert (row.label, row.fraction, row.fps) == ("encode 0001", 0.25, 20.0)
        self.feed(board, 20, *encoded(1), progress(1, 99))
        assert [row.label for row in board.rows()] == ["audio 1"]

    def test_a_title_as_a_whole_is_read_from_its_progress(self, tmp_path: Path) -> None:
        def write(completed: int, frame: int) -> None:
            base = ProgressRecord(
                created_at=NOW,
                updated_at=NOW,
                total_progress=0.0,
                total_segments=3,
                segments_completed=completed,
                segments_failed=0,
                current_segment=2,
                total_frames=300,
                frames_completed=100 * completed,
                running={},
            )
            running = {2: Running(frame=frame, fps=20.0, bytes=1)}
            base.with_running(running, NOW).write(tmp_path / "progress.json")

        board = Board({"film": tmp_path})
        self.feed(board, 0, begin("encode", 2))
        assert board.totals() == []
        write(1, 0)
        (row,) = board.totals()
        assert (row.label, row.fps, row.left, row.whole) == ("1 of 3 segments", 20.0, None, True)
        write(1, 50)
        (row,) = board.totals()
        assert (row.fraction, row.left) == (0.5, None)
        self.feed(board, 110, TitleProgress(title="film", fraction=0.4, seconds_left=30.4))
        assert [line.text for line in progress_lines(board.rows())] == [
            "40.0 %, 1 of 3 segments, 20.0 fps, 30 s left"
        ]
        self.feed(board, 120, failed("encode", 2))
        assert board.totals() == []

    def test_what_waits_says_for_what_and_has_no_clock(self) -> None:
        board = Board()
        waiting = StageWaiting(title="film", stage="fields", waits_for="a processor")
        self.feed(board, 0, begin("fields"), waiting)
        [row] = board.rows()
        assert (row.label, row.waits_for, row.fraction, row.left) == ("fields", "a processor", None, None)
        self.feed(board, 600, StageRunning(title="film", stage="fields"))
        [row] = board.rows()
        assert row.waits_for == ""
        done = StageComplete(title="film", stage="fields", seconds=602.0, summary="progressive")
        assert self.feed(board, 602, done) == ["done: film  fields       progressive  2.0 s"]

    def test_the_next_segments_are_not_shown_as_waiting(self) -> None:
        board = Board()
        self.feed(board, 0, begin("encode", 1), encoding(1), progress(1, 25), begin("encode", 2))
        self.feed(board, 1, StageWaiting(title="film", stage="encode", segment=2, waits_for="a processor"))
        assert [row.label for row in board.rows()] == ["encode 0001"]

    def test_all_titles_have_a_row_where_there_are_several(self) -> None:
        board = Board()
        self.feed(
            board, 0, begin("crop"), QueueProgress(fraction=0.3, seconds_left=50.0, titles=1, finished=0)
        )
        assert not any(row.whole for row in board.rows())
        self.feed(board, 1, QueueProgress(fraction=0.3, seconds_left=5000.0, titles=3, finished=1))
        assert [line.body(0) for line in progress_lines(board.rows())] == [
            "all titles               30.0 %, 1 of 3 titles, 1:23 h left"
        ]

    def test_titles_stand_in_their_order(self) -> None:
        board = Board(titles=("a", "b", "c"))
        for title in "cxab":
            board.feed(StageStarted(title=title, stage="probe"), 0)
            board.feed(TitleProgress(title=title, fraction=0.1, seconds_left=60.0), 0)
        assert [row.title for row in board.totals()] == ["a", "b", "c", "x"]

    def test_a_remaining_time_is_told_no_more_exactly_than_it_is_known(self) -> None:
        assert [left_text(one) for one in (0.0, 7.6, 59.6, 247.0, 3599.0, 7500.0)] == [
            *("1 s", "8 s", "1:00", "4:10", "60:00", "2:05 h")
        ]

    def test_labels_are_as_files_and_tasks_are_named(self) -> None:
        assert [label("encode", 7), label("audio", 0), label("mux", None)] == [
            "encode 0007",
            "audio 0",
            "mux",
        ]


@pytest.fixture
def stdout() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def plain(stdout: io.StringIO) -> Iterator[Display]:
    display = Display(["film"], bus, console=Console(file=stdout))
    display.start()
    assert stdout.getvalue() == ""
    yield display
    display.stop()


def test_plain_output_is_lines_without_colour_or_movement(plain: Display, stdout: io.StringIO) -> None:
    for event in (begin("probe"), complete("probe", notes="odd"), begin("mux"), failed("mux")):
        bus.publish(event)
    plain.stop()
    plain.summary([ROW])
    assert stdout.getvalue().splitlines() == [
        "✓ film  probe        fine  1.5 s",
        "⚠ film  probe        odd",
        "✗ film  mux          film.mkv: broke; mend it",
        "",
        "  title  source    output   saved  time  speed",
        "✓ film   2.0 MB  500.0 kB  75.0 %  10 s  0.50x",
    ]


def test_plain_progress_is_a_line_now_and_then(
    plain: Display, stdout: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display_module, "progress_lines", lambda _rows: [Board().feed(failed("x"), 0)[0]])
    clock = [display_module.time.monotonic()]
    monkeypatch.setattr(display_module.time, "monotonic", lambda: clock[0])
    said = []
    for _ in range(100):
        clock[0] += 1
        plain(progress(1, 1))
        said.append(len(stdout.getvalue().splitlines()))
    assert said[-1] == 3
    assert said[28] == 0


def test_nothing_is_shown_after_the_stop(plain: Display, stdout: io.StringIO) -> None:
    plain.stop()
    plain.stop()
    bus.publish(complete("probe"))
    assert stdout.getvalue() == ""


def test_starting_twice_shows_once(plain: Display, stdout: io.StringIO) -> None:
    plain.start()
    bus.publish(complete("probe"))
    assert len(stdout.getvalue().splitlines()) == 1


def test_the_end_tells_what_was_encoded(plain: Display, stdout: io.StringIO) -> None:
    for event in (begin("encode", 1), encoding(1), *encoded(1)):
        bus.publish(event)
    plain.stop()
    assert stdout.getvalue().startswith("✓ film  encode       1 segment, 100 frames, 1.0 kB")


def test_an_old_encoding_gets_marks_that_it_has() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    screen = PlainScreen(stream)
    for line in Board().feed(failed("mux"), 0):
        screen.write(line, 4)
    screen.write(Board().feed(complete("probe", "käse あ"), 0)[0], 4)
    stream.seek(0)
    assert (
        stream.read() == "x film  mux          film.mkv: broke; mend it\n+ film  probe        käse ?  1.5 s\n"
    )


def test_a_worker_of_the_process_runner_is_silent(
    plain: Display, stdout: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = os.getpid()
    monkeypatch.setattr(display_module.os, "getpid", lambda: pid + 1)
    plain(complete("probe"))
    plain.stop()
    assert stdout.getvalue() == ""
    monkeypatch.undo()


def run_python(code: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


def test_without_a_terminal_rich_is_not_loaded() -> None:
    done = run_python(
        "import sys\n"
        "from drapto.display.display import Display\n"
        "from drapto.state.bus import Bus\n"
        "from drapto.state.events import StageComplete\n"
        "bus = Bus()\n"
        "display = Display(['film'], bus)\n"
        "display.start()\n"
        "bus.publish(StageComplete(title='film', stage='probe', seconds=1))\n"
        "display.stop()\n"
        "assert 'rich' not in sys.modules\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "film" in done.stdout


def test_a_reader_that_goes_away_stops_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = (
        "from drapto.display.display import Display\n"
        "from drapto.state.bus import Bus\n"
        "from drapto.state.events import StageComplete\n"
        "bus = Bus()\n"
        "display = Display(['film'], bus)\n"
        "display.start()\n"
        "bus.publish(StageComplete(title='film', stage='probe', seconds=1))\n"
        "bus.publish(StageComplete(title='film', stage='mux', seconds=1))\n"
        "display.stop()\n"
    )
    done = run_python(code, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, height=20, color_system="standard")


def shown(console: Console) -> str:
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_a_terminal_shows_what_runs_below_what_is_done(terminal: Console) -> None:
    display = Display(["film"], bus, console=terminal)
    display.start()
    for event in (begin("probe"), complete("probe"), begin("encode", 1), encoding(1), progress(1, 25)):
        bus.publish(event)
    screen = display._screen
    assert screen is not None
    screen._live.refresh()  # type: ignore[attr-defined]
    display.stop()
    display.summary([ROW])
    text = shown(terminal)
    done, running = text.index("film  probe"), text.index("encode 0001")
    assert done < running
    assert "25.0 %" in text[running:]
    assert "20.0 fps" in text[running:]
    assert "500.0 kB" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1, "the cursor is hidden, and comes back"


def test_a_title_is_never_read_as_markup(terminal: Console) -> None:
    display = Display(["[bold]"], bus, console=terminal)
    display.start()
    bus.publish(StageComplete(title="[bold]", stage="probe", seconds=1, summary="[red]/x[/y]"))
    bus.publish(StageStarted(title="[bold]", stage="crop"))
    display._screen._live.refresh()  # type: ignore[union-attr]
    display.stop()
    assert shown(terminal).count("[bold]") >= 2
    assert "[red]/x[/y]" in shown(terminal)


def test_threads_publish_while_the_terminal_is_redrawn(terminal: Console) -> None:
    """The redrawing thread takes the board's lock under the screen's: the other order would hang."""
    display = Display(["film"], bus, console=terminal)
    display.start()
    live = display._screen._live  # type: ignore[union-attr]

    def work(track: int) -> None:
        for _ in range(50):
            bus.publish(begin("audio", track=track))
            bus.publish(complete("audio", track=track))

    threads = [threading.Thread(target=work, args=(track,), daemon=True) for track in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        live.refresh()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    display.stop()
    assert shown(terminal).count("fine") == 200


@pytest.mark.parametrize("width", [120, 80, 60])
def test_what_is_running_is_readable_at_any_width(width: int) -> None:
    rows = [
        Row(
            "A film with quite a long name, as films have them (1979)",
            "12 of 340 segments",
            0.034,
            21.5,
            4212.0,
            whole=True,
        ),
        Row("A film with quite a long name, as films have them (1979)", "encode 0013", 0.5, 10.0, None),
        Row("Another, whose turn it is not yet", "fields", None, 0.0, None, waits_for="a processor"),
    ]
    rows.insert(0, Row("", "2 of 12 titles", 0.21, 0.0, 36_120.0, whole=True))
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    screen = LiveScreen(console, lambda: rows)
    console.print(screen._draw())
    shown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert all(len(line) <= width for line in shown)
    assert "all titles" in shown[0]
    assert "2 of 12 titles" in shown[0]
    assert "21.0 %" in shown[0]
    assert "10:02 h left" in shown[0]
    assert "3.4 %" in shown[1]
    assert "1:10 h left" in shown[1]
    assert "12 of 340 segments" in shown[1]
    assert "A film" in shown[1]
    assert "50.0 %" in shown[2]
    assert "Another" in shown[3]
    assert shown[3].endswith("fields: waiting for a processor")


@pytest.mark.parametrize("width", [120, 80, 60])
def test_columns_stand_still_whatever_runs(width: int) -> None:
    """They moved at every redraw, and what waited stood out of line."""
    whole = Row("A very long show's name S01E01", "0 of 1 segment", 0.5, 0.0, 9.0, whole=True)
    waiting = Row("A very long show's name S01E02", "encode 0001", None, 0.0, None, waits_for="a processor")
    rows: list[Row] = []
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    screen = LiveScreen(console, lambda: rows)

    def drawn(*shown: Row) -> list[str]:
        rows[:] = shown
        with console.capture() as captured:
            console.print(screen._draw())
        return [line.rstrip() for line in captured.get().splitlines() if line.strip()]

    measuring = Row(whole.title, "encode 0001: measuring", None, 0.0, None)
    first = drawn(whole, measuring, waiting)
    assert first[0].index("0 of 1") == first[1].index("encode") == first[2].index("encode")
    assert drawn(whole, replace(measuring, label="encode 0001")) == [first[0], first[1].partition(":")[0]]
    assert "S01E01" in first[0]
    assert "S01E02" in first[2], "what differs in the names of a series is at their ends"


def test_a_wider_terminal_is_used() -> None:
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    row = Row("A film with a name that is too long for sixty columns", "0 of 1 segment", 0.5, 0.0, 9.0)
    screen = LiveScreen(console, lambda: [row])
    console.print(screen._draw())
    console.width = 120
    console.print(screen._draw())
    before, after = (line for line in shown(console).splitlines() if line)
    assert row.title not in before
    assert row.title in after


def test_what_a_line_says_is_done_does_not_stand_below_it(terminal: Console) -> None:
    """It did, for up to half a second."""
    display = Display(["film"], bus, console=terminal)
    display.start()
    display._screen._live.auto_refresh = False  # type: ignore[union-attr]
    bus.publish(begin("probe"))
    display._screen._live.refresh()  # type: ignore[union-attr]
    before = len(shown(terminal))
    bus.publish(complete("probe", "3 tracks"))
    after = shown(terminal)[before:]
    display.stop()
    assert "3 tracks" in after
    assert after.count("probe") == 1


MOVES = re.compile(r"\x1b\[(\d*)([AK])|\x1b\[[?\d;]*[a-zA-Z]|(.)", re.DOTALL)


def seen(text: str, width: int) -> list[str]:
    """Return the lines that a terminal of so many columns shows in the end."""
    lines, row, column = [""], 0, 0
    for count, move, char in MOVES.findall(text):
        if move == "A":
            row -= int(count or 1)
        elif move == "K":
            lines[row] = "" if count == "2" else lines[row][:column]
        elif char == "\r":
            column = 0
        elif char == "\n" or (char and column == width):
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        if char and char not in "\r\n":
            lines[row] = f"{lines[row]:{column}}"[:column] + char + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize("width", [120, 80, 60])
def test_ctrl_c_leaves_no_row_behind(width: int) -> None:
    """The terminal shows ^C where the cursor is: behind a full line, one row too few was taken away."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    name = (
        "A film whose name fills each line up to its very end, whatever the width of the terminal may be " * 2
    )
    screen = LiveScreen(
        console, lambda: [Row("", "0 of 2 titles", 0.1, 0.0, 40.0), Row(name, "crop", 0.5, 1.0, 9.0)]
    )
    screen.start()
    screen._live.refresh()
    assert max(map(len, seen(shown(console), width))) > width - 4, "nothing was full"
    for _ in range(3):
        console.file.write("^C")
    screen._live.refresh()
    console.file.write("^C")
    screen.stop()
    console.file.write("error: interrupted\n")
    text = shown(console).replace("\n", "\r\n")  # as the terminal's driver does
    assert [line for line in seen(text, width) if line] == ["error: interrupted"]


def test_more_rows_than_lines_are_counted() -> None:
    rows = [Row("film", f"encode {number:04d}", 0.5, 10.0, None) for number in range(64)]
    console = Console(file=io.StringIO(), width=80, height=12, force_terminal=True, color_system=None)
    console.print(LiveScreen(console, lambda: rows)._draw())
    shown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(shown) == 10
    assert shown[-2:] == ["  and 56 more", ""]


def test_titles_are_shown_as_people_call_them_and_failures_come_last() -> None:
    console = Console(file=io.StringIO(), width=100)
    shown = Display({"My-Film": "My Film (1979)"}, bus, console=console)
    shown.start()
    problem = "/x/My Film.mkv: is damaged; copy it again"
    bus.publish(ErrorEvent(title="My-Film", stage="probe", message=problem))
    shown.stop()
    shown.summary([SummaryRow("My Film (1979)", 1000, None, 1.0, failed=True, problems=(problem,))])
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "My-Film" not in text
    assert text.splitlines()[-1].endswith("My Film (1979): /x/My Film.mkv: is damaged; copy it again")
