"""The cluster against this machine with the same slots, and a coordinator with many simulated workers."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import psutil

from bench.encoding import _project
from bench.timing import doit, median, timed
from drapto.cluster.engine import DaskEngine
from drapto.encoding.job import SegmentJob
from drapto.encoding.segment import encode
from drapto.engine.context import StageContext
from drapto.engine.execution import Call, EngineSettings, Needs
from drapto.engine.resources import DiskRate
from drapto.quality.target import FixedCrf
from drapto.state.encode_data import EncodingRecord
from drapto.video.request import EncodeRequest
from tests import clips
from tests.clusters import Cluster
from tests.encodes import shape

if TYPE_CHECKING:
    from pathlib import Path

SLEEPING = """#!/bin/sh
case "$*" in
*"file:"*libsvtav1*) for target; do :; done; sleep {seconds}; exec cp {encoded} "${{target#file:}}";;
*) exec {ffmpeg} "$@";;
esac
"""
"""An ffmpeg that sleeps in place of encoding a segment, and leaves the same one each time."""

FRAMES = 24


@dataclass(frozen=True)
class Spread:
    """A whole job.

    Attributes:
        wall: Seconds.
        cpu: User and system seconds of the run, and of the scheduler and the workers meanwhile.
        before: Seconds until the first encode began.
        encodes: Seconds from there to the end of the last one.
        busy: The share of that in which the slots were in encodes, as the segments' records have it.
    """

    wall: float
    cpu: float
    before: float
    encodes: float
    busy: float

    @property
    def after(self) -> float:
        """Seconds from the last encode to the end of the run."""
        return self.wall - self.before - self.encodes


@dataclass(frozen=True)
class Overhead:
    """Whole jobs, each pair one after the other: here, and on as many workers of one slot."""

    clip: str
    pairs: list[tuple[Spread, Spread]]

    def ratio(self, field: str) -> float:
        """Return the cluster's figure over the local one, median of the pairs."""
        return median([getattr(cluster, field) / getattr(local, field) for local, cluster in self.pairs])

    def middle(self, field: str, *, cluster: bool) -> float:
        """Return the median of a figure of one side."""
        return median([getattr(pair[cluster], field) for pair in self.pairs])


def compare(clip: Path, folder: Path, *, rounds: int, chunk_size: float, slots: int) -> Overhead:
    """Encode ``clip`` both ways, in turn."""
    shutil.rmtree(folder, ignore_errors=True)
    cluster = Cluster(folder / "cluster")
    pairs = []
    try:
        cluster.schedule()
        for number in range(slots):
            cluster.work(f"worker-{number}")
        for number in range(rounds):
            found = {}
            for kind in ("local", "dask") if number % 2 == 0 else ("dask", "local"):
                project = folder / f"{kind}-{number}"
                _project(project, clip, chunk_size)
                if kind == "dask":
                    with (project / "drapto.toml").open("a") as file:
                        file.write(f'[engine]\nname = "dask"\ndask.scheduler = "{cluster.address}"\n')
                found[kind] = _spread(cluster, project, clip.stem, slots)
            pairs.append((found["local"], found["dask"]))
            _same(folder / f"local-{number}", folder / f"dask-{number}", clip.stem)
    finally:
        cluster.close()
    return Overhead(clip.name, pairs)


def _spread(cluster: Cluster, project: Path, title: str, slots: int) -> Spread:
    before, began = sum(_spent(cluster)[1:]), time.time()
    took = timed(doit(), project)
    cpu = took.cpu + sum(_spent(cluster)[1:]) - before
    work = project / "work" / title
    segments = EncodingRecord.read(work / "encode_data" / "encoding.json").segments
    first = min(one.last_attempt.timestamp() for one in segments if one.last_attempt)
    last = max(path.stat().st_mtime for path in (work / "encoded").glob("*.mkv"))
    spent = sum(one.seconds or 0.0 for one in segments)
    return Spread(took.wall, cpu, first - began, last - first, spent / slots / (last - first))


def _same(one: Path, other: Path, title: str) -> None:
    made = [folder / "work" / title / "video.mkv" for folder in (one, other)]
    if made[0].read_bytes() != made[1].read_bytes():
        raise RuntimeError("the cluster made other bytes")


@dataclass(frozen=True)
class Scale:
    """What a coordinator takes for many calls on many workers.

    Attributes:
        workers, calls: How many.
        seconds: Wall.
        sleep: Seconds that each call slept.
        coordinator, scheduler, workers_cpu: CPU seconds for all calls, of all processes of a kind.
        coordinator_peak, scheduler_peak: Bytes of memory.
    """

    workers: int
    calls: int
    seconds: float
    sleep: float
    coordinator: float
    scheduler: float
    workers_cpu: float
    coordinator_peak: int
    scheduler_peak: int

    def text(self) -> str:
        """Return it in a few lines."""
        each = 1000 / self.calls
        asleep = self.calls * self.sleep / self.workers / self.seconds
        took = f"{self.seconds:.0f} s, {self.calls / self.seconds:.1f} a second"
        lines = [
            f"{self.calls} calls of {self.sleep:g} s on {self.workers} simulated workers: {took}",
            f"{asleep:.0%} of the workers' time was spent in the calls",
            f"workers and runners: {self.workers_cpu * each:.1f} ms CPU a call",
        ]
        for name, cpu, peak in (
            ("coordinator", self.coordinator, self.coordinator_peak),
            ("scheduler", self.scheduler, self.scheduler_peak),
        ):
            lines.append(f"{name}: {cpu * each:.1f} ms CPU a call, {peak >> 20} MiB")
        return "\n".join(lines)


def simulate(folder: Path, ffmpeg: Path, *, workers: int, calls: int, sleep: float, most: float) -> Scale:
    """Have ``workers`` simulated workers run ``calls`` encodes that sleep, for ``most`` seconds at most."""
    shutil.rmtree(folder, ignore_errors=True)
    title = folder / "work" / "film"
    source = clips.make_clip(ffmpeg, title / "segments" / "0001.mkv", frames=FRAMES, size=(64, 64))
    encoded = folder / "encoded.mkv"
    coder = ["-c:v", "libsvtav1", "-preset", "13", "-svtav1-params", "lp=1"]
    clips.run_ffmpeg(ffmpeg, "-i", source, "-pix_fmt", "yuv420p10le", *coder, encoded)
    sleeping = folder / "ffmpeg"
    sleeping.write_text(SLEEPING.format(seconds=sleep, encoded=encoded, ffmpeg=ffmpeg))
    sleeping.chmod(0o755)
    cluster = Cluster(folder / "cluster")
    environment = {"DRAPTO_FFMPEG": str(sleeping)}
    try:
        cluster.schedule()
        for number in range(workers):
            cluster.work(f"simulated-{number:02d}", env=environment, wait=False)
        for number in range(workers):
            cluster.await_said(f"simulated-{number:02d}", "worker ", 300)
        return _driven(cluster, folder, title, sleeping, calls=calls, workers=workers, sleep=sleep, most=most)
    finally:
        cluster.close()


def _driven(
    cluster: Cluster,
    folder: Path,
    title: Path,
    ffmpeg: Path,
    *,
    calls: int,
    workers: int,
    sleep: float,
    most: float,
) -> Scale:
    options = {"scheduler": cluster.address, "mixed": True}
    state = folder / "work" / ".drapto"
    settings = EngineSettings(state, cpus=2, memory=1 << 30, options=options, ffmpeg=lambda: ffmpeg)
    engine = DaskEngine(settings)
    context = StageContext("film", ffmpeg, title / "logs", DiskRate(1 << 30, state / "disk"))
    numbers = count(1)
    failed: list[BaseException] = []
    done: list[int] = []
    until = time.monotonic() + most

    def drive() -> None:
        while not failed and time.monotonic() < until and (number := next(numbers)) <= calls:
            try:
                call = Call.of(encode, job=_job(title, number), context=context)
                engine.run(call, Needs(cpus=1, memory=64 << 20), lambda _: None)
                done.append(number)
            except BaseException as error:  # noqa: BLE001  told below
                failed.append(error)

    threads = [threading.Thread(target=drive) for _ in range(workers + 8)]
    before = _spent(cluster)
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    spent = [after - earlier for after, earlier in zip(_spent(cluster), before, strict=True)]
    scheduler = psutil.Process(cluster.processes["scheduler"].pid)
    peaks = psutil.Process().memory_info().rss, scheduler.memory_info().rss
    engine.close()
    if failed:
        raise failed[0]
    return Scale(workers, len(done), seconds, sleep, spent[0], spent[1], spent[2], *peaks)


def _job(title: Path, number: int) -> SegmentJob:
    name = f"{number:05d}"
    target = title / "encoded" / f"{name}.mkv"
    request = EncodeRequest(title / "segments" / "0001.mkv", 0, target, number, 1, 64, 64)
    quick = shape(FRAMES, preset=13, keyint=FRAMES)
    return SegmentJob(
        request, quick, FixedCrf(crf=30.0), "chunked", target.with_suffix(".json"), title / "attempts"
    )


def _spent(cluster: Cluster) -> tuple[float, float, float]:
    """Return the CPU seconds of this process, of the scheduler, and of all workers and what they started."""
    own = psutil.Process().cpu_times()
    scheduler, workers = 0.0, 0.0
    for name, process in cluster.processes.items():
        one = psutil.Process(process.pid)
        family = [one, *one.children(recursive=True)]
        total = 0.0
        for member in family:
            times = member.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
        if name == "scheduler":
            scheduler += total
        else:
            workers += total
    return own.user + own.system, scheduler, workers
