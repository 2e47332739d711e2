"""One film on a cluster of this machine: the same bytes, whatever becomes of its workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests import clips
from tests.clusters import Cluster, await_encoder, encoders
from tests.system.killing import hear_signals, survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

pytest.importorskip("distributed", reason="Dask is not installed")

of_measured_runs = pytest.mark.usefixtures("measured_run")
"""What a run on a cluster does is measured in some of them: importing Dask takes twice as long so."""

SLOW = "[encoding.crf]\nsd = 10\n"


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(
        ffmpeg, clip_cache / "cluster" / "clip.mkv", frames=192, size=(320, 180), keyint=24
    )


@pytest.fixture(scope="module")
def local(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    project = new_project(tmp_path_factory.mktemp("local") / "p", source, settings=SLOW)
    project.doit()
    return project


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, measured: Callable[[], AbstractContextManager[None]]
) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    with measured():
        made.schedule()
        made.work("one", wait=False)
        made.work("two")
    made.await_said("one", "worker ")
    yield made
    made.close()


def on(cluster: Cluster, root: Path, source: Path, more: str = "") -> ProjectDir:
    engine = f'[engine]\nname = "dask"\n{more}[engine.dask]\nscheduler = "{cluster.address}"\n'
    return new_project(root / "p", source, settings=SLOW + engine)


def started(project: ProjectDir) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "doit"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=hear_signals,  # noqa: PLW1509  as there
    )


def ended_well(run: subprocess.Popen[bytes]) -> None:
    said = run.communicate(timeout=120)[0].decode()
    assert run.returncode == 0, said


def attempts(project: ProjectDir) -> list[int]:
    record = json.loads((project.work() / "encode_data" / "encoding.json").read_text())
    return [one["attempts"] for one in record["segments"]]


def video(project: ProjectDir) -> bytes:
    return (project.work() / "video.mkv").read_bytes()


def is_tidy(project: ProjectDir, cluster: Cluster) -> None:
    """Hold that nothing of a run is left: no process, no temporary file, no copy, nothing on a worker."""
    others = [one for one in survivors(project.root) if not one.startswith(f"{os.getpid()}:")]
    assert others == []
    assert list(project.root.rglob("*.partial")) == []
    assert not (project.root / "work" / ".drapto" / "cluster").exists()
    until = time.monotonic() + 3
    while cluster.scratch() and time.monotonic() < until:
        time.sleep(0.05)
    assert cluster.scratch() == []


def cpu_seconds(project: ProjectDir) -> float:
    """Return what the programs of the first run took."""
    first = (project.root / "work" / ".drapto" / "history.ndjson").read_text().splitlines()[0]
    return float(json.loads(first)["titles"][0]["cpu_seconds"])


@of_measured_runs
@pytest.mark.parametrize("transfer", ["shared", "push"])
def test_the_bytes_are_those_of_this_machine(
    cluster: Cluster, source: Path, local: ProjectDir, tmp_path: Path, transfer: str
) -> None:
    project = on(cluster, tmp_path, source, f'transfer = "{transfer}"\n')
    project.doit()
    assert video(project) == video(local)
    record = json.loads((project.work() / "encode_data" / "encoding.json").read_text())
    assert {one["where"] for one in record["segments"]} == {"one", "two"}
    assert cpu_seconds(project) > cpu_seconds(local) / 2 > 0
    assert "libsvtav1" in (project.work() / "logs" / "encode.log").read_text()
    is_tidy(project, cluster)
    assert project.executed() == set()


def test_a_worker_that_is_killed_costs_its_segment(
    cluster: Cluster, source: Path, local: ProjectDir, tmp_path: Path
) -> None:
    project = on(cluster, tmp_path, source)
    run = started(project)
    await_encoder(project.root)
    cluster.kill("two")
    cluster.work("two", wait=False)
    ended_well(run)
    assert video(project) == video(local)
    assert sum(attempts(project)) <= 9, "only what the worker was at is begun again"
    is_tidy(project, cluster)


def test_a_run_that_is_killed_leaves_no_encoder_and_keeps_what_was_finished(
    cluster: Cluster, source: Path, local: ProjectDir, tmp_path: Path
) -> None:
    project = on(cluster, tmp_path, source)
    run = started(project)
    while len(list(project.work().glob("encoded/*.json"))) < 3:
        assert run.poll() is None
        time.sleep(0.02)
    run.kill()
    run.wait()
    until = time.monotonic() + 3
    while encoders(project.root) and time.monotonic() < until:
        time.sleep(0.05)
    assert encoders(project.root) == []
    done = [one for one in project.finished() if one.startswith("encode:clip:")]
    assert done
    files = [project.work() / "encoded" / f"{one[-4:]}.mkv" for one in done]
    times = [path.stat().st_mtime_ns for path in files]
    project.doit()
    assert [path.stat().st_mtime_ns for path in files] == times, "what was finished is not encoded again"
    assert video(project) == video(local)
    is_tidy(project, cluster)


def finished_unheard(project: ProjectDir, run: subprocess.Popen[bytes]) -> dict[str, int]:
    """Stop a run, and wait until a worker has ended a call of its; return those encodes' inodes by name."""
    await_encoder(project.root)
    os.killpg(run.pid, signal.SIGSTOP)
    copies = project.root / "work" / ".drapto" / "cluster"
    until = time.monotonic() + 60
    while encoders(project.root) or not list(copies.glob("*/result")):
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.5)  # the last one writes down what it has
    ended = [one.parent for one in copies.glob("*/result")]
    return {path.name: path.stat().st_ino for one in ended for path in one.glob("encoded/*.mkv")}


def were_taken_over(project: ProjectDir, unheard: dict[str, int]) -> None:
    assert unheard
    there = {name: (project.work() / "encoded" / name).stat().st_ino for name in unheard}
    assert there == unheard, "what a worker had finished is not encoded again"


def test_what_workers_finish_after_the_run_was_killed_is_taken_over(
    cluster: Cluster, source: Path, local: ProjectDir, tmp_path: Path
) -> None:
    project = on(cluster, tmp_path, source)
    run = started(project)
    unheard = finished_unheard(project, run)
    run.kill()
    run.wait()
    project.doit()
    were_taken_over(project, unheard)
    assert video(project) == video(local)
    assert sum(attempts(project)) == 8
    is_tidy(project, cluster)


def test_a_worker_that_is_killed_with_its_answer_on_it_costs_nothing(
    cluster: Cluster, source: Path, local: ProjectDir, tmp_path: Path
) -> None:
    """Dask waits for what lies on a worker that is gone, for ever where it is let."""
    project = on(cluster, tmp_path, source)
    run = started(project)
    unheard = finished_unheard(project, run)
    for name in ("one", "two"):
        cluster.kill(name)
    began = time.monotonic()
    os.killpg(run.pid, signal.SIGCONT)
    for name in ("one", "two"):
        cluster.work(name, wait=False)
    ended_well(run)
    assert time.monotonic() - began < 50, "an answer that nobody has is not waited for"
    were_taken_over(project, unheard)
    assert video(project) == video(local)
    is_tidy(project, cluster)


@of_measured_runs
def test_an_interrupt_stops_the_clusters_encoders(cluster: Cluster, source: Path, tmp_path: Path) -> None:
    project = on(cluster, tmp_path, source)
    run = started(project)
    await_encoder(project.root)
    began = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    while encoders(project.root):
        time.sleep(0.02)
    assert time.monotonic() - began < 3
    assert run.wait(10) == 130


@of_measured_runs
def test_a_scheduler_that_is_restarted_is_waited_for(
    cluster: Cluster, source: Path, local: ProjectDir, tmp_path: Path
) -> None:
    project = on(cluster, tmp_path, source)
    run = started(project)
    await_encoder(project.root)
    cluster.kill("scheduler")
    cluster.schedule()
    ended_well(run)
    assert video(project) == video(local)
    is_tidy(project, cluster)


@of_measured_runs
def test_what_no_worker_has_is_an_error_within_seconds(source: Path, tmp_path: Path) -> None:
    small = Cluster(tmp_path / "small")
    small.schedule()
    small.work("small", memory="64 MiB")
    try:
        project = on(small, tmp_path, source)
        began = time.monotonic()
        said = project.doit(status=4).output
        assert time.monotonic() - began < 60
        assert "no worker has" in said
        assert "small: 1 encode slot" in said
    finally:
        small.close()


@of_measured_runs
def test_a_scheduler_that_is_not_there_is_an_error(source: Path, tmp_path: Path) -> None:
    nobody = Cluster(tmp_path / "nobody")
    said = on(nobody, tmp_path, source).doit(status=4).output
    assert f"no scheduler answers at {nobody.address}" in said


def test_a_worker_with_another_ffmpeg_is_refused_unless_it_is_allowed(
    source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    other = tmp_path / "ffmpeg"
    told = 'case "$*" in "-version") echo "ffmpeg version 1.2.3"; exit 0;; esac'
    other.write_text(f'#!/bin/sh\n{told}\nexec "{ffmpeg}" "$@"\n')
    other.chmod(0o755)
    mixed = Cluster(tmp_path / "mixed")
    mixed.schedule()
    mixed.work("odd", env={"DRAPTO_FFMPEG": str(other)})
    try:
        said = on(mixed, tmp_path / "a", source).doit(status=4).output
        assert "worker odd has ffmpeg 1.2.3, and this machine" in said
        project = on(mixed, tmp_path / "b", source)
        with (project.root / "drapto.toml").open("a") as file:
            file.write("mixed = true\n")
        project.doit("encode:clip:0001")
    finally:
        mixed.close()


def test_with_tls_only_those_with_a_certificate_get_in(source: Path, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    maker = Path(__file__).parents[2] / "docs" / "cluster" / "certificates.sh"
    keys = tmp_path / "keys"
    subprocess.run(["sh", maker, keys], check=True)
    files = {"ca-file": keys / "ca.pem", "cert": keys / "node.pem", "key": keys / "node.key"}
    tls = [word for name, path in files.items() for word in (f"--tls-{name}", str(path))]
    guarded = Cluster(tmp_path / "guarded", protocol="tls", tls=tls)
    guarded.schedule()
    guarded.work("guarded")
    try:
        project = on(guarded, tmp_path, source)
        said = project.doit("crop:clip", status=4).output
        assert f"{guarded.address}: needs a certificate" in said
        section = "DASK_DISTRIBUTED__COMM__TLS"
        known = {
            f"{section}__CA_FILE": str(files["ca-file"]),
            f"{section}__CLIENT__CERT": str(files["cert"]),
            f"{section}__CLIENT__KEY": str(files["key"]),
        }
        run = [sys.executable, "-m", "doit", "crop:clip"]
        subprocess.run(run, cwd=project.root, env=os.environ | known, check=True, capture_output=True)
        assert (project.work() / "crop.json").exists()
    finally:
        guarded.close()


def test_no_function_of_a_clients_own_is_run_but_as_a_task(cluster: Cluster) -> None:
    from distributed import Client  # noqa: PLC0415  where it is installed

    with Client(cluster.address, set_as_default=False) as client:
        with pytest.raises(ValueError, match="disallowed"):
            client.run_on_scheduler(os.getpid)
        with pytest.raises(ValueError, match="disallowed"):
            client.run(os.getpid)


def test_nothing_listens_beyond_loopback(cluster: Cluster) -> None:
    family = [psutil.Process(one.pid) for one in cluster.processes.values()]
    listening = [
        connection.laddr.ip
        for one in family
        for connection in one.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}
    assert len(listening) == 3, "the scheduler and its two workers, and no web server"
