"""The figures that are drawn from frames' scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.scores import STATISTICS, Measurement, Part, Scores, pooled, scores_as, scores_of

values = st.lists(st.floats(0, 100), min_size=1, max_size=200)


def test_the_figures_of_a_few_frames() -> None:
    scores = scores_of("vmaf", [90.0, 100.0, 80.0, 95.0], model="m", stride=3)
    assert scores.harmonic == pytest.approx(4 / (1 / 91 + 1 / 101 + 1 / 81 + 1 / 96) - 1, abs=1e-3)
    assert scores.mean == 91.25
    assert (scores.minimum, scores.p5, scores.stride, scores.model) == (80.0, 80.0, 3, "m")


def test_a_percentile_is_the_score_of_a_frame_and_leaves_its_share_below() -> None:
    scores = scores_of("vmaf", [float(value) for value in range(100)])
    assert (scores.p5, scores.p10) == (4.0, 9.0)
    assert scores_of("vmaf", [70.0, 80.0, 90.0]).p10 == 70.0


def test_each_figure_may_stand_for_the_frames() -> None:
    scores = scores_of("vmaf", [90.0, 100.0, 80.0, 95.0])
    figures = {name: scores.figure(name) for name in STATISTICS}
    assert figures == {"harmonic": scores.harmonic, "mean": 91.25, "p5": 80.0, "p10": 80.0}
    before = scores.model_copy(update={"p10": None})
    assert before.figure("p10") == 80.0, "documents of earlier versions do not have it"
    assert before.model_copy(update={"values": ()}).figure("p10") == scores.p5


@given(values)
def test_low_frames_weigh_more(frames: list[float]) -> None:
    scores = scores_of("vmaf", frames)
    assert scores.minimum - 0.01 <= scores.p5
    assert scores.minimum - 0.01 <= scores.harmonic <= scores.mean + 0.01


@given(st.lists(values, min_size=1, max_size=5))
def test_parts_measured_whole_are_one_whole(runs: list[list[float]]) -> None:
    whole = scores_of("vmaf", [value for run in runs for value in run])
    parts = pooled(Part(frames=len(run), scores=scores_of("vmaf", run)) for run in runs)
    assert parts.harmonic == pytest.approx(whole.harmonic, abs=0.002)
    assert parts.mean == pytest.approx(whole.mean, abs=0.002)
    assert parts.minimum == whole.minimum


def test_a_part_weighs_its_frames_not_its_samples() -> None:
    dense = Part(frames=10, scores=scores_of("vmaf", [90.0] * 10))
    sparse = Part(frames=90, scores=scores_of("vmaf", [80.0] * 10, stride=9))
    both = pooled([dense, sparse])
    assert both.mean == pytest.approx(81.0)
    assert both.stride == 9


def test_nothing_measured_has_no_score() -> None:
    with pytest.raises(ValueError, match="no frame"):
        scores_of("vmaf", [])


def test_different_metrics_are_not_mixed() -> None:
    parts = [Part(frames=1, scores=scores_of(name, [1.0])) for name in ("vmaf", "xpsnr")]
    with pytest.raises(ValueError, match="not of one metric"):
        pooled(parts)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=60), st.integers(1, 9), st.data())
def test_scores_are_cut_where_the_frames_are(values: list[float], stride: int, data: st.DataObject) -> None:
    whole = scores_of("vmaf", values, stride=stride)
    cut = data.draw(st.integers(1, len(values) * stride - 1))
    head, tail = whole.between(0, cut), whole.between(cut, len(values) * stride)
    assert isinstance(head, Scores)
    assert head.values + (tail.values if tail else ()) == whole.values
    assert len(head.values) == len([at for at in range(0, len(values) * stride, stride) if at < cut])


def test_each_value_is_of_a_frame() -> None:
    plain = scores_as(Measurement("vmaf"), [90.0, 91.0, 92.0], stride=5, first=2)
    assert list(plain.numbers) == [2, 7, 12]
    cut = plain.between(3, 13)
    assert cut is not None
    assert (cut.values, list(cut.numbers)) == ((91.0, 92.0), [4, 9])
    parts = [Part(frames=10, scores=plain), Part(frames=4, scores=scores_of("vmaf", [80.0, 81.0]))]
    joined = pooled(parts, listed=True, at=[2, 7, 12, 15, 16])
    assert list(joined.numbers) == [2, 7, 12, 15, 16]
    tail = joined.between(12, 16)
    assert tail is not None
    assert (tail.values, list(tail.numbers)) == ((92.0, 80.0), [0, 3])
    assert joined.between(13, 15) is None
