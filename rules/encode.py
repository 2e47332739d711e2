"""encode: each segment through SVT-AV1, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine.resources import CpuShare, share_cpu
from drapto.errors import printable
from drapto.media.model import AV1_CHROMA_LOCATIONS
from drapto.media.yuv import rgb_matrix
from drapto.quality.target import choose_quality
from drapto.state.bus import bus
from drapto.state.events import EncodingStarted, Progress, SegmentComplete
from drapto.video.encode_settings import EncodedSegment, EncodeSettings
from drapto.video.strategies import Piece, named
from drapto.words import count_text, score_text, size_text, time_text
from rules.decoding import decoder_news, with_decoder
from rules.task import rule
from rules.workshop import jobs, slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.config import Config
    from drapto.engine.job import EncodeProgress, Job
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "encode"

SD = (1280, 720)
HD = (1920, 1080)
"""Largest picture of each class, long side and short side in pixels; what is larger is UHD."""


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

    def piece(self, title: Title, segment: Segment, *, lp: int) -> Piece:
        """Return what a strategy is given to encode."""
        target, record = targets(title, segment)
        return Piece(
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
        slots=slots(project).count,
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


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield a task for each segment, those that take longest first."""
    common = common_to(project, info, crop, plan)
    calibration = [str(title.calibration)] if common.settings.calibrated else []
    common_slice = {**common.settings.model_dump(mode="json"), "strategy": plan.strategy}
    # as text: there may be thousands of segments, and pathlib is slow
    work, encoded, source = str(title.work), str(title.encoded), str(title.source)
    rated = plan.efforts()
    threads = common.share.lp_of([effort for _, effort in rated])
    for (segment, _), lp in zip(rated, threads, strict=True):
        yield rule(
            project,
            title,
            STAGE,
            segment=segment.index,
            action=build,
            # what the segment holds is in its file; the crop and the frame count are in the settings slice,
            # so that new evidence for the same crop, or another cut elsewhere, encodes nothing again
            file_dep=[f"{work}/{segment.path}" if segment.path else source, *calibration],
            targets=[f"{encoded}/{segment.name}.{kind}" for kind in ("mkv", "json")],
            settings={
                **common_slice,
                "frames": segment.frames,
                "keyint": segment.keyint,
                "filters": list(segment.filters),
            },
            arguments={"common": common, "segment": segment, "lp": lp},
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


def crf_for(config: Config, width: int, height: int) -> float:
    """Return the CRF for a source of this size, upright or lying."""
    long, short = max(width, height), min(width, height)
    for (widest, highest), crf in ((SD, config.encoding.crf.sd), (HD, config.encoding.crf.hd)):
        if long <= widest and short <= highest:
            return crf
    return config.encoding.crf.uhd


def build(job: Job, project: Project, title: Title, *, common: Common, segment: Segment, lp: int) -> str:
    """Encode a segment."""
    settings = common.settings_for(segment)

    def report(progress: EncodeProgress) -> None:
        bus.publish(
            Progress(
                title=title.name,
                stage=STAGE,
                segment=segment.index,
                frame=progress.frame,
                frames=segment.frames,
                fps=progress.fps,
                bytes=progress.size,
            )
        )

    def started() -> None:
        bus.publish(
            EncodingStarted(
                title=title.name,
                segment=segment.index,
                segments=common.segments,
                frames=segment.frames,
                strategy=common.strategy,
                crf=settings.crf,
            )
        )

    piece = with_decoder(common.piece(title, segment, lp=lp), settings, job, project, title, common)
    encoded = named(common.strategy).encode(piece, settings, job=job, on_start=started, on_progress=report)
    bus.publish(
        SegmentComplete(
            title=title.name,
            segment=segment.index,
            frames=encoded.frames,
            bytes=encoded.bytes,
            seconds=encoded.seconds,
            crf=encoded.crf,
            attempts=encoded.attempts,
            score=encoded.scores.harmonic if encoded.scores else None,
            tier=encoded.tier,
            why=encoded.why,
        )
    )
    speed = encoded.frames / encoded.seconds if encoded.seconds else 0.0
    sizes = f"{size_text(encoded.bytes)}, {speed:.1f} fps"
    summary = f"{encoded.frames} frames, CRF {_crf(encoded)}{_quality(encoded)}, {sizes}"
    if encoded.complaints:
        log = f"{printable(title.logs)}/{STAGE}-{segment.name}.log"
        where = f"the picture is damaged after {time_text(segment.start_time)}"
        said = f"{count_text(encoded.complaints, 'error')}, the first: {encoded.complaint}"
        summary += f"\n{printable(title.source)}: {where} ({said}); look there, or rip it again; see {log}"
    return summary + decoder_news(piece, job, project, title)


def _crf(encoded: EncodedSegment) -> str:
    """Say the CRF, or those that follow each other."""
    return ", then ".join(f"{one.crf:g}" for one in encoded.stretches) or f"{encoded.crf:g}"


def _quality(encoded: EncodedSegment) -> str:
    """Say what was measured, and why that is not the target where it is not."""
    if encoded.scores is None:
        return ""
    kept = "" if encoded.why == "target" else f" ({encoded.why})"
    return f", {score_text(encoded.scores.metric, encoded.scores.harmonic)}{kept}"
