"""What all encodes of a title share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine.resources import CpuShare, share_cpu
from drapto.media.model import AV1_CHROMA_LOCATIONS
from drapto.media.yuv import rgb_matrix
from drapto.quality.target import choose_quality, crf_for
from drapto.rules.run_state import cpus, jobs
from drapto.video.encode_settings import EncodeSettings
from drapto.video.request import EncodeRequest

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.config import Config
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.plan import Segment, SegmentPlan


@dataclass(frozen=True)
class Common:
    """What all encodes of a title share.

    Attributes:
        settings: What shapes their bytes, but for what each segment has of its own.
        strategy: The strategy's name.
        segments: How many there are.
        stream: Index of the video stream in the source.
        codec, pix_fmt: What it is coded in, by ffmpeg's names.
        turned: Whether players turn the picture.
        width, height: The encoded picture, pixels.
        share: How they share the processors.
    """

    settings: EncodeSettings
    strategy: str
    segments: int
    stream: int
    codec: str
    pix_fmt: str
    turned: bool
    width: int
    height: int
    share: CpuShare

    def settings_for(self, segment: Segment) -> EncodeSettings:
        """Return what shapes the bytes of a segment."""
        own = {"frames": segment.frames, "keyint": segment.keyint, "filters": segment.filters}
        return self.settings.model_copy(update=own)

    def request(self, title: Title, segment: Segment, *, lp: int) -> EncodeRequest:
        """Return what a strategy is given to encode."""
        target, record = targets(title, segment)
        return EncodeRequest(
            source=source_of(title, segment),
            stream=0 if segment.path else self.stream,
            target=target,
            record=record,
            index=segment.index,
            slots=self.share.lp,
            lp=lp,
            attempts=title.attempts,
            width=self.width,
            height=self.height,
            calibration=title.calibration if self.settings.calibrated else None,
            turned=self.turned,
        )


def common_to(project: Project, info: SourceInfo, crop: CropInfo, plan: SegmentPlan) -> Common:
    """Return what all encodes of a title share."""
    width, height = crop.rect.width, crop.rect.height
    share = share_cpu(
        slots=cpus(project),
        jobs=jobs(project),
        segments=len(plan.segments),
        memory=project.config.resources.max_memory,
        width=width,
        height=height,
    )
    shape = settings(project.config, info, crop, plan)
    return Common(
        shape,
        plan.strategy,
        len(plan.segments),
        info.video.index,
        info.video.codec,
        info.video.pix_fmt,
        info.video.rotation % 360 != 0,
        width,
        height,
        share,
    )


def source_of(title: Title, segment: Segment) -> Path:
    """Return the file that holds the segment's frames."""
    return title.work / segment.path if segment.path else title.source


def targets(title: Title, segment: Segment) -> list[Path]:
    """Return the encoded segment and its record."""
    return [title.encoded / f"{segment.name}.mkv", title.encoded / f"{segment.name}.json"]


def settings(config: Config, info: SourceInfo, crop: CropInfo, plan: SegmentPlan) -> EncodeSettings:
    """Return what shapes the bytes of all of a title's encoded segments; each has frames of its own."""
    encoding = config.encoding
    location = info.video.colour.chroma_location
    target = choose_quality(config, info).target
    return EncodeSettings(
        preset=encoding.preset,
        crf=None if target else crf_for(config, info.video.width, info.video.height),
        svt_params=encoding.svt_params,
        film_grain=encoding.film_grain,
        pix_fmt=encoding.pix_fmt,
        crop=crop.rect if crop.cuts else None,
        rate=plan.rate,
        frames=0,
        keyint=0,
        yuv_matrix=rgb_matrix(info.video),
        chroma_location=location if location in AV1_CHROMA_LOCATIONS else None,
        target=target,
    )
