"""Every check, made to fail by the one thing that it is there for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from drapto.audio.plan import AudioPlan
from drapto.media.model import (
    Attachment,
    AudioTrack,
    Chapter,
    Colour,
    CropInfo,
    CropRect,
    LightLevels,
    MasteringDisplay,
    SourceInfo,
    SubtitleTrack,
)
from drapto.output.checks import check_all, timestamps
from tests.sources import video

TIMES = [40_000_000 * number for number in range(10)]
DISPLAY = MasteringDisplay(
    red=(0.68, 0.32),
    green=(0.265, 0.69),
    blue=(0.15, 0.06),
    white=(0.3127, 0.329),
    min_luminance=0.005,
    max_luminance=1000.0,
)
SOURCE = SourceInfo(
    digest="d",
    size=1000,
    container="Matroska",
    duration=0.4,
    writer="w",
    tags={"title": "Film", "Made by": "me", "creation_time": "2020"},
    video=video(
        codec="mpeg2video",
        width=720,
        height=480,
        sar=Fraction(10, 11),
        rate=Fraction(25),
        frames=10,
        end=0.4,
        dispositions=("default",),
        colour=Colour(
            range="tv", primaries="bt2020", transfer="smpte2084", matrix="bt2020nc", chroma_location="left"
        ),
        mastering=DISPLAY,
        light=LightLevels(max_cll=1000, max_fall=400),
    ),
    audio=(
        AudioTrack(
            index=1,
            codec="ac3",
            channels=6,
            layout="5.1(side)",
            sample_rate=48000,
            language="fre",
            title="VF",
            dispositions=("default", "forced"),
            start=0.1,
            end=0.4,
        ),
    ),
    subtitles=(
        SubtitleTrack(index=2, codec="subrip", language="eng", packets=3, digest="s", start=0.1, end=0.3),
    ),
    attachments=(Attachment(index=3, filename="a.ttf", mimetype="font/ttf", size=3, sha256="f"),),
    chapters=(Chapter(start=0, end=400_000_000, title="One"),),
)
CROP = CropInfo(
    digest="d",
    source_width=720,
    source_height=480,
    rect=CropRect(width=704, height=360, x=8, y=60),
    method="detected",
    reason="bars",
)
PLANS = [AudioPlan(layout="5.1", channels=6, bitrate=256, filters="")]
OUTPUT = SOURCE.model_copy(
    update={
        "tags": {"MADE_BY": "me", "title": "Film"},
        "video": SOURCE.video.model_copy(
            update={"codec": "av1", "width": 704, "height": 360, "pix_fmt": "yuv420p10le", "bit_depth": 10}
        ),
        "audio": (SOURCE.audio[0].model_copy(update={"codec": "opus", "layout": "5.1", "start": 0.0935}),),
    }
)


def failures(output: SourceInfo, times: list[int] = TIMES, source: SourceInfo = SOURCE) -> list[str]:
    checks = check_all(source, TIMES, CROP, PLANS, output, times)
    return [check.name for check in checks if not check.passed]


def severities(output: SourceInfo, source: SourceInfo = SOURCE) -> set[str]:
    checks = check_all(source, TIMES, CROP, PLANS, output, TIMES)
    return {check.severity for check in checks if not check.passed}


def changed(part: str, **values: Any) -> SourceInfo:
    """Return the output with a value of one part changed."""
    given = getattr(OUTPUT, part)
    if isinstance(given, tuple):
        return OUTPUT.model_copy(update={part: (given[0].model_copy(update=values),)})
    return OUTPUT.model_copy(update={part: given.model_copy(update=values)})


def test_a_right_output_passes() -> None:
    assert failures(OUTPUT) == []


@pytest.mark.parametrize(
    ("part", "values", "name"),
    [
        ("video", {"codec": "hevc"}, "video codec"),
        ("video", {"bit_depth": 8}, "video bit depth"),
        ("video", {"pix_fmt": "yuv444p10le"}, "video pixel format"),
        ("video", {"height": 362}, "video size"),
        ("video", {"sar": Fraction(1)}, "video sample aspect ratio"),
        ("video", {"rotation": 90}, "video rotation"),
        ("video", {"colour": SOURCE.video.colour.model_copy(update={"range": "pc"})}, "video colour range"),
        ("video", {"colour": SOURCE.video.colour.model_copy(update={"matrix": None})}, "video colour matrix"),
        (
            "video",
            {"colour": SOURCE.video.colour.model_copy(update={"chroma_location": None})},
            "video chroma location",
        ),
        ("video", {"mastering": None}, "video mastering display"),
        (
            "video",
            {"mastering": DISPLAY.model_copy(update={"max_luminance": 999.0})},
            "video mastering display",
        ),
        ("video", {"mastering": DISPLAY.model_copy(update={"red": (0.7, 0.32)})}, "video mastering display"),
        ("video", {"light": None}, "video light levels"),
        ("video", {"dispositions": ()}, "video dispositions"),
        ("audio", {"codec": "aac"}, "audio 0 codec"),
        ("audio", {"layout": "stereo"}, "audio 0 layout"),
        ("audio", {"language": "eng"}, "audio 0 language"),
        ("audio", {"title": None}, "audio 0 title"),
        ("audio", {"dispositions": ("default",)}, "audio 0 dispositions"),
        ("audio", {"tags": {"BPS": "1"}}, "audio 0 tags"),
        ("audio", {"start": 0.0}, "audio 0 start"),
        ("audio", {"end": 1.5}, "audio 0 end"),
        ("subtitles", {"codec": "ass"}, "subtitle 0 codec"),
        ("subtitles", {"language": None}, "subtitle 0 language"),
        ("subtitles", {"packets": 2}, "subtitle 0 packets"),
        ("subtitles", {"digest": "t"}, "subtitle 0 content"),
        ("subtitles", {"start": 0.102}, "subtitle 0 start"),
        ("subtitles", {"end": 0.302}, "subtitle 0 end"),
        ("chapters", {"title": "Two"}, "chapter 0"),
        ("chapters", {"start": 1}, "chapter 0"),
        ("attachments", {"sha256": "g"}, "attachment 0 content"),
        ("attachments", {"filename": "b.ttf"}, "attachment 0 name"),
        ("attachments", {"mimetype": "text/plain"}, "attachment 0 type"),
    ],
)
def test_each_check_sees_its_fault(part: str, values: dict[str, Any], name: str) -> None:
    assert failures(changed(part, **values)) == [name]


def colour(**values: str | None) -> dict[str, Any]:
    return {"colour": SOURCE.video.colour.model_copy(update=values)}


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("video", {"sar": Fraction(10, 11) + Fraction(1, 500)}),
        ("video", {"dispositions": ()}),
        ("video", {"title": "Film"}),
        ("video", {"language": "eng"}),
        ("video", {"tags": {"MADE_BY": "you"}}),
        ("video", colour(chroma_location=None)),
        ("video", {"mastering": DISPLAY.model_copy(update={"max_luminance": 999.0})}),
        ("audio", {"start": 0.135}),
        ("audio", {"end": 0.8}),
        ("audio", {"tags": {"BPS": "1"}}),
        ("subtitles", {"end": 0.35}),
        ("chapters", {"start": 1_000_000}),
        ("chapters", {"end": 10_000_000_000}),
        ("chapters", {"title": "one"}),
        ("attachments", {"filename": "b.ttf"}),
    ],
)
def test_what_a_viewer_would_not_miss_differs(part: str, values: dict[str, Any]) -> None:
    assert severities(changed(part, **values)) == {"differs"}


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("video", {"height": 362}),
        ("video", {"sar": Fraction(1)}),
        ("video", {"rotation": 90}),
        ("video", colour(range="pc")),
        ("video", colour(transfer="bt709")),
        ("video", colour(matrix=None)),
        ("video", {"mastering": None}),
        ("video", {"light": None}),
        ("audio", {"layout": "stereo"}),
        ("audio", {"start": 0.15}),
        ("audio", {"end": 1.5}),
        ("subtitles", {"packets": 2}),
        ("subtitles", {"digest": "t"}),
        ("subtitles", {"start": 0.3}),
        ("chapters", {"start": 600_000_000}),
        ("attachments", {"sha256": "g"}),
    ],
)
def test_what_a_viewer_would_miss_is_broken(part: str, values: dict[str, Any]) -> None:
    assert severities(changed(part, **values)) == {"broken"}


def of_colour(**values: str) -> SourceInfo:
    track = SOURCE.video.model_copy(update=colour(**values))
    return SOURCE.model_copy(update={"video": track})


@pytest.mark.parametrize(
    ("name", "given", "kept", "severity"),
    [
        ("matrix", "bt470bg", "smpte170m", "differs"),
        ("matrix", "bt709", "smpte170m", "broken"),
        ("transfer", "smpte170m", "bt709", "differs"),
        ("transfer", "bt2020-10", "bt709", "differs"),
        ("transfer", "arib-std-b67", "bt709", "broken"),
        ("primaries", "bt470bg", "smpte170m", "differs"),
        ("primaries", "bt2020", "bt709", "broken"),
    ],
)
def test_colours_that_look_alike_differ(name: str, given: str, kept: str, severity: str) -> None:
    output = OUTPUT.model_copy(update={"video": OUTPUT.video.model_copy(update=colour(**{name: kept}))})
    assert failures(output, source=of_colour(**{name: given})) == [f"video colour {name}"]
    assert severities(output, of_colour(**{name: given})) == {severity}


def test_a_display_without_light_is_none_to_lose() -> None:
    empty = DISPLAY.model_copy(update={"max_luminance": 0.0, "min_luminance": 0.0})
    dark = LightLevels(max_cll=0, max_fall=0)
    source = SOURCE.model_copy(
        update={"video": SOURCE.video.model_copy(update={"mastering": empty, "light": dark})}
    )
    assert severities(changed("video", mastering=None, light=None), source) == {"differs"}


def test_an_undetermined_language_is_none() -> None:
    assert failures(changed("video", language="und")) == []


def test_of_tags_those_that_differ_are_named() -> None:
    output = OUTPUT.model_copy(update={"tags": {"MADE_BY": "you", "title": "Film"}})
    checks = check_all(SOURCE, TIMES, CROP, PLANS, output, TIMES)
    (check,) = [one for one in checks if not one.passed]
    assert (check.name, check.expected, check.found) == ("tags", "MADE_BY=me", "MADE_BY=you")


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("audio", "audio tracks"),
        ("subtitles", "subtitle tracks"),
        ("chapters", "chapters"),
        ("attachments", "attachments"),
    ],
)
def test_what_is_missing_is_seen(part: str, name: str) -> None:
    assert failures(OUTPUT.model_copy(update={part: ()})) == [name]


def test_the_file_s_own_facts() -> None:
    long = OUTPUT.model_copy(update={"duration": 99.0})
    assert failures(long) == ["duration"]
    assert severities(long) == {"differs"}, "how long picture and sound are, other checks say"
    assert failures(OUTPUT.model_copy(update={"duration": None})) == []  # shorter than a second
    assert failures(OUTPUT.model_copy(update={"tags": {"title": "Film"}})) == ["tags"]


def test_a_dropped_frame_is_seen() -> None:
    assert failures(OUTPUT, TIMES[:-1]) == ["video frames", "video timestamps"]


def test_a_frame_a_tick_late_is_named() -> None:
    moved = [*TIMES[:6], TIMES[6] + 1_000_000, *TIMES[7:]]
    check = timestamps(TIMES, moved)
    assert not check.passed
    assert check.found == "frame 6 at 241 ms, not 240 ms"


def test_a_finer_source_is_held_to_half_a_tick() -> None:
    assert timestamps([33_366_667, 66_733_333], [33_000_000, 67_000_000]).passed
    assert not timestamps([33_600_000], [33_000_000]).passed


def test_what_the_source_does_not_say_is_not_asked() -> None:
    plain = SOURCE.video.model_copy(update={"colour": Colour(), "mastering": None, "light": None})
    source = SOURCE.model_copy(update={"video": plain})
    names = [check.name for check in check_all(source, TIMES, CROP, PLANS, OUTPUT, TIMES)]
    assert not [name for name in names if "colour" in name or "mastering" in name or "light" in name]
