"""What a worker has for itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from drapto.cluster import serving
from drapto.cluster.worker import ENCODE, MEMORY, NEW_SCRATCH, OWN_SCRATCH, own_scratch

if TYPE_CHECKING:
    from pathlib import Path

WORKER = """
import sys, time
from pathlib import Path
from drapto.cluster.worker import own_scratch
print(own_scratch(Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


def test_what_a_killed_worker_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    old = time.time() - 3600
    (tmp_path / "mine").mkdir()
    (tmp_path / f"{NEW_SCRATCH}not-locked-yet").mkdir()
    (tmp_path / f"{NEW_SCRATCH}killed-before").mkdir()
    os.utime(tmp_path / f"{NEW_SCRATCH}killed-before", (old, old))
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / f"{OWN_SCRATCH}link").symlink_to(outside)
    os.utime(outside, (old, old))
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = other.stdout.readline().strip()
        (tmp_path / theirs / "segment.mkv").write_bytes(b"sent")
        first = own_scratch(tmp_path)
        assert not (tmp_path / f"{NEW_SCRATCH}killed-before").exists()
        there = {path.name for path in tmp_path.iterdir()}
        other.kill()
    second = own_scratch(tmp_path)
    gone = there - {path.name for path in tmp_path.iterdir()}
    assert gone == {os.path.basename(theirs)}  # noqa: PTH119
    assert first.is_dir()
    assert second.is_dir()


def test_what_a_worker_has_is_told_in_the_units_of_all_else() -> None:
    """It was GiB here, and GB wherever a run spoke of the same worker."""
    assert serving._has({ENCODE: 1.0, MEMORY: 8.0}) == "1 encode slot, 8.6 GB of memory"
    assert serving._has({ENCODE: 16.0, MEMORY: 17.73}) == "16 encode slots, 19.0 GB of memory"
