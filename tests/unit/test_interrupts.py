"""What an interrupted process says."""

from __future__ import annotations

import os
import subprocess

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
