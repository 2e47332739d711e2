"""Where settings come from, and what is said of a bad one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from drapto.config import load, load_config
from drapto.config.environment import VARIABLES
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def refusal(root: Path, text: str | None = None, **given: Any) -> str:
    if text is not None:
        (root / "drapto.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(root, **{"environ": {}, **given})
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{root}{os.sep}", "")


def test_without_a_file_the_defaults_hold(root: Path) -> None:
    assert load(root, environ={}).origins == {}


def test_the_file_loses_to_the_environment_and_that_to_the_command_line(root: Path) -> None:
    (root / "drapto.toml").write_text("[encoding]\npreset = 1\ncrf.sd = 10\ncrf.hd = 10\ncrf.uhd = 10\n")
    loaded = load(
        root,
        environ={"DRAPTO_PRESET": "2", "DRAPTO_CRF_HD": "20"},
        overrides=["encoding.preset=3", "encoding.crf.uhd=30"],
    )
    encoding = loaded.config.encoding
    assert (encoding.preset, encoding.crf.sd, encoding.crf.hd, encoding.crf.uhd) == (3, 10, 20, 30)
    assert loaded.origins[("encoding", "preset")] == "command line"
    assert loaded.origins[("encoding", "crf", "sd")] == str(root / "drapto.toml")
    assert loaded.origins[("encoding", "crf", "hd")] == "DRAPTO_CRF_HD"
    assert ("encoding", "mode") not in loaded.origins


def test_one_title_of_the_command_line_leaves_the_others_of_the_file(root: Path) -> None:
    (root / "drapto.toml").write_text('[crop.titles]\na = "2:2:0:0"\nb = "2:2:0:0"\n')
    config = load_config(root, environ={}, overrides=["crop.titles.b=4:4:0:0"])
    assert config.crop.titles == {"a": "2:2:0:0", "b": "4:4:0:0"}


def test_another_file_can_be_named(root: Path) -> None:
    (root / "drapto.toml").write_text("encoding.preset = 1")
    (root / "fast.toml").write_text("encoding.preset = 12")
    assert load_config(root, file=root / "fast.toml", environ={}).encoding.preset == 12
    assert "is not a file" in refusal(root, file=root / "no.toml")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(root: Path) -> None:
    (root / "drapto.toml").write_bytes(b"\xef\xbb\xbf[encoding]\r\npreset = 4\r\n")
    assert load_config(root, environ={}).encoding.preset == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[encoding]\npresett = 6",
            "drapto.toml: encoding.presett is not a setting; did you mean encoding.preset?",
        ),
        ("[encodng]\npreset = 6", "drapto.toml: encodng is not a setting; did you mean encoding?"),
        (
            "[processing]\npreset = 6",
            "drapto.toml: processing.preset is not a setting; did you mean encoding.preset?",
        ),
        (
            "[encoding.crf]\nfhd = 6",
            "drapto.toml: encoding.crf.fhd is not a setting; did you mean encoding.crf.hd?",
        ),
        ("[encoding]\npreset = 99", "drapto.toml: encoding.preset = 99 is more than 13; "),
        ('[encoding]\npreset = "fast"', 'drapto.toml: encoding.preset = "fast" is not a whole number; '),
        (
            '[encoding]\nmode = "chunk"',
            "drapto.toml: encoding.mode = \"chunk\" is not 'auto', 'standard' or 'chunked'",
        ),
        (
            "[crop]\nenabled = 3",
            "drapto.toml: crop.enabled = 3 is neither true nor false; write true or false",
        ),
        ("encoding = 5", "drapto.toml: encoding = 5 is not a table of settings"),
        ("[encoding]\npreset == 6", "drapto.toml: is not valid TOML: "),
        (
            "[encoding]\n# preset = 6\n[encoding]\npreset = 4",
            "drapto.toml: [encoding] stands there a second time in line 3; move the settings below it to the",
        ),
        ("[encoding.crf]\nhd = 2\n[encoding.crf]", "drapto.toml: [encoding.crf] stands there a second time"),
        ("[encoding]\npreset = 6\npreset = 4", "drapto.toml: has a setting twice; remove one of the two"),
        ("crop = 1\n[crop]\nrect = 2", "drapto.toml: has a setting twice (line 2); remove one of the two"),
        (
            "version = 4",
            "drapto.toml: version = 4 is newer than this drapto, which reads up to 3; update drapto",
        ),
        ('version = "3"', "drapto.toml: version = '3' is not a version; write version = 3"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(root: Path, text: str, message: str) -> None:
    assert refusal(root, text).startswith(message)


def test_a_syntax_error_names_its_line(root: Path) -> None:
    assert "(at line 3, column 8)" in refusal(root, "[encoding]\npreset = 6\nmode = oops\n")


def test_all_bad_settings_are_named(root: Path) -> None:
    message = refusal(root, "[encoding]\npreset = 99\ncrf.sd = 99\n[crop]\nenable = true\n")
    assert "encoding.preset = 99 is more than 13 (also wrong: encoding.crf.sd, crop.enable)" in message


def test_a_file_that_is_not_text_is_refused(root: Path) -> None:
    (root / "drapto.toml").write_bytes(b"\xff\xfe\x00")
    assert refusal(root) == "drapto.toml: is not UTF-8 text; save it as UTF-8"


def test_a_directory_of_that_name_is_refused(root: Path) -> None:
    (root / "drapto.toml").mkdir()
    assert refusal(root).startswith("drapto.toml: cannot be read")


ENVIRONMENT = [
    ("DRAPTO_PROFILE", "small", "profile", "small"),
    ("DRAPTO_PRESET", "8", "encoding.preset", 8),
    ("DRAPTO_CRF_SD", "30.25", "encoding.crf.sd", 30.25),
    ("DRAPTO_CRF_HD", "31", "encoding.crf.hd", 31),
    ("DRAPTO_CRF_UHD", "32", "encoding.crf.uhd", 32),
    ("DRAPTO_VMAF_TARGET", "90", "encoding.vmaf_target", 90),
    ("DRAPTO_FILM_GRAIN", "Yes", "encoding.film_grain", True),
    ("DRAPTO_CHUNK_SIZE", "30", "processing.chunk_size", 30),
    ("DRAPTO_PARALLEL_JOBS", "3", "processing.parallel_jobs", 3),
    ("DRAPTO_TEMP_DIR", "/tmp/x", "processing.temp_dir", "/tmp/x"),  # noqa: S108  only a name here
    ("DRAPTO_MAX_MEMORY", "4 GiB", "resources.max_memory", 4 << 30),
    ("DRAPTO_MAX_CPU", "50", "resources.max_cpu", 50),
    ("DRAPTO_MAX_DISK_IO", "10 MiB/s", "resources.max_disk_io", 10 << 20),
    ("DRAPTO_DISABLE_CROP", "1", "crop.enabled", False),
    ("DRAPTO_DISABLE_CROP", "false", "crop.enabled", True),
    ("DRAPTO_ENABLE_CHUNKED_ENCODING", "true", "encoding.mode", "chunked"),
    ("DRAPTO_ENABLE_CHUNKED_ENCODING", "Off", "encoding.mode", "standard"),
    ("DRAPTO_IF_LARGER", "copy-source", "output.if_larger", "copy-source"),
    ("DRAPTO_HWACCEL", "cuda", "decoding.hardware", "cuda"),
    ("DRAPTO_FFMPEG", "/usr/bin/ffmpeg", "tools.ffmpeg", "/usr/bin/ffmpeg"),
    ("DRAPTO_AB_AV1", "/usr/bin/ab-av1", "tools.ab_av1", "/usr/bin/ab-av1"),
]


def test_every_variable_is_tested() -> None:
    assert {row[0] for row in ENVIRONMENT} == set(VARIABLES)


@pytest.mark.parametrize(("variable", "text", "setting", "value"), ENVIRONMENT)
def test_a_variable_sets_its_setting(
    root: Path, variable: str, text: str, setting: str, value: object
) -> None:
    found = load_config(root, environ={variable: text})
    for name in setting.split("."):
        found = getattr(found, name)
    assert (str(found) if isinstance(value, str) else found) == value


@pytest.mark.parametrize(
    "variable", ["DRAPTO_FILM_GRAIN", "DRAPTO_DISABLE_CROP", "DRAPTO_ENABLE_CHUNKED_ENCODING"]
)
@pytest.mark.parametrize("text", ["maybe", "2", "truee"])
def test_a_boolean_that_is_none_names_its_variable(root: Path, variable: str, text: str) -> None:
    assert refusal(root, environ={variable: text}).startswith(
        f'{variable}: = "{text}" is neither true nor false'
    )


@pytest.mark.parametrize(
    ("text", "truth"),
    [(text, True) for text in ("1", "true", "True", "YES", "on", "y")]
    + [(text, False) for text in ("0", "false", "FALSE", "no", "off", "N")],
)
def test_booleans_read_as_people_write_them(root: Path, text: str, truth: bool) -> None:
    assert load_config(root, environ={"DRAPTO_FILM_GRAIN": text}).encoding.film_grain is truth


def test_a_bad_value_names_its_variable(root: Path) -> None:
    message = refusal(root, environ={"DRAPTO_CRF_HD": "64"})
    assert message.startswith('DRAPTO_CRF_HD: encoding.crf.hd = "64" is more than 63')


def test_an_empty_variable_is_unset(root: Path) -> None:
    assert load(root, environ={"DRAPTO_PRESET": "", "DRAPTO_FFMPEG": " "}).origins == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DRAPTO_PRESETT", "DRAPTO_PRESET"),
        ("DRAPTO_CRF", "DRAPTO_CRF_SD"),
        ("DRAPTO_FFPMEG", "DRAPTO_FFMPEG"),
    ],
)
def test_a_mistyped_variable_is_refused(root: Path, name: str, meant: str) -> None:
    assert (
        refusal(root, environ={name: "1"})
        == f"{name}: is not a variable that drapto reads; did you mean {meant}?"
    )


def test_somebody_elses_variable_is_left_alone(root: Path) -> None:
    assert load(root, environ={"DRAPTO_IMAGE": "x", "PRESET": "3", "DRAPTO_BACKUP_HOST": "y"}).origins == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("preset", '"preset" is not a setting; write KEY=VALUE'),
        ("=3", '"=3" is not a setting; write KEY=VALUE'),
        ("encoding.presett=3", "encoding.presett is not a setting; did you mean encoding.preset?"),
        ("encodng.preset=3", "encodng.preset is not a setting; did you mean encoding.preset?"),
        ("audio.bitrte.stereo=3", "audio.bitrte.stereo is not a setting; did you mean audio.bitrate.stereo?"),
        ("vmaf=93", "vmaf is not a setting; did you mean encoding.vmaf_target?"),
        ("encoding.preset.x=3", "encoding.preset = {'x': 3} is not a whole number"),
        ("version=4", "version = 4 is not 3"),
    ],
)
def test_a_bad_override_is_refused(root: Path, text: str, message: str) -> None:
    assert refusal(root, overrides=[text]).startswith(f"command line: {message}")


def test_an_override_is_text_where_it_is_no_toml(root: Path) -> None:
    config = load_config(root, environ={}, overrides=["input.file_pattern=**/*.mkv", "output.dir=1999\nx=3"])
    assert config.input.file_pattern == "**/*.mkv"
    assert str(config.output.dir) == "1999\nx=3"


def test_importing_the_settings_stays_light() -> None:
    script = "import sys, drapto.config; print(sorted(m for m in sys.modules if '.' not in m))"
    modules = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("av", "pymediainfo", "pydantic_settings", "doit", "rich", "click"):
        assert f"'{heavy}'" not in modules
