"""Which strategy takes a title, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.encoding import fixed, strategies, targeted
from drapto.encoding.strategies import Chunked, Standard, Strategy, choose, named
from drapto.errors import ConfigError
from drapto.quality.target import FixedCrf
from tests import sources
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo


def source(seconds: float, keyframes: int) -> SourceInfo:
    return sources.source(sources.video(keyframes=keyframes, start=0.5, end=0.5 + seconds))


@pytest.mark.parametrize(
    ("seconds", "keyframes", "mode", "name", "reason"),
    [
        (60, 9, "auto", "chunked", "60 s with 9 keyframes, in segments of about 15 s"),
        (60, 1, "auto", "standard", "a single keyframe leaves nothing to split"),
        (15, 9, "auto", "standard", "15 s are no more than a segment of 15 s"),
        (60, 9, "standard", "standard", "encoding.mode is standard"),
        (5, 1, "chunked", "chunked", "encoding.mode is chunked"),
    ],
)
def test_the_title_and_the_mode_decide(
    seconds: float, keyframes: int, mode: str, name: str, reason: str
) -> None:
    chosen, why = choose(source(seconds, keyframes), mode=mode, chunk_size=15)
    assert (chosen.name, why) == (name, reason)


@pytest.mark.parametrize("mode", ["auto", "chunked"])
def test_uncompressed_pictures_are_not_cut(mode: str) -> None:
    track = sources.video(codec="rawvideo", keyframes=900, end=60.0)
    chosen, why = choose(sources.source(track), mode=mode, chunk_size=15)
    assert (chosen.name, why) == ("standard", "uncompressed pictures cannot be copied into segments")


def test_only_the_chunked_one_splits() -> None:
    assert Standard().chunk_size(15) is None
    assert Chunked().chunk_size(15) == 15


def test_a_mode_that_nobody_takes() -> None:
    with pytest.raises(ConfigError, match="no encoding strategy handles mode 'magic'"):
        choose(source(60, 9), mode="magic", chunk_size=15)
    with pytest.raises(ConfigError, match="no encoding strategy is called 'magic'; install the package"):
        named("magic")


class Eager(Strategy):
    """Somebody else's strategy, which takes everything."""

    name = "eager"
    priority = 100

    def can_handle(self, info: SourceInfo, *, mode: str, chunk_size: float) -> str:
        return f"{info.video.codec} in mode {mode}, {chunk_size:g} s"

    def chunk_size(self, wanted: float) -> float:
        return wanted / 2


class EntryPoint:
    """As importlib finds one."""

    def __init__(self, kind: type[Strategy]) -> None:
        self.load = lambda: kind


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found = [EntryPoint(kind) for kind in (Standard, Chunked, Eager)]
    monkeypatch.setattr(strategies, "entry_points", lambda group: found if group == strategies.GROUP else [])
    strategies.strategies.cache_clear()
    yield
    strategies.strategies.cache_clear()


@pytest.mark.usefixtures("another")
def test_a_package_can_bring_one() -> None:
    chosen, why = choose(source(60, 9), mode="auto", chunk_size=15)
    assert (chosen.name, why) == ("eager", "h264 in mode auto, 15 s")
    assert isinstance(named("eager"), Eager)
    assert [one.name for one in strategies.strategies()] == ["eager", "chunked", "standard"]


@pytest.mark.parametrize("strategy", [Standard(), Chunked()])
def test_the_quality_decides_how_a_segment_is_encoded(
    strategy: Strategy, tmp_path: Path, context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(how: str) -> object:
        return lambda job, quality, **_: (how, job.request.index, quality)

    monkeypatch.setattr(fixed, "encode_at", said("at a fixed CRF"))
    monkeypatch.setattr(targeted, "encode_to_target", said("to a target"))
    asked = request(tmp_path / "a.mkv", tmp_path, index=3)
    for quality, how in ((FixedCrf(crf=30), "at a fixed CRF"), (target(), "to a target")):
        made = strategy.encode(job(asked, shape(24), quality), context=context)
        assert made == (how, 3, quality)
