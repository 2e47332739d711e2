"""drapto turns MKV rips of discs into small AV1/Opus MKVs, frame for frame.

What a program needs is here; nothing else is promised. Each name is imported when it is first used, so that
``import drapto`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from drapto.about import VERSION

if TYPE_CHECKING:
    from drapto.api import encode, probe, score
    from drapto.config import Config, load_config
    from drapto.errors import DraptoError
    from drapto.state.events import (
        AnalysisComplete,
        AnalysisStarted,
        EncodingComplete,
        EncodingStarted,
        ErrorEvent,
        Event,
        FileDiscovered,
        Progress,
        SegmentComplete,
    )
    from drapto.state.results import CrfRange, EncodeResult, Failure, SegmentResult

__version__ = VERSION

__all__ = [
    "AnalysisComplete",
    "AnalysisStarted",
    "Config",
    "CrfRange",
    "DraptoError",
    "EncodeResult",
    "EncodingComplete",
    "EncodingStarted",
    "ErrorEvent",
    "Event",
    "Failure",
    "FileDiscovered",
    "Progress",
    "SegmentComplete",
    "SegmentResult",
    "encode",
    "load_config",
    "probe",
    "score",
]

_HOMES = {
    "CrfRange": "drapto.state.results",
    "EncodeResult": "drapto.state.results",
    "Failure": "drapto.state.results",
    "SegmentResult": "drapto.state.results",
    "encode": "drapto.api",
    "probe": "drapto.api",
    "score": "drapto.api",
    "Config": "drapto.config",
    "load_config": "drapto.config",
    "DraptoError": "drapto.errors",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES.get(name, "drapto.state.events")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
