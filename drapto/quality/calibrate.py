"""What CRF a title's target is likely to need, learned from a few short samples of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine.document import Document, Model
from drapto.quality.metrics import METRICS, Metric, Reference
from drapto.quality.scale import Expectation, expect
from drapto.quality.scores import Part, Scores, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from drapto.engine.job import Job
    from drapto.video.encode_settings import EncodeSettings

SAMPLE_STEP = 3
"""Every third frame of a sample is measured."""


class Sample(Model):
    """A short run of a title's frames, encoded once.

    Attributes:
        segment: The number of the segment that it is the beginning of.
        crf: Its CRF.
        frames: How many frames.
        scores: What was measured.
    """

    segment: int
    crf: float
    frames: int
    scores: Scores


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


def expectation(metric: Metric, samples: Iterable[Sample], target: float) -> Expectation:
    """Return what is expected of the segments of a title with these samples."""
    by_crf: dict[float, list[Part]] = {}
    for sample in samples:
        by_crf.setdefault(sample.crf, []).append(Part(frames=sample.frames, scores=sample.scores))
    points = [(crf, together(parts).harmonic) for crf, parts in by_crf.items()]
    return expect(target, points, metric.scale)


@dataclass(frozen=True)
class Window:
    """Where a sample is taken from.

    Attributes:
        segment: The segment's number.
        reference: Its frames, no more than the sample has.
    """

    segment: int
    reference: Reference


def calibrate(
    windows: Sequence[Window],
    crfs: Sequence[float],
    settings: EncodeSettings,
    target: Path,
    *,
    metric: str,
    job: Job,
) -> Calibration:
    """Encode and measure samples of a title.

    Args:
        windows: The samples; none for a title that is too short.
        crfs: The CRFs that each is encoded at.
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
        for crf in crfs:
            with job.cpu.hold(1):
                sample, cpu = _sample(window, crf, settings, target.parent, metric, job)
            samples.append(sample)
            spent += cpu
    return Calibration(metric=metric, samples=tuple(samples), cpu_seconds=round(spent, 3)).write(target)


def _sample(
    window: Window, crf: float, settings: EncodeSettings, folder: Path, metric: str, job: Job
) -> tuple[Sample, float]:
    from drapto.engine.atomic import scratch  # noqa: PLC0415
    from drapto.video.encode import run_encoder  # noqa: PLC0415  brings PyAV, which the graph does not need
    from drapto.video.strategies import Piece  # noqa: PLC0415

    reference = window.reference
    frames = reference.frames
    shape = settings.at(crf).model_copy(update={"frames": frames, "keyint": frames})
    with scratch(folder / f"sample-{window.segment:04d}.mkv") as path, scratch(folder / "sample.log") as log:
        piece = Piece(
            source=reference.source,
            stream=reference.stream,
            target=path,
            record=path,
            index=window.segment,
            slots=1,
            lp=1,
            attempts=folder,
            width=reference.width,
            height=reference.height,
        )
        done = run_encoder(piece, path, shape, job=job, stage="calibrate")
        scores, cpu = METRICS[metric].measure(
            path, reference, log, step=SAMPLE_STEP, threads=1, job=job, stage="calibrate"
        )
    sample = Sample(segment=window.segment, crf=crf, frames=frames, scores=scores)
    return sample, done.cpu_seconds + cpu
