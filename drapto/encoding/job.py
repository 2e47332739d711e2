"""One segment's encode: as data that can be sent to where it runs, and with what it works on there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.quality.dividing import starts
from drapto.quality.metrics import METRICS
from drapto.quality.reference import Reference
from drapto.quality.splice import MEANS
from drapto.video.cut import KEYFRAME_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.metric import Metric
    from drapto.quality.scores import Measurement
    from drapto.quality.target import Quality, QualityTarget
    from drapto.video.encode_settings import EncodeShape
    from drapto.video.request import EncodeRequest


@dataclass(frozen=True)
class SegmentJob:
    """One segment to be encoded: what, how, to what quality, and where all of it is put. Picklable.

    Attributes:
        request: What is to be encoded, and where to.
        shape: What shapes its bytes, but for the CRF.
        quality: The CRF, or the target for which it is searched.
        strategy: The name of the strategy that encodes it.
        record: The JSON file to write beside the encoded one.
        attempts: The directory of what is tried on the way to a target.
        calibration: What is known of the title (``calibration.json``); None where nothing is.
        made_with: The versions that decide the encode's bytes; empty where they are not known.
        scenes: Which of its frames begin a new scene.
    """

    request: EncodeRequest
    shape: EncodeShape
    quality: Quality
    strategy: str
    record: Path
    attempts: Path
    calibration: Path | None = None
    made_with: tuple[str, ...] = ()
    scenes: tuple[int, ...] = ()


@dataclass(frozen=True)
class SegmentContext:
    """A segment while its CRF is searched for, with its surroundings.

    Attributes:
        job: The segment.
        target: The quality that it is to have.
        stage: The title's surroundings.
    """

    job: SegmentJob
    target: QualityTarget
    stage: StageContext

    @property
    def request(self) -> EncodeRequest:
        """What is to be encoded, and where to."""
        return self.job.request

    @property
    def shape(self) -> EncodeShape:
        """What shapes its bytes, but for the CRF."""
        return self.job.shape

    @property
    def starts(self) -> tuple[int, ...]:
        """Where its parts begin; it has one where the figures of parts do not give that of the whole."""
        if self.target.statistic not in MEANS:
            return (0,)
        # the interval of a short segment is its own length
        interval = max(self.shape.keyint, round(KEYFRAME_SECONDS * self.shape.rate))
        return starts(self.shape.frames, interval, self.job.scenes)

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return METRICS[self.target.metric]

    @property
    def reference(self) -> Reference:
        """What its encodes are held against."""
        request, shape = self.job.request, self.job.shape
        return Reference(
            source=request.source,
            stream=request.stream,
            crop=shape.crop,
            pix_fmt=shape.pix_fmt,
            width=request.width,
            height=request.height,
            frames=shape.frames,
            rate=shape.rate,
            filters=shape.filters,
            yuv_matrix=shape.yuv_matrix,
            display=self.target.display,
            light=self.target.light,
        )

    @property
    def measurement(self) -> Measurement:
        """What its scores are of."""
        return self.metric.measurement(self.reference)
