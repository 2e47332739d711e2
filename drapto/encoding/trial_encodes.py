"""What a search asks for is made here: encodes of a segment, their scores, and the file that is delivered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.encoding.attempts import Attempt, Look, Splice
from drapto.encoding.part_source import begun, keeping
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.quality.blocks import wrong_blocks
from drapto.quality.sampling import stride_of_part
from drapto.quality.scores import Part, pooled, scores_as
from drapto.video.encode import run_encoder
from drapto.video.encoded_file import header, keyframes
from drapto.video.join import Run
from drapto.video.packets import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.encoding.attempt_store import AttemptStore
    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentContext
    from drapto.engine.context import EncodeProgress
    from drapto.quality.metric import Measured
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
        self._frames = segment.shape.frames
        self._kept: dict[tuple[int, int, int], Path] = {}

    @property
    def known(self) -> Attempts:
        """All that has been tried."""
        return self._store.known

    def delivered(self) -> Attempt | Splice | None:
        """Return what the segment's encoded file is already; None where there is none."""
        return self._store.delivered()

    def encoded(
        self, crf: float, first: int = 0, end: int = 0, *, stride: int = 0, preset: int | None = None
    ) -> Attempt:
        """Encode the frames from ``first`` on at ``crf``, unless that was done and the file is there.

        Args:
            crf: The CRF.
            first: How many of the segment's frames go before them.
            end: The frame before which they end; 0 for the segment's end.
            stride: Every how many-th frame will be measured: those are kept, so that the source need not be
                decoded once more; 0 keeps none.
            preset: Another preset than the title's; None for that.

        Raises:
            FrameCountError: It did not come to its frames.
            ToolFailedError: The encoder failed.
        """
        known = self._store.known.at(crf, first, end, preset)
        if known is not None and self._store.file(known) is not None:
            return known
        path = self._store.path(crf, first, end, preset)
        if known is None and path.is_file():
            # a run was killed between the encode, which is whole, and the record of what it took
            return self._keep(Attempt(crf=crf, first=first, end=end, preset=preset, bytes=0, digest=""), path)
        with (
            atomic.replacing(path) as partial,
            keeping(self._segment, path, first, end, stride) as kept,
            begun(self._segment, self._store.known, path, first) as entry,
        ):
            done = run_encoder(
                self._segment.request,
                partial,
                self._settings(crf, first, end, preset),
                context=self._segment.stage,
                report=self._report_from(first),
                kept=kept,
                entry=entry,
            )
        if kept is not None and kept.path.is_file():
            frames = self._segment.reference.part(first, end).frames
            self._kept[first, end, stride_of_part(stride, frames)] = kept.path
        if known is not None and known.digest == digest(path):
            return known  # the same bytes again, since the encoder is deterministic: what was measured holds
        attempt = Attempt(
            crf=crf,
            first=first,
            end=end,
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

    def _again(self, attempt: Attempt) -> Attempt:
        """Return an attempt whose file is there."""
        return self.encoded(attempt.crf, attempt.first, attempt.end, preset=attempt.preset)

    def _settings(self, crf: float, first: int, end: int, preset: int | None) -> EncodeSettings:
        settings = self._segment.shape.at(crf).part(first, end)
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
        """Return who is told of a part's progress as the segment's."""
        report = self._report
        if report is None:
            return None
        return lambda progress: report(replace(progress, frame=first + progress.frame, first=first))

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure every ``stride``-th frame of an attempt, or more of a short one, unless that was done.

        Raises:
            ToolFailedError: A child process failed.
        """
        attempt = self._known(attempt)
        known = attempt.measured(stride, self._frames)
        if known is not None:
            return known
        if self._store.file(attempt) is None:
            attempt = self._again(attempt)
        stride = stride_of_part(stride, attempt.frames(self._frames))
        kept = self._kept.pop((attempt.first, attempt.end, stride), None)
        reference = replace(self._segment.reference.part(attempt.first, attempt.end), kept=kept)
        try:
            found = self._measure(self._file(attempt), reference, stride)
        finally:
            if kept is not None:
                kept.unlink(missing_ok=True)
        update = {
            "scores": (*attempt.scores, found.scores),
            "measuring_cpu_seconds": round(attempt.measuring_cpu_seconds + found.cpu_seconds, 3),
            "decoded": attempt.decoded or found.decoded,
        }
        self._store.keep(attempt.model_copy(update=update))
        return found.scores

    def _measure(self, path: Path, reference: Reference, stride: int) -> Measured:
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
        if any(one.measured(stride, self._frames) is None for one in self.sources(spliced)):
            if self._store.delivered() == spliced:
                # asked for more frames than before, while what it was spliced from is gone
                return self._measure(self._segment.request.target, self._segment.reference, stride).scores
            for attempt in self.sources(spliced):
                self.measured(attempt, stride)
        frames = self._frames
        parts: list[Part] = []
        at: list[int] = []
        for section, attempt in zip(spliced.sections, self.sources(spliced), strict=True):
            stop = section.end or frames
            scores = attempt.measured(stride, frames)
            if scores and attempt.section != section:
                scores = scores.between(section.first - attempt.first, stop - attempt.first)
            # of the few frames of a short one, none may be measured
            if scores:
                parts.append(Part(frames=stop - section.first, scores=scores))
                at += (section.first + number for number in scores.numbers)
        return pooled(parts, listed=True, at=at)

    def look(self, attempt: Attempt, first: int, frames: int) -> Scores:
        """Measure every frame of a part of an attempt, unless that was done.

        Args:
            attempt: The attempt.
            first: The number of the part's first frame in it.
            frames: How many it has.

        Raises:
            ToolFailedError: A child process failed.
        """
        attempt = self._known(attempt)
        segment = self._segment
        kind = segment.measurement
        for known in attempt.looks:
            if (known.first, len(known.scores.values), known.scores.measurement) == (first, frames, kind):
                return known.scores
        if self._store.file(attempt) is None:
            attempt = self._again(attempt)
        # the frames around the part are for the motion at its ends, and are measured without all of theirs
        reach, encode = segment.reference.shown.reach, segment.reference.part(attempt.first, attempt.end)
        begin = max(0, first - reach.before)
        end = min(encode.frames, first + frames + reach.after)
        found = self._measure(self._file(attempt), encode.window(begin, end - begin), 1)
        scores = scores_as(kind, found.scores.values[first - begin :][:frames])
        update = {
            "looks": (*attempt.looks, Look(first=first, scores=scores)),
            "measuring_cpu_seconds": round(attempt.measuring_cpu_seconds + found.cpu_seconds, 3),
        }
        self._store.keep(attempt.model_copy(update=update))
        return scores

    def wrong(self, attempt: Attempt) -> tuple[tuple[int, float], ...]:
        """Return which frames of an attempt have wrong blocks, looking for them unless that was done.

        Raises:
            ToolFailedError: A child process failed.
        """
        attempt = self._known(attempt)
        if attempt.wrong is not None:
            return attempt.wrong
        if self._store.file(attempt) is None:
            attempt = self._again(attempt)
        segment = self._segment
        with atomic.scratch(self._store.record) as found_file:
            found, cpu = wrong_blocks(
                self._file(attempt),
                segment.reference.part(attempt.first, attempt.end),
                found_file,
                threads=segment.request.lp,
                context=segment.stage,
                log=segment.request.log,
            )
        spent = round(attempt.measuring_cpu_seconds + cpu, 3)
        self._store.keep(attempt.model_copy(update={"wrong": found, "measuring_cpu_seconds": spent}))
        return found

    def sources(self, chosen: Attempt | Splice) -> tuple[Attempt, ...]:
        """Return the attempts that a segment's file is of: that of the whole, or that of each part."""
        return (chosen,) if isinstance(chosen, Attempt) else self._store.known.sources(chosen)

    def deliver(self, chosen: Attempt | Splice) -> str:
        """Make what was chosen the segment's file, unless it is.

        Returns:
            The digest of its packets where all of them were decoded when they were measured; empty else.

        Raises:
            ToolFailedError: A child process failed.
        """
        if self._store.delivered() == chosen:
            return self._store.decoded()
        if isinstance(chosen, Attempt):
            file = self._file(self._again(chosen))
            decoded = digest_of([Run(file)]) if chosen.decoded else ""
            self._store.deliver(file)
            return self._store.keep_decoded(decoded)
        runs = []
        for section, source in zip(chosen.sections, self.sources(chosen), strict=True):
            file, first = self._file(self._again(source)), source.first
            runs.append(Run(file, section.first - first, section.end - first if section.end else None))
        self._store.deliver_spliced(
            chosen,
            runs,
            frames=self._segment.shape.frames,
            rate=self._segment.shape.rate,
            disk_rate=self._segment.stage.disk_rate,
        )
        each = zip(chosen.sections, self.sources(chosen), strict=True)
        whole = all(source.decoded and source.section == section for section, source in each)
        return self._store.keep_decoded(digest_of(runs) if whole else "")

    def clear(self) -> None:
        """Remove the attempts' files; what is known of them stays."""
        for path in self._kept.values():
            path.unlink(missing_ok=True)
        self._store.clear()

    def _known(self, attempt: Attempt) -> Attempt:
        """Return an attempt with all that is known of it by now."""
        return self._store.known.at(attempt.crf, attempt.first, attempt.end, attempt.preset) or attempt

    def _file(self, attempt: Attempt) -> Path:
        own = self._store.path(attempt.crf, attempt.first, attempt.end, attempt.preset)
        return self._store.file(attempt) or own
