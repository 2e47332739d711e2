"""What a target costs: against a fixed CRF, and against ab-av1; and how true the scores are."""

from __future__ import annotations

import math
import shutil
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.abav1 import auto_encode
from bench.encoding import PRESET, SVT
from bench.timing import doit, median, timed
from drapto.config import Config
from drapto.encoding.abav1 import SearchSettings, find_ab_av1
from drapto.encoding.record import EncodedSegment
from drapto.engine.context import StageContext
from drapto.engine.resources import DiskRate
from drapto.errors import ToolMissingError
from drapto.media.model import CropInfo, SourceInfo
from drapto.quality.metrics import METRICS
from drapto.quality.reference import Reference
from drapto.quality.scores import Part, pooled
from drapto.quality.target import display_for
from drapto.rules import DODO
from drapto.video.encode import encode_arguments
from drapto.video.encode_settings import EncodeSettings
from drapto.video.plan import SegmentPlan

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.quality.scores import Scores
    from drapto.video.plan import Segment

TARGET = 93.0

FURTHER = 3.0
"""CRFs to the encode that tells how bytes grow with VMAF."""

CLOSE = 0.75
"""Points of VMAF from the target within which a segment counts as delivered as asked."""


@dataclass(frozen=True)
class Peer:
    """What ab-av1 made of some of the segments, and what drapto did of the same.

    Attributes:
        segments: How many.
        cpu, own_cpu: Processor seconds, ab-av1's and drapto's, of all searching, encoding and measuring.
        bytes, own_bytes: Of the encodes, for the segment's frames.
        vmaf, own_vmaf: Harmonic mean of all frames of all of them, measured in the same way.
        close, own_close: How many are within `CLOSE` of the target.
        fall: By how much the logarithm of the bytes grows with each point of VMAF.
    """

    segments: int
    cpu: float
    own_cpu: float
    bytes: int
    own_bytes: int
    vmaf: float
    own_vmaf: float
    close: int
    own_close: int
    fall: float

    @property
    def bytes_ratio(self) -> float:
        """Drapto's bytes over ab-av1's, had ab-av1's encodes the same VMAF."""
        at_equal = self.bytes * math.exp(self.fall * (self.own_vmaf - self.vmaf))
        return self.own_bytes / at_equal


@dataclass(frozen=True)
class Targeted:
    """What aiming at a target took for one clip.

    Attributes:
        clip: Its name.
        ratios: The CPU of each whole job to the target, over the mean of those at CRF 25 before and after it.
        encodes: Encodes of each segment.
        close: Share of the segments within `CLOSE` of the target, all frames measured.
        excused: Share of those that are not, but say why: a CRF bound, a plateau.
        errors: Reported score less that of all frames, for each segment.
        peer: The comparison with ab-av1; None where it is not installed.
    """

    clip: str
    ratios: list[float]
    encodes: list[float]
    close: float
    excused: float
    errors: list[float]
    peer: Peer | None

    @property
    def cpu_ratio(self) -> float:
        """A targeted job's CPU over a fixed one's, median of the rounds."""
        return median(self.ratios)


@dataclass(frozen=True)
class _Made:
    """A segment that was encoded to its target."""

    segment: Segment
    record: EncodedSegment
    reference: Reference
    encoded: Path
    whole: Scores


def measure(
    clip: Path, folder: Path, ffmpeg: Path, *, cores: set[int], chunk_size: float, peers: int, rounds: int
) -> Targeted:
    """Run both jobs on ``clip`` in turn; give the first ``peers`` of its segments to ab-av1, too."""
    shutil.rmtree(folder, ignore_errors=True)

    def cpu(mode: str) -> float:
        shutil.rmtree(folder / mode, ignore_errors=True)
        _project(folder / mode, clip, chunk_size, mode)
        return timed(doit(), folder / mode, cores=cores).cpu

    ratios = []
    before = cpu("crf")
    for _ in range(rounds):
        targeted, after = cpu("target"), cpu("crf")
        ratios.append(targeted / ((before + after) / 2))
        before = after
    disk = DiskRate(1 << 30, folder / "disk")
    context = StageContext(clip.stem, ffmpeg, folder / "logs", disk)
    made = _made(clip, folder / "target" / "work" / clip.stem, folder, context)
    close = [abs(one.whole.harmonic - TARGET) <= CLOSE for one in made]
    return Targeted(
        clip=clip.name,
        ratios=ratios,
        encodes=[one.record.encodes for one in made],
        close=sum(close) / len(made),
        excused=sum(not ok and one.record.why != "target" for ok, one in zip(close, made, strict=True))
        / len(made),
        errors=[one.record.scores.harmonic - one.whole.harmonic for one in made if one.record.scores],
        peer=_peer(made[:peers], folder, context),
    )


def _project(folder: Path, clip: Path, chunk_size: float, mode: str) -> None:
    (folder / "source").mkdir(parents=True)
    (folder / "source" / clip.name).symlink_to(clip)
    (folder / "dodo.py").write_text(DODO)
    (folder / "drapto.toml").write_text(
        f'[encoding]\npreset = {PRESET}\nvmaf_target = {TARGET}\n[quality]\nmode = "{mode}"\n'
        f"[processing]\nchunk_size = {chunk_size}\n"
    )


def _made(clip: Path, work: Path, folder: Path, context: StageContext) -> list[_Made]:
    plan = SegmentPlan.read(work / "encode_data" / "segments.json")
    crop = CropInfo.read(work / "crop.json")
    display = display_for(Config(), SourceInfo.read(work / "probe.json").video, plan.rate)
    found = []
    for segment in plan.segments:
        encoded = work / "encoded" / f"{segment.name}.mkv"
        reference = Reference(
            source=work / segment.path if segment.path else clip,
            stream=0,
            crop=crop.rect if crop.cuts else None,
            pix_fmt="yuv420p10le",
            width=crop.rect.width,
            height=crop.rect.height,
            frames=segment.frames,
            rate=plan.rate,
            display=display,
        )
        found.append(
            _Made(
                segment,
                EncodedSegment.read(encoded.with_suffix(".json")),
                reference,
                encoded,
                _measured(encoded, reference, folder, context),
            )
        )
    return found


def _measured(encoded: Path, reference: Reference, folder: Path, context: StageContext) -> Scores:
    found = METRICS["vmaf"].measure(
        encoded, reference, folder / "scores.json", stride=1, threads=2, context=context, log="measure"
    )
    return found.scores


def _peer(made: list[_Made], folder: Path, context: StageContext) -> Peer | None:
    try:
        tool = find_ab_av1()
    except ToolMissingError:
        return None
    cpu, size, parts = 0.0, 0.0, []
    for one in made:
        reference = one.reference
        target = folder / f"ab-av1-{one.segment.name}.mkv"
        settings = SearchSettings(
            preset=PRESET,
            svt_params=SVT,
            pix_fmt="yuv420p10le",
            target=TARGET,
            lowest=5,
            highest=63,
            filters=f"crop={reference.crop}" if reference.crop else None,
            model=reference.shown.model,
            scale="x".join(map(str, reference.shown.shown(reference.width, reference.height))),
        )
        done = auto_encode(
            tool, reference.source, target, settings, threads=2, scratch=folder / "scratch", context=context
        )
        cpu += done.cpu_seconds
        # its file has the frames, too, that overlap the next segment
        size += done.bytes * one.segment.frames / _frames(target)
        parts.append(Part(frames=one.segment.frames, scores=_measured(target, reference, folder, context)))
    own = [Part(frames=one.segment.frames, scores=one.whole) for one in made]
    return Peer(
        segments=len(made),
        cpu=cpu,
        own_cpu=sum(one.record.search_cpu_seconds for one in made),
        bytes=round(size),
        own_bytes=sum(one.record.bytes for one in made),
        vmaf=pooled(parts).harmonic,
        own_vmaf=pooled(own).harmonic,
        close=sum(abs(part.scores.harmonic - TARGET) <= CLOSE for part in parts),
        own_close=sum(abs(part.scores.harmonic - TARGET) <= CLOSE for part in own),
        fall=_fall(made, folder, context),
    )


def _frames(path: Path) -> int:
    from drapto.video.encode import count_packets  # noqa: PLC0415

    return count_packets(path)


def _fall(made: list[_Made], folder: Path, context: StageContext) -> float:
    """Return how the logarithm of the bytes grows with VMAF: each is encoded again, a little worse."""
    slopes = []
    for one in made:
        settings = EncodeSettings(
            preset=PRESET,
            crf=one.record.crf + FURTHER,
            svt_params=SVT,
            film_grain=False,
            pix_fmt=one.reference.pix_fmt,
            crop=one.reference.crop,
            rate=one.reference.rate,
            frames=one.segment.frames,
            keyint=one.segment.keyint,
        )
        target = folder / f"further-{one.segment.name}.mkv"
        context.run_ffmpeg(
            encode_arguments(one.reference.source, 0, target, settings, lp=2), log="further", about=target
        )
        lost = one.whole.harmonic - _measured(target, one.reference, folder, context).harmonic
        if lost > 0:
            slopes.append(math.log(one.record.bytes / target.stat().st_size) / lost)
    return statistics.median(slopes) if slopes else 0.0
