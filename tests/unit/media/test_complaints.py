from __future__ import annotations

import pytest

from drapto.media.complaints import codecs_beside, of_the_track, of_what_is_there
from drapto.media.model import Attachment
from tests.sources import source, video


def test_what_other_tracks_decoders_say_is_none_of_a_tracks_damage() -> None:
    said = (
        "[h264] cabac decode of qscale diff failed at 17 0",
        "    Last message repeated 2 times",
        "[vist#0:0/h264] something of the picture",
        "[ac3] exponent out-of-range",
        "    Last message repeated 1 times",
        "[aist#0:2/ac3] Error submitting packet to decoder",
        "a line of nobody's",
    )
    assert of_the_track(said, {"h264", "aac"}) == said[3:]
    assert of_the_track((), {"h264"}) == ()


def test_a_demuxers_words_are_none_on_the_sound() -> None:
    said = (
        "[in#0] incomplete attachment",
        "    Last message repeated 1 times",
        "[in#0/matroska,webm] Invalid chapter UID",
        "[ac3] exponent out-of-range",
        "    Last message repeated 1 times",
    )
    assert of_the_track(said, {"h264"}) == said[3:]


def test_a_demuxers_words_are_none_on_the_picture() -> None:
    said = (
        "[in#0] Element at 0x2c055 ending at 0x2c061 exceeds containing master element ending at 0x2c060",
        "    Last message repeated 2 times",
        "[h264] error while decoding MB 3 4",
        "    Last message repeated 1 times",
        "[in#0/matroska,webm] incomplete attachment",
        "[vf#0:0] something else",
    )
    assert of_the_track(said, {"ac3"}) == (said[2], said[3], said[5])


@pytest.mark.parametrize(
    ("kind", "codec", "others"),
    [
        ("font/ttf", "h264", set()),
        (None, "h264", set()),
        ("image/jpeg", "h264", {"mjpeg", "png", "webp"}),
        ("image/jpeg", "mjpeg", {"png", "webp"}),
    ],
)
def test_what_is_said_of_a_cover_is_of_no_track(kind: str | None, codec: str, others: set[str]) -> None:
    cover = Attachment(index=2, filename="cover", mimetype=kind, size=1, sha256="")
    found = codecs_beside(source(video(codec=codec), attachments=(cover,)), codec)
    assert found & {"mjpeg", "png", "webp"} == others
    assert codecs_beside(source(video(codec=codec)), "ac3") == {codec}


def test_what_an_open_beginning_leads_to_is_no_damage() -> None:
    said = (
        "[h264] mmco: unref short failure",
        "    Last message repeated 1 times",
        "[h264] number of reference frames (0+4) exceeds max (3; probably corrupt input), discarding one",
        "[h264] reference picture missing during reorder",
        "    Last message repeated 1 times",
        "[h264] Missing reference picture, default is 65586",
    )
    assert of_what_is_there(said) == said[3:]
