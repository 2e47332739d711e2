"""Settings of single titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.config import Config, load, load_config
from drapto.config.writing import dump
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = """
[encoding]
preset = 8
[titles."Mr. Bean".encoding]
preset = 2
crf.hd = 20
[titles."Show/*".encoding]
preset = 5
[titles."M*"]
encoding.preset = 4
audio.bitrate.5.1 = 300
tracks.audio = ["eng"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "drapto.toml").write_text(GIVEN)
    return tmp_path


def test_a_name_wins_over_patterns_and_both_over_the_project(root: Path) -> None:
    config = load_config(root, environ={})
    assert config.encoding.preset == 8
    bean = config.of("Mr. Bean")
    assert (bean.encoding.preset, bean.encoding.crf.hd, bean.audio.bitrate.surround_5_1) == (2, 20, 300)
    assert bean.tracks.audio == ("eng",)
    assert config.of("Moon").encoding.preset == 4
    assert config.of("E01", "Show/Season 01/E01").encoding.preset == 5
    assert config.of("Alien") is config
    assert Config().of("Alien") == Config()


def test_what_is_given_for_a_run_wins_over_the_file(root: Path) -> None:
    config = load_config(root, environ={"DRAPTO_PRESET": "9"}, overrides=["encoding.crf.hd=30"])
    bean = config.of("Mr. Bean")
    assert (bean.encoding.preset, bean.encoding.crf.hd, bean.audio.bitrate.surround_5_1) == (9, 30, 300)
    typed = load_config(root, environ={}, overrides=['titles."Mr. Bean".encoding.preset=1'])
    assert typed.of("Mr. Bean").encoding.preset == 1


def test_a_dump_gives_them_again(root: Path) -> None:
    loaded = load(root, environ={})
    (root / "drapto.toml").write_text(dump(loaded.config))
    assert load_config(root, environ={}) == loaded.config


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[titles."A".encoding]\npresett = 3',
            r"presett is not a setting \(for titles\.A\); did you",
        ),
        ('[titles."A".encoding]\npreset = 30', r"encoding\.preset = 30 is more than 13 \(for titles\.A\)"),
        (
            '[titles."A".output]\ndir = "x"',
            r"titles\.A\.output\.dir holds for all titles; set it",
        ),
        ('[titles."A".resources]\nnice = 3', r"titles\.A\.resources\.nice holds for all titles"),
        ('[titles]\n"A" = 3', r"titles\.A is not a table"),
        ('[titles."A".titles."B"]\nencoding.preset = 3', r"holds for all titles"),
    ],
)
def test_what_cannot_be_of_a_title_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "drapto.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_config(tmp_path, environ={})
