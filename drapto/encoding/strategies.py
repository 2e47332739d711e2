"""How a title is encoded: one class for each way, found by entry point.

A package of its own can bring a strategy: a class like those here, registered under the entry point group
``drapto.strategies``. The one with the highest priority that says it can handle a title gets it.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, ClassVar

from drapto.errors import ConfigError
from drapto.quality.target import FixedCrf

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.encoding.job import SegmentJob
    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.media.model import SourceInfo

GROUP = "drapto.strategies"


class Strategy(ABC):
    """One way to encode a title. Instances hold no state, so that any worker may make its own."""

    name: ClassVar[str]
    priority: ClassVar[int] = 0

    @abstractmethod
    def can_handle(self, info: SourceInfo, *, mode: str, chunk_size: float) -> str | None:
        """Return why this strategy takes the title, or None where it does not.

        Args:
            info: What is in the source.
            mode: ``encoding.mode``: ``auto`` or a strategy's name.
            chunk_size: ``processing.chunk_size``, seconds.
        """

    @abstractmethod
    def chunk_size(self, wanted: float) -> float | None:
        """Return the length of a segment in seconds, or None where the title is not split.

        Args:
            wanted: ``processing.chunk_size``, seconds.
        """

    def encode(
        self,
        job: SegmentJob,
        *,
        context: StageContext,
        report: Callable[[EncodeProgress], None] | None = None,
    ) -> EncodedSegment:
        """Encode one segment, at its fixed CRF or to its target; override to do it in another way.

        Args:
            job: The segment.
            context: The title's surroundings.
            report: Called about twice a second during each encode of it.

        Raises:
            StageError, FrameCountError, ToolFailedError: It cannot be encoded so.
        """
        from drapto.encoding.fixed import encode_at  # noqa: PLC0415  brings PyAV
        from drapto.encoding.targeted import encode_to_target  # noqa: PLC0415  brings PyAV

        if isinstance(job.quality, FixedCrf):
            return encode_at(job, job.quality, context=context, report=report)
        return encode_to_target(job, job.quality, context=context, report=report)


def _length(info: SourceInfo) -> float:
    return info.video.end - info.video.start


def _uncut(info: SourceInfo) -> bool:
    """Tell whether ffmpeg cannot copy a title's picture: uncompressed, it reads what it does not write."""
    return info.video.codec == "rawvideo"


class Standard(Strategy):
    """One pass over the whole title by one encoder on all cores."""

    name = "standard"
    priority = 0

    def can_handle(self, info: SourceInfo, *, mode: str, chunk_size: float) -> str | None:
        """Take a title that is asked for so, or that cannot be split."""
        if mode == self.name:
            return "encoding.mode is standard"
        if _uncut(info) and mode in ("auto", Chunked.name):
            return "uncompressed pictures cannot be copied into segments"
        if mode != "auto":
            return None
        if info.video.keyframes == 1:
            return "a single keyframe leaves nothing to split"
        return f"{_length(info):.0f} s are no more than a segment of {chunk_size:g} s"

    def chunk_size(self, wanted: float) -> None:
        """Never split."""
        del wanted


class Chunked(Strategy):
    """Segments side by side, each by a small encoder."""

    name = "chunked"
    priority = 10

    def can_handle(self, info: SourceInfo, *, mode: str, chunk_size: float) -> str | None:
        """Take a title that is asked for so, or that gives at least two segments."""
        if _uncut(info):
            return None
        if mode == self.name:
            return "encoding.mode is chunked"
        length = _length(info)
        if mode == "auto" and info.video.keyframes > 1 and length > chunk_size:
            return (
                f"{length:.0f} s with {info.video.keyframes} keyframes, in segments of about {chunk_size:g} s"
            )
        return None

    def chunk_size(self, wanted: float) -> float:
        """Split as the settings say."""
        return wanted


@functools.cache
def strategies() -> tuple[Strategy, ...]:
    """Return every registered strategy, highest priority first; equal ones by name."""
    found = [entry.load()() for entry in entry_points(group=GROUP)]
    return tuple(sorted(found, key=lambda strategy: (-strategy.priority, strategy.name)))


def named(name: str) -> Strategy:
    """Return the strategy called ``name``.

    Raises:
        ConfigError: None is registered under that name.
    """
    for strategy in strategies():
        if strategy.name == name:
            return strategy
    raise ConfigError(f"no encoding strategy is called {name!r}", remedy="install the package that brings it")


def choose(info: SourceInfo, *, mode: str, chunk_size: float) -> tuple[Strategy, str]:
    """Return the strategy for a title, and why.

    Raises:
        ConfigError: None takes it.
    """
    for strategy in strategies():
        reason = strategy.can_handle(info, mode=mode, chunk_size=chunk_size)
        if reason is not None:
            return strategy, reason
    raise ConfigError(f"no encoding strategy handles mode {mode!r}", remedy="set encoding.mode to auto")
