"""Child processes: what they say, how they fail, that they die with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from drapto.engine import process
from drapto.errors import ArtifactError, SpaceError, ToolFailedError, ToolMissingError
from tests.processes import alive_after, command_of

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def test_stderr_is_bounded_while_it_is_written() -> None:
    # no file may grow beyond 1 MB here; what a child says goes through memory, and only its ends are kept
    child = "import os\nfor _ in range(256): os.write(2, b'x' * 65536)"
    code = (
        "import resource, sys; from drapto.engine import process\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        f"print(len(process.run([sys.executable, '-c', {child!r}]).stderr))"
    )
    done = subprocess.run(python(code), cwd=Path.cwd(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert process.STDERR_LIMIT < int(done.stdout) < process.STDERR_LIMIT + 100


def test_both_outputs_at_once_do_not_block_each_other() -> None:
    code = "import os\nfor _ in range(64): os.write(2, b'x' * 65536); os.write(1, b'y' * 65536)"
    assert len(process.run(python(code)).stdout) == 64 * 65536


def test_what_a_child_leaves_behind_is_not_waited_for() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '20'])"
    started = time.monotonic()
    process.run(python(code))
    assert time.monotonic() - started < 10


def test_an_error_of_what_feeds_ends_the_child_and_is_raised() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ArtifactError("is damaged", path="0001.mkv")

    seen: list[str] = []
    code = "import sys; print('begun', flush=True); sys.stdin.read(); print('took it for the end')"
    with pytest.raises(ArtifactError, match=r"0001\.mkv: is damaged"):
        process.run(python(code), feed=chunks(), on_line=seen.append)
    assert "took it for the end" not in seen
    assert not [one for one in psutil.Process().children() if "sys.stdin" in command_of(one)]


def test_nothing_of_python_runs_between_fork_and_exec(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    popen = subprocess.Popen

    def spy(*arguments: Any, **named: Any) -> subprocess.Popen[bytes]:
        asked.append(named)
        return popen(*arguments, **named)

    monkeypatch.setattr(subprocess, "Popen", spy)
    process.run(python("pass"))
    assert len(asked) == 1
    assert asked[0].get("preexec_fn") is None


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
    while not any("time.sleep(60)" in command_of(one) for one in me.children()):
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


GRANDCHILD = "import time; time.sleep(60)"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GRANDCHILD!r}])"


def family(parent: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Wait until the child has started a child of its own; return both."""
    watched = psutil.Process(parent.pid)
    while True:
        found = [one for one in watched.children(recursive=True) if "sleep(60)" in command_of(one)]
        if len(found) == 2:
            return found
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_its_parent(number: signal.Signals) -> None:
    code = f"from drapto.engine import process; process.run([{sys.executable!r}, '-c', {CHILD!r}])"
    parent = subprocess.Popen(python(code), cwd=Path.cwd())
    children = family(parent)
    parent.send_signal(number)
    parent.wait()
    assert not alive_after(5, children)


def test_a_killed_watcher_is_replaced() -> None:
    code = (
        "import os, signal, sys, time; from drapto.engine import process\n"
        "process.run(['true']); os.kill(process._group._leader, signal.SIGKILL); time.sleep(0.2)\n"
        f"process.run([sys.executable, '-c', {CHILD!r}])"
    )
    parent = subprocess.Popen(python(code), cwd=Path.cwd())
    children = family(parent)
    parent.kill()
    parent.wait()
    assert not alive_after(5, children)


def test_a_fork_leaves_the_children_of_its_parent_alone() -> None:
    code = (
        "import multiprocessing, os, sys, threading, time; from drapto.engine import process\n"
        "work = lambda: print(process.run([sys.executable, '-c', 'import time; time.sleep(1); print(1)']))\n"
        "thread = threading.Thread(target=work); thread.start(); time.sleep(0.5)\n"
        "other = multiprocessing.get_context('fork').Process(target=process.kill_all)\n"
        "other.start(); other.join(); thread.join()"
    )
    done = subprocess.run(python(code), cwd=Path.cwd(), capture_output=True, check=True, timeout=30)
    assert b"stdout=b'1\\n'" in done.stdout


WORKER = """
import multiprocessing, sys, time
from drapto.engine import process

def work():
    process.die_with_the_run()
    process.run([sys.executable, "-c", sys.argv[2]])

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    for _ in range(2):
        multiprocessing.Process(target=work).start()
    time.sleep(60)
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_dies_with_its_run(method: str, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(WORKER)
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    parent = subprocess.Popen([sys.executable, script, method, GRANDCHILD], env=environment)
    watched = psutil.Process(parent.pid)
    while sum(command_of(one).endswith(f"-c {GRANDCHILD}") for one in watched.children(recursive=True)) < 2:
        time.sleep(0.01)
    children = watched.children(recursive=True)
    parent.kill()
    parent.wait()
    assert not alive_after(5, children)
