"""What a search asks for is made here: encodes of a segment, their scores, and the file that is delivered."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import av

from drapto.encoding.attempts import Attempt, Look, Splice
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.errors import ToolFailedError
from drapto.quality.blocks import wrong_blocks
from drapto.quality.scores import Part, pooled, scores_as
from drapto.video.encode import run_encoder
from drapto.video.join import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.encoding.attempt_store import AttemptStore
    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentContext
    from drapto.engine.context import EncodeProgress
    from drapto.quality.reference import Reference
    from drapto.quality.scores import Scores
    from drapto.video.encode_settings import EncodeSettings


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

    @property
    def known(self) -> Attempts:
        """All that has been tried."""
        return self._store.known

    def delivered(self) -> Attempt | Splice | None:
        """Return what the segment's encoded file is already; None where there is none."""
        return self._store.delivered()

    def encoded(self, crf: float, first: int = 0, preset: int | None = None) -> Attempt:
        """Encode the frames from ``first`` on at ``crf``, unless that was done and the file is there.

        Args:
            crf: The CRF.
            first: How many frames are left out.
            preset: Another preset than the title's; None for that.

        Raises:
            FrameCountError: It did not come to its frames.
            ToolFailedError: The encoder failed.
        """
        known = self._store.known.at(crf, first, preset)
        if known is not None and self._store.file(known) is not None:
            return known
        path = self._store.path(crf, first, preset)
        if known is None and path.is_file():
            # a run was killed between the encode, which is whole, and the record of what it took
            return self._keep(Attempt(crf=crf, first=first, preset=preset, bytes=0, digest=""), path)
        with atomic.replacing(path) as partial:
            done = run_encoder(
                self._segment.request,
                partial,
                self._settings(crf, first, preset),
                context=self._segment.stage,
                report=self._report_from(first),
            )
        if known is not None and known.digest == digest(path):
            return known  # the same bytes again, since the encoder is deterministic: what was measured holds
        attempt = Attempt(
            crf=crf,
            first=first,
            preset=preset,
            bytes=done.bytes,
            digest="",
            seconds=done.seconds,
            cpu_seconds=done.cpu_seconds,
            starts=done.starts,
            complaints=len(done.complaints),
            complaint="".join(done.complaints[:1]),
        )
        return self._keep(attempt, path)

    def _settings(self, crf: float, first: int, preset: int | None) -> EncodeSettings:
        settings = self._segment.shape.at(crf).tail(first)
        return settings if preset is None else settings.model_copy(update={"preset": preset})

    def _keep(self, attempt: Attempt, path: Path) -> Attempt:
        found = {
            "bytes": path.stat().st_size,
            "digest": digest(path),
            "keyframes": keyframes(path),
            "header": header(path),
        }
        return self._store.keep(attempt.model_copy(update=found))

    def _report_from(self, first: int) -> Callable[[EncodeProgress], None] | None:
        """Return who is told of a tail's progress as the segment's."""
        report = self._report
        if report is None:
            return None
        return lambda progress: report(replace(progress, frame=first + progress.frame))

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure every ``stride``-th frame of an attempt, unless that was done.

        Raises:
            ToolFailedError: A child process failed.
        """
        attempt = self._store.known.at(attempt.crf, attempt.first, attempt.preset) or attempt
        known = attempt.measured(stride)
        if known is not None:
            return known
        if self._store.file(attempt) is None:
            attempt = self.encoded(attempt.crf, attempt.first, attempt.preset)
        scores, cpu = self._measure(self._file(attempt), attempt.first, stride)
        spent = attempt.measuring_cpu_seconds + cpu
        update = {"scores": (*attempt.scores, scores), "measuring_cpu_seconds": round(spent, 3)}
        self._store.keep(attempt.model_copy(update=update))
        return scores

    def _measure(self, path: Path, first: int, stride: int) -> tuple[Scores, float]:
        return self._measure_part(path, self._segment.reference.tail(first), stride)

    def _measure_part(self, path: Path, reference: Reference, stride: int) -> tuple[Scores, float]:
        segment = self._segment
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
                return self._measure(self._segment.request.target, 0, stride)[0]
            for attempt in self.sources(spliced):
                self.measured(attempt, stride)
        frames = self._segment.shape.frames
        whole, tail = (attempt.measured(stride) for attempt in self.sources(spliced))
        head = whole.between(0, spliced.first) if whole else None
        if tail and not self._store.known.at(spliced.tail_crf, spliced.first, spliced.tail_preset):
            tail = tail.between(spliced.first, frames)
        if head is None or tail is None:
            raise ValueError("a tail without a measured frame")
        parts = [Part(frames=spliced.first, scores=head), Part(frames=frames - spliced.first, scores=tail)]
        return pooled(parts, listed=True)

    def look(self, attempt: Attempt, first: int, frames: int) -> Scores:
        """Measure every frame of a part of an attempt, unless that was done.

        Args:
            attempt: The attempt.
            first: The number of the part's first frame in it.
            frames: How many it has.

        Raises:
            ToolFailedError: A child process failed.
        """
        attempt = self._store.known.at(attempt.crf, attempt.first, attempt.preset) or attempt
        segment = self._segment
        kind = segment.measurement
        for known in attempt.looks:
            if (known.first, len(known.scores.values), known.scores.measurement) == (first, frames, kind):
                return known.scores
        if self._store.file(attempt) is None:
            attempt = self.encoded(attempt.crf, attempt.first, attempt.preset)
        # the frames around the part are for the motion at its ends, and are measured without all of theirs
        reach, encode = segment.reference.shown.reach, segment.reference.tail(attempt.first)
        begin = max(0, first - reach.before)
        end = min(encode.frames, first + frames + reach.after)
        whole, cpu = self._measure_part(self._file(attempt), encode.window(begin, end - begin), 1)
        scores = scores_as(kind, whole.values[first - begin :][:frames])
        update = {
            "looks": (*attempt.looks, Look(first=first, scores=scores)),
            "measuring_cpu_seconds": round(attempt.measuring_cpu_seconds + cpu, 3),
        }
        self._store.keep(attempt.model_copy(update=update))
        return scores

    def wrong(self, attempt: Attempt) -> tuple[tuple[int, float], ...]:
        """Return which frames of an attempt have wrong blocks, looking for them unless that was done.

        Raises:
            ToolFailedError: A child process failed.
        """
        attempt = self._store.known.at(attempt.crf, attempt.first, attempt.preset) or attempt
        if attempt.wrong is not None:
            return attempt.wrong
        if self._store.file(attempt) is None:
            attempt = self.encoded(attempt.crf, attempt.first, attempt.preset)
        segment = self._segment
        with atomic.scratch(self._store.record) as found_file:
            found, cpu = wrong_blocks(
                self._file(attempt),
                segment.reference.tail(attempt.first),
                found_file,
                threads=segment.request.lp,
                context=segment.stage,
                log=segment.request.log,
            )
        spent = round(attempt.measuring_cpu_seconds + cpu, 3)
        self._store.keep(attempt.model_copy(update={"wrong": found, "measuring_cpu_seconds": spent}))
        return found

    def sources(self, chosen: Attempt | Splice) -> tuple[Attempt, ...]:
        """Return the attempts that a segment's file is of: that of the whole, and that of a spliced tail."""
        return (chosen,) if isinstance(chosen, Attempt) else self._store.known.sources(chosen)

    def deliver(self, chosen: Attempt | Splice) -> None:
        """Make what was chosen the segment's file, unless it is.

        Raises:
            ToolFailedError: A child process failed.
        """
        if self._store.delivered() == chosen:
            return
        if isinstance(chosen, Attempt):
            self._store.deliver(self._file(self.encoded(chosen.crf, 0, chosen.preset)))
            return
        sources = self.sources(chosen)
        head, tail = (self.encoded(one.crf, one.first, one.preset) for one in sources)
        self._store.deliver_spliced(
            chosen,
            [Run(self._file(head), 0, chosen.first), Run(self._file(tail), chosen.first - tail.first)],
            frames=self._segment.shape.frames,
            rate=self._segment.shape.rate,
            disk_rate=self._segment.stage.disk_rate,
        )

    def clear(self) -> None:
        """Remove the attempts' files; what is known of them stays."""
        self._store.clear()

    def _file(self, attempt: Attempt) -> Path:
        return self._store.file(attempt) or self._store.path(attempt.crf, attempt.first, attempt.preset)


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


def header(path: Path) -> str:
    """Return the digest of an AV1 file's sequence header, which all parts of one file have in common.

    Raises:
        ToolFailedError: The file cannot be read.
    """
    try:
        with av.open(str(path), "r") as container:
            found = container.streams.video[0].codec_context.extradata or b""
    except av.FFmpegError as error:
        raise ToolFailedError(f"an encoded file cannot be read ({error.strerror})", path=path) from error
    return hashlib.blake2b(found, digest_size=10).hexdigest()
