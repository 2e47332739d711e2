"""Settings under a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drapto.config import Config, load, load_config
from drapto.config.keys import join
from drapto.config.layers import flatten
from drapto.config.profiles import MEANINGS, SETTINGS
from drapto.config.writing import value_text
from drapto.errors import ConfigError

DOCS = Path(__file__).parents[3] / "docs" / "profiles.md"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person's own profiles are."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "drapto").mkdir(parents=True)
    return tmp_path / "config" / "drapto"


@pytest.mark.parametrize("name", SETTINGS)
def test_each_holds_and_is_documented_as_it_is(name: str) -> None:
    assert load_config(environ={}, overrides=[f"profile={name}"]).profile == name
    row = re.search(rf"^\| `{name}` \| (.*) \| (.*) \|$", DOCS.read_text(), re.MULTILINE)
    assert row is not None
    assert row[1] == MEANINGS[name]
    given = flatten(Config, SETTINGS[name], "")
    assert row[2] == ", ".join(f"`{join(key)} = {value_text(one.value)}`" for key, one in given.items())


def test_balanced_is_what_there_is_without() -> None:
    assert load_config(environ={}, overrides=["profile=balanced"]) == Config(profile="balanced")


def test_it_stands_directly_below_what_names_it(tmp_path: Path) -> None:
    (tmp_path / "drapto.toml").write_text('profile = "archive"\n[encoding]\npreset = 7\n')
    loaded = load(tmp_path, environ={})
    assert (loaded.config.encoding.preset, loaded.config.encoding.vmaf_target) == (7, 96)
    assert loaded.origins["encoding", "vmaf_target"] == "profile archive"

    named = load(tmp_path, environ={"DRAPTO_PRESET": "9"}, overrides={"profile": "small"})
    assert (named.config.encoding.preset, named.config.encoding.vmaf_target) == (5, 88)
    assert (
        load_config(tmp_path, environ={"DRAPTO_PROFILE": "small", "DRAPTO_PRESET": "9"}).encoding.preset == 9
    )
    typed = load_config(tmp_path, environ={}, overrides={"profile": "small", "encoding.preset": 2})
    assert (typed.encoding.preset, typed.encoding.vmaf_target) == (2, 88)


def test_a_title_may_have_one_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "drapto.toml").write_text('[titles."Up"]\nprofile = "animation"\nencoding.preset = 3\n')
    config = load_config(tmp_path, environ={})
    assert (config.of("Up").quality.vmaf_model, config.of("Up").encoding.preset) == ("v1", 3)
    assert config.of("Jaws").quality.vmaf_model == "v0.6.1"


def test_a_person_has_more(home: Path) -> None:
    (home / "cartoons.toml").write_text('profile = "animation"\n[encoding]\npreset = 4\n')
    loaded = load(environ={}, overrides={"profile": "cartoons"})
    assert (loaded.config.encoding.preset, loaded.config.quality.vmaf_model) == (4, "v1")
    assert loaded.origins["encoding", "preset"] == str(home / "cartoons.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, r'profile = "mine" is not a profile; there are archive, balanced'),
        ("profile = 'mine'", "goes round in a circle"),
        ("[encoding]\npresett = 3", r"mine\.toml: encoding\.presett is not a setting"),
        ("[titles.a.encoding]\npreset = 3", "titles cannot be in a profile"),
        ("[encoding", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused(home: Path, text: str | None, said: str) -> None:
    if text is not None:
        (home / "mine.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_config(environ={}, overrides={"profile": "mine"})


def test_a_mistyped_name_is_put_right() -> None:
    with pytest.raises(ConfigError, match="did you mean archive"):
        load_config(environ={}, overrides={"profile": "archve"})
