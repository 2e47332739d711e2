"""What the output's frames are to have."""

from __future__ import annotations

import pytest

from drapto.media.hdr.dolby_vision import Plan
from drapto.media.hdr.dynamic import FrameMetadata
from drapto.media.hdr.rpu import Margins
from drapto.media.hdr.t35 import unwrap_rpu
from drapto.media.model import CropInfo, CropRect
from drapto.video.carry import carried, cut_away, messages
from tests import dynamic

WHOLE = CropRect(width=320, height=180, x=0, y=0)
KEEP, DROP = Plan("keep", "", 1), Plan("drop", "")


def crop(rect: CropRect) -> CropInfo:
    return CropInfo(
        digest="", source_width=320, source_height=180, rect=rect, method="manual", reason="tests"
    )


def test_what_is_cut_away_of_each_side() -> None:
    assert cut_away(crop(CropRect(width=300, height=140, x=8, y=18))) == Margins(8, 12, 18, 22)
    assert cut_away(crop(WHOLE)) == Margins()


@pytest.mark.parametrize("decided", [KEEP, DROP])
def test_hdr10plus_stays_and_rpus_go_by_the_plan(decided: Plan) -> None:
    frame = FrameMetadata(dynamic.hdr10plus(3), dynamic.rpu())
    [kept] = carried([frame], decided, crop(WHOLE))
    assert kept == (frame if decided is KEEP else FrameMetadata(frame.hdr10plus))


def test_the_active_area_goes_with_the_crop() -> None:
    given = [FrameMetadata(rpu=dynamic.rpu(area=(0, 0, 20, 24), brightest=number)) for number in (1, 2, 1)]
    rect = CropRect(width=320, height=136, x=0, y=20)
    made = [frame.rpu for frame in carried(given, KEEP, crop(rect))]
    assert made == [dynamic.rpu(brightest=number) for number in (1, 2, 1)]


def test_a_frame_s_messages() -> None:
    plus, rpu = dynamic.hdr10plus(0), dynamic.rpu()
    assert messages(FrameMetadata()) == []
    assert messages(FrameMetadata(plus)) == [plus]
    both = messages(FrameMetadata(plus, rpu))
    assert (both[0], unwrap_rpu(both[1])) == (plus, rpu)
