"""What a machine, or a container, has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.engine import machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIB = 1 << 30


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    machine.look_again()
    yield
    machine.look_again()


def group(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Put this process into a control group with these files; a ``_`` in a name stands for a dot."""
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text)
    monkeypatch.setattr(machine, "cgroup_folders", lambda _controller: (str(folder),))


def test_the_machine_s_own_memory() -> None:
    assert machine.available_memory() > 0
    assert machine.memory_budget(5) == 5


def test_a_limit_of_version_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = "inactive_file 100000000\nactive_file 5\n"
    group(tmp_path, monkeypatch, memory_max="600000000", memory_current="300000000", memory_stat=stat)
    assert machine.available_memory() == 400_000_000
    assert machine.memory_budget("auto") == 320_000_000


def test_a_limit_of_version_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group(tmp_path, monkeypatch, memory_limit_in_bytes="500000000\n", memory_usage_in_bytes="100000000\n")
    assert machine.available_memory() == 400_000_000


@pytest.mark.parametrize("limit", ["max", str(1 << 62), "nonsense"])
def test_no_limit(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group(tmp_path, monkeypatch, memory_max=limit, memory_current="1")
    assert machine._left_in(str(tmp_path)) is None


def test_the_budget_is_that_of_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group(tmp_path, monkeypatch, memory_max=str(500_000_000), memory_current="0")
    before = machine.memory_budget("auto")
    (tmp_path / "memory.current").write_text(str(400_000_000))
    assert machine.memory_budget("auto") == before
    machine.look_again()
    assert machine.memory_budget("auto") < before


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu_max": "150000 100000\n"}, 1.5),
        ({"cpu_max": "max 100000\n"}, None),
        ({"cpu_cfs_quota_us": "400000\n", "cpu_cfs_period_us": "100000\n"}, 4.0),
        ({"cpu_cfs_quota_us": "-1\n", "cpu_cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_processors_of_a_container(
    files: dict[str, str], quota: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group(tmp_path, monkeypatch, **files)
    assert machine.cpu_quota() == quota
    assert 1 <= machine.usable_cores() <= max(1, round(quota or 1 << 10))


def test_pressure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "some avg10=60.00 avg60=1.00 avg300=0.00 total=5\nfull avg10=42.50 avg60=1.00 avg300=0 total=1\n"
    group(tmp_path, monkeypatch, memory_pressure=text)
    assert machine.memory_pressure() >= 42.5
