from __future__ import annotations

import pytest

from drapto.media.fields.model import FieldPoint, Pulldown, Tally
from drapto.media.fields.vote import field_order, judge, vote

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


CLEARLY = Pulldown(clarity=1.0, swing=1.0)


@pytest.mark.parametrize(
    ("multiple", "preference", "pulldown", "verdict"),
    [
        (WHOLE, None, None, "progressive"),
        (COMBED, 1.0, None, "interlaced"),
        (Tally(bff=40), 1.5, None, "interlaced"),
        # the fields fit those of other frames equally badly in both orders: they are of one moment
        (COMBED, 0.4, None, "progressive"),
        (COMBED, None, None, "still"),
        (COMBED, 0.8, CLEARLY, "telecined"),
        # progressive film with every fifth frame twice
        (COMBED, 0.05, Pulldown(clarity=0.4, swing=0.37), "progressive"),
        (COMBED, 0.05, CLEARLY, "progressive"),
        (Tally(undetermined=38, tff=2), 0.8, CLEARLY, "still"),
        (Tally(tff=4, progressive=36), None, None, "progressive"),
        (Tally(tff=12, progressive=28), 1.0, None, "interlaced"),
    ],
)
def test_a_run_of_frames(
    multiple: Tally, preference: float | None, pulldown: Pulldown | None, verdict: str
) -> None:
    assert judge(multiple, preference, pulldown) == verdict


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
    assert judge(COMBED, 0.8, followed) == moving
    # in slow scenes the order of the fields matters little, telecined or not
    assert judge(COMBED, 0.2, followed) == slow


def test_a_slow_run_may_be_film() -> None:
    slow = Pulldown(clarity=0.9, swing=0.05, motion=0.1)
    assert judge(COMBED, 0.8, slow) == "unclear"
    assert judge(COMBED, 0.8, slow.model_copy(update={"clarity": 0.2})) == "interlaced"
    assert judge(COMBED, 0.8, slow.model_copy(update={"motion": 1.0})) == "interlaced"


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
