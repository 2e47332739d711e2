"""Chapters and tags as they are of a part of a film."""

from __future__ import annotations

from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.within import chapters_within, tags_within
from tests.matroska import made, tree


def atom(uid: int, start: int, end: int | None = None, *inside: Element) -> Element:
    times = [made("ChapterTimeStart", start)] + ([] if end is None else [made("ChapterTimeEnd", end)])
    return made("ChapterAtom", made("ChapterUID", uid), *times, *inside)


def chapters(*atoms: Element) -> Element:
    return made("Chapters", made("EditionEntry", made("EditionUID", 9), *atoms))


def spans(found: Element | None) -> list[tuple[int, int, int | None]]:
    """Return each chapter's UID, its start and its end, nested ones behind their parents."""
    assert found is not None

    def walk(parent: Element) -> list[tuple[int, int, int | None]]:
        rows = []
        for one in parent.of(ids.CHAPTER_ATOM):
            end = one.find(ids.CHAPTER_TIME_END)
            stop = None if end is None else int.from_bytes(end.value, "big")
            rows.append((one.number(ids.CHAPTER_UID), one.number(ids.CHAPTER_TIME_START), stop))
            rows += walk(one)
        return rows

    return [row for edition in found.of(ids.EDITION_ENTRY) for row in walk(edition)]


FOUR = chapters(atom(1, 0), atom(2, 100), atom(3, 200, 250), atom(4, 300))


def test_those_that_are_on_in_the_part_are_in_it_by_its_clock() -> None:
    assert spans(chapters_within(FOUR, 150, 320)) == [(2, 0, None), (3, 50, 100), (4, 150, None)]
    assert spans(chapters_within(FOUR, 0, None)) == spans(FOUR)
    assert spans(chapters_within(FOUR, 300, 301)) == [(4, 0, None)]
    assert spans(chapters_within(FOUR, 210, 240)) == [(3, 0, 30)]


def test_a_film_has_none_where_none_is_on() -> None:
    assert chapters_within(FOUR, 255, 290) is None
    assert chapters_within(chapters(atom(1, 500)), 0, 100) is None


def test_nested_ones_go_with_their_parents() -> None:
    nested = chapters(atom(1, 0, 400, atom(11, 0), atom(12, 200)), atom(2, 400))
    assert spans(chapters_within(nested, 250, 300)) == [(1, 0, 50), (12, 0, None)]


def test_tags_of_chapters_that_are_gone_and_counts_of_the_whole_go() -> None:
    def tag(name: str, *targets: Element) -> Element:
        words = (made("TagName", name), made("TagString", "x"))
        return made("Tag", made("Targets", *targets), made("SimpleTag", *words))

    kept = tag("TITLE")
    tags = made(
        "Tags",
        kept,
        tag("NUMBER_OF_FRAMES", made("TagTrackUID", 1)),
        tag("ACTOR", made("TagChapterUID", 1)),
        tag("ACTOR", made("TagChapterUID", 3)),
    )
    part = chapters_within(FOUR, 210, 240)
    found = tags_within(tags, part)
    assert found is not None
    assert [tree(one) for one in found.parts] == [
        tree(kept),
        tree(tag("ACTOR", made("TagChapterUID", 3))),
    ]
    assert tags_within(made("Tags", tag("BPS")), None) is None


def test_times_are_unsigned() -> None:
    found = chapters_within(FOUR, 50, None)
    assert found is not None
    (edition,) = found.of(ids.EDITION_ENTRY)
    first = edition.of(ids.CHAPTER_ATOM)[0].find(ids.CHAPTER_TIME_START)
    assert first is not None
    assert first.value == unsigned(0)
