"""What an interrupted process says."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.interrupts import line

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("measured_processes")


def test_the_command_that_resumes_is_the_same_one_but_for_what_begins_anew() -> None:
    assert line("drapto", ["run", "-n", "2", "--force"]) == "interrupted; to resume: drapto run -n 2"
    assert line("drapto", ["score", "a", "b"]) == "interrupted; to begin anew: drapto score a b"
    assert line("doit", ["-a", "encode:a"]) == "interrupted; to resume: doit encode:a"


@pytest.mark.parametrize(
    "name", ["Alien (1979).mkv", "it's $HOME.mkv", "", "K\xe4se.mkv", "a\x1b[2J\nb.mkv", "\udcff\x07'"]
)
def test_a_shell_takes_it_as_it_was_given_and_a_terminal_does_nothing(name: str) -> None:
    said = line("printf", ["%s", name]).removeprefix("interrupted; to resume: ")
    assert said.isprintable()
    done = subprocess.run(["bash", "-c", said], stdout=subprocess.PIPE, check=True)
    assert done.stdout == os.fsencode(name)


LATE_SIGNAL = """
import signal
from time import sleep
from drapto import interrupts

class Slow:
    def __del__(self, sleep=sleep):
        sleep(0.3)

slow = Slow()  # what Python takes apart when it exits
interrupts._send_again(signal.SIGTERM)
"""


def test_a_signal_that_waits_to_be_sent_again_does_not_end_a_process_that_exits() -> None:
    done = subprocess.run([sys.executable, "-c", LATE_SIGNAL], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


SAVE = """
import os, signal, sys, time
from doit.dependency import Dependency, FileChangedChecker
from doit.task import Task
from drapto.rules.signals import watch_signals
from drapto.state.doit_plugins import DurableDB, recall
from pathlib import Path

class Interrupted(FileChangedChecker):
    def check_modified(self, *_): return True
    def get_state(self, dep, current):
        if dep == task.name:
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        return [1, 2, "3"]

os.mkdir("state")
watch_signals(lambda: None, own=True)
known = Dependency(DurableDB, "state/state.db", checker_cls=Interrupted)
task = Task("middle", None, file_dep=["a", "middle", "z"])
task.values = {"settings": {}}
try:
    known.save_success(task)
    time.sleep(5)
except KeyboardInterrupt:
    print(sorted(recall(Path("state/state.db"), task.name) or {}), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_an_interrupt_waits_until_a_success_is_saved(sent: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAVE, sent]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "['_values_:', 'a', 'checker:', 'deps:', 'middle', 'z']\n", done.stderr
