"""The probe stage: everything that later stages ask of a source, in one pass over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.bounds import refuse_beyond
from drapto.media.damage import refuse_gutted
from drapto.media.examine import Examined, examine
from drapto.media.hdr.dynamic import write_dynamic
from drapto.media.limits import refuse_unkeepable
from drapto.media.timestamps import write_timestamps

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.damage import AllowDamage
    from drapto.media.frame_count import CountBy
    from drapto.media.model import SourceInfo
    from drapto.media.spare import UnreadableTracks

__all__ = ["Examined", "examine", "inspect", "probe_source"]


def probe_source(  # noqa: PLR0913  the source, what is written of it, and what is let through
    source: Path,
    probe: Path,
    timestamps: Path,
    keyframes: Path,
    dynamic: Path,
    *,
    digest: str,
    frame_index: CountBy = "auto",
    allow_damage: AllowDamage = "concealed",
    unreadable_tracks: UnreadableTracks = "auto",
) -> SourceInfo:
    """Write what is in ``source`` to ``probe``, its frames' times and their metadata beside it.

    Args:
        source: An MKV.
        probe: The target for the model, ``probe.json``.
        timestamps: The target for the presentation times.
        keyframes: The target for those of the keyframes, where the source can be cut.
        dynamic: The target for the metadata that change from frame to frame.
        digest: The source's content digest, recorded in the model.
        frame_index: ``auto`` takes packets for frames where a trial bears it out, and decodes everything
            where it does not; ``packets`` and ``decode`` force one.
        allow_damage: What may be missing of the picture (`drapto.media.damage.refuse_gutted`).
        unreadable_tracks: What becomes of sound and subtitles that cannot be read (`drapto.media.spare`).

    Raises:
        SourceError: The source cannot be encoded.
    """
    found = examine(source, digest=digest, frame_index=frame_index, unreadable_tracks=unreadable_tracks)
    refuse_beyond(source, found.info)
    refuse_unkeepable(source, found.info.video)
    refuse_gutted(source, found.info, allow_damage)
    write_timestamps(timestamps, found.times)
    write_timestamps(keyframes, found.keyframes)
    write_dynamic(dynamic, found.dynamic)
    return found.info.write(probe)


def inspect(source: Path, *, digest: str = "", frame_index: CountBy = "auto") -> tuple[SourceInfo, list[int]]:
    """Return what is in ``source``, and its frames' presentation times in nanoseconds, ascending.

    Raises:
        SourceError: The source cannot be encoded.
    """
    found = examine(source, digest=digest, frame_index=frame_index)
    return found.info, found.times
