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


def test_colours_that_the_container_calls_otherwise_are_said_in_a_line() -> None:
    container = {"color_range": "Limited", "color_primaries": "BT.2020", "transfer_characteristics": "PQ"}
    stream = {"colour_range_original": "Limited", "colour_primaries_original": "BT.709"}
    assert track_facts(container | stream).disagreements == (
        "the container calls its colours BT.2020, the stream BT.709: the stream's word is kept",
    )
    stream |= {"transfer_characteristics_original": "BT.709"}
    assert track_facts(container | stream).disagreements == (
        "the container calls its colours BT.2020/PQ, the stream BT.709: the stream's word is kept",
    )
    stream |= {"colour_primaries_original": "BT.2020", "transfer_characteristics_original": "HLG / PQ"}
    assert track_facts(container | stream).disagreements == track_facts(container).disagreements == ()
