"""What of a source's tags and chapters holds for the finished file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.matroska import ids
from drapto.output.tags import is_statistics, kept_chapters, kept_tags
from tests.matroska import made, tree

if TYPE_CHECKING:
    from drapto.media.matroska.ebml import Element


def tag(*names: str, **uids: int | tuple[int, ...]) -> Element:
    targets = [
        made(name, uid) for name, one in uids.items() for uid in (one if isinstance(one, tuple) else (one,))
    ]
    simple = (made("SimpleTag", made("TagName", name), made("TagString", "x")) for name in names)
    return made("Tag", made("Targets", *targets), *simple)


def kept(*tags: Element, gone: tuple[int, ...] = (), encoded: tuple[int, ...] = ()) -> list[Element]:
    return list(kept_tags(made("Tags", *tags), gone, encoded))


def test_statistics_of_tracks_go_and_all_else_stays() -> None:
    whole = tag("ARTIST", TagTrackUID=1)
    assert kept(tag("BPS", "ARTIST", "BPS-eng", "_STATISTICS_TAGS", "DURATION", TagTrackUID=1)) == [whole]
    assert kept(tag("BPS", "NUMBER_OF_FRAMES", TagTrackUID=1), tag("A")) == [tag("A")]
    of_the_film = [tag("BPS", "DURATION"), tag("BPS", TagChapterUID=1), tag("BPS", TagTrackUID=0), tag()]
    assert kept(*of_the_film) == of_the_film


def test_the_encoder_of_a_track_goes_where_it_is_another_now() -> None:
    given = [tag("ENCODER", "X", TagTrackUID=1), tag("ENCODER", "X", TagTrackUID=2), tag("ENCODER")]
    assert kept(*given, encoded=(1,)) == [tag("X", TagTrackUID=1), *given[1:]]


def test_tracks_that_are_gone_are_not_named() -> None:
    given = [tag("A", TagTrackUID=(1, 2)), tag("B", TagTrackUID=2), tag("C", TagTrackUID=9)]
    assert kept(*given, gone=(2,)) == [tag("A", TagTrackUID=1), tag("C", TagTrackUID=9)]
    atom = made(
        "ChapterAtom",
        made("ChapterTrack", made("ChapterTrackUID", 2)),
        made("ChapterAtom", made("ChapterTrack", made("ChapterTrackUID", 1), made("ChapterTrackUID", 2))),
    )
    chapters = kept_chapters(made("Chapters", made("EditionEntry", atom)), (2,))
    assert chapters is not None
    [(_, [(_, inside)])] = tree(chapters)[1]
    assert inside == [("ChapterAtom", [("ChapterTrack", [("ChapterTrackUID", b"\1")])])]
    assert kept_chapters(None, (2,)) is None
    assert list(kept_tags(None, (), ())) == []


def test_an_unknown_element_among_tags_is_kept() -> None:
    unknown = made("Void", b"")
    assert kept(unknown) == [unknown]
    assert unknown.id == ids.VOID


def test_statistics_are_told_from_other_tags() -> None:
    assert is_statistics(tag("BPS", "DURATION", TagTrackUID=1))
    assert not is_statistics(tag("BPS", "TITLE", TagTrackUID=1))
    assert not is_statistics(tag("BPS"))
    assert not is_statistics(tag(TagTrackUID=1))
