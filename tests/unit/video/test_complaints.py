from __future__ import annotations

from drapto.video.encode import of_the_picture


def test_a_demuxers_words_are_none_on_the_picture() -> None:
    said = (
        "[in#0] Element at 0x2c055 ending at 0x2c061 exceeds containing master element ending at 0x2c060",
        "    Last message repeated 2 times",
        "[h264] error while decoding MB 3 4",
        "    Last message repeated 1 times",
        "[in#0/matroska,webm] incomplete attachment",
        "[vf#0:0] something else",
    )
    assert of_the_picture(said) == (said[2], said[3], said[5])
    assert of_the_picture(()) == ()
