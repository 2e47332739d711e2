"""What passes between a run and its workers: drapto's own values, and nothing that does anything."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from drapto.cluster import wire
from drapto.engine.context import EncodeProgress, StageContext
from drapto.engine.execution import Call, Started
from drapto.engine.resources import DiskRate
from drapto.errors import ClusterError, SourceError
from drapto.quality.target import FixedCrf
from drapto.video.request import EncodeRequest


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("true",)


def test_paths_are_those_of_the_other_side() -> None:
    here = {"title": Path("/films/work/film"), "ffmpeg": Path("/opt/ffmpeg"), "clock": Path("/films/clock")}
    there = {"title": Path("/scratch/1"), "ffmpeg": Path("/usr/bin/ffmpeg"), "clock": Path("/scratch/disk")}
    context = StageContext("film", here["ffmpeg"], here["title"] / "logs", DiskRate(1, here["clock"]))
    request = EncodeRequest(
        here["title"] / "segments" / "0001.mkv", 0, here["title"] / "encoded" / "0001.mkv", 1, 1, 64, 64
    )
    other = Path("/somewhere/else.mkv")
    collected = wire.Collected()
    data = wire.dump(Call("a:b", {"context": context, "request": request, "other": other}), here, collected)
    read = wire.load(data, there).arguments
    assert read["context"].ffmpeg == there["ffmpeg"]
    assert read["context"].disk_rate.clock == there["clock"]
    assert read["request"].target == Path("/scratch/1/encoded/0001.mkv")
    assert read["other"] == other
    assert other in collected.paths
    assert wire.load(wire.dump(read["request"], there), here) == request


@pytest.mark.parametrize(
    "value",
    [
        FixedCrf(crf=25.25),
        EncodeProgress(1, 2.0, 3),
        Started("there"),
        {"rate": Fraction(24000, 1001), "names": {"a"}, "none": None},
        OSError(28, "No space left on device", "/x"),
        SourceError("is damaged", path="x.mkv", remedy="rip it again"),
    ],
)
def test_values_cross_as_they_are(value: object) -> None:
    read = wire.load(wire.dump(value, {}), {})
    assert type(read) is type(value)
    assert str(read) == str(value)


@pytest.mark.parametrize(
    "value", [Harmful(), os.system, os.getcwd, eval, exec, __import__, getattr, wire.dump, pickle.loads]
)
def test_what_does_something_is_refused(value: object) -> None:
    with pytest.raises(ClusterError, match="was refused"):
        wire.load(pickle.dumps(value), {})


@pytest.mark.parametrize("place", [("title", "../../etc/passwd"), ("title", "/etc/passwd"), ("other", "x")])
def test_no_path_leads_out(place: tuple[str, str]) -> None:
    class Writer(pickle.Pickler):
        def persistent_id(self, obj: object) -> tuple[str, str] | None:
            return place if obj == "path" else None

    import io  # noqa: PLC0415

    file = io.BytesIO()
    Writer(file).dump("path")
    with pytest.raises(ClusterError, match="outside of what is shared"):
        wire.load(file.getvalue(), {"title": Path("/films")})


def test_what_is_cut_short_is_refused() -> None:
    data = wire.dump({"a": FixedCrf(crf=1)}, {})
    for size in range(len(data)):
        with pytest.raises(ClusterError):
            wire.load(data[:size], {})


ASKED = """
from drapto.cluster import wire
from drapto.engine.execution import Call
from drapto.quality.target import FixedCrf
from drapto.video.hardware import HardwareDecoding
from pathlib import Path

roots = {"title": Path(TITLE)}
decoding = HardwareDecoding("auto", "h264", "yuv420p", title="film", run=RUN)
arguments = {"decoding": decoding, "names": {"a", "b", "c", "d"}, "crf": FixedCrf(CRF)}
arguments["path"] = Path(TITLE) / "a.mkv"
print(wire.fingerprint(Call("a:b", arguments), roots))
"""


def fingerprint_in_a_process(title: str, run: str, crf: str) -> str:
    code = ASKED.replace("TITLE", repr(title)).replace("RUN", repr(run)).replace("CRF", crf)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    return done.stdout


def test_equal_calls_have_one_fingerprint_in_any_run() -> None:
    """Sets have another order in each process; a run's name is no part of what comes out."""
    first = fingerprint_in_a_process("/a/film", "1", "crf=25")
    assert fingerprint_in_a_process("/b/film", "2", "crf=25.0") == first
    assert fingerprint_in_a_process("/a/film", "1", "crf=26") != first
