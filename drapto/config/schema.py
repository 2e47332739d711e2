"""Every setting: its type, bounds, default and meaning. The prose is docs/configuration.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from drapto.config import svt_params
from drapto.config.engine import EngineSettings
from drapto.config.files import InputSettings, OutputSettings
from drapto.config.machine import ProcessingSettings, ResourceSettings
from drapto.config.overrides import Overrides, of_title
from drapto.config.problems import refuse
from drapto.config.report import ReportSettings
from drapto.config.section import Section, table
from drapto.config.sound import AudioSettings, TrackSettings
from drapto.config.types import (
    Crf,
    Location,
    Real,
    Share,
    Whole,
    check_rect,
    read_off,
)

CURRENT_VERSION = 3

Rect = Annotated[str, AfterValidator(check_rect)]
SvtParams = Annotated[str, AfterValidator(svt_params.check)]


class CrfSettings(Section):
    """The quality of each size of picture."""

    sd: Crf = Field(25.0, description="CRF up to 720p, 0 to 63 in quarter steps, less is better")
    hd: Crf = Field(25.0, description="CRF above 720p up to 1080p, 0 to 63 in quarter steps")
    uhd: Crf = Field(29.0, description="CRF above 1080p, 0 to 63 in quarter steps")

    @property
    def largest(self) -> float:
        """The CRF of the lowest quality."""
        return max(self.sd, self.hd, self.uhd)


class EncodingSettings(Section):
    """How the picture is encoded."""

    preset: Whole = Field(6, ge=0, le=13, description="SVT-AV1 preset, 0 (slow, small) to 13 (fast)")
    crf: CrfSettings = table()
    vmaf_target: Real = Field(
        93.0, ge=70, le=99, description="VMAF to aim for where quality is targeted, 70 to 99"
    )
    film_grain: bool = Field(False, description="synthesise the source's film grain instead of encoding it")
    svt_params: SvtParams = Field(
        "tune=0:film-grain=0:film-grain-denoise=0",
        description='SVT-AV1 parameters, key=value pairs joined by ":"',
    )
    pix_fmt: Literal["yuv420p10le"] = Field("yuv420p10le", description="the only pixel format drapto writes")
    mode: Literal["auto", "standard", "chunked"] = Field(
        "auto", description="standard (one pass over the title), chunked (split into segments), or auto"
    )
    on_upgrade: Literal["redo", "mix"] = Field(
        "redo", description="what becomes of an unfinished title's segments when ffmpeg or SVT-AV1 changes"
    )

    @model_validator(mode="after")
    def _can_hold(self) -> EncodingSettings:
        if self.preset > 8 and self.wants_grain:  # noqa: PLR2004  the rule is in the text below
            raise refuse(
                "preset",
                f"= {self.preset} is too fast for film grain",
                "set encoding.preset to at most 8, or turn film grain off",
            )
        return self

    @property
    def wants_grain(self) -> bool:
        """Whether film grain is asked for, by its own setting or among the SVT-AV1 parameters."""
        return self.film_grain or svt_params.film_grain(self.svt_params) > 0


class QualitySettings(Section):
    """How the quality of the picture is set."""

    mode: Literal["auto", "target", "crf"] = Field(
        "auto",
        description="aim at a target, use the fixed encoding.crf, or as the title allows (auto)",
    )
    metric: Literal["vmaf", "xpsnr"] = Field("vmaf", description="what the target is measured in")
    vmaf_model: Literal["v0.6.1", "v1"] = Field(
        "v0.6.1", description="Netflix's models of 2016 to 2018, or those of 2026, whose scores are others"
    )
    viewing: Literal["tv", "phone"] = Field(
        "tv", description="where VMAF takes the picture to be watched; phone needs quality.vmaf_model v1"
    )
    xpsnr_target: Real = Field(42.0, ge=25, le=60, description="XPSNR to aim for with that metric, dB")
    hdr: Literal["pu21", "pq", "xpsnr", "off"] = Field(
        "pu21",
        description="what of an HDR title is measured: VMAF of its light in steps that are equally visible"
        " (pu21) or of its code values (pq), XPSNR, or nothing (off)",
    )
    statistic: Literal["harmonic", "mean", "p5", "p10"] = Field(
        "harmonic", description="which figure of a segment's frames is to be at the target"
    )
    floor: Annotated[Real, BeforeValidator(read_off)] = Field(
        15.0,
        ge=0,
        le=60,
        description="points below the target that no run of frames is to fall, with VMAF; 0 or false: any",
    )
    tolerance: Real = Field(
        1.0, ge=0.1, le=5, description="how far from the target a segment may be, points or dB"
    )
    crf_min: Crf = Field(10.0, description="the lowest CRF (highest quality) that a target may take")
    crf_max: Crf = Field(50.0, description="the highest CRF (lowest quality) that a target may take")
    max_encodes: Whole = Field(6, ge=1, le=20, description="encodes of a segment before its search ends")
    thorough: bool = Field(False, description="measure every frame instead of a sample")
    engine: Literal["native", "ab-av1"] = Field(
        "native", description="who finds the CRF: drapto itself, or the program ab-av1"
    )
    out_of_reach: Literal["fail", "closest"] = Field(
        "closest",
        description="a segment that cannot have the target takes the closest, with a note, or fails",
    )

    @model_validator(mode="after")
    def _can_hold(self) -> QualitySettings:
        if self.crf_min > self.crf_max:
            raise refuse(
                "crf_min",
                f"= {self.crf_min:g} is above quality.crf_max",
                "make it the lower one",
            )
        if self.viewing == "phone" and self.vmaf_model != "v1":
            raise refuse(
                "viewing",
                "= phone has no model in VMAF v0.6.1",
                'set quality.vmaf_model = "v1", or viewing = "tv"',
            )
        return self


class CropSettings(Section):
    """Black bars."""

    enabled: bool = Field(True, description="cut black bars off")
    rect: Rect | None = Field(
        None,
        examples=["1920:800:0:140"],
        description="keep this of every title, width:height:x:y; unset: detected",
    )
    titles: dict[str, Rect] = Field(
        {}, description="the same for single titles, by the source's name without .mkv"
    )
    threshold: Share = Field(
        24 / 255, gt=0, lt=0.5, description="what counts as black, as a fraction of full scale (24/255)"
    )


FieldKind = Literal["auto", "off", "interlaced", "telecined", "mixed"]


class DeinterlaceSettings(Section):
    """Interlaced and telecined video."""

    mode: FieldKind = Field(
        "auto",
        description="what titles are: auto (found out), interlaced, telecined, mixed; off leaves them alone",
    )
    titles: dict[str, FieldKind] = Field(
        {}, description="the same for single titles, by the source's name without .mkv"
    )
    rate: Literal["frame", "field"] = Field(
        "frame", description="pictures of an interlaced title: one for each frame, or one for each field"
    )


class DecodingSettings(Section):
    """How the source is decoded for its encode."""

    hardware: Literal["off", "auto", "videotoolbox", "vaapi", "cuda", "qsv"] = Field(
        "auto", description="decode by hardware, where it gives the same pictures: off, auto, or which"
    )


class ToolSettings(Section):
    """Programs."""

    ffmpeg: Location | None = Field(
        None,
        examples=["/usr/bin/ffmpeg"],
        description="an ffmpeg of your own; unset: the one that drapto brings",
    )
    ab_av1: Location | None = Field(
        None,
        examples=["/usr/local/bin/ab-av1"],
        description='the ab-av1 for quality.engine = "ab-av1"; unset: the one on PATH',
    )


class Config(Section):
    """All settings of a project. Every one has a default, so that ``Config()`` is a whole project."""

    version: Literal[3] = Field(3, description="the version of this file's layout")
    profile: str | None = Field(
        None, examples=["balanced"], description="a named set of settings, below all that is set here"
    )
    encoding: EncodingSettings = table()
    quality: QualitySettings = table()
    processing: ProcessingSettings = table()
    resources: ResourceSettings = table()
    input: InputSettings = table()
    output: OutputSettings = table()
    crop: CropSettings = table()
    deinterlace: DeinterlaceSettings = table()
    decoding: DecodingSettings = table()
    audio: AudioSettings = table()
    report: ReportSettings = table()
    tracks: TrackSettings = table()
    tools: ToolSettings = table()
    engine: EngineSettings = table()
    titles: Overrides = Field(
        {},
        description="settings of single titles, by their sources' names without .mkv, or patterns",
    )

    def of(self, *names: str) -> Config:
        """Return the settings of a title: those that are given for it stand above these.

        Of several patterns the later wins, and a name wins over all patterns.

        Args:
            names: What the title is called: its source's name without ``.mkv``, with its folders and without.
        """
        return of_title(self, names) if self.titles else self

    @model_validator(mode="after")
    def _can_hold(self) -> Config:
        target, fixed = self.encoding.vmaf_target, self.encoding.crf.largest
        if self.quality.mode == "crf" and target > 95 and fixed > 20:  # noqa: PLR2004  said in the text below
            raise refuse(
                "encoding.vmaf_target",
                f"= {target:g} cannot be reached at the fixed CRF {fixed:g}",
                'set quality.mode = "auto", or every encoding.crf to at most 20',
            )
        return self
