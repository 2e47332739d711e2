"""What a stage says of itself, and the registry of all stages: `rules.graph` needs to know no more of them.

A package of its own, or a project's ``dodo.py``, adds a stage by one line:
``rules.register(thumbnails.STAGE)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from drapto.rules.task import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doit.task import Task

    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.plan import SegmentPlan

T = TypeVar("T")

Needs = Literal["source", "probe", "plan"]


@dataclass(frozen=True)
class Known:
    """What is known of a title when its tasks are generated; each is None until its stage has run.

    Attributes:
        info: What is in its source, as that is now.
        crop: What is kept of its picture, by the settings as they are now.
        plan: How it is cut, by the settings as they are now.
    """

    info: SourceInfo | None = None
    crop: CropInfo | None = None
    plan: SegmentPlan | None = None

    def suffices(self, needs: Needs) -> bool:
        """Return whether this is what a stage needs to generate its tasks."""
        probed = self.info is not None
        planned = probed and self.crop is not None and self.plan is not None
        return {"source": True, "probe": probed, "plan": planned}[needs]

    @property
    def probed(self) -> SourceInfo:
        """The description of the source, for stages that need it."""
        return _there(self.info)

    @property
    def cropped(self) -> CropInfo:
        """The crop, for stages that need the plan."""
        return _there(self.crop)

    @property
    def planned(self) -> SegmentPlan:
        """The plan, for stages that need it."""
        return _there(self.plan)


def _there(value: T | None) -> T:
    if value is None:
        raise LookupError("asked for before it is known: the stage's `needs` promises less than it takes")
    return value


@dataclass(frozen=True, eq=False, repr=False)
class Stage:
    """One stage of every title.

    Attributes:
        name: What its tasks are called: ``name:title``, or ``name:title:part``.
        doc: What it makes, for ``doit list``.
        needs: What must be known before its tasks can be: nothing but the source, what is in it, or how it
            is cut. Until then a placeholder stands for them.
        tasks: Yields a title's tasks.
        after: The stages that must have run before a placeholder is filled in; ``stage:part`` for a part.
        makes: A regular expression of what a placeholder will make, below the title's work directory, so
            that one of these files can be selected by its path.
        publishes: It makes the finished file, too.
        shapes: Returns what of the settings shapes the finished file in this stage, as JSON values; it must
            not raise, and returns None where nothing does. None where nothing ever does.
        large: What it makes that a finished title does not need, patterns below the work directory.
        part: Where its tasks do a part of another stage's work beforehand, the part's name; ``name`` is the
            other stage.
        beside: The stage with whose tasks these are generated: they read what single tasks of it make, and
            so wait for these alone.
        extra: A title is finished without it.
        applies: Says which titles have it; all of them by default.
    """

    name: str
    doc: str
    needs: Needs
    tasks: Callable[[Project, Title, Known], Iterator[Task]]
    after: tuple[str, ...] = ()
    makes: str | None = None
    publishes: bool = False
    shapes: Callable[[Project, Title, SourceInfo], Any] | None = None
    large: tuple[str, ...] = ()
    part: str | None = None
    beside: str | None = None
    extra: bool = False
    applies: Callable[[Title], bool] | None = None

    def of(self, title: Title) -> str:
        """Return the name of the task, or of the group, that stands for this stage of a title."""
        return name_of(self.name, title, self.part)

    def parent(self, title: Title) -> str:
        """Return the name of the group that this one belongs to."""
        return self.name if self.part is None else name_of(self.name, title)

    @property
    def keeps_records(self) -> bool:
        """Whether a finished title, whose large files are gone, still has all that this stage makes."""
        return self.needs == "source" and not self.large


_stages: dict[tuple[str, str | None], Stage] = {}


def register(*added: Stage) -> None:
    """Add stages behind those that are there; one of the same name takes the other's place."""
    for stage in added:
        _stages[stage.name, stage.part] = stage


def stages(title: Title | None = None) -> tuple[Stage, ...]:
    """Return all stages, or those of a title, in the order in which they are listed and begun."""
    return tuple(
        one for one in _stages.values() if title is None or one.applies is None or one.applies(title)
    )


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return all that shaped a finished file: the source's content, and the settings of every stage."""
    slices = {
        stage.name: slice_
        for stage in stages(title)
        if stage.shapes is not None and (slice_ := stage.shapes(project, title, info)) is not None
    }
    return {"source": info.digest, **slices}
