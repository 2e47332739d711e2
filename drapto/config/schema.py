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
from drapto.config.hooks import HookSettings
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
        93.0, ge=70, le=99, description="the VMAF that every segment is encoded to, 70 to 99"
    )
    film_grain: bool = Field(False, description="synthesise the source's film grain instead of encoding it")
    svt_params: SvtParams = Field(
        "tune=0:film-grain=0:film-grain-denoise=0",
        description='SVT-AV1 parameters, key=value pairs joined by ":"',
    )
    pix_fmt: Literal["yuv420p10le"] = Field(
        "yuv420p10le", description="yuv420p10le, the only pixel format drapto writes"
    )
    mode: Literal["auto", "standard", "chunked"] = Field(
        "auto", description="standard (one pass over the title), chunked (split into segments), or auto"
    )
    on_upgrade: Literal["redo", "mix"] = Field(
        "redo",
        description="when ffmpeg or SVT-AV1 changes within a title: redo its segments, or mix versions",
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
        description="encode to the target, at a fixed encoding.crf (crf), or as suits the title (auto)",
    )
    metric: Literal["vmaf", "xpsnr"] = Field(
        "vmaf", description="what the target is measured in: vmaf or xpsnr"
    )
    vmaf_model: Literal["v0.6.1", "v1"] = Field(
        "v0.6.1",
        description="Netflix's VMAF of 2016 to 2018 (v0.6.1) or of 2026 (v1); their scores differ",
    )
    viewing: Literal["tv", "phone"] = Field(
        "tv", description="the screen that VMAF assumes: tv, or phone, which needs quality.vmaf_model v1"
    )
    xpsnr_target: Real = Field(42.0, ge=25, le=60, description="the target in dB when the metric is XPSNR")
    hdr: Literal["pu21", "pq", "xpsnr", "off"] = Field(
        "pu21",
        description="how HDR is measured: VMAF of its light in equally visible steps (pu21), VMAF of its code"
        " values (pq), xpsnr, or not at all (off)",
    )
    statistic: Literal["harmonic", "mean", "p5", "p10"] = Field(
        "harmonic",
        description="which figure of a segment must meet the target: a mean (harmonic, mean), or a percentile"
        " (p5, p10)",
    )
    floor: Annotated[Real, BeforeValidator(read_off)] = Field(
        15.0,
        ge=0,
        le=60,
        description="how many VMAF points below the target a run of frames may fall; 0 or false: no limit",
    )
    tolerance: Real = Field(
        1.0, ge=0.1, le=5, description="how far from the target a segment may be, in points or dB"
    )
    crf_min: Crf = Field(10.0, description="the lowest CRF (highest quality) that the search may choose")
    crf_max: Crf = Field(50.0, description="the highest CRF (lowest quality) that the search may choose")
    max_encodes: Whole = Field(6, ge=1, le=20, description="how many times the search may encode a segment")
    thorough: bool = Field(False, description="measure every frame instead of a sample")
    engine: Literal["native", "ab-av1"] = Field(
        "native", description="what finds the first CRF: drapto itself (native), or the program ab-av1"
    )
    out_of_reach: Literal["fail", "closest"] = Field(
        "closest",
        description="when a segment cannot reach the target: take the closest result and say so, or fail",
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
        description="keep this part of every picture, width:height:x:y; unset: detect it",
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
        description="what titles are: detected (auto), interlaced, telecined, mixed; off leaves them alone",
    )
    titles: dict[str, FieldKind] = Field(
        {}, description="the same for single titles, by the source's name without .mkv"
    )
    rate: Literal["frame", "field"] = Field(
        "frame", description="make one picture from each frame of an interlaced title, or one from each field"
    )


class DecodingSettings(Section):
    """How the source is decoded for its encode."""

    hardware: Literal["off", "auto", "videotoolbox", "vaapi", "cuda", "qsv"] = Field(
        "auto",
        description="decode in hardware where it gives the same pictures: off, auto, or by one alone:"
        " videotoolbox, vaapi, cuda, qsv",
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
        None,
        examples=["balanced"],
        description="a named set of settings to start from; what is set here wins",
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
    hooks: HookSettings = table()
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
        if self.input.range is not None and self.output.replace_source != "never":
            raise refuse(
                "output.replace_source",
                f"= {self.output.replace_source} would put a part of a film into its place",
                'set it to "never", or unset input.range',
            )
        return self
