from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drapto.errors import ArtifactError
from drapto.media.timestamps import read_timestamps, write_timestamps

if TYPE_CHECKING:
    from pathlib import Path

times = st.lists(st.integers(-(10**12), 10**15), max_size=200)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=times)
def test_what_is_written_is_read_back_to_the_nanosecond(tmp_path: Path, times: list[int]) -> None:
    path = tmp_path / "timestamps.txt"
    write_timestamps(path, times)
    assert read_timestamps(path) == times


def test_the_format_is_mkvmerges(tmp_path: Path) -> None:
    path = tmp_path / "timestamps.txt"
    write_timestamps(path, [0, 41_708_333, 83_000_000, -500_000])
    assert path.read_text() == "# timestamp format v2\n0\n41.708333\n83\n-0.500000\n"


@pytest.mark.parametrize("text", ["", "0\n1\n", "# timestamp format v2\nsoon\n"])
def test_another_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "timestamps.txt"
    path.write_text(text)
    with pytest.raises(ArtifactError, match=r"timestamps\.txt: .*; delete it and run again"):
        read_timestamps(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        read_timestamps(tmp_path / "none.txt")
