"""The settings that the environment may give.

The names are flat and few, so they are mapped by hand. pydantic-settings would cost 0.17 s of every start
(measured: 0.24 s to import it, 0.07 s to import pydantic), a third of what `doit` on a finished project may
take.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drapto.config.layers import Given
from drapto.config.problems import nearest
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drapto.config.layers import Key

PREFIX = "DRAPTO_"

VARIABLES: dict[str, Key] = {
    "DRAPTO_PROFILE": ("profile",),
    "DRAPTO_PRESET": ("encoding", "preset"),
    "DRAPTO_CRF_SD": ("encoding", "crf", "sd"),
    "DRAPTO_CRF_HD": ("encoding", "crf", "hd"),
    "DRAPTO_CRF_UHD": ("encoding", "crf", "uhd"),
    "DRAPTO_VMAF_TARGET": ("encoding", "vmaf_target"),
    "DRAPTO_FILM_GRAIN": ("encoding", "film_grain"),
    "DRAPTO_CHUNK_SIZE": ("processing", "chunk_size"),
    "DRAPTO_PARALLEL_JOBS": ("processing", "parallel_jobs"),
    "DRAPTO_TEMP_DIR": ("processing", "temp_dir"),
    "DRAPTO_MAX_MEMORY": ("resources", "max_memory"),
    "DRAPTO_MAX_CPU": ("resources", "max_cpu"),
    "DRAPTO_MAX_DISK_IO": ("resources", "max_disk_io"),
    "DRAPTO_DISABLE_CROP": ("crop", "enabled"),
    "DRAPTO_ENABLE_CHUNKED_ENCODING": ("encoding", "mode"),
    "DRAPTO_IF_LARGER": ("output", "if_larger"),
    "DRAPTO_HWACCEL": ("decoding", "hardware"),
    "DRAPTO_FFMPEG": ("tools", "ffmpeg"),
    "DRAPTO_AB_AV1": ("tools", "ab_av1"),
}
"""Each variable's setting. The two that are worded the other way round are negated in `_value`."""

_TRUE = re.compile(r"1|true|yes|on|y|t", re.IGNORECASE)
_FALSE = re.compile(r"0|false|no|off|n|f", re.IGNORECASE)


def read_environment(environ: Mapping[str, str]) -> dict[Key, Given]:
    """Return the settings in ``environ``. An empty variable counts as unset.

    Raises:
        ConfigError: A variable looks like a mistyped one of `VARIABLES`, or is neither true nor false where
            it must be.
    """
    found: dict[Key, Given] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or not environ[name].strip():
            continue
        if name in VARIABLES:
            found[VARIABLES[name]] = Given(_value(name, environ[name].strip()), name)
        else:
            _refuse_mistyped(name)
    return found


def _refuse_mistyped(name: str) -> None:
    """Refuse a name that resembles a known one; any other may belong to somebody else's script."""
    tails = [known.removeprefix(PREFIX).lower() for known in VARIABLES]
    tail = name.removeprefix(PREFIX).lower()
    match = nearest(tail, tails) or next((known for known in tails if known.startswith(f"{tail}_")), None)
    if match is not None:
        raise ConfigError(
            "is not a variable that drapto reads", path=name, remedy=f"did you mean {PREFIX}{match.upper()}?"
        )


def _value(name: str, text: str) -> object:
    if name == "DRAPTO_DISABLE_CROP":
        return not _truth(name, text)
    if name == "DRAPTO_ENABLE_CHUNKED_ENCODING":
        return "chunked" if _truth(name, text) else "standard"
    if name == "DRAPTO_FILM_GRAIN":
        return _truth(name, text)
    return text


def _truth(name: str, text: str) -> bool:
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    raise ConfigError(f'= "{text}" is neither true nor false', path=name, remedy="write true or false")
