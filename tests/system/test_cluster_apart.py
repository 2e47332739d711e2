"""Workers on another network and with other files: what is shared, what is sent, what a partition does."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests import clips
from tests.clusters import Cluster, await_encoder
from tests.namespaces import Machine, machine
from tests.system.projects import ProjectDir, new_project
from tests.system.test_cluster import started, video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("distributed", reason="Dask is not installed")

pytestmark = pytest.mark.usefixtures("measured_processes")

PARTITION = float(os.environ.get("DRAPTO_PARTITION", "3"))
"""Seconds; 30 is more than either side bears, and is what the issue asks for."""


@pytest.fixture(scope="module")
def apart() -> Iterator[Machine]:
    with machine() as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("apart")


@pytest.fixture(scope="module")
def cluster(apart: Machine, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler here, and a worker there that sees no project."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.address = made.address.replace("127.0.0.1", apart.here)
    made.schedule()
    made.work("apart", slots=2, within=apart.hiding(folder), more=["--listen", apart.there])
    yield made
    made.close()


@pytest.fixture(scope="module")
def local(ffmpeg: Path, folder: Path) -> ProjectDir:
    source = clips.make_clip(ffmpeg, folder / "clip.mkv", frames=96, size=(320, 180), keyint=24)
    project = new_project(folder / "local", source)
    project.doit()
    return project


def on(cluster: Cluster, root: Path, source: Path, transfer: str) -> ProjectDir:
    engine = f'[engine]\nname = "dask"\ntransfer = "{transfer}"\ndask.scheduler = "{cluster.address}"\n'
    return new_project(root, source, settings=engine)


@pytest.mark.usefixtures("local")
def test_a_worker_that_does_not_see_the_files_is_named(cluster: Cluster, folder: Path) -> None:
    project = on(cluster, folder / "shared", folder / "clip.mkv", "shared")
    said = project.doit(status=4).output
    assert f"worker apart does not see {project.root / 'work' / '.drapto' / 'cluster'}" in said
    assert 'engine.transfer = "push"' in said


def test_files_are_sent_and_a_partition_loses_nothing(
    cluster: Cluster, apart: Machine, local: ProjectDir, folder: Path
) -> None:
    project = on(cluster, folder / "push", folder / "clip.mkv", "push")
    run = started(project)
    deadline = time.monotonic() + 120
    while not list((project.work() / "segments").glob("*.mkv")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    await_encoder(cluster.folder)
    apart.cut_off()
    time.sleep(PARTITION)
    apart.join()
    said = run.communicate(timeout=300)[0].decode()
    assert run.returncode == 0, said
    assert video(project) == video(local)
    assert cluster.scratch() == []


def test_a_slow_link(cluster: Cluster, apart: Machine, local: ProjectDir, folder: Path) -> None:
    if not apart.slowed("8mbit"):
        pytest.skip("this kernel shapes no traffic (tc tbf)")
    project = on(cluster, folder / "slow", folder / "clip.mkv", "push")
    project.doit()
    assert video(project) == video(local)
