"""Settings written as TOML."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.config import Config, load, load_config
from drapto.config.environment import VARIABLES
from drapto.config.keys import join, setting_at
from drapto.config.writing import dump, entries, template, value_text

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_a_dump_gives_the_same_settings_again(tmp_path: Path) -> None:
    config = load_config(
        tmp_path,
        environ={"DRAPTO_MAX_MEMORY": "3000000000"},
        overrides=[
            'crop.titles.Mr. "B" [x]=2:2:0:0',
            "encoding.crf.hd=20.25",
            "tools.ffmpeg=/opt/my ff",
            "input.max_size=9 GB",
        ],
    )
    (tmp_path / "drapto.toml").write_text(dump(config))
    assert load_config(tmp_path, environ={}) == config


def test_a_dump_tells_where_each_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "drapto.toml").write_text("[encoding]\npreset = 4\n")
    loaded = load(tmp_path, environ={"DRAPTO_CRF_SD": "20"}, overrides=["crop.enabled=no"])
    text = dump(loaded.config, loaded.origins)
    assert f"preset = 4  # {tmp_path / 'drapto.toml'}\n" in text
    assert "crf.sd = 20  # DRAPTO_CRF_SD\n" in text
    assert "enabled = false  # command line\n" in text
    assert 'mode = "auto"  # default\n' in text


def test_the_template_is_a_file_of_defaults(tmp_path: Path) -> None:
    (tmp_path / "drapto.toml").write_text(template())
    assert load_config(tmp_path, environ={}) == Config()
    assert tomllib.loads(template()).keys() == set(Config.model_fields) - {"profile", "titles"}


def test_every_setting_of_the_template_can_be_uncommented(tmp_path: Path) -> None:
    (tmp_path / "drapto.toml").write_text(re.sub(r"(?m)^# (?=[a-z])(?=[^#\n]* = )", "", template()))
    loaded = load(tmp_path, environ={})
    assert set(loaded.origins) == {key for key, _ in entries(Config())}
    changed = {key for key, value in entries(Config()) if dict(entries(loaded.config))[key] != value}
    without = {("input", "max_size"), ("crop", "rect"), ("tools", "ffmpeg"), ("tools", "ab_av1")}
    without |= {("profile",), ("tracks", "default_audio"), ("tracks", "default_subtitles")}
    without |= {("engine", "dask", "scheduler"), ("input", "range")}
    without |= {("hooks", "on_done"), ("hooks", "on_failed")}
    assert changed == without, "only what has no default"


def test_every_setting_has_a_meaning() -> None:
    for key, _ in entries(Config()):
        assert setting_at(Config, key).description, key


@given(
    st.text(st.characters(codec="utf-8"))
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
def test_values_read_back_as_they_are_written(value: object) -> None:
    assert tomllib.loads(f"x = {value_text(value)}")["x"] == value


def test_what_is_no_setting_is_not_written() -> None:
    with pytest.raises(TypeError):
        value_text(object())


def test_the_docs_have_every_setting_with_its_default_and_every_variable() -> None:
    text = DOCS.read_text()
    for key, value in entries(Config()):
        shown = "unset" if value is None else value_text(value)
        assert re.search(rf"^\| `{re.escape(join(key))}` \| `?{re.escape(shown)}`? \|", text, re.MULTILINE), (
            join(key)
        )
    for name in VARIABLES:
        assert f"`{name}`" in text
