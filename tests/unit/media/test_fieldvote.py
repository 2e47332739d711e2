from __future__ import annotations

import pytest

from drapto.media.fields import FieldPoint, Pulldown, Tally
from drapto.media.fieldvote import field_order, has_film_cadence, judge, vote

PULLDOWN = ["neither", "neither", "top", "neither", "bottom"] * 8
NONE = ["neither"] * 40
COMBED, WHOLE = Tally(tff=40), Tally(progressive=40)


def points(**counts: int) -> list[FieldPoint]:
    shown = {
        "interlaced": COMBED,
        "telecined": COMBED,
        "unclear": COMBED,
        "progressive": WHOLE,
        "still": Tally(undetermined=40),
    }
    return [
        FieldPoint.model_validate(
            {"time": 0, "frames": 40, "single": Tally(), "multiple": shown[kind], "verdict": kind}
        )
        for kind, count in counts.items()
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("repeats", "multiple", "preference", "verdict"),
    [
        (NONE, WHOLE, None, "progressive"),
        (NONE, COMBED, 1.0, "interlaced"),
        (NONE, Tally(bff=40), 1.5, "interlaced"),
        # the fields fit those of other frames equally badly in both orders: they are of one moment
        (NONE, COMBED, 0.4, "progressive"),
        (NONE, COMBED, None, "still"),
        (PULLDOWN, COMBED, None, "telecined"),
        (PULLDOWN, WHOLE, None, "telecined"),
        (PULLDOWN, Tally(undetermined=38, tff=2), None, "still"),
        (NONE, Tally(tff=4, progressive=36), None, "progressive"),
        (NONE, Tally(tff=12, progressive=28), 1.0, "interlaced"),
        # a field that comes twice in every other frame is no film
        (["neither", "bottom"] * 20, COMBED, 1.0, "interlaced"),
    ],
)
def test_a_run_of_frames(repeats: list[str], multiple: Tally, preference: float | None, verdict: str) -> None:
    assert judge(repeats, multiple, preference) == verdict


@pytest.mark.parametrize(
    ("clarity", "swing", "moving", "slow"),
    [
        (0.9, 0.6, "telecined", "telecined"),
        (0.6, 0.14, "unclear", "unclear"),
        (0.3, 0.3, "unclear", "unclear"),
        (0.76, 0.1, "interlaced", "unclear"),
        (0.2, 0.1, "interlaced", "progressive"),
        (0.0, -0.1, "interlaced", "progressive"),
    ],
)
def test_a_run_that_follows_pulldown(clarity: float, swing: float, moving: str, slow: str) -> None:
    followed = Pulldown(clarity=clarity, swing=swing)
    assert judge(NONE, COMBED, 0.8, followed) == moving
    # in slow scenes the order of the fields matters little, telecined or not
    assert judge(NONE, COMBED, 0.2, followed) == slow


def test_a_slow_run_may_be_film() -> None:
    slow = Pulldown(clarity=0.9, swing=0.05, motion=0.1)
    assert judge(NONE, COMBED, 0.8, slow) == "unclear"
    assert judge(NONE, COMBED, 0.8, slow.model_copy(update={"clarity": 0.2})) == "interlaced"
    assert judge(NONE, COMBED, 0.8, slow.model_copy(update={"motion": 1.0})) == "interlaced"


def test_a_cadence_survives_an_edit_and_some_frames_without_motion() -> None:
    assert has_film_cadence([*PULLDOWN[:24], *PULLDOWN[1:17]])
    assert has_film_cadence([*NONE[:14], *PULLDOWN[14:]])
    assert not has_film_cadence([*NONE[:30], *PULLDOWN[30:]])
    assert not has_film_cadence([])


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({"progressive": 24}, "progressive"),
        ({"progressive": 3, "still": 21}, "progressive"),
        ({"still": 24}, "progressive"),
        ({"progressive": 23, "interlaced": 1}, "progressive"),
        ({"progressive": 9, "interlaced": 1}, "mixed"),
        ({"progressive": 18, "interlaced": 6}, "mixed"),
        ({"interlaced": 24}, "interlaced"),
        # where little moves, interlaced video looks progressive
        ({"interlaced": 14, "progressive": 8, "still": 2}, "interlaced"),
        ({"telecined": 24}, "telecined"),
        ({"telecined": 20, "progressive": 3, "still": 1}, "telecined"),
        ({"telecined": 21, "interlaced": 1}, "telecined"),
        ({"telecined": 18, "interlaced": 6}, "mixed"),
        ({"telecined": 12, "progressive": 12}, "mixed"),
        ({"interlaced": 18, "telecined": 6}, "mixed"),
        ({"telecined": 16, "unclear": 8}, "telecined"),
        ({"telecined": 14, "unclear": 6, "progressive": 4}, "mixed"),
        ({"telecined": 8, "unclear": 16}, "mixed"),
        ({"interlaced": 16, "unclear": 8}, "interlaced"),
        ({"unclear": 24}, "mixed"),
    ],
)
def test_a_title(counts: dict[str, int], kind: str) -> None:
    verdict = vote(points(**counts), video_rate=True)
    assert verdict.kind == kind
    assert verdict.order == (None if kind == "progressive" else "tff")


def test_no_frame_is_dropped_where_the_rate_is_not_that_of_telecined_film() -> None:
    assert vote(points(telecined=24), video_rate=False).kind == "mixed"


def test_the_order_is_what_most_combed_frames_show() -> None:
    shown = points(interlaced=2)
    assert field_order(shown) == "tff"
    other = shown[0].model_copy(update={"multiple": Tally(bff=81)})
    assert field_order([*shown, other]) == "bff"
    assert field_order(points(progressive=3)) is None
