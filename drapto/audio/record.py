"""What made an audio track: the typed content of ``audio-K.json``."""

from __future__ import annotations

from drapto.engine.document import Document, Model
from drapto.versions import Versions


class CopiedSound(Model):
    """What was copied.

    Attributes:
        packets: How many.
        digest: SHA-256 of their payloads, in order, hexadecimal.
    """

    packets: int
    digest: str


class EncodedTrack(Document):
    """What made an audio track.

    It lies beside the track and is no target, so that a track of an earlier drapto, without one, may stay.

    Attributes:
        number: Which audio track, counted from 0.
        versions: Of what made it.
        program: The ffmpeg that made it, its path.
        shape: Digest of what all of the title's tracks were to become then.
        copied: What was copied, where it was not encoded.
    """

    number: int
    versions: Versions | None = None
    program: str = ""
    shape: str = ""
    copied: CopiedSound | None = None
