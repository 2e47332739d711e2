"""What doit's words ask for: whether what is up to date runs, too."""

from __future__ import annotations

import pytest

from drapto.rules.command_line import forced


@pytest.mark.parametrize(
    "words",
    [
        "-a",
        "--always-execute",
        "--always",
        "-an1",
        "-an 1",
        "-n1 -a",
        "-n 1 -a",
        "run -a",
        "run -n 4 -a encode",
        "-f dodo.py -a",
    ],
)
def test_a_run_is_forced(words: str) -> None:
    assert forced(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "",
        "run",
        "-n 4",
        "-n4 audio",
        "audio",
        "a",
        "run a",
        "-f a",
        "-fa",
        "--file=a",
        "-f -a",  # the option's value
        "run encode -a",  # doit takes what stands behind a task for another task
        "encode:a -a",
        "list -a",
        "list --all",
        "info -a",
        "info encode:a",
        "clean -a",
        "forget -a",
    ],
)
def test_a_run_is_not_forced(words: str) -> None:
    assert not forced(words.split())


@pytest.mark.parametrize("words", ["-aZ", "-a -n", "--all-of-it"])
def test_what_doit_refuses_forces_nothing(words: str) -> None:
    assert not forced(words.split())
