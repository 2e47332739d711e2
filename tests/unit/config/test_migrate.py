"""Files of earlier versions."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from drapto.config import Config, load, load_config
from drapto.config.migrate import FLAT
from drapto.config.rewrite import rewrite
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


FIRST = """\
# My films
# (since 2019)

# slower is better
preset = 4   # tried 3 # once
crf = 23
crf_uhd = 27
svt_params = "tune=0:sharpness=1" # a # in it
disable_crop = true # no bars here
chunk_size = 20
output_dir = "done # really"
max_memory = "4GiB"
# the end
"""

SECOND = """\
version = 2

# the picture
[encoding]
crf = 22.5  # everywhere
crf_uhd = 28
preset = 5
chunked = true

[crop]
disabled = true
titles."Mr. Bean" = "720:432:0:72"

[audio.bitrate]
# five
"5.1" = 320
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "drapto.toml"


@pytest.mark.parametrize("version", ["", "version = 1\n"])
def test_version_1_is_flat(file: Path, version: str) -> None:
    file.write_text(version + FIRST)
    loaded = load(file.parent, environ={})
    config = loaded.config
    assert config.encoding.preset == 4
    assert (config.encoding.crf.sd, config.encoding.crf.hd, config.encoding.crf.uhd) == (23, 23, 27)
    assert config.crop.enabled is False
    assert config.processing.chunk_size == 20
    assert str(config.output.dir) == "done # really"
    assert config.resources.max_memory == 4 << 30
    assert "drapto config migrate" in loaded.notes[0]


def test_version_1_knows_every_setting_of_its_table(file: Path) -> None:
    values = {
        "crf_sd": 20,
        "crf_hd": 21,
        "crf": 22,
        "enable_chunked_encoding": "true",
        "disable_crop": "false",
    }
    for name in FLAT:
        value = values.get(name)
        file.write_text(
            f"version = 1\n{name} = {value}\n" if value is not None else f"version = 1\n{name} = {{}}\n"
        )
        if value is not None:
            load_config(file.parent, environ={})
        else:  # it is read: an empty table is no value of any of them, and the new key is named
            with pytest.raises(ConfigError, match="|".join(".".join(key) for key in FLAT[name])):
                load_config(file.parent, environ={})


def test_the_finer_crf_of_version_1_wins_whatever_the_order(file: Path) -> None:
    file.write_text("crf_hd = 30\ncrf = 20\n")
    crf = load_config(file.parent, environ={}).encoding.crf
    assert (crf.sd, crf.hd) == (20, 30)


def test_version_2_has_a_flat_crf(file: Path) -> None:
    file.write_text(SECOND)
    config = load_config(file.parent, environ={})
    assert (config.encoding.crf.sd, config.encoding.crf.hd, config.encoding.crf.uhd) == (22.5, 22.5, 28)
    assert config.encoding.preset == 5
    assert config.encoding.mode == "chunked"
    assert config.crop.enabled is False
    assert config.crop.titles == {"Mr. Bean": "720:432:0:72"}
    assert config.audio.bitrate.surround_5_1 == 320


def test_a_file_without_a_version_is_of_the_one_whose_settings_it_uses(file: Path) -> None:
    file.write_text("[encoding]\ncrf = 22\n")
    assert load_config(file.parent, environ={}).encoding.crf.hd == 22
    file.write_text("[encoding.crf]\nhd = 21\n")
    loaded = load(file.parent, environ={})
    assert loaded.config.encoding.crf.hd == 21
    assert loaded.notes == ()


def test_a_typo_in_version_1_gets_a_suggestion(file: Path) -> None:
    file.write_text("preset = 3\ncrf_udh = 20\n")
    with pytest.raises(ConfigError, match="crf_udh is not a setting of version 1; did you mean crf_uhd"):
        load_config(file.parent, environ={})


def test_an_error_in_an_old_file_names_the_file(file: Path) -> None:
    file.write_text("version = 1\ncrf = 99\n")
    with pytest.raises(ConfigError, match=r"drapto\.toml: encoding\.crf\.sd = 99 is more than 63"):
        load_config(file.parent, environ={})


@pytest.mark.parametrize("text", [FIRST, SECOND, "version = 1\n", "version = 2\n[crop]\ndisabled = false"])
def test_rewriting_keeps_what_it_says(file: Path, text: str) -> None:
    file.write_text(text)
    before = load_config(file.parent, environ={})
    backup = rewrite(file)
    assert backup == file.with_name("drapto.toml.bak")
    assert backup.read_text() == text
    assert tomllib.loads(file.read_text())["version"] == 3
    after = load(file.parent, environ={})
    assert after.config == before
    assert after.notes == ()


def test_rewriting_keeps_the_comments_where_they_belong(file: Path) -> None:
    file.write_text(FIRST)
    rewrite(file)
    lines = file.read_text().splitlines()
    assert lines[:5] == ["# My films", "# (since 2019)", "", "version = 3", ""]
    assert lines[lines.index("preset = 4  # tried 3 # once") - 1] == "# slower is better"
    assert "enabled = false  # no bars here" in lines
    assert 'svt_params = "tune=0:sharpness=1"  # a # in it' in lines
    assert 'dir = "done # really"' in lines
    assert lines[-1] == "# the end"
    file.write_text(SECOND)
    rewrite(file)
    lines = file.read_text().splitlines()
    assert lines[lines.index("[encoding]") - 1] == "# the picture"
    assert "crf.sd = 22.5  # everywhere" in lines
    assert lines[lines.index('bitrate."5.1" = 320') - 1] == "# five"


def test_an_older_backup_is_not_overwritten(file: Path) -> None:
    file.with_name("drapto.toml.bak").write_text("mine")
    file.write_text(FIRST)
    assert rewrite(file).name == "drapto.toml.bak2"
    assert file.with_name("drapto.toml.bak").read_text() == "mine"


def test_a_file_of_today_is_left_alone(file: Path) -> None:
    text = "# mine\nversion = 3\n\nencoding.preset = 3\n"
    file.write_text(text)
    assert rewrite(file) is None
    assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("text", ["version = 4", "preset = 99", "preset = = 3", "version = 1\nnope = 3"])
def test_a_bad_file_is_not_rewritten(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError):
        rewrite(file)
    assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_rewritten_is_named(tmp_path: Path) -> None:
    file = tmp_path / ("x" * 252)  # leaves no room for ".bak"
    file.write_text(FIRST)
    with pytest.raises(ConfigError, match=r"cannot be rewritten \(File name too long\)"):
        rewrite(file)
    assert file.read_text() == FIRST


def test_the_present_version_is_the_default() -> None:
    assert Config().version == 3
