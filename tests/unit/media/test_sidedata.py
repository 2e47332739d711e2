"""What the container and the stream both say of a picture."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from av.sidedata.sidedata import Type

from drapto.errors import SourceError
from drapto.media.sidedata import refuse_told_twice


def frame(*kinds: Type) -> Any:
    return SimpleNamespace(side_data=[SimpleNamespace(type=kind) for kind in kinds])


@pytest.mark.parametrize(
    ("kinds", "remedy"),
    [
        ((Type.STEREO3D,), None),
        ((Type.STEREO3D, Type.DISPLAYMATRIX), None),
        ((Type.SEI_UNREGISTERED, Type.SEI_UNREGISTERED), None),
        ((Type.STEREO3D, Type.SEI_UNREGISTERED, Type.STEREO3D), "--delete stereo-mode"),
        ((Type.DISPLAYMATRIX, Type.DISPLAYMATRIX), "--delete projection-pose-roll"),
    ],
)
def test_what_is_told_once_is_taken_and_twice_refused(kinds: tuple[Type, ...], remedy: str | None) -> None:
    if remedy is None:
        refuse_told_twice(Path("a.mkv"), frame(*kinds))
        refuse_told_twice(Path("a.mkv"), None)
        return
    with pytest.raises(SourceError, match=remedy):
        refuse_told_twice(Path("a.mkv"), frame(*kinds))
