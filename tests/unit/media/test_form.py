from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from drapto.errors import SourceError
from drapto.media.form import Change, Form, change_notes, prevailing
from drapto.media.model import Colour
from drapto.media.uniform import described, input_options, refuse_mixtures, uniform_filters
from tests.sources import video

FIRST = Form(width=640, height=360, pix_fmt="yuv420p", range="tv", matrix="bt709")
SMALL = FIRST.model_copy(update={"width": 320, "height": 180})


def changed(*forms: Form, **more: object) -> object:
    changes = tuple(Change(time=number, form=form) for number, form in enumerate(forms[1:], 1))
    return video(first_form=forms[0], changes=changes, **more)


def test_the_first_form_prevails_unless_a_longer_one_is_larger() -> None:
    assert prevailing([(0, FIRST), (10, SMALL)], 100) == FIRST
    assert prevailing([(0, SMALL), (10, FIRST)], 100) == FIRST
    assert prevailing([(0, SMALL), (90, FIRST)], 100) == SMALL
    wide = FIRST.model_copy(update={"width": 1280, "height": 180})
    assert prevailing([(0, FIRST), (10, wide)], 100) == FIRST


def test_what_comes_back_counts_together() -> None:
    assert prevailing([(0, SMALL), (40, FIRST), (70, SMALL), (80, FIRST)], 110) == FIRST


def test_larger_pictures_count_together() -> None:
    middle = SMALL.model_copy(update={"width": FIRST.width - 2, "height": FIRST.height - 2})
    assert prevailing([(0, SMALL), (40, middle), (60, FIRST)], 90) == FIRST
    assert prevailing([(0, SMALL), (40, middle), (60, FIRST)], 80) == SMALL
    assert prevailing([(0, SMALL), (30, middle), (50, FIRST)], 70) == FIRST


def test_of_a_picture_that_changes_all_the_time_the_largest_prevails() -> None:
    forms = [(number / 10, (SMALL, SMALL, FIRST)[number % 3]) for number in range(24)]
    assert prevailing(forms, 2.4) == FIRST
    assert prevailing(forms[:6], 2.4) == FIRST  # the last one lasts long
    assert prevailing([(10 * time, form) for time, form in forms[:6]], 6) == SMALL
    assert prevailing([(600 * time, form) for time, form in forms], 60 * 24) == SMALL


def test_many_changes_are_not_all_told() -> None:
    changes = [Change(time=n, form=(FIRST, SMALL)[n % 2]) for n in range(1, 31)]
    notes = change_notes(FIRST, changes, FIRST)
    assert len(notes) == 5
    assert notes[-1] == "the picture changes 26 more times, and is treated alike"


def test_a_plain_picture_goes_through_nothing() -> None:
    assert uniform_filters(video()) == ()
    assert input_options(("bwdif",)) == []


def test_a_matrix_is_made_another_only_where_both_are_known() -> None:
    other = FIRST.model_copy(update={"matrix": "bt470bg"})
    silent = FIRST.model_copy(update={"matrix": None})
    odd = FIRST.model_copy(update={"matrix": "ictcp"})
    colour = Colour(range="tv", matrix="bt709")
    [scale, *_] = uniform_filters(changed(FIRST, other, colour=colour))
    assert scale.endswith(":out_color_matrix=bt709")
    [scale, *_] = uniform_filters(changed(FIRST, other, silent, colour=colour))
    assert scale.endswith(":in_color_matrix=bt709:out_color_matrix=bt709")
    [scale, *_] = uniform_filters(changed(FIRST, odd, colour=colour))
    assert "matrix" not in scale
    assert input_options(uniform_filters(changed(FIRST, other))) == ["-reinit_filter", "0"]


def test_fields_are_scaled_each_by_itself() -> None:
    assert "interl=1" in uniform_filters(changed(FIRST, SMALL), fields=True)[0]
    assert "interl=1" not in uniform_filters(changed(FIRST, SMALL))[0]


def test_a_picture_of_another_shape_is_fitted_between_bars() -> None:
    """A telephone that was turned; a broadcast that leaves some columns off is stretched."""
    upright = FIRST.model_copy(update={"width": 360, "height": 640})
    flat = FIRST.model_copy(update={"width": 1280, "height": 360})
    scale, bars, *_ = uniform_filters(changed(FIRST, upright, flat, width=640, height=360))
    assert "w='if(eq(iw,1280)*eq(ih,360),640,if(eq(iw,360)*eq(ih,640),204,640))'" in scale
    assert "h='if(eq(iw,1280)*eq(ih,360),180,if(eq(iw,360)*eq(ih,640),360,360))'" in scale
    assert bars == "pad=640:360:-1:-1:eval=frame"
    narrow = FIRST.model_copy(update={"width": 600})
    # of half the columns, each twice as wide
    half = FIRST.model_copy(update={"width": 320, "sar": Fraction(2)})
    for other in (SMALL, narrow, half):
        filters = uniform_filters(changed(FIRST, other, width=640, height=360))
        assert "scale@uniform=640:360:" in filters[0]
        assert not any(one.startswith("pad") for one in filters)


def test_what_the_first_form_does_not_say_a_later_one_does() -> None:
    later = FIRST.model_copy(update={"range": "pc", "primaries": "bt709"})
    assert described(Colour(matrix="bt709"), [FIRST, later]) == Colour(
        matrix="bt709", primaries="bt709", range="tv"
    )


@pytest.mark.parametrize(
    "update",
    [{"transfer": "smpte2084"}, {"transfer": "arib-std-b67"}, {"pix_fmt": "gbrp"}, {"pix_fmt": "gray"}],
)
def test_what_no_picture_can_be_both_is_refused_with_the_time(update: dict[str, str]) -> None:
    other = FIRST.model_copy(update=update)
    with pytest.raises(SourceError, match=r"a\.mkv: its picture changes from YUV in SDR to .* after 2\.0 s"):
        refuse_mixtures(Path("a.mkv"), changed(FIRST, SMALL, other))
    refuse_mixtures(Path("a.mkv"), changed(other, other.model_copy(update={"width": 320})))
