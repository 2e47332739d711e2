"""The user's own SVT-AV1 parameters: ``key=value`` pairs joined by colons."""

from __future__ import annotations

import re

_PAIR = re.compile(r"([a-z0-9][a-z0-9-]*)=([A-Za-z0-9.,+()-]+)")

OWNED = {
    "crf": "set encoding.crf",
    "qp": "set encoding.crf",
    "aq-mode": "drapto encodes at a constant quality, which needs it as it is",
    "rc": "drapto encodes at a constant quality; set encoding.crf",
    "tbr": "drapto encodes at a constant quality; set encoding.crf",
    "mbr": "drapto encodes at a constant quality; set encoding.crf",
    "preset": "set encoding.preset",
    "lp": "set processing.parallel_jobs and resources.max_cpu",
    "pin": "set resources.max_cpu",
    "keyint": "drapto places keyframes at every segment's start and at most 10 s apart",
    "irefresh-type": "drapto places keyframes at every segment's start and at most 10 s apart",
    "force-key-frames": "drapto places keyframes at every segment's start and at most 10 s apart",
    "pred-struct": "drapto needs the random access structure",
    "pass": "drapto encodes in one pass",
    "passes": "drapto encodes in one pass",
    "stats": "drapto encodes in one pass",
    "width": "the source and the crop give it",
    "height": "the source and the crop give it",
    "fps": "the source gives it",
    "fps-num": "the source gives it",
    "fps-denom": "the source gives it",
    "input-depth": "the output is always 10 bit",
    "color-format": "the output is always 4:2:0",
    "profile": "the output is always 10 bit 4:2:0",
    "color-primaries": "the source gives it",
    "transfer-characteristics": "the source gives it",
    "matrix-coefficients": "the source gives it",
    "color-range": "the source gives it",
    "chroma-sample-position": "the source gives it",
    "mastering-display": "the source gives it",
    "content-light": "the source gives it",
    "enable-hdr": "the source gives it",
}
"""Parameters that drapto sets itself, each with what to do instead."""


def check(text: str) -> str:
    """Return ``text`` where it is well formed and leaves alone what drapto sets.

    Raises:
        ValueError: Says which pair is wrong, and what to do instead.
    """
    seen: set[str] = set()
    for pair in text.split(":") if text else ():
        match = _PAIR.fullmatch(pair)
        if match is None:
            raise ValueError(
                f'has "{pair}" where key=value pairs joined by ":" belong, such as "tune=0:sharpness=1"'
            )
        key = match[1]
        if key in OWNED:
            raise ValueError(f"may not set {key}: {OWNED[key]}")
        if key in seen:
            raise ValueError(f"sets {key} twice")
        seen.add(key)
    return text


def film_grain(text: str) -> int:
    """Return the film grain level that checked parameters ask for, 0 where they ask for none."""
    for pair in text.split(":"):
        key, _, value = pair.partition("=")
        if key == "film-grain" and value.isdigit():
            return int(value)
    return 0
