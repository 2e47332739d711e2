"""A segment's encode as an engine gets it: data, and a function at the top of its module."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.calibrate import try_anchor, write_calibration
from drapto.encoding.calibration import Anchor, Calibration
from drapto.encoding.segment import encode
from drapto.encoding.strategies import Chunked
from drapto.engine.context import EncodeProgress
from drapto.engine.execution import Call
from drapto.errors import ConfigError
from drapto.video.hardware import HardwareDecoding
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.encoding.job import SegmentJob
    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext


def test_the_calls_can_be_sent_elsewhere(tmp_path: Path, context: StageContext) -> None:
    decoding = HardwareDecoding("auto", "h264", "yuv420p", title="film", run="1")
    asked = job(request(tmp_path / "a.mkv", tmp_path, decoding=decoding), shape(24), target())
    for call in (
        Call.of(encode, job=asked, context=context),
        Call.of(try_anchor, job=asked, target=target(), context=context),
    ):
        assert pickle.loads(pickle.dumps(call)) == call  # noqa: S301  our own bytes


def test_the_strategy_that_the_job_names_encodes(
    tmp_path: Path, context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = job(request(tmp_path / "a.mkv", tmp_path), shape(24))

    def encoded(
        self: Chunked, job: SegmentJob, *, context: StageContext, report: Callable[[EncodeProgress], None]
    ) -> tuple[str, SegmentJob]:
        del context
        report(EncodeProgress(frame=12, fps=1.0, size=1))
        return self.name, job

    monkeypatch.setattr(Chunked, "encode", encoded)
    heard: list[object] = []
    done = Call.of(encode, job=asked, context=context).run(heard.append)
    made: EncodedSegment | tuple[str, SegmentJob] = done.segment
    assert made == ("chunked", asked)
    assert done.fallback is None
    assert heard == [EncodeProgress(frame=12, fps=1.0, size=1)]


def test_a_strategy_that_is_not_installed(tmp_path: Path, context: StageContext) -> None:
    asked = replace(job(request(tmp_path / "a.mkv", tmp_path), shape(24)), strategy="magic")
    with pytest.raises(ConfigError, match="no encoding strategy is called 'magic'"):
        encode(asked, context)


def test_a_calibration_is_written_as_it_is_returned(tmp_path: Path) -> None:
    anchors = [Anchor(segment=2, crf=34.0, score=94.0, proxy=92.0)]
    known = write_calibration(tmp_path / "calibration.json", "vmaf", anchors)
    assert Calibration.read(tmp_path / "calibration.json") == known
    assert known.anchors == tuple(anchors)
