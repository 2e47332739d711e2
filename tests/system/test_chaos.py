"""A part of what `make chaos` does, the same in every run of the suite."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.chaos.__main__ import attempt
from tests.chaos.trials import Chaos, prepare

if TYPE_CHECKING:
    from pathlib import Path

MUTANTS = 100
"""Of 2,000: they take 0.3 s of a processor each."""

TRIALS = [
    *(("sound", number) for number in (0, 1)),
    *(("call", number) for number in (3, 52)),
    *(("kill", number) for number in (4, 16)),
    *(("disk", number) for number in (12, 66)),
    *(("whole", number) for number in (13, 74, 100, 125)),
]


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Chaos:
    return prepare(tmp_path_factory.mktemp("chaos"))


def can_mount(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        return False
    subprocess.run(["umount", "-l", str(folder)], check=True)
    return True


@pytest.mark.parametrize(("kind", "number"), TRIALS)
def test_a_fault_is_survived(kind: str, number: int, chaos: Chaos, tmp_path: Path) -> None:
    if kind == "disk" and not can_mount(tmp_path):
        pytest.skip("a file system cannot be mounted here")
    assert attempt(chaos, kind, 1, number).wrong == ""


def test_damaged_files_are_refused_or_cut_and_nothing_hangs(chaos: Chaos) -> None:
    found = {number: attempt(chaos, "mutant", 2, number).wrong for number in range(MUTANTS)}
    assert {number: wrong for number, wrong in found.items() if wrong} == {}
