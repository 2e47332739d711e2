"""The decode of a track whose layout or sample rate changes on the way.

ffmpeg begins the filters of sound anew at each change, and what they count from the track's start with them.
So one filter that counts nothing leads to one form, and what goes on from there, through a decoder of
ffmpeg's own output ("loopback decoders" in its manual), sees no change.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drapto.audio.plan import AudioPlan
    from drapto.media.model import AudioTrack

RATE = 48_000
"""Hz, as Opus has it."""

PCM = ("-c:a", "pcm_f32le", "-f", "f32le", "-y", os.devnull)
"""Samples as the encoder takes them, written nowhere, by a muxer that does not look at their times."""


def decode_options(track: AudioTrack, plan: AudioPlan) -> list[str]:
    """Return ffmpeg's options, behind the input, that lead from a track to what its encoder is given."""
    if not track.changes:
        return ["-map", f"0:{track.index}", "-af", plan.filters]
    layout = track.layout or plan.layout
    even = f"aformat=sample_fmts=flt:sample_rates={RATE}:channel_layouts={layout}"
    return [
        *("-map", f"0:{track.index}", "-af", even, *PCM, "-dec", "0:0"),
        *("-filter_complex", f"[dec:0]{plan.filters}[sound]", "-map", "[sound]"),
    ]
