"""Is a deinterlaced title whole? Its pictures are asked, as the source's were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.fields.idet import look
from drapto.output.model import Check
from drapto.words import percent_text

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import VideoTrack

COMBED = 0.1
"""Part of the frames that may look combed: fine horizontal lines in motion do."""

FIELDS = "video fields"

FIELDS_REMEDY = (
    'say what its pictures are, by deinterlace.titles: "off" where they are whole and only look combed, else '
    '"interlaced", which filters every one of them'
)


def check_fields(path: Path, video: VideoTrack, *, context: StageContext) -> Check:
    """Check that the pictures of a finished file are progressive.

    Args:
        path: The finished file.
        video: Its video track.
        context: The surroundings.

    Raises:
        ToolFailedError: It cannot be decoded.
    """
    points = look(path, video, context=context, log="validate-fields")
    combed = sum(point.multiple.combed for point in points if point.verdict in ("interlaced", "telecined"))
    told = sum(point.multiple.combed + point.multiple.progressive for point in points)
    return Check(
        name=FIELDS,
        expected=f"at most {percent_text(COMBED)} of the frames combed",
        found=f"{combed} of {told}",
        passed=combed <= COMBED * told,
    )
