"""From what a probe found of a picture to the fields that few pictures have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from drapto.media.stereo import mode_of, views_of

if TYPE_CHECKING:
    from fractions import Fraction

    from av import VideoFrame

    from drapto.media.form import Change, Form
    from drapto.media.frame_count import Counted
    from drapto.media.matroska.pictures import TrackHead
    from drapto.media.peculiar import Hole
    from drapto.media.trial import Trial


class Picture(TypedDict):
    """Fields of `drapto.media.peculiar.PeculiarPicture`."""

    first_form: Form | None
    changes: tuple[Change, ...]
    stereo_mode: int
    container_crop: tuple[int, int, int, int]
    holes: tuple[Hole, ...]
    views: int
    alpha: bool


def picture(counted: Counted, head: TrackHead, frame: VideoFrame, base: Fraction, trial: Trial) -> Picture:
    """Return the fields of a picture.

    Args:
        counted: Its frames.
        head: The container's word on it.
        frame: One of them.
        base: Seconds in a tick.
        trial: What its first packets hold.
    """
    changes = counted.history.changes(base)
    crop = head.crop
    return Picture(
        first_form=counted.history.forms[0][1] if changes else None,
        changes=changes,
        stereo_mode=mode_of(head, frame),
        container_crop=(crop.left, crop.right, crop.top, crop.bottom),
        holes=counted.holes,
        views=views_of(head, frame, mvc=trial.mvc),
        alpha=head.alpha or trial.alpha,
    )
