"""What this machine asks a worker, and what it knows itself before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.cluster import trial
from drapto.cluster.greeting import Greeting
from drapto.errors import ToolFailedError

if TYPE_CHECKING:
    from pathlib import Path


def _greeting(ffmpeg: Path, folder: Path) -> Greeting:
    return Greeting(None, ffmpeg, folder / "versions.json", trial.asked(13, 50), mixed=False)


def test_a_worker_with_the_same_bytes_is_taken(ffmpeg: Path, tmp_path: Path) -> None:
    greeting = _greeting(ffmpeg, tmp_path)
    answer = {"versions": greeting.versions, "trial": trial.encoded(ffmpeg, trial.asked(13, 50))}
    assert greeting.problem(answer) == ""
    assert "other bytes" in greeting.problem({**answer, "trial": trial.encoded(ffmpeg, trial.asked(13, 20))})


def test_where_this_machine_fails_at_the_trial_it_says_so_before_anybody_is_asked(
    ffmpeg: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text(f'#!/bin/sh\ncase "$*" in *hash*) exit 7;; esac\nexec "{ffmpeg}" "$@"\n')
    broken.chmod(0o755)
    with pytest.raises(ToolFailedError):
        _greeting(broken, tmp_path)
