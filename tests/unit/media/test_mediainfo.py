"""What is read out of MediaInfo's report."""

from __future__ import annotations

from drapto.media.mediainfo import track_facts

AGREEING = {
    "maximum_content_light_level": "1000",
    "maxcll_original": "1000 cd/m2",
    "mastering_display_luminance": "min: 0.0001 cd/m2, max: 1000 cd/m2",
}


def test_container_and_stream_that_agree_are_not_mentioned() -> None:
    assert track_facts(AGREEING).disagreements == ()


def test_which_of_two_words_won_is_said() -> None:
    facts = track_facts(
        AGREEING
        | {
            "maximum_content_light_level": "555",
            "mastering_display_color_primaries": "P3",
            "masteringdisplay_colorprimaries_original": "PAL",
        }
    )
    assert facts.disagreements == (
        "the container gives P3 as the mastering display's primaries, the stream PAL: the stream's is kept",
        "the container gives 555 as MaxCLL, the stream 1000: the stream's is kept",
    )
