from __future__ import annotations

from drapto.video.fieldfilters import field_filters
from tests.sources import fields

MS = 1_000_000
TIMES = [number * 40 * MS for number in range(100)]


def test_whole_pictures_are_left_alone_but_for_a_mark_that_is_false() -> None:
    assert field_filters(fields(), "frame", TIMES, range(100), leads=True) == ()
    assert field_filters(fields(marked=True), "frame", TIMES, range(100), leads=True) == ("setfield=prog",)


def test_the_neighbours_are_cut_off_by_their_times() -> None:
    woven = "bwdif=mode=send_frame:parity=tff:deint=all"
    middle = field_filters(fields("interlaced"), "frame", TIMES, range(25, 50), leads=True)
    assert middle == (woven, "trim=start=0.990000:end=1.990000", "setfield=prog")
    first = field_filters(fields("interlaced"), "frame", TIMES, range(25), leads=True)
    assert first == (woven, "trim=end=0.990000", "setfield=prog")
    last = field_filters(fields("interlaced", order="bff"), "field", TIMES, range(50, 100), leads=True)
    assert last[0] == "bwdif=mode=send_field:parity=bff:deint=all"
    assert last[1] == "trim=start=1.990000"
    assert field_filters(fields("interlaced"), "frame", TIMES, range(100), leads=False) == (
        woven,
        "setfield=prog",
    )


def test_inverse_telecine_begins_a_cycle_early() -> None:
    middle = field_filters(fields("telecined"), "frame", TIMES, range(25, 50), leads=True)
    assert middle[2:] == (
        "trim=start=0.790000:end=1.990000",
        "decimate=cycle=5:chroma=0",
        "trim=start_frame=4",
        "setfield=prog",
    )
    first = field_filters(fields("telecined"), "frame", TIMES, range(25), leads=True)
    assert first[2:] == ("trim=end=0.990000", "decimate=cycle=5:chroma=0", "setfield=prog")
    whole = field_filters(fields("telecined"), "frame", TIMES, range(100), leads=False)
    assert whole[2:] == ("decimate=cycle=5:chroma=0", "setfield=prog")


def test_a_mixed_title_keeps_its_frames() -> None:
    filters = field_filters(fields("mixed"), "field", TIMES, range(25, 50), leads=True)
    assert filters == (
        "fieldmatch=order=tff:combmatch=full:mchroma=0",
        "bwdif=mode=send_frame:parity=tff:deint=interlaced",
        "trim=start=0.990000:end=1.990000",
        "setfield=prog",
    )
