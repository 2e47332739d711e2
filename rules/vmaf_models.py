"""Whether the ffmpeg in use has the VMAF model that a title is scored by; if not, nothing is encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto import tools
from drapto.errors import ToolMissingError
from drapto.quality.display import V1, display_of
from drapto.quality.target import QualityTarget, decide
from drapto.rules import probe
from drapto.rules.finished import finished
from drapto.versions import has_model

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.config import Config
    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title
    from drapto.quality.target import Quality

SOME_SIZE = (1920, 1080)
"""A picture's, pixels: of one family, an ffmpeg has all models or none, since they come with libvmaf."""

REMEDY = "install the package imageio-ffmpeg, whose ffmpeg has it"


def require_model(project: Project, quality: Quality, context: StageContext) -> None:
    """Refuse to encode a title to a target that cannot be measured.

    Raises:
        ToolMissingError: The ffmpeg in use lacks the model.
    """
    model = _model_of(quality)
    if model and not _has(project, context.ffmpeg, model):
        raise _lacking(context.ffmpeg, model)


def require_models(project: Project) -> None:
    """Refuse a run in which a title cannot be measured, as far as that is known of titles before it begins.

    Raises:
        ToolMissingError: There is no ffmpeg, or it lacks a model.
    """
    wanted: dict[str, list[tuple[Title, SourceInfo | None]]] = {}
    for title in project.titles:
        info = probe.fresh(project, title)
        config = project.of(title).config
        model = _model_of(decide(config, info).quality) if info else _asked_for(config)
        if model:
            wanted.setdefault(model, []).append((title, info))
    for model, those in wanted.items():
        program, _ = tools.locate(project.config.tools.ffmpeg)
        if _has(project, program, model):
            continue
        if any(info is None or not finished(project.of(title), title, info) for title, info in those):
            raise _lacking(program, model)


def _model_of(quality: Quality) -> str:
    return quality.display.model if isinstance(quality, QualityTarget) and quality.display else ""


def _asked_for(config: Config) -> str:
    """Return the model that a title not yet probed is sure to need, as far as one was asked for.

    By default none is: a title may turn out to have no target, and then an ffmpeg without VMAF does.
    """
    quality = config.quality
    if quality.mode == "crf" or quality.metric != "vmaf":
        return ""
    if quality.mode == "auto" and quality.vmaf_model == "v0.6.1":
        return ""
    return display_of(*SOME_SIZE, family=quality.vmaf_model, viewing=quality.viewing).model


def _has(project: Project, ffmpeg: Path, model: str) -> bool:
    return has_model(ffmpeg, model, project.state_dir / "versions.json")


def _lacking(ffmpeg: Path, model: str) -> ToolMissingError:
    older = 'quality.vmaf_model = "v0.6.1" or ' if model.startswith(V1) else ""
    problem = f"this ffmpeg cannot measure VMAF by the model {model}"
    return ToolMissingError(problem, path=ffmpeg, remedy=f'{REMEDY}; or set {older}quality.mode = "crf"')
