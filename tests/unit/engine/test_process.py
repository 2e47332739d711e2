"""Child processes: what they say, how they fail, that they die with us."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from drapto.engine import process
from drapto.errors import SpaceError, ToolFailedError, ToolMissingError


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_and_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "x.log"
    code = "import sys; print('out'); print('said', file=sys.stderr)"
    finished = process.run(python(code), log=log)
    assert finished.stdout == b"out\n"
    assert finished.stderr == "said\n"
    assert finished.cpu_seconds > 0
    text = log.read_text()
    assert text.startswith("$ ")
    assert "said" in text
    assert "= status 0" in text


def test_lines_as_they_come_and_input_as_it_is_fed() -> None:
    lines: list[str] = []
    code = "import sys\nfor line in sys.stdin: print(line.upper(), end='')"
    process.run(python(code), on_line=lines.append, feed=[b"one\n", b"two\n"])
    assert lines == ["ONE", "TWO"]


def test_a_child_that_does_not_read_its_input() -> None:
    assert process.run(python("pass"), feed=[bytes(1 << 20)] * 4).stdout == b""


def test_failure_names_the_file_and_the_last_words(tmp_path: Path) -> None:
    code = "import sys; print('boom', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ToolFailedError, match=r"clip\.mkv: .* failed with status 3: boom; see .*x\.log"):
        process.run(python(code), about=tmp_path / "clip.mkv", log=tmp_path / "x.log")


def test_a_failure_that_is_an_answer() -> None:
    code = "import sys; print('none'); print('why', file=sys.stderr); sys.exit(1)"
    finished = process.run(python(code), forgive=lambda finished: "why" in finished.stderr)
    assert finished.stdout == b"none\n"
    with pytest.raises(ToolFailedError, match="failed with status 1: why"):
        process.run(python(code), forgive=lambda _: False)


def test_a_rule_says_nothing() -> None:
    code = "import sys; print('boom\\n---------', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ToolFailedError, match="status 3: boom"):
        process.run(python(code))


def test_a_full_disk_is_said_as_such() -> None:
    code = "import sys; print('av_write: No space left on device', file=sys.stderr); sys.exit(1)"
    with pytest.raises(SpaceError, match="the disk is full"):
        process.run(python(code))


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(ToolMissingError, match="/no/such/ffmpeg: cannot be started"):
        process.run(["/no/such/ffmpeg"])


def test_much_stderr_is_kept_at_both_ends() -> None:
    code = f"import sys; sys.stderr.write('first' + 'x' * {2 * process.STDERR_LIMIT} + 'last')"
    said = process.run(python(code)).stderr
    assert said.startswith("first")
    assert said.endswith("last")
    assert len(said) < process.STDERR_LIMIT + 100


def test_kill_all_ends_the_children_and_lets_no_new_one_start() -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            process.run(python("import time; time.sleep(60)"))
        except ToolFailedError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    me = psutil.Process()
    while not me.children():
        time.sleep(0.01)
    try:
        process.kill_all()
        thread.join(10)
        assert not thread.is_alive()
        assert "killed by signal 9" in str(failures[0])
        with pytest.raises(ToolFailedError, match="interrupted"):
            process.run(python("pass"))
    finally:
        process.allow_children()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_its_parent(number: signal.Signals) -> None:
    child = "import time; time.sleep(60)"
    code = f"from drapto.engine import process; process.run([{sys.executable!r}, '-c', {child!r}])"
    parent = subprocess.Popen(python(code), cwd=Path.cwd())
    watched = psutil.Process(parent.pid)
    children: list[psutil.Process] = []
    while not children:
        children = [one for one in watched.children(recursive=True) if child in " ".join(one.cmdline())]
        time.sleep(0.01)
    parent.send_signal(number)
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
