"""What is kept of a picture: the typed content of ``crop.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from drapto.engine.document import Document, Model


class CropRect(Model):
    """The part of the picture that is kept, in source pixels."""

    width: int
    height: int
    x: int
    y: int

    def __str__(self) -> str:
        """Return ffmpeg's form, ``width:height:x:y``."""
        return f"{self.width}:{self.height}:{self.x}:{self.y}"


class CropSample(Model):
    """What one sampled frame showed.

    Attributes:
        time: Seconds.
        left, right, top, bottom: Black margins in pixels; None for a frame too dark to say.
    """

    time: float
    left: int | None = None
    right: int | None = None
    top: int | None = None
    bottom: int | None = None


class CropInfo(Document):
    """The crop and its evidence (``crop.json``).

    Attributes:
        digest: The source's content digest.
        source_width, source_height: Pixels before the crop.
        rect: What is kept; the whole picture where nothing is cut.
        method: ``detected``, ``disabled`` or ``manual``.
        reason: Why this rectangle, in one line.
        threshold: What was taken for black, as a fraction of full scale; in a full-range picture, what it
            means there.
        black: The measured black level of an HDR title, as a fraction of full scale.
        samples: Each sampled frame's margins, in order of time.
        settings: The settings slice that led here.
    """

    digest: str
    source_width: int
    source_height: int
    rect: CropRect
    method: Literal["detected", "disabled", "manual"]
    reason: str
    threshold: float | None = None
    black: float | None = None
    samples: tuple[CropSample, ...] = ()
    settings: dict[str, object] = Field(default_factory=dict)

    @property
    def cuts(self) -> bool:
        """Whether anything is cut away."""
        return (self.rect.width, self.rect.height) != (self.source_width, self.source_height)
