"""A new head in an old file: nothing moves, and a SeekHead names all."""

from __future__ import annotations

import io

import pytest

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, Range, elements, summed
from drapto.media.matroska.tree import LIMIT, Reader
from drapto.media.matroska.writing import HEADER, replace_head, write, write_file
from tests.matroska import in_memory, made

INFO = made("Info", made("Title", "old"))
TRACKS = made("Tracks", made("TrackEntry", made("TrackNumber", 1)))
CLUSTER = Element(ids.CLUSTER, bytes(range(200)))
CUES = made("Cues", made("CuePoint", made("CueTime", 0)))


def a_file(*parts: Element, width: int | None = 8) -> io.BytesIO:
    return io.BytesIO(HEADER.encode() + Element(ids.SEGMENT, parts, width).encode())


def room(size: int) -> Element:
    return Element(ids.VOID, bytes(size))


def replaced(file: io.BytesIO, *new: Element, payloads: Reader | None = None) -> Reader:
    replace_head(Reader(file, inline=LIMIT), new, payloads)
    return Reader(file, inline=LIMIT)


def named(reader: Reader) -> dict[int, int]:
    """Return where the SeekHead says that each element is, bytes of the file."""
    seek_head = reader.first(ids.SEEK_HEAD)
    assert seek_head is not None
    start = reader.segment.start
    return {one.number(ids.SEEK_ID): start + one.number(ids.SEEK_POSITION) for one in seek_head.parts}


NEW = made("Info", made("Title", "new"))
TAGS = made("Tags", made("Tag", made("SimpleTag", made("TagName", "A" * 40))))


@pytest.mark.parametrize("spare", [0, 2, 3, 127, 128, 129, 130, 131, 5000])
def test_what_fits_goes_before_the_clusters_which_stay_where_they_are(spare: int) -> None:
    new = (NEW, TRACKS, TAGS)
    seek_head = 4 + 1 + 6 + 4 * (3 + 7 + 11)
    size = seek_head + sum(summed(one).length for one in new) + spare
    padding = room(size - INFO.length - (2 if size - INFO.length < 129 else 9))
    file = a_file(INFO, Element(ids.VOID, padding.value, 8 if padding.size > 126 else None), CLUSTER, CUES)
    before = Reader(file)
    reader = replaced(file, *new)
    assert reader.clusters == before.clusters
    assert [place.id for place in reader.top] == [ids.SEEK_HEAD, ids.INFO, ids.TRACKS, ids.TAGS, ids.CUES]
    assert named(reader) == {place.id: place.at for place in reader.top if place.id != ids.SEEK_HEAD}
    assert reader.segment == before.segment
    assert file.getvalue().endswith(CLUSTER.encode() + CUES.encode())


def test_what_does_not_fit_goes_behind_the_cues_the_largest_first() -> None:
    large = made("Attachments", made("AttachedFile", made("FileData", bytes(3000))))
    file = a_file(INFO, room(400), CLUSTER, CUES)
    reader = replaced(file, NEW, TRACKS, TAGS, large)
    assert [place.id for place in reader.top] == [
        *(ids.SEEK_HEAD, ids.INFO, ids.TRACKS, ids.TAGS, ids.CUES, ids.ATTACHMENTS),
    ]
    assert reader.segment.end == len(file.getvalue())
    assert named(reader)[ids.ATTACHMENTS] == reader.top[-1].at
    found = reader.first(ids.ATTACHMENTS)
    assert found is not None
    assert in_memory(found, reader) == large


def test_each_element_is_summed_and_an_empty_one_not_written() -> None:
    file = a_file(INFO, room(900), CLUSTER)
    replaced(file, NEW, TRACKS, TAGS, made("Chapters"), made("Attachments"))
    [segment] = [one for one in elements(file.getvalue()) if one.id == ids.SEGMENT]
    whole = [one for one in elements(segment.value) if one.id not in {ids.VOID, ids.CLUSTER}]
    assert [one.id for one in whole] == [ids.SEEK_HEAD, ids.INFO, ids.TRACKS, ids.TAGS]
    for one in whole:
        first, *others = elements(one.value)
        assert first.id == ids.CRC_32
        assert summed(Element(one.id, tuple(others))).parts[0].content == first.content


@pytest.mark.parametrize(
    ("file", "match"),
    [
        (a_file(INFO), "no cluster"),
        (a_file(INFO, CLUSTER, width=4), "no cluster, or a segment whose size cannot grow"),
        (a_file(CUES, CLUSTER), "before the clusters"),
        (a_file(INFO, room(10), CLUSTER), "do not fit"),
    ],
)
def test_another_file_than_ffmpegs_is_refused(file: io.BytesIO, match: str) -> None:
    before = file.getvalue()
    with pytest.raises(ElementError, match=match):
        replaced(file, NEW, TRACKS)
    assert file.getvalue() == before


def test_payloads_are_copied_from_where_they_lie() -> None:
    source = io.BytesIO()
    write_file(source, [made("Attachments", made("AttachedFile", made("FileData", b"font" * 9)))], None)
    reader = Reader(source)
    attached = reader.first(ids.ATTACHMENTS)
    assert attached is not None
    assert isinstance(attached.parts[0].parts[0].content, Range)
    made_of_it = replaced(a_file(INFO, room(500), CLUSTER), NEW, TRACKS, attached, payloads=reader)
    found = made_of_it.first(ids.ATTACHMENTS)
    assert found is not None
    assert in_memory(found, made_of_it).parts[0].parts[0].content == b"font" * 9
    with pytest.raises(ElementError, match="in no file"):
        write(attached, io.BytesIO(), None)
