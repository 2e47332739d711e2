"""Defaults, bounds and rules between settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from drapto.config import Config, load_config
from drapto.config.types import read_size, written_size
from drapto.config.writing import dump
from drapto.errors import EXIT_USAGE, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


GIB = 1 << 30


def load(*settings: str) -> Config:
    return load_config(environ={}, overrides=settings)


@pytest.fixture(autouse=True)
def _no_file_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_are_the_documented_ones() -> None:
    config = Config()
    assert config.encoding.preset == 6
    assert (config.encoding.crf.sd, config.encoding.crf.hd, config.encoding.crf.uhd) == (25, 25, 29)
    assert config.encoding.vmaf_target == 93
    assert config.encoding.film_grain is False
    assert config.encoding.svt_params == "tune=0:film-grain=0:film-grain-denoise=0"
    assert config.encoding.pix_fmt == "yuv420p10le"
    assert config.encoding.mode == "auto"
    assert config.processing.chunk_size == 15
    assert config.processing.parallel_jobs == "auto"
    assert str(config.processing.temp_dir) == "work"
    assert config.processing.keep_work is True
    assert config.resources.max_memory == "auto"
    assert config.resources.max_cpu == 95
    assert config.resources.max_disk_io == 100 << 20
    assert str(config.input.source_dir) == "source"
    assert config.input.file_pattern == "*.mkv"
    assert (config.input.min_size, config.input.max_size) == (0, None)
    assert str(config.output.dir) == "output"
    assert config.crop.enabled is True
    assert config.crop.rect is None
    bitrate = config.audio.bitrate
    assert (bitrate.mono, bitrate.stereo, bitrate.surround_5_1, bitrate.surround_7_1) == (64, 128, 256, 384)
    assert config.tools.ffmpeg is None


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Config().encoding.preset = 3


@pytest.mark.parametrize(
    ("setting", "lowest", "highest", "below", "above"),
    [
        ("encoding.preset", 0, 13, -1, 14),
        ("encoding.crf.sd", 0, 63, -0.25, 63.25),
        ("encoding.crf.hd", 0, 63, -0.25, 63.25),
        ("encoding.crf.uhd", 0, 63, -0.25, 63.25),
        ("encoding.vmaf_target", 70, 95, 69.9, 99.1),
        ("processing.chunk_size", 1, 300, 0.9, 301),
        ("processing.parallel_jobs", 1, 32, 0, 33),
        ("resources.max_cpu", 1, 100, 0, 101),
        ("audio.bitrate.mono", 6, 256, 5, 257),
        ("audio.bitrate.5.1", 36, 1536, 35, 1537),
    ],
)
def test_bounds_hold_and_are_named(
    setting: str, lowest: float, highest: float, below: float, above: float
) -> None:
    load(f"{setting}={lowest}")
    load(f"{setting}={highest}")
    for outside in (below, above):
        with pytest.raises(ConfigError) as caught:
            load(f"{setting}={outside}")
        assert caught.value.exit_code == EXIT_USAGE
        assert f"= {outside}" in str(caught.value)
        assert str(caught.value).startswith("command line: ")


def test_vmaf_99_needs_low_crfs() -> None:
    low = [f"encoding.crf.{size}=20" for size in ("sd", "hd", "uhd")]
    assert load("encoding.vmaf_target=99", *low).encoding.vmaf_target == 99


def test_a_vmaf_above_95_is_aimed_at_whatever_the_fixed_crfs_are() -> None:
    assert load("encoding.vmaf_target=96").encoding.vmaf_target == 96


@pytest.mark.parametrize("size", ["sd", "hd", "uhd"])
def test_vmaf_above_95_at_a_fixed_crf_above_20_is_refused(size: str) -> None:
    low = {f"encoding.crf.{one}": 20 for one in ("sd", "hd", "uhd")} | {"quality.mode": "crf"}
    with pytest.raises(ConfigError, match=r"encoding\.vmaf_target = 95\.5 .* CRF 20\.25; .* at most 20"):
        load_config(
            environ={}, overrides={**low, f"encoding.crf.{size}": 20.25, "encoding.vmaf_target": 95.5}
        )


def test_vmaf_of_exactly_95_goes_with_any_crf() -> None:
    assert load("encoding.vmaf_target=95", "encoding.crf.hd=40").encoding.crf.hd == 40


@pytest.mark.parametrize("grain", ["encoding.film_grain=true", "encoding.svt_params=film-grain=8"])
def test_film_grain_with_a_preset_above_8_is_refused(grain: str) -> None:
    assert load(grain, "encoding.preset=8").encoding.wants_grain
    with pytest.raises(ConfigError, match=r"encoding\.preset = 9 is too fast for film grain"):
        load(grain, "encoding.preset=9")


@pytest.mark.parametrize("crf", ["20.1", "20.125", "nan", "inf", "true", '"x"'])
def test_crf_takes_quarter_steps_only(crf: str) -> None:
    assert load("encoding.crf.sd=30.25").encoding.crf.sd == 30.25
    with pytest.raises(ConfigError, match=r"encoding\.crf\.sd"):
        load(f"encoding.crf.sd={crf}")


@pytest.mark.parametrize("jobs", ["0", "33", "2.0", "true", "many", "-1"])
def test_parallel_jobs_is_auto_or_a_count(jobs: str) -> None:
    assert load("processing.parallel_jobs=auto").processing.parallel_jobs == "auto"
    assert load("processing.parallel_jobs=4").processing.parallel_jobs == 4
    with pytest.raises(ConfigError, match='neither "auto" nor a whole number from 1 to 32'):
        load(f"processing.parallel_jobs={jobs}")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1073741824", GIB),
        ('"8GiB"', 8 * GIB),
        ("8 gib", 8 * GIB),
        ("1.5 GiB", 3 * GIB // 2),
        ("2 GB", 2_000_000_000),
        ("600000 kB", 600_000_000),
    ],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert load(f"resources.max_memory={text}").resources.max_memory == size


@pytest.mark.parametrize("text", ["8", "8 GiBs", "8G", "lots", "-1 GiB", "", "true"])
def test_bad_sizes_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"resources\.max_memory"):
        load(f"resources.max_memory={text}")


@given(st.integers(min_value=0, max_value=1 << 60))
def test_a_size_reads_back_as_it_is_written(size: int) -> None:
    assert read_size(written_size(size)) == size


def test_a_rate_is_a_size_per_second() -> None:
    assert load("resources.max_disk_io=50 MiB/s").resources.max_disk_io == 50 << 20


def test_durations_and_bitrates_may_have_their_unit() -> None:
    assert load("processing.chunk_size=20 s").processing.chunk_size == 20
    assert load("audio.bitrate.stereo=160k").audio.bitrate.stereo == 160


def test_the_surround_bitrates_have_a_dot_in_their_names(tmp_path: Path) -> None:
    for text in (
        '[audio.bitrate]\n"5.1" = 300',
        "[audio.bitrate]\n5.1 = 300",
        "audio.bitrate.surround_5_1 = 300",
    ):
        (tmp_path / "drapto.toml").write_text(text)
        assert load_config(environ={}).audio.bitrate.surround_5_1 == 300
    for text in ("audio.bitrate.5.1=200", 'audio.bitrate."5.1"=200', "audio.bitrate.surround_5_1=200"):
        assert load(text).audio.bitrate.surround_5_1 == 200


@pytest.mark.parametrize(
    "params",
    ["tune", "tune=0:", ":", "tune=0::x=1", "tune=0:tune=1", "=3", "tune=0 -y", "tune=0;rm", "a=b=c"],
)
def test_svt_params_are_pairs_joined_by_colons(params: str) -> None:
    assert (
        load("encoding.svt_params=sharpness=1:enable-qm=1").encoding.svt_params == "sharpness=1:enable-qm=1"
    )
    assert load("encoding.svt_params=").encoding.svt_params == ""
    with pytest.raises(ConfigError, match=r"encoding\.svt_params"):
        load(f"encoding.svt_params={params}")


@pytest.mark.parametrize("key", ["crf", "preset", "keyint", "lp", "rc"])
def test_svt_params_may_not_set_what_drapto_sets(key: str) -> None:
    with pytest.raises(ConfigError, match=f"may not set {key}: ."):
        load(f"encoding.svt_params=tune=0:{key}=5")


@pytest.mark.parametrize("rect", ["1280:544", "1280:544:0:1", "a:b:c:d", "0:544:0:0", "1280x544", "-2:4:0:0"])
def test_a_manual_crop_is_even_and_keeps_something(rect: str) -> None:
    assert load("crop.rect=1280:544:0:88").crop.rect == "1280:544:0:88"
    for key in ("crop.rect", "crop.titles.Movie"):
        with pytest.raises(ConfigError, match=r"crop\."):
            load(f"{key}={rect}")


def test_a_title_may_have_dots_in_its_name() -> None:
    assert load("crop.titles.Mr. Bean=720:432:0:72").crop.titles == {"Mr. Bean": "720:432:0:72"}


def test_sizes_of_inputs_must_leave_something() -> None:
    with pytest.raises(ConfigError, match=r"input\.max_size = 1 KiB is less than input\.min_size"):
        load("input.min_size=1 MiB", "input.max_size=1 KiB")


@pytest.mark.parametrize("pattern", ["", "/films/*.mkv", "../*.mkv"])
def test_the_pattern_stays_in_the_source_directory(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"input\.file_pattern"):
        load(f"input.file_pattern={pattern}")


def test_a_home_directory_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert str(load("output.dir=~/films").output.dir) == "/home/someone/films"


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"output\.dir"):
        load("output.dir=")


def choices(kind: object) -> Iterator[object]:
    """Yield what a setting of a kind may be, where these are a few words."""
    for one in get_args(kind):
        if get_origin(kind) is Literal:
            yield one
        else:
            yield from choices(one)


def described(model: type[BaseModel]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each setting that is one of a few words: its name, what is said of it, the words."""
    for name, setting in model.model_fields.items():
        if isinstance(setting.annotation, type) and issubclass(setting.annotation, BaseModel):
            yield from described(setting.annotation)
        elif words := [one for one in choices(setting.annotation) if isinstance(one, str)]:
            yield name, setting.description or "", words


def test_what_a_setting_may_be_stands_in_what_is_said_of_it() -> None:
    """A drapto.toml said "sent to them" where ``push`` was to be written."""
    found = list(described(Config))
    assert len(found) > 20
    for name, text, words in found:
        if name != "titles":  # "the same for single titles"
            said = set(re.findall(r"[\w.-]*\w", text))
            assert said.issuperset(words), name


def test_only_vmaf_v1_knows_telephones() -> None:
    assert load("quality.viewing=phone", "quality.vmaf_model=v1").quality.viewing == "phone"
    with pytest.raises(
        ConfigError, match=r'quality\.viewing.*phone has no model.*quality\.vmaf_model = "v1"'
    ):
        load("quality.viewing=phone")
    with pytest.raises(ConfigError, match="vmaf_model"):
        load("quality.vmaf_model=v2")


@pytest.mark.parametrize(
    ("text", "codecs"),
    [
        ('["truehd", "DTS", "truehd"]', ("dts", "truehd")),
        ("truehd,e-ac-3", ("eac3", "truehd")),
        ("[]", ()),
        ("", ()),
    ],
)
def test_codecs_to_pass_through_are_a_list_or_text(
    text: str, codecs: tuple[str, ...], tmp_path: Path
) -> None:
    config = load_config(tmp_path, environ={}, overrides=[f"audio.passthrough={text}"])
    assert config.audio.passthrough == codecs
    (tmp_path / "drapto.toml").write_text(dump(config))
    assert load_config(tmp_path, environ={}) == config


@pytest.mark.parametrize("text", ['["truehd", "atmos"]', "atmos", "7"])
def test_a_codec_that_is_not_known_is_refused_with_those_that_are(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"audio\.passthrough = .*(truehd|dts)"):
        load_config(tmp_path, environ={}, overrides=[f"audio.passthrough={text}"])
