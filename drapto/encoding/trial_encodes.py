"""What a search asks for is made here: encodes of a segment, their scores, and the file that is delivered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import av

from drapto.encoding.attempts import Attempt, Joined
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.errors import ToolFailedError
from drapto.quality.scores import Part, together
from drapto.video.encode import run_encoder
from drapto.video.join import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.encoding.attempt_store import Workbench
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.quality.metrics import Metric, Reference
    from drapto.quality.scores import Scores
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import EncodeRequest


class Maker:
    """Makes each thing once: what is on the bench already is taken from there.

    Args:
        request: The segment.
        settings: What shapes its bytes.
        metric: What is measured.
        reference: The segment's frames.
        bench: Where attempts are kept.
        context: The title's surroundings.
        on_progress: Called about twice a second during each encode.
    """

    def __init__(
        self,
        request: EncodeRequest,
        settings: EncodeSettings,
        metric: Metric,
        reference: Reference,
        bench: Workbench,
        *,
        context: StageContext,
        on_progress: Callable[[EncodeProgress], None] | None,
    ) -> None:
        self._request = request
        self._settings = settings
        self._metric = metric
        self._reference = reference
        self._bench = bench
        self._context = context
        self._on_progress = on_progress

    def encoded(self, crf: float, first: int = 0) -> Attempt:
        """Encode the frames from ``first`` on at ``crf``, unless that was done and the file is there."""
        known = self._bench.known.at(crf, first)
        if known is not None and self._bench.file(known) is not None:
            return known
        path = self._bench.path(crf, first)
        if known is None and path.is_file():
            # a run was killed between the encode, which is whole, and the record of what it took
            return self._keep(Attempt(crf=crf, first=first, bytes=0, digest=""), path)
        with atomic.replacing(path) as partial:
            done = run_encoder(
                self._request,
                partial,
                self._settings.at(crf).tail(first),
                context=self._context,
                on_progress=self._progress_from(first),
            )
        if known is not None and known.digest == digest(path):
            return known  # the same bytes again, since the encoder is deterministic: what was measured holds
        attempt = Attempt(
            crf=crf,
            first=first,
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
        return self._bench.keep(attempt.model_copy(update=found))

    def _progress_from(self, first: int) -> Callable[[EncodeProgress], None] | None:
        """Return who is told of a tail's progress as the segment's."""
        told = self._on_progress
        if told is None:
            return None
        return lambda progress: told(replace(progress, frame=first + progress.frame))

    def measured(self, attempt: Attempt, every: int) -> Scores:
        """Measure every ``every``-th frame of an attempt, unless that was done."""
        known = attempt.measured(every)
        if known is not None:
            return known
        path = self._bench.file(attempt)
        if path is None:
            attempt = self.encoded(attempt.crf, attempt.first)
            path = self._bench.path(attempt.crf, attempt.first)
        scores, cpu = self._measure(path, attempt.first, every)
        spent = attempt.measuring_cpu_seconds + cpu
        update = {"scores": (*attempt.scores, scores), "measuring_cpu_seconds": round(spent, 3)}
        self._bench.keep(attempt.model_copy(update=update))
        return scores

    def _measure(self, path: Path, first: int, every: int) -> tuple[Scores, float]:
        with atomic.scratch(self._bench.record) as scores_file:
            return self._metric.measure(
                path,
                self._reference.tail(first),
                scores_file,
                step=every,
                threads=self._request.lp,
                context=self._context,
                log=f"encode-{self._request.index:04d}",
            )

    def together(self, joined: Joined, every: int) -> Scores:
        """Return the scores of a mended segment, measuring what was not."""
        if any(one.measured(every) is None for one in self.sources(joined)):
            if self._bench.delivered() == joined:
                # asked for more frames than before, while what it was joined from is gone
                return self._measure(self._request.target, 0, every)[0]
            for attempt in self.sources(joined):
                self.measured(attempt, every)
        frames = self._settings.frames
        whole, tail = (attempt.measured(every) for attempt in self.sources(joined))
        head = whole.between(0, joined.first) if whole else None
        if tail and not self._bench.known.at(joined.tail_crf, joined.first):
            tail = tail.between(joined.first, frames)
        if head is None or tail is None:
            raise ValueError("a tail without a measured frame")
        parts = [Part(frames=joined.first, scores=head), Part(frames=frames - joined.first, scores=tail)]
        return together(parts, listed=True)

    def sources(self, joined: Joined) -> tuple[Attempt, Attempt]:
        """Return the attempts that a mended segment is of: that of the whole, and that of the tail."""
        known = self._bench.known
        head = known.at(joined.crf)
        tail = known.at(joined.tail_crf, joined.first) or known.at(joined.tail_crf)
        if head is None or tail is None:
            raise ValueError(f"{joined} was not tried")
        return head, tail

    def deliver(self, chosen: Attempt | Joined) -> None:
        """Make what was chosen the segment's file, unless it is."""
        if self._bench.delivered() == chosen:
            return
        if isinstance(chosen, Attempt):
            attempt = self.encoded(chosen.crf)
            self._bench.deliver(self._bench.file(attempt) or self._bench.path(attempt.crf))
            return
        head, tail = (self.encoded(one.crf, one.first) for one in self.sources(chosen))
        cut = chosen.first - tail.first
        runs = [Run(self._file(head), 0, chosen.first), Run(self._file(tail), cut)]
        self._bench.deliver_joined(
            chosen,
            runs,
            frames=self._settings.frames,
            rate=self._settings.rate,
            disk_rate=self._context.disk_rate,
        )

    def _file(self, attempt: Attempt) -> Path:
        return self._bench.file(attempt) or self._bench.path(attempt.crf, attempt.first)


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
