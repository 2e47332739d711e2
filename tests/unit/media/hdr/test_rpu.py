"""RPUs, made bit by bit: what is read of them, and that an edit changes only what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.hdr.rpu import Margins, RpuError, checksum, parse
from drapto.media.hdr.rpu_edit import edited
from tests import dynamic

NO_CUT = Margins()
SIDE = st.integers(0, 8191)


def test_the_checksum_is_crc_32_mpeg_2() -> None:
    assert checksum(b"123456789") == 0x0376E6E7  # the check value of the catalogue of CRC algorithms


def test_each_profile_is_known() -> None:
    assert [parse(dynamic.rpu(layer=layer)).profile for layer in (None, "MEL", "FEL")] == [8, 7, 7]
    assert parse(dynamic.rpu(full_range=True)).profile == 5
    assert [parse(dynamic.rpu(layer=layer)).minimal for layer in (None, "MEL", "FEL")] == [None, True, False]
    assert parse(dynamic.rpu(area=None)).areas == {}


def test_what_is_damaged_is_refused() -> None:
    whole = dynamic.rpu()
    for broken in (b"", whole[:-1], whole[:8] + whole[9:], b"\xff" + whole[1:], whole + b"\0"):
        with pytest.raises(RpuError, match=r"cut short|checksum"):
            parse(broken)


@given(st.binary(min_size=8, max_size=200))
def test_rubbish_with_a_good_checksum_is_refused_or_read_but_never_more(body: bytes) -> None:
    rubbish = body + checksum(body).to_bytes(4, "big") + b"\x80"
    try:
        parse(rubbish)
    except RpuError:
        return


@given(st.tuples(SIDE, SIDE, SIDE, SIDE), st.tuples(SIDE, SIDE, SIDE, SIDE), st.sampled_from([None, "FEL"]))
def test_a_crop_shrinks_the_active_areas_margins(
    area: tuple[int, int, int, int], cut: tuple[int, int, int, int], layer: dynamic.Layer | None
) -> None:
    left = tuple(max(0, side - off) for side, off in zip(area, cut, strict=True))
    changed = edited(dynamic.rpu(area=area, layer=layer), cut=Margins(*cut), single_layer=False)
    assert changed == dynamic.rpu(area=left, layer=layer)  # type: ignore[arg-type]


def test_an_rpu_without_an_active_area_stays() -> None:
    plain = dynamic.rpu(area=None)
    assert edited(plain, cut=Margins(0, 0, 20, 20), single_layer=True) == plain


def test_a_minimal_enhancement_layer_is_taken_out() -> None:
    for area in (None, (0, 0, 21, 22)):
        dual, single = (dynamic.rpu(layer=layer, area=area) for layer in ("MEL", None))
        assert edited(dual, cut=NO_CUT, single_layer=True) == single
        assert edited(single, cut=NO_CUT, single_layer=True) == single
    cut = Margins(top=21, bottom=22)
    assert edited(dynamic.rpu(layer="MEL", area=(0, 0, 21, 22)), cut=cut, single_layer=True) == dynamic.rpu()
