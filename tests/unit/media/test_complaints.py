from __future__ import annotations

from drapto.media.complaints import codecs_beside, of_the_track


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
