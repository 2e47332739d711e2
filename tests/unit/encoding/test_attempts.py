"""What is known of a segment's attempts: their points, their parts, what a splice is of."""

from __future__ import annotations

import pytest

from drapto.encoding.attempts import Attempt, Attempts, Section, Splice
from drapto.quality.scores import scores_of
from drapto.quality.splice import Parts, Tried


def tried(crf: float, first: int, end: int, values: list[float]) -> Attempt:
    scores = scores_of("vmaf", values, stride=5)
    return Attempt(crf=crf, first=first, end=end, bytes=1, digest=f"{first} {end}", scores=(scores,))


def test_parts_are_of_one_division_and_one_stride() -> None:
    attempts = (
        tried(32.0, 0, 20, [95.0] * 4),
        tried(30.0, 20, 0, [91.0] * 4),
        tried(31.0, 0, 24, [96.0] * 5),
        tried(33.0, 0, 0, [94.0] * 8),
    )
    known = Attempts(key="", attempts=attempts)
    assert known.parts((0, 20), 40, 5) == Parts((20, 20), [Tried(0, 32.0, 95.0), Tried(1, 30.0, 91.0)])
    assert known.parts((0,), 40, 5) == Parts((40,), [Tried(0, 33.0, 94.0)])
    assert known.parts((0, 20), 40, 1).tried == []


def test_a_short_part_may_be_measured_as_closely_as_earlier_versions_did() -> None:
    thin = tried(32.0, 0, 20, [95.0] * 4)
    assert thin.measured(5, 40) == thin.scores[0]
    closer = scores_of("vmaf", [94.0] * 20)
    both = thin.model_copy(update={"scores": (*thin.scores, closer)})
    assert both.measured(5, 40) == closer


@pytest.mark.parametrize(("now", "before"), [(5, 3), (7, 9), (11, 9), (13, 15)])
def test_what_an_earlier_version_measured_by_another_stride_holds(now: int, before: int) -> None:
    scores = scores_of("vmaf", [95.0] * 100, stride=before)
    old = Attempt(crf=30, bytes=1, digest="", scores=(scores,))
    assert old.measured(now, 1000) == scores
    assert old.measured(1, 1000) is None
    newer = scores_of("vmaf", [94.0] * 100, stride=now)
    assert old.model_copy(update={"scores": (scores, newer)}).measured(now, 1000) == newer


def test_an_attempts_frames() -> None:
    assert tried(32.0, 0, 0, [95.0]).frames(40) == 40
    assert tried(32.0, 0, 24, [95.0]).frames(40) == 24
    assert tried(32.0, 24, 0, [95.0]).frames(40) == 16
    assert [tried(32.0, first, end, [95.0]).whole for first, end in ((0, 0), (0, 9), (9, 0))] == [
        True,
        False,
        False,
    ]


def test_what_a_splice_is_of() -> None:
    parts = (
        tried(32.0, 0, 20, [95.0] * 4),
        tried(30.0, 20, 30, [97.0] * 2),
        tried(31.0, 30, 0, [97.0] * 2),
    )
    known = Attempts(key="", attempts=(*parts, tried(40.0, 0, 20, [80.0] * 4)))
    spliced = Splice(starts=(0, 20, 30), crfs=(32.0, 30.0, 31.0))
    assert known.sources(spliced) == parts
    assert known.has(spliced)
    other = Splice(starts=(0, 20, 30), crfs=(32.0, 30.0, 40.0))
    assert not known.has(other)
    with pytest.raises(ValueError, match="was not tried"):
        known.sources(other)


def test_an_earlier_version_took_the_parts_of_a_splice_from_whole_encodes() -> None:
    head, tail, other = (
        tried(32.0, 0, 0, [95.0] * 8),
        tried(30.0, 20, 0, [97.0] * 4),
        tried(34.0, 0, 0, [93.0] * 8).model_copy(update={"keyframes": (0, 20)}),
    )
    known = Attempts(key="", attempts=(head, tail, other))
    assert known.sources(Splice(starts=(0, 20), crfs=(32.0, 30.0))) == (head, tail)
    assert known.sources(Splice(starts=(0, 20), crfs=(32.0, 34.0))) == (head, other)


def test_a_section_is_cut_from_what_has_it_from_a_keyframe_on() -> None:
    part = tried(32.0, 10, 90, [95.0]).model_copy(update={"keyframes": (0, 30, 60)})
    for first, end in ((10, 90), (40, 90), (10, 25), (70, 80)):
        assert part.holds(Section(first, end, 32.0))
    for first, end in ((50, 90), (0, 90), (40, 0), (40, 91)):
        assert not part.holds(Section(first, end, 32.0)), (first, end)
    assert not part.holds(Section(40, 90, 31.0))
    assert not part.holds(Section(40, 90, 32.0, preset=9))
    assert part.model_copy(update={"end": 0}).holds(Section(40, 0, 32.0))


def test_a_splice_knows_the_presets_of_its_sections() -> None:
    sections = [Section(0, 20, 32.0), Section(20, 60, 32.0, 9), Section(60, 0, 30.0)]
    spliced = Splice.of(sections)
    assert spliced.sections == sections
    assert spliced.presets == (None, 9, None)
    assert Splice.of(sections[:1]).presets == ()
    two = {"crf": 34.0, "first": 120, "tail_crf": 34.0, "tail_preset": 9}
    assert Splice.model_validate(two) == Splice(starts=(0, 120), crfs=(34.0, 34.0), presets=(None, 9))


def test_another_presets_encode_tells_nothing_of_a_part() -> None:
    one = tried(32.0, 0, 0, [95.0] * 8)
    other = tried(30.0, 0, 0, [99.0] * 8).model_copy(update={"preset": 9})
    parts = Attempts(key="", attempts=(one, other)).parts((0,), 40, 5)
    assert [(found.crf, found.score) for found in parts.tried] == [(32.0, 95.0)]
    parts = Attempts(key="", attempts=(tried(32.0, 0, 0, [90.0, *[95.0] * 7]),)).parts((0,), 40, 5, "p5")
    assert [found.score for found in parts.tried] == [90.0]
