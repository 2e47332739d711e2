"""What made an audio track: the typed content of ``audio-K.json``."""

from __future__ import annotations

from drapto.engine.document import Document
from drapto.versions import Versions


class EncodedTrack(Document):
    """What made an audio track.

    It lies beside the track and is no target, so that a track of an earlier drapto, without one, may stay.

    Attributes:
        number: Which audio track, counted from 0.
        versions: Of what made it.
        program: The ffmpeg that made it, its path.
        shape: Digest of what all of the title's tracks were to become then.
    """

    number: int
    versions: Versions | None = None
    program: str = ""
    shape: str = ""
