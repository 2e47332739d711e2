"""Documents of drapto 0.1 in work directories are read as they lie there, and written with today's names."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

from drapto.encoding.attempt_store import key_of
from drapto.encoding.attempts import Attempts, Splice
from drapto.encoding.calibration import Anchor, Calibration
from drapto.encoding.record import EncodedSegment
from drapto.media.model import CropRect
from drapto.video.encode_settings import EncodeShape
from tests.encodes import request

if TYPE_CHECKING:
    from pathlib import Path

SCORES = (
    '{"metric": "vmaf", "model": "vmaf_v0.6.1", "step": 3, "harmonic": 92.676, "mean": 92.703,'
    ' "p5": 90.669, "minimum": 90.669, "values": [93.677, 90.669, 93.836]}'
)

ATTEMPTS = f"""
{{"key": "b658822350b3f37075a08debf1106034279b27e4",
 "sketches": [{{"crf": 45.0, "scores": {SCORES}}}], "sketching_cpu_seconds": 0.292,
 "foreign": {{"90": 41.5}}, "foreign_cpu_seconds": 1.5,
 "attempts": [{{"crf": 50.0, "first": 0, "keyframes": [0, 24], "bytes": 28507,
   "digest": "4be7244e02910047beacc53edeed8b59008be9ce", "seconds": 0.377, "cpu_seconds": 0.235, "starts": 1,
   "complaints": 0, "complaint": "", "scores": [{SCORES}], "measuring_cpu_seconds": 0.185}}],
 "mended": {{"90be": {{"crf": 50.0, "first": 24, "tail_crf": 47.25}}}}}}
"""

ENCODED = f"""
{{"index": 3, "strategy": "chunked", "crf": 50.0, "preset": 10, "attempts": 1, "scores": {SCORES},
 "target": 90.0, "tier": 1, "why": "crf bound", "tried": [[50.0, 92.676]],
 "stretches": [{{"frames": 24, "crf": 50.0}}, {{"frames": 24, "crf": 47.25}}], "encodes": 1.0, "frames": 48,
 "bytes": 28507, "seconds": 0.377, "cpu_seconds": 0.235, "search_cpu_seconds": 0.712, "complaints": 0,
 "complaint": ""}}
"""

CALIBRATION = (
    '{"metric": "vmaf", "anchors": [{"segment": 2, "crf": 48.25, "score": 90.673, "sketch": 89.983}]}'
)


def test_attempts(tmp_path: Path) -> None:
    path = tmp_path / "0003.json"
    path.write_text(ATTEMPTS)
    known = Attempts.read(path)
    assert [(one.crf, one.scores.stride) for one in known.proxies] == [(45.0, 3)]
    assert known.proxy_cpu_seconds == 0.292
    assert known.foreign == {"90": 41.5}
    assert known.spliced == {"90be": Splice(starts=(0, 24), crfs=(50.0, 47.25))}
    measured = known.attempts[0].measured(3, 48)
    assert measured is not None
    assert measured.harmonic == 92.676
    assert round(known.cpu_seconds, 3) == 2.212
    known.write(path)
    assert Attempts.read(path) == known
    assert {"proxies", "proxy_cpu_seconds", "spliced"} < set(json.loads(path.read_text()))


def test_a_segments_record(tmp_path: Path) -> None:
    path = tmp_path / "0003.json"
    path.write_text(ENCODED)
    record = EncodedSegment.read(path)
    assert record.scores is not None
    assert (record.scores.stride, record.scores.values[1]) == (3, 90.669)
    assert [one.crf for one in record.stretches] == [50.0, 47.25]
    assert EncodedSegment.read(path) == record.write(path)


def test_a_calibration(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(CALIBRATION)
    known = Calibration.read(path)
    assert known.anchors == (Anchor(segment=2, crf=48.25, score=90.673, proxy=89.983),)
    assert Calibration.read(path) == known.write(path)


def test_the_key_of_attempts_is_as_it_always_was(tmp_path: Path) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(b"drapto")
    shape = EncodeShape(
        preset=6,
        svt_params="tune=0:film-grain=0:film-grain-denoise=0",
        film_grain=False,
        pix_fmt="yuv420p10le",
        crop=CropRect(width=1920, height=800, x=0, y=140),
        rate=Fraction(24000, 1001),
        frames=240,
        keyint=240,
        filters=("bwdif=mode=send_frame",),
    )
    asked = request(source, tmp_path)
    assert key_of(shape, asked) == "3e983b5b70bdf119b8e0a1d7b41c5d51579886bd"
    grainy = shape.model_copy(update={"film_grain": True})
    assert key_of(grainy, asked) == "912e3ef3b0a61d2a48e00afa7c6b4c8875c66a11"
    assert key_of(shape.at(30), asked) == key_of(shape, asked), "the CRF does not count"
    assert key_of(shape, request(source, tmp_path, stream=1)) != key_of(shape, asked)
