"""Where two trees say different things, and where they say the same in other bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given

from drapto.media.matroska.compare import Difference, differences, digested
from drapto.media.matroska.ebml import Element
from drapto.media.matroska.schema import SPECS
from drapto.media.matroska.tree import Reader
from drapto.media.matroska.writing import write_file
from tests.matroska import IDS, made, random_elements

UID, START = made("ChapterUID", 1), made("ChapterTimeStart", 2)


def atom(*parts: Element) -> Element:
    return made("ChapterAtom", *parts)


@given(random_elements())
def test_an_element_does_not_differ_from_itself(element: Element) -> None:
    assert differences(element, element) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (made("TrackNumber", b"\0\0\x05"), made("TrackNumber", 5)),
        (made("Name", "x"), made("Name", "x\0\0y")),
        (made("Duration", b"\x40\x00\x00\x00"), made("Duration", b"\x40" + bytes(7))),
        (atom(), atom(made("ChapterFlagEnabled", 1), made("ChapterFlagHidden", 0))),
        (made("ChapterDisplay", made("ChapLanguage", "eng")), made("ChapterDisplay")),
        (made("Targets"), made("Targets", made("TargetTypeValue", 50))),
        (
            atom(made("ChapterUID", 1), made("ChapterTimeStart", 2)),
            atom(made("ChapterTimeStart", 2), made("ChapterUID", 1)),
        ),
    ],
)
def test_the_same_in_other_bytes(one: Element, other: Element) -> None:
    # 2.0 and 2.0: a float of 4 and one of 8 bytes
    assert differences(one, other) == []
    assert differences(other, one) == []


def test_a_difference_has_its_place_and_both_values() -> None:
    titles = [made("ChapterDisplay", made("ChapString", text)) for text in ("A", "B", "C")]
    expected = made("Chapters", made("EditionEntry", atom(*titles), atom(made("ChapterFlagEnabled", 0))))
    found = made("Chapters", made("EditionEntry", atom(titles[0], titles[2]), atom()))
    assert differences(expected, found) == [
        Difference("Chapters/EditionEntry/ChapterAtom 1/ChapterDisplay 2/ChapString", "'B'", "'C'"),
        Difference("Chapters/EditionEntry/ChapterAtom 1/ChapterDisplay 3", "1 element", "none"),
        Difference("Chapters/EditionEntry/ChapterAtom 2/ChapterFlagEnabled", "0", "none"),
    ]
    assert differences(expected, None) == [Difference("Chapters", "1 element", "none")]
    assert differences(None, found) == [Difference("Chapters", "none", "1 element")]
    assert differences(None, None) == []


def test_what_is_ignored_may_differ() -> None:
    one, other = (made("AttachedFile", made("FileUID", uid), made("FileName", "a")) for uid in (1, 2))
    assert differences(one, other, ignored=[IDS["FileUID"]]) == []
    assert [difference.path for difference in differences(one, other)] == ["AttachedFile/FileUID"]


def test_binary_values_and_unknown_elements_are_compared() -> None:
    long, longer = made("TagBinary", bytes(40)), made("TagBinary", bytes(41))
    assert [(one.expected[:8], one.found[:8]) for one in differences(long, longer)] == [
        ("40 bytes", "41 bytes")
    ]
    assert differences(long, made("TagBinary", bytes(39) + b"\1"))
    assert differences(Element(0x7FFF, b"a"), Element(0x7FFF, b"b")) == [
        Difference("0x7FFF", "1 byte 61", "1 byte 62")
    ]


def test_payloads_are_compared_by_their_digests() -> None:
    read = []
    for data in (b"a" * 9, b"a" * 9, b"b" * 9):
        file = io.BytesIO()
        write_file(file, [made("Attachments", made("AttachedFile", made("FileData", data)))], None)
        reader = Reader(file)
        read.append(digested(reader.first(IDS["Attachments"]), reader))
    assert differences(read[0], read[1]) == []
    assert [one.path for one in differences(read[0], read[2])] == ["Attachments/AttachedFile/FileData"]


def test_the_schema_has_each_id_and_each_name_once() -> None:
    names = [spec.name for spec in SPECS.values()]
    assert len(set(names)) == len(names)
    for element in SPECS:
        width = (element.bit_length() + 7) // 8
        # an ID says its own width (RFC 8794, section 5)
        assert element >> (7 * width) == 1
