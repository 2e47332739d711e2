"""What is to be known of a title before its segments are searched, from a few short samples of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.engine import atomic
from drapto.engine.document import Document, Model
from drapto.quality.metrics import METRICS, Metric, Reference
from drapto.quality.scale import Scale, expect
from drapto.quality.scores import Part, Scores, together
from drapto.quality.sketch import sketch
from drapto.video.encode import run_encoder
from drapto.video.strategies import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.engine.job import Job
    from drapto.video.encode_settings import EncodeSettings

SAMPLE_STEP = 3
"""Every third frame of a sample is measured."""


class Sample(Model):
    """A short run of a title's frames.

    Attributes:
        segment: The number of the segment that it is the beginning of.
        crf: The CRF of both its encodes.
        frames: How many frames.
        scores: Of its real encode.
        sketch: Of its sketch.
    """

    segment: int
    crf: float
    frames: int
    scores: Scores
    sketch: Scores


class Calibration(Document):
    """What is known of a title before its segments are encoded (``calibration.json``).

    It does not depend on the target, so that another target finds it as it is.

    Attributes:
        metric: The metric's name.
        samples: None where the title is too short to be worth it.
        cpu_seconds: What they took.
    """

    metric: str
    samples: tuple[Sample, ...]
    cpu_seconds: float

    def first(self, target: float) -> float:
        """Return the CRF at which the title as a whole is likely to score ``target``."""
        by_crf: dict[float, list[Part]] = {}
        for sample in self.samples:
            by_crf.setdefault(sample.crf, []).append(Part(frames=sample.frames, scores=sample.scores))
        points = [(crf, together(parts).harmonic) for crf, parts in by_crf.items()]
        return expect(target, points, self._scale).first

    @property
    def bias(self) -> float:
        """By how much the loss of a sketch of this title exceeds that of the real encode.

        The samples are few and short, and they stray: it is taken to be nearer to none than they say.
        """
        losses = [
            self._scale.loss(one.sketch.harmonic) - self._scale.loss(one.scores.harmonic)
            for one in self.samples
        ]
        return sum(losses) / (len(losses) + 1)

    @property
    def _scale(self) -> Scale:
        return METRICS[self.metric].scale


class Window(NamedTuple):
    """Where a sample is taken from.

    Attributes:
        segment: The segment's number.
        reference: Its frames, no more than the sample has.
    """

    segment: int
    reference: Reference


def calibrate(
    windows: Sequence[Window], crf: float, settings: EncodeSettings, target: Path, *, metric: str, job: Job
) -> Calibration:
    """Encode and measure samples of a title, each also as a sketch.

    Args:
        windows: The samples; none for a title that is too short.
        crf: The CRF.
        settings: What shapes the bytes, but for the CRF and the frames.
        target: ``calibration.json``.
        metric: The metric's name.
        job: The title's surroundings.

    Raises:
        FrameCountError: A sample did not come to its frames.
        ToolFailedError: A child process failed.
    """
    samples, spent = [], 0.0
    for window in windows:
        with job.cpu.hold(1):
            sample, cpu = _sample(window, settings.at(crf), crf, target, METRICS[metric], job)
        samples.append(sample)
        spent += cpu
    return Calibration(metric=metric, samples=tuple(samples), cpu_seconds=round(spent, 3)).write(target)


def _sample(
    window: Window, settings: EncodeSettings, crf: float, target: Path, metric: Metric, job: Job
) -> tuple[Sample, float]:
    reference = window.reference
    frames = reference.frames
    shape = settings.model_copy(update={"frames": frames, "keyint": frames})
    with sketch(reference, target, job=job, stage="calibrate") as drawn:
        sketched = drawn.try_at(crf, shape, metric, job=job, stage="calibrate")
    with atomic.scratch(target) as path, atomic.scratch(target) as log:
        piece = Piece(
            source=reference.source,
            stream=reference.stream,
            target=path,
            record=path,
            index=window.segment,
            slots=1,
            lp=1,
            attempts=target.parent,
            width=reference.width,
            height=reference.height,
        )
        done = run_encoder(piece, path, shape, job=job, stage="calibrate")
        scores, cpu = metric.measure(
            path, reference, log, step=SAMPLE_STEP, threads=1, job=job, stage="calibrate"
        )
    sample = Sample(segment=window.segment, crf=crf, frames=frames, scores=scores, sketch=sketched)
    return sample, drawn.cpu_seconds + done.cpu_seconds + cpu
