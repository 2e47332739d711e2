"""What an interrupted process says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from drapto.interrupts import line


def test_the_command_that_resumes_is_the_same_one_but_for_what_begins_anew() -> None:
    assert line("drapto", ["run", "-n", "2", "--force"]) == "interrupted; to resume: drapto run -n 2"
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
