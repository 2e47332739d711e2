"""Which settings a task reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.config import load_config
from drapto.quality.target import crf_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("size", "crf"),
    [
        ((720, 576), 21),
        ((1280, 720), 21),
        ((720, 1280), 21),
        ((1282, 720), 22),
        ((1280, 722), 22),
        ((1920, 1080), 22),
        ((1080, 1920), 22),
        ((1920, 1088), 23),
        ((3840, 2160), 23),
    ],
)
def test_the_crf_goes_by_the_size_of_the_source(size: tuple[int, int], crf: float, tmp_path: Path) -> None:
    overrides = {"encoding.crf.sd": 21, "encoding.crf.hd": 22, "encoding.crf.uhd": 23}
    assert crf_for(load_config(tmp_path, environ={}, overrides=overrides), *size) == crf
