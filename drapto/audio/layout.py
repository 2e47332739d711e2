"""Which Opus layout a track gets, and how its channels get there.

Opus in Matroska has eight layouts (RFC 7845, section 5.1.1.2, mapping family 1): those of Vorbis, one for
each count of channels. ffmpeg's libopus refuses every other one, and ffmpeg's own choice (``aformat``) may be
a smaller one. Here a track keeps every channel as a channel of its own wherever there is a place for it:

- a layout that differs in name only is renamed: the surrounds of 5.1(side) are those of 5.1;
- pairs keep their order from front to back: 7.1(wide) becomes 7.1 with its inner pair at the sides. That
  label is in practice a wrong one for plain 7.1 (WAVE mask 0xFF, AAC channel configuration 7);
- a single back centre without a place (4.0, 4.1) sounds from both back channels at -3 dB, where it was heard;
- a layout without an Opus twin gets the next larger one, its further channels silent (2.1 in 5.1);
- only what Opus cannot place at all, such as the height channels of 7.1.4, is mixed into the speaker below at
  -3 dB, everything then turned down together so that nothing clips.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Routes = dict[str, dict[str, float]]
"""For each output channel, the input channels that it is made of and their gains."""

HALF_POWER = 0.5**0.5

OPUS_LAYOUTS: dict[str, tuple[str, ...]] = {
    "mono": ("FC",),
    "stereo": ("FL", "FR"),
    "3.0": ("FL", "FR", "FC"),
    "quad": ("FL", "FR", "BL", "BR"),
    "5.0": ("FL", "FR", "FC", "BL", "BR"),
    "5.1": ("FL", "FR", "FC", "LFE", "BL", "BR"),
    "6.1": ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    "7.1": ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""What libopus takes, by ffmpeg's names; the n-th has n channels."""

STANDARD_LAYOUTS: dict[str, str] = {
    "mono": "FC",
    "stereo": "FL FR",
    "2.1": "FL FR LFE",
    "3.0": "FL FR FC",
    "3.0(back)": "FL FR BC",
    "4.0": "FL FR FC BC",
    "quad": "FL FR BL BR",
    "quad(side)": "FL FR SL SR",
    "3.1": "FL FR FC LFE",
    "5.0": "FL FR FC BL BR",
    "5.0(side)": "FL FR FC SL SR",
    "4.1": "FL FR FC LFE BC",
    "5.1": "FL FR FC LFE BL BR",
    "5.1(side)": "FL FR FC LFE SL SR",
    "6.0": "FL FR FC BC SL SR",
    "6.0(front)": "FL FR FLC FRC SL SR",
    "3.1.2": "FL FR FC LFE TFL TFR",
    "hexagonal": "FL FR FC BL BR BC",
    "6.1": "FL FR FC LFE BC SL SR",
    "6.1(back)": "FL FR FC LFE BL BR BC",
    "6.1(front)": "FL FR LFE FLC FRC SL SR",
    "7.0": "FL FR FC BL BR SL SR",
    "7.0(front)": "FL FR FC FLC FRC SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
    "7.1(wide)": "FL FR FC LFE BL BR FLC FRC",
    "7.1(wide-side)": "FL FR FC LFE FLC FRC SL SR",
    "5.1.2": "FL FR FC LFE SL SR TFL TFR",
    "5.1.2(back)": "FL FR FC LFE BL BR TFL TFR",
    "octagonal": "FL FR FC BL BR BC SL SR",
    "cube": "FL FR BL BR TFL TFR TBL TBR",
    "5.1.4": "FL FR FC LFE SL SR TFL TFR TBL TBR",
    "7.1.2": "FL FR FC LFE BL BR SL SR TFL TFR",
    "7.1.4": "FL FR FC LFE BL BR SL SR TFL TFR TBL TBR",
    "7.2.3": "FL FR FC LFE BL BR SL SR TFL TFR TBC LFE2",
    "9.1.4": "FL FR FC LFE BL BR FLC FRC SL SR TFL TFR TBL TBR",
    "9.1.6": "FL FR FC LFE BL BR FLC FRC SL SR TFL TFR TBL TBR TSL TSR",
    "hexadecagonal": "FL FR FC BL BR BC SL SR TFL TFC TFR TBL TBC TBR WL WR",
    "binaural": "BIL BIR",
    "downmix": "DL DR",
    "22.2": "FL FR FC LFE BL BR FLC FRC BC SL SR TC TFL TFC TFR TBL TBC TBR LFE2 TSL TSR BFC BFL BFR",
}
"""ffmpeg's named layouts (``ffmpeg -layouts``, 9.0.2)."""

PAIRS = (("FLC", "FRC"), ("WL", "WR"), ("SDL", "SDR"), ("SSL", "SSR"), ("SL", "SR"), ("BL", "BR"))
"""Pairs at the height of the ear beside the front pair, from front to back."""

BELOW: dict[str, tuple[str, ...]] = {
    "TFL": ("FL",),
    "TFC": ("FC",),
    "TFR": ("FR",),
    "TSL": ("SL",),
    "TSR": ("SR",),
    "TTL": ("SL",),
    "TTR": ("SR",),
    "TC": ("SL", "SR"),
    "TBL": ("BL",),
    "TBC": ("BC",),
    "TBR": ("BR",),
    "BFL": ("FL",),
    "BFC": ("FC",),
    "BFR": ("FR",),
    "LFE2": ("LFE",),
    "FLC": ("FL",),
    "FRC": ("FR",),
    "WL": ("FL",),
    "WR": ("FR",),
    "SDL": ("SL",),
    "SDR": ("SR",),
    "SSL": ("SL",),
    "SSR": ("SR",),
    "DL": ("FL",),
    "DR": ("FR",),
    "BIL": ("FL",),
    "BIR": ("FR",),
    # positions of the ring themselves, where the Opus layout has not got them
    "SL": ("BL",),
    "SR": ("BR",),
    "BL": ("FL",),
    "BR": ("FR",),
    "BC": ("BL", "BR"),
    "FC": ("FL", "FR"),
}
"""The nearest speakers of a position that the Opus layout has not got."""


def channels_of(layout: str | None) -> tuple[str, ...] | None:
    """Return a layout's channels by ffmpeg's names, None where the name does not say them.

    ffmpeg writes a layout without a name as ``3 channels (FL+FR+LFE)`` or ``FL+FR+LFE``, and an unknown one
    as ``3 channels``.
    """
    if not layout:
        return None
    if layout in STANDARD_LAYOUTS:
        return tuple(STANDARD_LAYOUTS[layout].split())
    listed = re.fullmatch(r"(?:\d+ channels \()?([A-Z]+\d?(?:\+[A-Z]+\d?)*)\)?", layout)
    return tuple(listed[1].split("+")) if listed else None


def opus_layout(channels: Collection[str]) -> str:
    """Return the smallest Opus layout that has a place for each of these channels, 7.1 where none has."""
    pairs = len(_pairs(channels))
    back = "BC" in channels
    lfe = "LFE" in channels or "LFE2" in channels
    centre = "FC" in channels
    if pairs > 1:
        return "7.1"
    if pairs and back:
        return "6.1"
    if lfe:
        return "5.1"
    if pairs or back:
        return "5.0" if centre else "quad"
    if centre:
        return "3.0" if len(channels) > 1 else "mono"
    return "stereo"


def route(channels: Sequence[str], target: str) -> Routes:
    """Return how ``channels`` fill the Opus layout ``target``; each of them sounds somewhere.

    Where two channels meet in one speaker, all gains are turned down alike so that no sum exceeds full scale.
    """
    places = OPUS_LAYOUTS[target]
    moved = _ring(channels, places)
    routes: Routes = {place: {} for place in places}
    for channel in channels:
        spots = _spots(moved.get(channel, channel), places)
        mixed = channel not in moved and channel not in places and not _sole(channel)
        for spot in spots:
            routes[spot][channel] = HALF_POWER if mixed or len(spots) > 1 else 1.0
    loudest = max(sum(gains.values()) for gains in routes.values())
    scale = 1 / max(1.0, loudest)
    return {
        spot: {name: gain * scale for name, gain in gains.items()} for spot, gains in routes.items() if gains
    }


def mixed(channels: Sequence[str], target: str) -> list[str]:
    """Return the channels that the Opus layout ``target`` has no place for, and that share another's."""
    places, routes = OPUS_LAYOUTS[target], route(channels, target)
    moved = _ring(channels, places)
    without = [one for one in channels if one not in places and one not in moved and not _sole(one)]
    return [one for one in without if any(one in gains and len(gains) > 1 for gains in routes.values())]


def _sole(channel: str) -> bool:
    """Tell whether a channel is a front one under another name, alone in its place."""
    return channel in {"DL", "DR", "BIL", "BIR"}


def _pairs(channels: Collection[str]) -> list[tuple[str, str]]:
    return [pair for pair in PAIRS if pair[0] in channels or pair[1] in channels]


def _ring(channels: Collection[str], places: Collection[str]) -> dict[str, str]:
    """Return where the pairs go: to the target's pairs, in their order from front to back."""
    pairs = _pairs(channels)
    slots = [pair for pair in PAIRS if pair[0] in places]
    # a third pair has no slot: the two at the back keep theirs, the others are mixed into their neighbours
    kept = pairs[-len(slots) :] if slots else []
    free = slots[-len(kept) :] if kept else []
    return {
        channel: slot
        for pair, to in zip(kept, free, strict=True)
        for channel, slot in zip(pair, to, strict=True)
    }


def _spots(channel: str, places: Collection[str]) -> tuple[str, ...]:
    """Return the speakers that a channel sounds from: its own, or the nearest ones."""
    if channel in places:
        return (channel,)
    return tuple(spot for near in BELOW.get(channel, ("FC",)) for spot in _spots(near, places))
