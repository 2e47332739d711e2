"""The kinds of values that settings have, and how people write them.

A value may come from TOML with its type, or as text from the environment or the command line: both are read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

LEVELS = 255
"""The steps between black and white of an 8-bit picture at full range."""

_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": KIB,
    "mib": MIB,
    "gib": GIB,
    "tib": 1 << 40,
}
# as text: compiled where a setting is written so, which few are
_SIZE = r"(?i)([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)(?:/s)?"
_SECONDS = r"(?i)([0-9]+(?:\.[0-9]+)?)\s*(s|sec|seconds?)"
_LONG = r"(?i)([0-9]+(?:\.[0-9]+)?)\s*(min|minutes?|h|hours?)"
_SHARE = r"([0-9]+)\s*/\s*([0-9]+)"
_KILOBITS = r"(?i)([0-9]+)\s*(k|kb|kbit)(?:/s|ps)?"
_RECT = r"[0-9]+:[0-9]+:[0-9]+:[0-9]+"


def read_number(value: object) -> object:
    """Refuse ``true`` and ``false``, which pydantic would take for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("not_a_number", "is not a number")
    return value


def read_off(value: object) -> object:
    """Return 0 for ``false`` and ``"off"``, where 0 means that there is to be none."""
    off = value is False or (isinstance(value, str) and value.strip().lower() in ("false", "off"))
    return 0.0 if off else value


def read_size(value: object) -> object:
    """Return bytes for ``8589934592``, ``"8 GiB"`` or ``"100 MiB/s"``; anything else is left to pydantic."""
    if not isinstance(value, str):
        return read_number(value)
    match = re.fullmatch(_SIZE, value.strip())
    if match is None:
        raise ValueError('is not a size, such as 1000000, "100 MiB" or "8 GiB"')
    unit = match[2].lower()
    if unit not in _UNITS:
        raise ValueError(f'has the unknown unit "{match[2]}": write B, kB, MB, GB, TB, KiB, MiB, GiB or TiB')
    return int(float(match[1]) * _UNITS[unit]) if "." in match[1] else int(match[1]) * _UNITS[unit]


def written_size(size: int) -> str:
    """Return ``size`` bytes as `read_size` reads it, with the largest unit that loses nothing."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        count, rest = divmod(size, _UNITS[unit.lower()])
        if count and not rest:
            return f"{count} {unit}"
    return f"{size} B"


def read_seconds(value: object) -> object:
    """Return seconds for ``15`` or ``"15 s"``."""
    if isinstance(value, str) and (match := re.fullmatch(_SECONDS, value.strip())):
        return match[1]
    return read_number(value)


def read_wait(value: object) -> object:
    """Return seconds for ``90``, ``"90 s"``, ``"5 min"`` or ``"2 h"``; ``"auto"`` as it is."""
    if isinstance(value, str):
        text = value.strip().lower()
        if text == "auto":
            return text
        if match := re.fullmatch(_LONG, text):
            return float(match[1]) * (3600 if match[2].startswith("h") else 60)
    return read_seconds(value)


def read_size_or_auto(value: object) -> object:
    """Return bytes as `read_size` does; ``"auto"`` as it is."""
    if isinstance(value, str) and value.strip().lower() == "auto":
        return "auto"
    return read_size(value)


def read_share(value: object) -> object:
    """Return a number for ``0.1``, ``"0.1"`` or ``"24/255"``."""
    if isinstance(value, str) and (match := re.fullmatch(_SHARE, value.strip())):
        return int(match[1]) / int(match[2]) if int(match[2]) else value
    return read_number(value)


def written_share(value: float) -> float | str:
    """Return a share of full scale as `read_share` reads it: in 255ths, where it is some of these."""
    levels = round(value * LEVELS)
    return f"{levels}/{LEVELS}" if levels / LEVELS == value and value else value


def read_kilobits(value: object) -> object:
    """Return kbit/s for ``128`` or ``"128k"``."""
    if isinstance(value, str) and (match := re.fullmatch(_KILOBITS, value.strip())):
        return match[1]
    return read_number(value)


def read_path(value: object) -> object:
    """Expand ``~``; refuse an empty path, which would be the project directory itself."""
    if isinstance(value, str):
        if not value.strip() or "\0" in value:
            raise ValueError("is empty" if not value.strip() else "holds a NUL character")
        return Path(value).expanduser()
    return value


def check_rect(value: str) -> str:
    """Check ``width:height:x:y``: even numbers, as 4:2:0 chroma needs, and a picture that is not empty."""
    if not re.fullmatch(_RECT, value):
        raise ValueError('is not a crop, such as "1920:800:0:140" (width:height:x:y)')
    numbers = [int(part) for part in value.split(":")]
    if any(number % 2 for number in numbers):
        raise ValueError("has an odd number: width, height, x and y must be even")
    if not numbers[0] or not numbers[1]:
        raise ValueError("keeps nothing of the picture")
    return value


PASSTHROUGH: dict[str, tuple[str, ...]] = {
    "aac": ("aac",),
    "ac3": ("ac3",),
    "alac": ("alac",),
    "dts": ("dts", "dca"),
    "eac3": ("eac3",),
    "flac": ("flac",),
    "mlp": ("mlp",),
    "mp2": ("mp2",),
    "mp3": ("mp3",),
    "opus": ("opus",),
    "pcm": ("pcm_",),
    "truehd": ("truehd",),
    "tta": ("tta",),
    "vorbis": ("vorbis",),
    "wavpack": ("wavpack",),
}
"""What `audio.passthrough` knows, and how ffmpeg's names of these codecs begin."""


def read_codecs(value: object) -> object:
    """Return the codecs of ``["truehd", "dts"]`` or ``"truehd,dts"``, each once, in the table's order."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError('is not a list of codecs, such as ["truehd", "dts"]')  # noqa: TRY004  as pydantic wants it
    names = {str(name).strip().lower().replace("-", "") for name in given} - {""}
    for name in sorted(names - set(PASSTHROUGH)):
        raise ValueError(f'has the unknown codec "{name}": write {", ".join(PASSTHROUGH)}')
    return tuple(name for name in PASSTHROUGH if name in names)


VIDEO_CODECS: dict[str, str] = {
    "av1": "av1",
    "h264": "h264",
    "avc": "h264",
    "hevc": "hevc",
    "h265": "hevc",
    "mpeg2": "mpeg2video",
    "mpeg4": "mpeg4",
    "prores": "prores",
    "vc1": "vc1",
    "vp8": "vp8",
    "vp9": "vp9",
    "vvc": "vvc",
    "h266": "vvc",
}
"""What `input.skip_codecs` knows, and ffmpeg's names of these codecs."""


def read_video_codecs(value: object) -> object:
    """Return the codecs of ``["av1", "hevc"]`` or ``"av1,hevc"``, by ffmpeg's names, each once, sorted."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError('is not a list of codecs, such as ["av1", "hevc"]')  # noqa: TRY004  as pydantic wants it
    names = {str(name).strip().lower().replace(".", "").replace("-", "") for name in given} - {""}
    known = {**VIDEO_CODECS, **{name: name for name in VIDEO_CODECS.values()}}
    for name in sorted(names - set(known)):
        raise ValueError(f'has the unknown codec "{name}": write {", ".join(VIDEO_CODECS)}')
    return tuple(sorted({known[name] for name in names}))


def read_part(value: object) -> object:
    """Return a number for ``0.1``, ``"0.1"`` or ``"10 %"``."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip().removesuffix("%")) / 100
        except ValueError:
            return value
    return read_number(value)


def read_selectors(value: object) -> object:
    """Return the selectors of ``["eng", "forced"]`` or ``"eng,forced"``."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError('is not a list of selectors, such as ["eng", "jpn !commentary"]')  # noqa: TRY004  as pydantic wants it
    return tuple(read_selector(str(one)) for one in given)


def read_selector(value: object) -> object:
    """Return a selector in the form in which it is kept."""
    from drapto.media.choice import check_selector  # noqa: PLC0415  a file without one need not wait for it

    return check_selector(str(value))


Selector = Annotated[str, BeforeValidator(read_selector)]
Selectors = Annotated[tuple[str, ...], BeforeValidator(read_selectors)]
VideoCodecs = Annotated[tuple[str, ...], BeforeValidator(read_video_codecs)]
Part = Annotated[float, BeforeValidator(read_part), Field(allow_inf_nan=False)]
Codecs = Annotated[tuple[str, ...], BeforeValidator(read_codecs)]
Whole = Annotated[int, BeforeValidator(read_number)]
Real = Annotated[float, BeforeValidator(read_number), Field(allow_inf_nan=False)]
Share = Annotated[
    float,
    BeforeValidator(read_share),
    PlainSerializer(written_share, when_used="json"),
    Field(allow_inf_nan=False),
]
Crf = Annotated[Real, Field(ge=0, le=63, multiple_of=0.25)]
Bytes = Annotated[
    int, BeforeValidator(read_size), PlainSerializer(written_size, return_type=str, when_used="json")
]
Seconds = Annotated[float, BeforeValidator(read_seconds), Field(allow_inf_nan=False)]
Wait = Annotated[float, BeforeValidator(read_wait), Field(allow_inf_nan=False)]
Kilobits = Annotated[int, BeforeValidator(read_kilobits)]
Location = Annotated[Path, BeforeValidator(read_path)]
