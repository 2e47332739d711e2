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
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.project import Project
    from drapto.quality.target import Quality

REMEDY = "install the package imageio-ffmpeg, whose ffmpeg has it"


def require_model(project: Project, quality: Quality, context: StageContext) -> None:
    """Refuse to encode a title to a target that cannot be measured.

    Raises:
        ToolMissingError: The ffmpeg in use lacks the model.
    """
    if isinstance(quality, QualityTarget) and quality.display:
        _require(project, context.ffmpeg, quality.display.model)


def require_models(project: Project) -> None:
    """Refuse a run in which a title cannot be measured, as far as that is known of titles before it begins.

    Raises:
        ToolMissingError: There is no ffmpeg, or it lacks a model.
    """
    wanted = dict.fromkeys(_wanted(project))
    if wanted:
        program, _ = tools.locate(project.config.tools.ffmpeg)
        for model in wanted:
            _require(project, program, model)


def _wanted(project: Project) -> Iterator[str]:
    """Yield the models of titles that are not finished; of those not probed yet, what is asked for."""
    quality = project.config.quality
    if quality.mode == "crf" or quality.metric != "vmaf":
        return
    for title in project.titles:
        info = probe.fresh(project, title)
        if info is None:
            # by default, an ffmpeg without VMAF may do for what has no target
            if quality.mode == "target" or quality.vmaf_model != "v0.6.1":
                yield display_of(16, 9, family=quality.vmaf_model, viewing=quality.viewing).model
            continue
        decided = decide(project.config, info).quality
        if isinstance(decided, QualityTarget) and decided.display and not finished(project, title, info):
            yield decided.display.model


def _require(project: Project, ffmpeg: Path, model: str) -> None:
    if has_model(ffmpeg, model, project.state_dir / "versions.json"):
        return
    older = 'quality.vmaf_model = "v0.6.1", or ' if model.startswith(V1) else ""
    raise ToolMissingError(
        f"this ffmpeg cannot measure VMAF by the model {model}",
        path=ffmpeg,
        remedy=f'{REMEDY}; or set {older}quality.mode = "crf"',
    )
