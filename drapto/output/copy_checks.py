"""The promise about audio tracks that were copied: every packet is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.audio.copy import read_back
from drapto.output.judging import exact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.audio.record import CopiedSound
    from drapto.media.model import AudioTrack
    from drapto.output.model import Check


def check_copies(
    muxed: Path, copied: Sequence[CopiedSound | None], output: Sequence[AudioTrack]
) -> Iterator[Check]:
    """Yield the checks of the content of the tracks of which it is known what was copied."""
    for number, (given, track) in enumerate(zip(copied, output, strict=False)):
        if given is not None:
            _, found = read_back(muxed, track.index)
            yield exact(f"audio {number} content", given.digest, found.digest)
