"""What makes an Opus track fit to be copied: its header, its bitrate, and whether it runs without a seam."""

from __future__ import annotations

from drapto.engine.document import Model

LARGEST_SEAM = 0.04
"""Seconds by which the packets' times may leave the sum of their durations; the same as where sound is
encoded (`drapto.audio.plan.LARGEST_GAP`), which fills a hole with silence."""

FAMILY = 18
"""Where an ``OpusHead`` has its channel mapping family (RFC 7845, section 5.1)."""

AMBISONIC = (2, 3)
"""The families whose channels are no speakers but a field of sound (RFC 8486), which only their decoders know
how to play."""

FAMILIES = {0: (1, 2), 1: (1, 8)}
"""The fewest and the most channels of the families that players know (RFC 7845, section 5.1.1)."""


class OpusStream(Model):
    """An Opus track.

    Attributes:
        family: Its channel mapping family.
        kilobits: What its packets take, kbit/s.
        seamless: Its packets follow one another without a hole or an overlap.
    """

    family: int
    kilobits: float
    seamless: bool


def family_of(header: bytes | None) -> int | None:
    """Return the channel mapping family of an ``OpusHead``; None where it is none."""
    if header is None or not header.startswith(b"OpusHead") or len(header) <= FAMILY:
        return None
    return header[FAMILY]


def is_common(family: int, channels: int) -> bool:
    """Tell whether a track's channels are those that players expect of its family, in Opus's own order."""
    fewest, most = FAMILIES.get(family, (1, 0))
    return fewest <= channels <= most
