"""What a search asks for is made here: encodes of a segment, their scores, and the file that is delivered."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import av

from drapto.encoding.attempts import Attempt, Splice
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.errors import ToolFailedError
from drapto.quality.scores import Part, pooled
from drapto.video.encode import run_encoder
from drapto.video.join import Run
from drapto.video.request import KeptFrames

RAW_BYTES = 3
"""Of a pixel of 10 bit 4:2:0, not compressed."""

MOST_KEPT = 256 << 20
"""Bytes of frames beyond which they are decoded once more: several encoders do so at once."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from drapto.encoding.attempt_store import AttemptStore
    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentContext
    from drapto.engine.context import EncodeProgress
    from drapto.quality.scores import Scores


class TrialEncodes:
    """Makes each thing once: what is in the store already is taken from there.

    Args:
        segment: The segment.
        store: Where attempts are kept.
        report: Called about twice a second during each encode.
    """

    def __init__(
        self,
        segment: SegmentContext,
        store: AttemptStore,
        report: Callable[[EncodeProgress], None] | None = None,
    ) -> None:
        self._segment = segment
        self._store = store
        self._report = report
        self._kept: dict[tuple[int, int, int], Path] = {}

    @property
    def known(self) -> Attempts:
        """All that has been tried."""
        return self._store.known

    def delivered(self) -> Attempt | Splice | None:
        """Return what the segment's encoded file is already; None where there is none."""
        return self._store.delivered()

    def encoded(self, crf: float, first: int = 0, end: int = 0, *, stride: int = 0) -> Attempt:
        """Encode the frames from ``first`` on at ``crf``, unless that was done and the file is there.

        Args:
            crf: The CRF.
            first: How many of the segment's frames go before them.
            end: The frame before which they end; 0 for the segment's end.
            stride: Every how many-th frame will be measured: those are kept, so that the source need not be
                decoded once more; 0 keeps none.

        Raises:
            FrameCountError: It did not come to its frames.
            ToolFailedError: The encoder failed.
        """
        known = self._store.known.at(crf, first, end)
        if known is not None and self._store.file(known) is not None:
            return known
        path = self._store.path(crf, first, end)
        if known is None and path.is_file():
            # a run was killed between the encode, which is whole, and the record of what it took
            return self._keep(Attempt(crf=crf, first=first, end=end, bytes=0, digest=""), path)
        with atomic.replacing(path) as partial, self._keeping(path, first, end, stride) as kept:
            done = run_encoder(
                self._segment.request,
                partial,
                self._segment.shape.at(crf).part(first, end),
                context=self._segment.stage,
                report=self._report_from(first),
                kept=kept,
            )
        if known is not None and known.digest == digest(path):
            return known  # the same bytes again, since the encoder is deterministic: what was measured holds
        attempt = Attempt(
            crf=crf,
            first=first,
            end=end,
            bytes=done.bytes,
            digest="",
            seconds=done.seconds,
            cpu_seconds=done.cpu_seconds,
            starts=done.starts,
            complaints=len(done.complaints),
            complaint="".join(done.complaints[:1]),
        )
        return self._keep(attempt, path)

    def _keep(self, attempt: Attempt, path: Path) -> Attempt:
        found = {"bytes": path.stat().st_size, "digest": digest(path), "keyframes": keyframes(path)}
        return self._store.keep(attempt.model_copy(update=found))

    @contextlib.contextmanager
    def _keeping(self, path: Path, first: int, end: int, stride: int) -> Iterator[KeptFrames | None]:
        """Yield which frames of an encode are to be kept, if it is worth it; forget them where it fails."""
        segment = self._segment
        reference = segment.reference.part(first, end)
        choose = segment.metric.chosen(reference, stride).rstrip(",") if stride else ""
        looked_at = choose and segment.metric.looked_at(reference, stride)
        if not looked_at or looked_at * reference.width * reference.height * RAW_BYTES > MOST_KEPT:
            yield None
            return
        kept = KeptFrames(path.with_name(f"{path.stem}-frames.nut{atomic.PARTIAL}"), choose)
        try:
            yield kept
        except BaseException:
            kept.path.unlink(missing_ok=True)
            raise
        if kept.path.is_file():
            self._kept[first, end, stride] = kept.path

    def _report_from(self, first: int) -> Callable[[EncodeProgress], None] | None:
        """Return who is told of a part's progress as the segment's."""
        report = self._report
        if report is None:
            return None
        return lambda progress: report(replace(progress, frame=first + progress.frame))

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure every ``stride``-th frame of an attempt, unless that was done.

        Raises:
            ToolFailedError: A child process failed.
        """
        known = attempt.measured(stride)
        if known is not None:
            return known
        if self._store.file(attempt) is None:
            attempt = self.encoded(attempt.crf, attempt.first, attempt.end)
        kept = self._kept.pop((attempt.first, attempt.end, stride), None)
        try:
            scores, cpu = self._measure(self._file(attempt), stride, attempt.first, attempt.end, kept)
        finally:
            if kept is not None:
                kept.unlink(missing_ok=True)
        spent = attempt.measuring_cpu_seconds + cpu
        update = {"scores": (*attempt.scores, scores), "measuring_cpu_seconds": round(spent, 3)}
        self._store.keep(attempt.model_copy(update=update))
        return scores

    def _measure(
        self, path: Path, stride: int, first: int = 0, end: int = 0, kept: Path | None = None
    ) -> tuple[Scores, float]:
        segment = self._segment
        reference = replace(segment.reference.part(first, end), kept=kept)
        with atomic.scratch(self._store.record) as scores_file:
            return segment.metric.measure(
                path,
                reference,
                scores_file,
                stride=stride,
                threads=segment.request.lp,
                context=segment.stage,
                log=segment.request.log,
            )

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return the scores of a spliced segment, measuring what was not.

        Raises:
            ToolFailedError: A child process failed.
        """
        if any(one.measured(stride) is None for one in self.sources(spliced)):
            if self._store.delivered() == spliced:
                # asked for more frames than before, while what it was spliced from is gone
                return self._measure(self._segment.request.target, stride)[0]
            for attempt in self.sources(spliced):
                self.measured(attempt, stride)
        frames = self._segment.shape.frames
        parts = []
        for (first, end, _), attempt in zip(spliced.parts, self.sources(spliced), strict=True):
            scores, stop = attempt.measured(stride), end or frames
            if scores and attempt.whole:
                scores = scores.between(first, stop)
            if scores is None:
                raise ValueError("a part without a measured frame")
            parts.append(Part(frames=stop - first, scores=scores))
        return pooled(parts, listed=True)

    def sources(self, chosen: Attempt | Splice) -> tuple[Attempt, ...]:
        """Return the attempts that a segment's file is of: that of the whole, or that of each part."""
        return (chosen,) if isinstance(chosen, Attempt) else self._store.known.sources(chosen)

    def deliver(self, chosen: Attempt | Splice) -> None:
        """Make what was chosen the segment's file, unless it is.

        Raises:
            ToolFailedError: A child process failed.
        """
        if self._store.delivered() == chosen:
            return
        if isinstance(chosen, Attempt):
            self._store.deliver(self._file(self.encoded(chosen.crf)))
            return
        runs = []
        for (first, end, _), source in zip(chosen.parts, self.sources(chosen), strict=True):
            file = self._file(self.encoded(source.crf, source.first, source.end))
            runs.append(Run(file, first - source.first, end - source.first if end else None))
        self._store.deliver_spliced(
            chosen,
            runs,
            frames=self._segment.shape.frames,
            rate=self._segment.shape.rate,
            disk_rate=self._segment.stage.disk_rate,
        )

    def clear(self) -> None:
        """Remove the attempts' files; what is known of them stays."""
        for path in self._kept.values():
            path.unlink(missing_ok=True)
        self._store.clear()

    def _file(self, attempt: Attempt) -> Path:
        return self._store.file(attempt) or self._store.path(attempt.crf, attempt.first, attempt.end)


def keyframes(path: Path) -> tuple[int, ...]:
    """Return which frames of an AV1 file are keyframes, by their number.

    Raises:
        ToolFailedError: The file cannot be read.
    """
    try:
        with av.open(str(path), "r") as container:
            packets = (packet for packet in container.demux(video=0) if packet.size)
            return tuple(number for number, packet in enumerate(packets) if packet.is_keyframe)
    except av.FFmpegError as error:
        raise ToolFailedError(f"an encoded file cannot be read ({error.strerror})", path=path) from error
