"""A track's entry, of ffmpeg's, the source's, and what the probe knows."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from drapto.media.matroska import ids
from drapto.media.model import AudioTrack, SubtitleTrack
from drapto.output.entries import (
    Picture,
    default_duration,
    display_size,
    entry,
    labels,
    overlays,
    unique_uids,
)
from tests import sources
from tests.matroska import made, tree

if TYPE_CHECKING:
    from drapto.media.matroska.ebml import Element

OWN = made(
    "TrackEntry",
    *(made("TrackNumber", 1), made("TrackUID", 1), made("TrackType", 1), made("CodecID", "V_AV1")),
    *(made("FlagDefault", 1), made("Language", "und"), made("DefaultDuration", 41708333)),
    made("Video", made("PixelWidth", 640), made("PixelHeight", 272), made("DisplayWidth", 640)),
)
MS = 10**6


def shown(source: Element | None, **more: Any) -> dict[str, Any]:
    """Return the elements of the picture's entry by name, those in Video among them."""
    picture = Picture(**{"width": 640, "height": 272, **more})
    found = dict(tree(part) for part in entry(OWN, source, sources.video(), 7, picture).parts)
    return {**dict(found.pop("Video")), **found}


def source(*video: Element, **more: int | str) -> Element:
    size = made("PixelWidth", 640), made("PixelHeight", 272)
    own = [made(name, value) for name, value in more.items()]
    return made("TrackEntry", *own, made("Video", *size, *video))


def test_what_is_of_the_codec_is_ffmpegs_and_the_rest_the_sources() -> None:
    found = shown(source(Name="Film", LanguageBCP47="de-CH", FlagEnabled=0, CodecID="V_MPEG2", TrackUID=9))
    assert found == {
        "TrackNumber": b"\1",
        "TrackUID": b"\7",
        "TrackType": b"\1",
        "CodecID": b"V_AV1",
        "Name": b"Film",
        "LanguageBCP47": b"de-CH",
        "FlagEnabled": b"\0",
        "PixelWidth": b"\x02\x80",
        "PixelHeight": b"\x01\x10",
    }


def test_a_track_without_an_entry_is_described_by_the_probe() -> None:
    track = sources.video(language="pt-BR", title="Film", dispositions=("default", "original", "comment"))
    assert dict(tree(part) for part in labels(track)) == {
        "FlagDefault": b"\1",
        "FlagForced": b"\0",
        "FlagHearingImpaired": b"\0",
        "FlagVisualImpaired": b"\0",
        "FlagTextDescriptions": b"\0",
        "FlagOriginal": b"\1",
        "FlagCommentary": b"\1",
        "Language": b"por",
        "LanguageBCP47": b"pt-BR",
        "Name": b"Film",
    }
    plain = [part.id for part in labels(sources.video())]
    assert ids.FLAG_ORIGINAL not in plain
    assert ids.LANGUAGE_BCP47 not in plain
    [dub] = [part for part in labels(sources.video(dispositions=("dub",))) if part.id == ids.FLAG_ORIGINAL]
    assert dub.value == b"\0"


SIZE = (made("DisplayWidth", 640), made("DisplayHeight", 360))


@pytest.mark.parametrize(
    ("video", "more", "expected"),
    [
        ((), {}, {}),
        # as in the source where the picture is as in the source
        (SIZE, {"sar": Fraction(272, 360)}, {"DisplayWidth": 640, "DisplayHeight": 360}),
        (
            (made("DisplayWidth", 16), made("DisplayHeight", 9), made("DisplayUnit", 3)),
            {"sar": Fraction(16 * 272, 9 * 640)},
            {"DisplayWidth": 16, "DisplayHeight": 9, "DisplayUnit": 3},
        ),
        ((made("DisplayUnit", 4),), {}, {"DisplayUnit": 4}),
        # in pixels where it is cropped, or where the stream says another shape
        (SIZE, {"height": 200, "sar": Fraction(272, 360)}, {"DisplayWidth": 484, "DisplayHeight": 200}),
        (SIZE, {"height": 200}, {}),
        ((made("DisplayWidth", 0), made("DisplayHeight", 0)), {}, {}),
        ((), {"sar": Fraction(4, 3)}, {"DisplayWidth": 640, "DisplayHeight": 204}),
        # cropped once already
        ((*SIZE, made("PixelCropTop", 40)), {"height": 232}, {}),
        # half of the picture is an eye's, which libavformat takes for a wide pixel
        (
            (made("StereoMode", 1), made("DisplayWidth", 640), made("DisplayHeight", 272)),
            {"sar": Fraction(2)},
            {"StereoMode": 1, "DisplayWidth": 640, "DisplayHeight": 272},
        ),
        (
            (made("StereoMode", 1), made("DisplayWidth", 640), made("DisplayHeight", 272)),
            {"sar": Fraction(2), "height": 200},
            {"StereoMode": 1},
        ),
    ],
)
def test_a_picture_is_shown_in_its_shape(
    video: tuple[Element, ...], more: dict[str, Any], expected: dict[str, int]
) -> None:
    found = shown(source(*video), **more)
    names = ("StereoMode", "DisplayWidth", "DisplayHeight", "DisplayUnit")
    assert {one: int.from_bytes(found[one], "big") for one in names if one in found} == expected
    assert not [one for one in found if one.startswith("PixelCrop")]


def roll(degrees: float, *more: Element) -> Element:
    turn = made("ProjectionPoseRoll", struct.pack(">f", degrees))
    return made("Projection", made("ProjectionType", 0), turn, *more)


def test_a_sphere_and_a_known_rotation_stay_as_they_are() -> None:
    sphere = made("Projection", made("ProjectionType", 1), made("ProjectionPrivate", bytes(20)))
    assert dict(tree(part) for part in sphere.parts) == dict(shown(source(sphere), rotation=90)["Projection"])
    assert shown(source(roll(90)), rotation=90)["Projection"] == tree(roll(90))[1]


@pytest.mark.parametrize("given", [source(), source(roll(90)), source(roll(0)), None])
def test_a_rotation_that_the_decoder_found_is_written(given: Element | None) -> None:
    found = dict(shown(given, rotation=-90)["Projection"])
    assert found == {"ProjectionType": b"\0", "ProjectionPoseRoll": struct.pack(">d", -90)}


def test_a_rotation_that_was_carried_out_is_not_written_again() -> None:
    mirrored = roll(0, made("ProjectionPoseYaw", struct.pack(">f", 180)))
    assert "Projection" not in shown(source(mirrored))
    assert "Projection" not in shown(source(roll(90)))


def test_a_dolby_vision_record_is_added() -> None:
    found = shown(source(), dolby_vision=b"\1\0\x10\x35\x40")
    assert dict(found["BlockAdditionMapping"]) == {
        "BlockAddIDType": b"dvvC",
        "BlockAddIDExtraData": b"\1\0\x10\x35\x40",
    }


RATES = {
    "24000/1001": [round(number * 1001 / 24) * MS for number in range(100)],
    "25": [number * 40 * MS for number in range(50)],
}


@pytest.mark.parametrize(
    ("times", "claimed", "expected"),
    [
        (RATES["24000/1001"], 41708333, 41708333),
        (RATES["24000/1001"], 41708334, 41708334),  # the source's own rounding
        (RATES["24000/1001"], 0, 41708333),
        (RATES["24000/1001"], 20854166, 41708333),  # fields, or a lie
        (RATES["25"], 0, 40000000),
        (RATES["25"], 41708333, 40000000),
        ([*RATES["25"], 10**11], 40000000, None),
        ([0], 40000000, 40000000),
        ([0], 0, None),
        ([], 0, None),
    ],
)
def test_a_default_duration_is_true_or_absent(times: list[int], claimed: int, expected: int | None) -> None:
    assert default_duration(times, source(DefaultDuration=claimed) if claimed else source()) == expected
    if not claimed:
        assert default_duration(times, None) == expected


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        ([5, 9], [5, 9], [5, 9]),
        ([5, 5, 0], [5, 5], [5, 1, 2]),
        ([None, 2, None], [2, 1], [3, 2, 4]),
        ([0, 1], [1], [2, 1]),
    ],
)
def test_uids_are_kept_where_they_are_unique(
    wanted: list[int | None], taken: list[int], expected: list[int]
) -> None:
    assert unique_uids(wanted, taken) == expected


def test_one_side_of_a_picture_stays_as_it_is() -> None:
    assert display_size(704, 480, Fraction(10, 11)) == (640, 480)


def test_overlays_name_the_output_s_tracks_and_not_those_that_are_gone() -> None:
    """RFC 9559, TrackOverlay: the numbers are those of TrackNumber, which the output counts anew."""
    given = [
        made("TrackEntry", made("TrackNumber", 9), made("TrackOverlay", 4), made("TrackOverlay", 7)),
        None,
        made("TrackEntry", made("TrackNumber", 4)),
    ]
    output = [made("TrackEntry", made("TrackNumber", number)) for number in (1, 2, 3)]
    assert [[tree(one) for one in each] for each in overlays(given, output)] == [
        [tree(made("TrackOverlay", 3))],
        [],
        [],
    ]


def test_the_name_of_a_codec_is_kept_where_the_codec_is() -> None:
    named = made("TrackEntry", made("CodecName", "SubRip"))
    text = SubtitleTrack(index=1, codec="subrip", digest="")
    sound = AudioTrack(index=1, codec="ac3", channels=2, layout="stereo", sample_rate=48_000)
    for track, kept in ((text, True), (sound, False)):
        found = dict(tree(part) for part in entry(OWN, named, track, 7, None).parts)
        assert ("CodecName" in found) == kept
