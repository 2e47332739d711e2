"""What all encodes of a title share, and the settings slices of those who encode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drapto.engine.machine import memory_budget
from drapto.engine.needs import Needs
from drapto.engine.resources import Allotment, allot_cpus, encoder_memory
from drapto.media.complaints import codecs_beside
from drapto.media.model import AV1_CHROMA_LOCATIONS
from drapto.media.yuv import rgb_matrix
from drapto.quality.target import FixedCrf, Quality, QualityTarget, decide
from drapto.rules.run_state import cpus, jobs
from drapto.state.memory import measured
from drapto.video.encode_settings import EncodeShape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.config import Config
    from drapto.encoding.job import SegmentJob
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.hardware import HardwareDecoding
    from drapto.video.plan import Segment, SegmentPlan


@dataclass(frozen=True)
class Common:
    """What all encodes of a title share.

    Attributes:
        shape: What shapes their bytes, but for the CRF, and for what each segment has of its own.
        quality: To what they are encoded.
        strategy: The strategy's name.
        segments: How many there are.
        stream: Index of the video stream in the source.
        codec, pix_fmt: What it is coded in, by ffmpeg's names.
        rotated: Whether players rotate the picture.
        width, height: The encoded picture, pixels.
        allotment: How they are given the processors.
        memory: What each of them takes, bytes, by what was measured; 0 where nothing was.
        steady: The source's pictures are of one form to the end.
        beside: The codecs of all that the source holds beside the picture.
    """

    shape: EncodeShape
    quality: Quality
    strategy: str
    segments: int
    stream: int
    codec: str
    pix_fmt: str
    rotated: bool
    width: int
    height: int
    allotment: Allotment
    memory: int = 0
    steady: bool = True
    beside: tuple[str, ...] = ()

    @property
    def memory_kind(self) -> str:
        """What decides the memory that an encode takes."""
        return f"{self.width}x{self.height} preset {self.shape.preset}"

    @property
    def calibrated(self) -> bool:
        """Whether the searches begin with what the title's anchors tell."""
        return isinstance(self.quality, QualityTarget) and self.quality.calibrated

    @property
    def needs(self) -> Needs:
        """What each of them needs while it runs."""
        return Needs(cpus=self.allotment.lp, memory=self.memory or encoder_memory(self.width, self.height))

    def job(
        self,
        title: Title,
        segment: Segment,
        *,
        lp: int,
        decoding: HardwareDecoding | None = None,
        calibration: Path | None = None,
        made_with: tuple[str, ...] = (),
    ) -> SegmentJob:
        """Return a segment's encode as data.

        Args:
            title: The title.
            segment: The segment.
            lp: SVT-AV1's level of parallelism.
            decoding: The hardware that is to decode it; None for ffmpeg itself.
            calibration: What is known of the title; None where nothing is.
            made_with: The versions that decide its bytes; empty where they are not known.
        """
        from drapto.encoding.job import SegmentJob
        from drapto.video.request import EncodeRequest

        target, record = targets(title, segment)
        request = EncodeRequest(
            source=source_of(title, segment),
            stream=0 if segment.path else self.stream,
            target=target,
            index=segment.index,
            lp=lp,
            width=self.width,
            height=self.height,
            rotated=self.rotated,
            decoding=decoding,
            beside=() if segment.path else self.beside,
        )
        own = {"frames": segment.frames, "keyint": segment.keyint, "filters": segment.filters}
        shape = self.shape.model_copy(update=own)
        return SegmentJob(
            request,
            shape,
            self.quality,
            self.strategy,
            record,
            title.attempts,
            calibration,
            made_with,
            segment.scenes,
        )


def common_to(project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan) -> Common:
    """Return what all encodes of a title share."""
    width, height = crop.rect.width, crop.rect.height
    kind = f"{width}x{height} preset {project.config.encoding.preset}"
    memory = measured(title.encode_data, kind)
    allotment = allot_cpus(
        slots=cpus(project),
        jobs=jobs(project),
        segments=len(plan.segments),
        memory=memory_budget(project.config.resources.max_memory),
        need=memory or encoder_memory(width, height),
    )
    return Common(
        shape=shape_of(project.config, info, crop, plan),
        quality=decide(project.config, info, plan.rate).quality,
        strategy=plan.strategy,
        segments=len(plan.segments),
        stream=info.video.index,
        codec=info.video.codec,
        pix_fmt=info.video.pix_fmt,
        rotated=info.video.rotation % 360 != 0,
        width=width,
        height=height,
        allotment=allotment,
        memory=memory,
        steady=not info.video.changes,
        beside=tuple(sorted(codecs_beside(info, info.video.codec))),
    )


def source_of(title: Title, segment: Segment) -> Path:
    """Return the file that holds the segment's frames."""
    return title.work / segment.path if segment.path else title.film


def targets(title: Title, segment: Segment) -> list[Path]:
    """Return the encoded segment and its record."""
    return [title.encoded / f"{segment.name}.mkv", title.encoded / f"{segment.name}.json"]


def shape_of(config: Config, info: SourceInfo, crop: CropInfo, plan: SegmentPlan) -> EncodeShape:
    """Return what shapes the bytes of all of a title's encoded segments; each has frames of its own."""
    encoding = config.encoding
    location = info.video.colour.chroma_location
    return EncodeShape(
        preset=encoding.preset,
        svt_params=encoding.svt_params,
        film_grain=encoding.film_grain,
        pix_fmt=encoding.pix_fmt,
        crop=crop.rect if crop.cuts else None,
        rate=plan.rate,
        frames=0,
        keyint=0,
        yuv_matrix=rgb_matrix(info.video),
        chroma_location=location if location in AV1_CHROMA_LOCATIONS else None,
    )


def encode_slice(common: Common) -> dict[str, Any]:
    """Return the settings slice of a title's encodes, but for what `segment_slice` adds.

    doit compares it with those of older runs: another key, or a value that is written in another way, would
    encode every finished segment again.
    """
    quality = common.quality
    return {
        **common.shape.model_dump(mode="json"),
        "crf": quality.crf if isinstance(quality, FixedCrf) else None,
        "target": quality.as_setting if isinstance(quality, QualityTarget) else None,
        "strategy": common.strategy,
    }


def segment_slice(shared: dict[str, Any], segment: Segment) -> dict[str, Any]:
    """Return the settings slice of a segment's encode.

    Args:
        shared: What `encode_slice` returned.
        segment: The segment.
    """
    return {
        **shared,
        "frames": segment.frames,
        "keyint": segment.keyint,
        "filters": list(segment.filters),
        # of no concern to a fixed CRF, nor to what an earlier version has planned
        **({"scenes": list(segment.scenes)} if shared["target"] and segment.scenes else {}),
    }


def calibration_slice(common: Common, anchors: Sequence[Segment]) -> dict[str, Any]:
    """Return what calibrating reads of the settings: not the target, which may change without it."""
    quality = common.quality
    target = quality.as_setting if isinstance(quality, QualityTarget) else {}
    return {
        **common.shape.model_dump(mode="json", exclude={"frames", "keyint"}),
        "metric": target.get("metric", ""),
        **{name: value for name, value in target.items() if name in ("display", "statistic", "light")},
        "anchors": [
            [
                *(segment.index, segment.frames, segment.keyint, list(segment.filters)),
                *([list(segment.scenes)] if segment.scenes else []),
            ]
            for segment in anchors
        ],
    }


def display_of(config: Config, info: SourceInfo, plan: SegmentPlan) -> str:
    """Return how large the picture is shown for its score; nothing where it is not scored as shown."""
    decided = decide(config, info, plan.rate).quality
    return decided.display.size if isinstance(decided, QualityTarget) and decided.display else ""
