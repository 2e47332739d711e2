"""Which settings a task reads: to the letter as doit's database has them from older runs."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from drapto.config import Config, load_config
from drapto.config.keys import table_name
from drapto.engine.digest import digest
from drapto.media.model import CropInfo, CropRect, SourceInfo
from drapto.project import open_project
from drapto.rules import finished, validate
from drapto.rules.shape import Common, calibration_slice, common_to, encode_slice, segment_slice
from drapto.rules.stage import stages
from drapto.video.plan import Segment, SegmentPlan
from tests import known, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel

SEGMENTS = (
    Segment(
        index=1,
        path="segments/0001.mkv",
        size=100,
        start_time=0.0,
        duration=10.0,
        frames=240,
        first_frame=0,
        keyint=240,
    ),
    Segment(
        index=2,
        path="segments/0002.mkv",
        size=100,
        start_time=10.0,
        duration=10.0,
        frames=200,
        first_frame=240,
        keyint=200,
        filters=("bwdif=mode=send_frame",),
    ),
)

PLAN = SegmentPlan(
    digest="d",
    settings={},
    strategy="chunked",
    reason="r",
    rate=Fraction(24000, 1001),
    timestamps="planned.txt",
    segments=SEGMENTS,
)

CROP = CropInfo(
    digest="d",
    source_width=1920,
    source_height=1080,
    rect=CropRect(width=1920, height=800, x=0, y=140),
    method="manual",
    reason="tests",
)

INFO = sources.source(sources.video(width=1920, height=1080))

SHAPE: dict[str, Any] = {
    "preset": 6,
    "svt_params": "tune=0:film-grain=0:film-grain-denoise=0",
    "film_grain": False,
    "pix_fmt": "yuv420p10le",
    "crop": {"width": 1920, "height": 800, "x": 0, "y": 140},
    "rate": "24000/1001",
    "first": 0,
    "yuv_matrix": None,
    "chroma_location": None,
}

TARGET: dict[str, Any] = {
    "metric": "vmaf",
    "score": 93.0,
    "tolerance": 1.0,
    "lowest": 10.0,
    "highest": 50.0,
    "most": 6,
    "thorough": False,
    "engine": "native",
    "out_of_reach": "closest",
}

OWN: list[dict[str, Any]] = [
    {"frames": 240, "keyint": 240, "filters": []},
    {"frames": 200, "keyint": 200, "filters": ["bwdif=mode=send_frame"]},
]

ASKED: list[tuple[dict[str, object], dict[str, Any]]] = [
    ({"quality.mode": "crf"}, {"crf": 25.0, "target": None}),
    ({"quality.mode": "target"}, {"crf": None, "target": TARGET}),
    (
        {"quality.mode": "target", "quality.metric": "xpsnr", "quality.thorough": True},
        {"crf": None, "target": TARGET | {"metric": "xpsnr", "score": 42.0, "thorough": True}},
    ),
    (
        {"quality.mode": "target", "quality.engine": "ab-av1", "quality.out_of_reach": "fail"},
        {"crf": None, "target": TARGET | {"engine": "ab-av1", "out_of_reach": "fail"}},
    ),
]


def common(folder: Path, overrides: dict[str, object]) -> Common:
    config = load_config(folder, environ={}, overrides=overrides)
    project = open_project(folder, config, [folder / "film.mkv"])
    return common_to(project, project.titles[0], INFO, CROP, PLAN)


def as_json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(("overrides", "quality"), ASKED)
def test_an_encodes_slice_is_as_it_always_was(
    overrides: dict[str, object], quality: dict[str, Any], tmp_path: Path
) -> None:
    shared = encode_slice(common(tmp_path, overrides))
    for segment, own in zip(SEGMENTS, OWN, strict=True):
        expected = {**SHAPE, **quality, "strategy": "chunked", **own}
        assert as_json(segment_slice(shared, segment)) == as_json(expected)


def test_where_scenes_begin_is_of_concern_to_a_target_alone(tmp_path: Path) -> None:
    known = SEGMENTS[0].model_copy(update={"scenes": (24, 90)})
    target, fixed = (common(tmp_path, {"quality.mode": mode}) for mode in ("target", "crf"))
    assert segment_slice(encode_slice(target), known)["scenes"] == [24, 90]
    assert "scenes" not in segment_slice(encode_slice(fixed), known)
    assert calibration_slice(target, [known])["anchors"][0][-1] == [24, 90]


@pytest.mark.parametrize("metric", ["vmaf", "xpsnr"])
def test_a_calibrations_slice_is_as_it_always_was(metric: str, tmp_path: Path) -> None:
    found = common(tmp_path, {"quality.mode": "target", "quality.metric": metric})
    assert found.calibrated
    expected = {
        **SHAPE,
        "filters": [],
        "metric": metric,
        "anchors": [[2, 200, 200, ["bwdif=mode=send_frame"]]],
    }
    assert as_json(calibration_slice(found, [SEGMENTS[1]])) == as_json(expected)


@pytest.mark.parametrize(("overrides", "quality"), ASKED)
def test_a_finished_titles_quality_is_as_it_always_was(
    overrides: dict[str, object], quality: dict[str, Any], tmp_path: Path
) -> None:
    config = load_config(tmp_path, environ={}, overrides=overrides)
    project = open_project(tmp_path, config, [tmp_path / "film.mkv"])
    inputs = validate.inputs(project, project.titles[0], INFO)
    shape = {key: SHAPE[key] for key in ("preset", "svt_params", "film_grain", "pix_fmt")}
    kept = {key: value for key, value in quality.items() if value is not None}
    assert as_json(inputs["encode"]) == as_json(shape | kept)


def test_only_drapto_itself_calibrates(tmp_path: Path) -> None:
    assert not common(tmp_path, {"quality.mode": "target", "quality.engine": "ab-av1"}).calibrated
    assert not common(tmp_path, {"quality.mode": "crf"}).calibrated


TIMED = "aresample=48000:async=1:min_hard_comp=0.04,aresample=async=1:min_hard_comp=0.04:first_pts=0"

SOUND: list[dict[str, Any]] = [
    {
        "layout": layout,
        "channels": channels,
        "bitrate": bitrate,
        "filters": f"aformat=channel_layouts={layout},{TIMED}",
    }
    for layout, channels, bitrate in (("mono", 1, 64), ("stereo", 2, 128), ("5.1", 6, 256), ("7.1", 8, 384))
]

SEGMENT: dict[str, Any] = {
    "chunk_size": 15.0,
    "mode": "auto",
    "frame_index": "auto",
    "deinterlace": "auto",
}

CROPPED: dict[str, Any] = {"enabled": True, "rect": None, "threshold": 24 / 255}

PICTURE: dict[str, Any] = SHAPE | {"crop": {"width": 640, "height": 280, "x": 0, "y": 40}, "rate": "24"}

ENCODED: dict[str, Any] = {key: SHAPE[key] for key in ("preset", "svt_params", "film_grain", "pix_fmt")}

BEFORE: dict[str, Any] = {
    "probe:film": {"frame_index": "auto"},
    "crop:film": CROPPED,
    "fields:film": {"deinterlace": "auto"},
    "segment:film": SEGMENT,
}

BEHIND: dict[str, Any] = {
    "validate:film:decode:1": {"segments": [1]},
    "validate:film:decode:2": {"segments": [2]},
    "video:film": {"rate": "24", "segments": 2},
    **{f"audio:film:{number}": {"stream": number + 1, **plan} for number, plan in enumerate(SOUND)},
    "mux:film": {},
}


def encodes(**quality: Any) -> dict[str, Any]:
    """Return the slices of the encodes of both segments, of 99 and of 98 frames."""
    return {
        f"encode:film:{number:04d}": {
            **PICTURE,
            "filters": [],
            "strategy": "chunked",
            "frames": frames,
            "keyint": frames,
            **quality,
        }
        for number, frames in ((1, 99), (2, 98))
    }


def recorded(**quality: Any) -> dict[str, Any]:
    """Return what a finished title's record holds of the settings, but for the source's digest."""
    return {
        "probe": {"frame_index": "auto"},
        "crop": CROPPED,
        "segment": SEGMENT,
        "encode": {**ENCODED, **quality},
        "audio": SOUND,
        "output": "output/film.mkv",
    }


@pytest.mark.parametrize("mode", ["crf", "target"])
def test_every_stages_slice(mode: str, tmp_path: Path) -> None:
    project = known.known_project(tmp_path, {"quality.mode": mode})
    found = known.slices(project)
    source = found["validate:film"].pop("source")
    assert source == digest(project.titles[0].source)
    size = {"coded_width": 640, "coded_height": 360, "width": 1920, "height": 1080}
    display = {"display": {"model": "vmaf_v0.6.1", **size}}
    anchor: dict[str, Any] = {
        "metric": "vmaf",
        **display,
        "filters": [],
        "anchors": [],
    }  # two segments have none
    own: dict[str, Any] = (
        {**encodes(crf=25.0, target=None), "validate:film": recorded(crf=25.0)}
        if mode == "crf"
        else {
            "calibrate:film": {**PICTURE, **anchor},
            **encodes(crf=None, target=TARGET | display),
            "validate:film": recorded(target=TARGET | display),
        }
    )
    assert found == BEFORE | BEHIND | {"elements:film": {}, "report:film": {"report": 1}} | own


def test_subtitles_read_no_setting(tmp_path: Path) -> None:
    subtitle = {"index": 9, "codec": "subrip", "digest": "s"}
    project = known.known_project(tmp_path, subtitles=[subtitle])
    assert known.slices(project)["subtitles:film"] == {}


def test_an_interlaced_titles_pictures_come_as_the_settings_say(tmp_path: Path) -> None:
    found = known.slices(known.known_project(tmp_path, {"deinterlace.rate": "field"}, kind="interlaced"))
    assert found["segment:film"] == {**SEGMENT, "field_rate": "field"}
    assert found["validate:film"]["segment"] == {**SEGMENT, "field_rate": "field"}
    assert found["fields:film"] == {"deinterlace": "auto"}


PROFILES: dict[str, tuple[dict[str, object], dict[str, Any]]] = {
    "crf": ({"quality.mode": "crf"}, {}),
    "hd": ({"quality.mode": "crf"}, {"track": sources.video(width=1920, height=1080)}),
    "uhd": ({"quality.mode": "crf"}, {"track": sources.video(width=3840, height=2160)}),
    "vmaf": ({"quality.mode": "target"}, {}),
    "v1": ({"quality.mode": "target", "quality.vmaf_model": "v1"}, {}),
    "xpsnr": ({"quality.mode": "target", "quality.metric": "xpsnr"}, {}),
    "interlaced": ({"quality.mode": "crf"}, {"kind": "interlaced"}),
    "hdr": (
        {"quality.mode": "target"},
        {"track": sources.video(hdr="HDR10", colour={"transfer": "smpte2084", "range": "tv"})},
    ),
    "opus": ({"quality.mode": "crf"}, {"sound": [known.Opus()]}),
}
"""Settings and sources for which what is read differs."""

ENCODES = {"encode", "validate"}

READS: list[tuple[str, str, object, set[str]]] = [
    ("crf", "encoding.preset", 4, ENCODES),
    ("vmaf", "encoding.preset", 4, {"calibrate"} | ENCODES),
    ("crf", "encoding.crf.sd", 30, ENCODES),
    ("vmaf", "encoding.crf.sd", 30, set()),
    ("hd", "encoding.crf.sd", 30, set()),
    ("hd", "encoding.crf.hd", 30, ENCODES),
    ("crf", "encoding.crf.hd", 30, set()),
    ("uhd", "encoding.crf.uhd", 30, ENCODES),
    ("hd", "encoding.crf.uhd", 30, set()),
    ("vmaf", "encoding.vmaf_target", 90, ENCODES),
    ("xpsnr", "encoding.vmaf_target", 90, set()),
    ("crf", "encoding.vmaf_target", 90, set()),
    ("crf", "encoding.film_grain", True, ENCODES),
    ("crf", "encoding.svt_params", "tune=1", ENCODES),
    ("vmaf", "encoding.svt_params", "tune=1", {"calibrate"} | ENCODES),
    ("crf", "encoding.mode", "chunked", {"segment", "validate"}),
    ("crf", "encoding.on_upgrade", "mix", set()),
    ("crf", "quality.mode", "target", {"calibrate"} | ENCODES),
    ("vmaf", "quality.metric", "xpsnr", {"calibrate"} | ENCODES),
    ("crf", "quality.metric", "xpsnr", set()),
    ("vmaf", "quality.vmaf_model", "v1", {"calibrate"} | ENCODES),
    ("crf", "quality.vmaf_model", "v1", set()),
    ("xpsnr", "quality.vmaf_model", "v1", set()),
    ("v1", "quality.viewing", "phone", {"calibrate"} | ENCODES),
    ("xpsnr", "quality.xpsnr_target", 40, ENCODES),
    ("vmaf", "quality.xpsnr_target", 40, set()),
    ("hdr", "quality.hdr", "pq", {"calibrate"} | ENCODES),
    ("hdr", "quality.hdr", "off", {"calibrate"} | ENCODES),
    ("vmaf", "quality.hdr", "off", set()),
    ("hdr", "quality.vmaf_model", "v1", set()),
    ("vmaf", "quality.statistic", "p5", {"calibrate"} | ENCODES),
    ("crf", "quality.statistic", "p5", set()),
    ("vmaf", "quality.floor", 10, ENCODES),
    ("vmaf", "quality.floor", False, ENCODES),
    ("xpsnr", "quality.floor", 10, set()),
    ("crf", "quality.floor", 10, set()),
    ("vmaf", "quality.tolerance", 0.5, ENCODES),
    ("crf", "quality.tolerance", 0.5, set()),
    ("vmaf", "quality.crf_min", 12, ENCODES),
    ("vmaf", "quality.crf_max", 45, ENCODES),
    ("vmaf", "quality.max_encodes", 3, ENCODES),
    ("vmaf", "quality.thorough", True, ENCODES),
    ("vmaf", "quality.engine", "ab-av1", {"calibrate"} | ENCODES),
    ("vmaf", "quality.out_of_reach", "fail", ENCODES),
    ("crf", "processing.chunk_size", 20, {"segment", "validate"}),
    ("crf", "processing.parallel_jobs", 3, set()),
    ("crf", "processing.temp_dir", "elsewhere", set()),
    ("crf", "processing.keep_work", False, set()),
    ("crf", "resources.max_memory", "1 GiB", set()),
    ("crf", "resources.max_cpu", 10, set()),
    ("crf", "resources.disk_reserve", "1 GiB", set()),
    ("crf", "resources.disk_wait", "2 h", set()),
    ("crf", "resources.nice", 5, set()),
    ("crf", "resources.ionice", "idle", set()),
    ("crf", "processing.stall_timeout", "2 min", set()),
    ("crf", "processing.max_attempts", 5, set()),
    ("crf", "processing.breaker_reset", "1 min", set()),
    ("crf", "output.if_exists", "overwrite", set()),
    ("crf", "resources.max_disk_io", "1 MiB", set()),
    ("crf", "input.source_dir", "elsewhere", set()),
    ("crf", "input.file_pattern", "*.mk", set()),
    ("crf", "input.min_size", 1, set()),
    ("crf", "input.max_size", 1000, set()),
    ("crf", "input.sidecar_subtitles", True, set()),
    ("crf", "input.frame_index", "decode", {"probe", "segment", "validate"}),
    ("crf", "input.allow_damage", "holes", {"probe"}),
    ("crf", "input.allow_damage", "none", {"probe", "validate"}),
    ("crf", "input.unreadable_tracks", "refuse", {"probe"}),
    ("crf", "output.dir", "elsewhere", {"validate"}),
    ("crf", "output.strict", True, {"validate"}),
    ("crf", "input.skip_codecs", ["vp9"], set()),
    ("crf", "output.if_larger", "copy-source", set()),
    ("crf", "output.min_reduction", 0.5, set()),
    ("crf", "output.replace_source", "quarantine", set()),
    ("crf", "tracks.audio", ["none"], {"audio", "validate"}),
    ("crf", "tracks.subtitles", ["none"], set()),
    ("crf", "tracks.default_audio", "all", {"mux", "validate"}),
    ("crf", "tracks.default_subtitles", "none", set()),
    ("crf", "audio.downmix", "stereo", {"audio", "validate"}),
    ("crf", "crop.enabled", False, {"crop", "validate"}),
    ("crf", "crop.rect", "320:200:0:0", {"crop", "validate"}),
    ("crf", "crop.titles.film", "320:200:0:0", {"crop", "validate"}),
    ("crf", "crop.titles.another", "320:200:0:0", set()),
    ("crf", "crop.threshold", 0.2, {"crop", "validate"}),
    ("crf", "deinterlace.mode", "mixed", {"fields", "segment", "validate"}),
    ("crf", "deinterlace.titles.film", "mixed", {"fields", "segment", "validate"}),
    ("crf", "deinterlace.titles.another", "mixed", set()),
    ("interlaced", "deinterlace.rate", "field", {"segment", "validate"}),
    ("crf", "deinterlace.rate", "field", set()),
    ("crf", "decoding.hardware", "off", set()),
    ("vmaf", "decoding.hardware", "vaapi", set()),
    ("crf", "audio.bitrate.mono", 48, {"audio", "validate"}),
    ("crf", "audio.bitrate.stereo", 96, {"audio", "validate"}),
    ("crf", "audio.bitrate.5.1", 192, {"audio", "validate"}),
    ("crf", "audio.bitrate.7.1", 300, {"audio", "validate"}),
    ("crf", "audio.copy_opus", False, set()),
    ("opus", "audio.copy_opus", False, {"audio", "validate"}),
    ("crf", "audio.passthrough", ["flac"], {"audio", "validate"}),
    ("crf", "audio.passthrough", ["truehd"], set()),
    ("crf", "tools.ffmpeg", "/nowhere/ffmpeg", set()),
    ("vmaf", "tools.ab_av1", "/nowhere/ab-av1", set()),
    ("crf", "engine.name", "another", set()),
    ("crf", "engine.transfer", "push", set()),
    ("crf", "engine.dask.scheduler", "tcp://127.0.0.1:8786", set()),
    ("crf", "engine.dask.slots", 3, set()),
    ("crf", "engine.dask.mixed", True, set()),
    ("crf", "report.enabled", False, {"report"}),
    ("crf", "hooks.on_done", "true", set()),
    ("crf", "hooks.on_failed", "true", set()),
    ("crf", "hooks.timeout", 5, set()),
]
"""By profile: a setting, another value for it, and the stages whose slices that changes."""

OF_ONE_VALUE = {"version", "encoding.pix_fmt"}
OF_OTHERS = {"profile", "titles"}
"""What stands for other settings."""
OF_ANOTHER_FILM = {"input.range"}
"""What makes another film of the source, of which nothing is known yet: see tests/system/test_range.py."""


def keys(model: type[BaseModel], head: str = "") -> Iterator[str]:
    """Yield the names of all settings."""
    for name, field in model.model_fields.items():
        key = f"{head}{table_name(name, field)}"
        kind = field.annotation
        if isinstance(kind, type) and hasattr(kind, "model_fields"):
            yield from keys(kind, f"{key}.")
        else:
            yield key


def test_of_every_setting_it_is_said_who_reads_it() -> None:
    told = (
        {".".join(key.split(".")[:2]) if ".titles." in key else key for _, key, _, _ in READS}
        | OF_ONE_VALUE
        | OF_OTHERS
        | OF_ANOTHER_FILM
    )
    assert told == set(keys(Config))


def changed(before: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """Return the tasks whose slices differ."""
    return {name for name in before | now if before.get(name) != now.get(name)}


@pytest.mark.parametrize(("profile", "key", "value", "expected"), READS)
def test_a_setting_changes_the_slices_of_those_who_read_it(
    profile: str, key: str, value: object, expected: set[str], tmp_path: Path
) -> None:
    settings, more = PROFILES[profile]
    before = known.known_project(tmp_path, settings, **more)
    then = known.slices(before)
    after = known.known_project(tmp_path, {**settings, key: value}, **more)
    assert after.config != before.config, "the value is another one"
    assert {name.split(":")[0] for name in changed(then, known.slices(after))} == expected


@pytest.mark.parametrize(("key", "number"), [("mono", 0), ("stereo", 1), ("5.1", 2), ("7.1", 3)])
def test_a_bitrate_is_read_by_its_own_tracks(key: str, number: int, tmp_path: Path) -> None:
    before = known.slices(known.known_project(tmp_path))
    now = known.slices(known.known_project(tmp_path, {f"audio.bitrate.{key}": 100}))
    assert changed(before, now) == {f"audio:film:{number}", "validate:film"}
    assert now[f"audio:film:{number}"]["bitrate"] == 100


@pytest.mark.parametrize(
    ("table", "usual", "own", "stage", "name"),
    [
        ("crop", {"crop.rect": "320:200:0:0"}, "300:200:0:0", "crop", "rect"),
        ("deinterlace", {"deinterlace.mode": "off"}, "telecined", "fields", "deinterlace"),
    ],
)
def test_a_titles_own_setting_comes_before_that_of_all(
    table: str, usual: dict[str, object], own: str, stage: str, name: str, tmp_path: Path
) -> None:
    project = known.project_in(tmp_path, {**usual, f"{table}.titles.one": own}, ["one", "two"])
    for title in project.titles:
        known.cut(project, title, known.probed(title))
    found = known.slices(project)
    (general,) = usual.values()
    assert (found[f"{stage}:one"][name], found[f"{stage}:two"][name]) == (own, general)
    if stage == "fields":
        assert (found["segment:one"][name], found["segment:two"][name]) == (own, general)


REFUSAL = "an audio track has 10 channels and does not say which; remux the file without that track"


def test_a_track_that_no_layout_holds_is_recorded_as_refused(tmp_path: Path) -> None:
    project = known.known_project(tmp_path, sound=[known.SOUND[1], known.UNNAMED])
    (title,) = project.titles
    info = SourceInfo.read(title.probe)
    shaped = {stage.name: stage.shapes(project, title, info) for stage in stages() if stage.shapes}
    assert shaped["audio"] == [SOUND[1], {"refused": REFUSAL}]
    assert finished.inputs(project, title, info)["audio"] == shaped["audio"]
    json.dumps(shaped)
    found = known.slices(project)
    assert found["validate:film"]["audio"] == shaped["audio"]
    assert "audio:film:0" in found
    assert "audio:film:1" not in found, "it can only fail"


def test_files_beside_a_source_are_read_where_they_are_wanted(tmp_path: Path) -> None:
    project = known.known_project(tmp_path)
    without = known.slices(project)
    (tmp_path / "source" / "film.eng.forced.srt").write_text("1")
    assert known.slices(known.known_project(tmp_path)) == without
    wanted = {"input.sidecar_subtitles": True}
    found = known.slices(known.known_project(tmp_path, wanted))
    assert changed(without, found) == {"subtitles:film", "mux:film", "validate:film"}
    named = {"name": "film.eng.forced.srt", "language": "eng", "title": None, "flags": ["forced"]}
    assert found["subtitles:film"] == found["mux:film"] == {"sidecars": [named]}
    (tmp_path / "source" / "film.eng.forced.srt").write_text("two")
    assert changed(found, known.slices(known.known_project(tmp_path, wanted))) == {"validate:film"}


def test_a_layout_that_ffmpeg_mixes_up_is_made_again_in_a_title_at_work_alone(tmp_path: Path) -> None:
    project = known.known_project(tmp_path, sound=[known.Track(5, "5.0"), known.Track(6, "5.1")])
    found = known.slices(project)
    assert found["audio:film:0"]["mapping_family"] == 1
    assert "mapping_family" not in found["audio:film:1"]
    assert "mapping_family" not in found["validate:film"]["audio"][0]
