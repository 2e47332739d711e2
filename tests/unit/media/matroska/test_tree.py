"""The elements of a file, wherever they lie, and whatever they say of themselves."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.compare import differences
from drapto.media.matroska.ebml import Element, Range, encoded_id
from drapto.media.matroska.tree import DEEPEST, LIMIT, Reader
from drapto.media.matroska.writing import HEADER, write_file
from tests.matroska import in_memory, made, random_elements, tree

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

MIB = 1 << 20
UNKNOWN = b"\x01" + b"\xff" * 7
INFO = made("Info", made("TimestampScale", 1_000_000), made("Title", "Film"))
TRACKS = made("Tracks", made("TrackEntry", made("TrackNumber", 1), made("TrackType", 1)))
TAGS = made("Tags", made("Tag", made("Targets"), made("SimpleTag", made("TagName", "A"))))
CLUSTER = Element(ids.CLUSTER, bytes(500)).encode()
BLOCKS = bytes.fromhex("e78100") + Element(0xA3, bytes(300)).encode() * 3


def segment(*parts: Element | bytes, size: bytes | None = None) -> bytes:
    """Return a whole file."""
    body = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    size = b"\x01" + len(body).to_bytes(7, "big") if size is None else size
    return HEADER.encode() + encoded_id(ids.SEGMENT) + size + body


def seek_head(*named: tuple[int, int]) -> Element:
    return made(
        "SeekHead",
        *(
            made("Seek", made("SeekID", one.to_bytes(4, "big")), made("SeekPosition", at))
            for one, at in named
        ),
    )


def found(data: bytes) -> dict[str, object]:
    """Return what a reader finds, by name."""
    reader = Reader(io.BytesIO(data))
    trees = [reader.first(one) for one in (ids.INFO, ids.TRACKS)]
    trees += [reader.joined(one) for one in (ids.CHAPTERS, ids.TAGS, ids.ATTACHMENTS)]
    return dict(tree(one) for one in trees if one is not None)


EXPECTED = dict(tree(one) for one in (INFO, TRACKS, TAGS))


@pytest.mark.parametrize(
    "data",
    [
        segment(INFO, TRACKS, TAGS, CLUSTER),
        segment(CLUSTER, CLUSTER, TAGS, TRACKS, INFO),
        segment(INFO, Element(ids.VOID, bytes(70)), TRACKS, CLUSTER, Element(ids.VOID, b""), TAGS),
        segment(INFO, TRACKS, CLUSTER, TAGS, size=UNKNOWN),
        segment(INFO, TRACKS, encoded_id(ids.CLUSTER), UNKNOWN, BLOCKS, TAGS, CLUSTER, size=UNKNOWN),
        segment(INFO, TRACKS, encoded_id(ids.CLUSTER), b"\xff", BLOCKS, CLUSTER, TAGS),
        segment(INFO, TRACKS, TAGS, INFO, TRACKS, CLUSTER),  # copies, against damage
    ],
)
def test_elements_are_found_wherever_they_lie(data: bytes) -> None:
    assert found(data) == EXPECTED


def test_several_tags_are_one() -> None:
    other = made("Tags", made("Tag", made("SimpleTag", made("TagName", "B"))))
    reader = Reader(io.BytesIO(segment(INFO, TAGS, CLUSTER, other)))
    joined = reader.joined(ids.TAGS)
    assert joined is not None
    assert joined.parts == (*TAGS.parts, *other.parts)


def test_seek_heads_that_name_one_another() -> None:
    """The first names the second, that names Tags and both SeekHeads; damage hides them from a walk."""
    first = seek_head((ids.SEEK_HEAD, 100))
    padding = Element(ids.VOID, bytes(100 - first.length - 2)).encode()
    second = seek_head((ids.TAGS, 300), (ids.SEEK_HEAD, 0), (ids.SEEK_HEAD, 100), (ids.TRACKS, 5000))
    body = first.encode() + padding + second.encode()
    damaged = body.ljust(300, b"\0") + TAGS.encode()
    reader = Reader(io.BytesIO(segment(damaged)))
    assert [place.id for place in reader.top] == [ids.SEEK_HEAD, ids.SEEK_HEAD, ids.TAGS]
    assert reader.first(ids.TAGS) == TAGS


def test_what_a_seek_head_names_wrongly_is_not_taken() -> None:
    wrong = seek_head((ids.TAGS, 0), (ids.TAGS, 3), (ids.TAGS, 1 << 50), (ids.CLUSTER, 200), (ids.INFO, 9))
    assert found(segment(wrong, INFO, CLUSTER)) == dict([tree(INFO)])


def test_behind_the_last_cluster_that_the_cues_name_is_looked_for() -> None:
    head = INFO.length + TRACKS.length
    at = head + 3 * len(CLUSTER)
    point = made("CueTrackPositions", made("CueTrack", 1), made("CueClusterPosition", at))
    cues = made("Cues", made("CuePoint", made("CueTime", 9), point))
    data = segment(INFO, TRACKS, CLUSTER * 4, cues, TAGS)
    assert found(data) == EXPECTED
    reader = Reader(io.BytesIO(data))
    assert reader.clusters == reader.segment.start + head


@pytest.mark.parametrize("between", [b"", Element(ids.VOID, bytes(9)).encode(), bytes(1000), b"junk" * 99])
@pytest.mark.parametrize("size", [None, UNKNOWN])
def test_a_second_file_is_seen(between: bytes, size: bytes | None) -> None:
    first = segment(INFO, TRACKS, CLUSTER, size=size)
    if size is not None and between and between[0] != ids.VOID:
        return  # in a segment that does not say its size, what is no element ends it
    reader = Reader(io.BytesIO(first + between + segment(INFO, TRACKS, CLUSTER)))
    assert reader.another == len(first) + len(between)


@pytest.mark.parametrize("behind", [b"", bytes(5000), Element(ids.VOID, bytes(20)).encode(), b"some text"])
def test_what_else_may_follow_a_file_is_no_second_one(behind: bytes) -> None:
    assert Reader(io.BytesIO(segment(INFO, TRACKS, CLUSTER) + behind)).another is None


@pytest.mark.parametrize("data", [b"", b"\0" * 50, b"text", HEADER.encode(), HEADER.encode() + TAGS.encode()])
def test_no_segment_is_said(data: bytes) -> None:
    with pytest.raises(ElementError, match=r"segment|element"):
        Reader(io.BytesIO(data))


def nested(depth: int) -> Element:
    inner = made("SimpleTag", made("TagName", "x"))
    for _ in range(depth):
        inner = Element(ids.SIMPLE_TAG, (inner,))
    return made("Tags", Element(ids.TAG, (inner,)))


def test_elements_lie_so_deep_and_no_deeper() -> None:
    assert Reader(io.BytesIO(segment(nested(DEEPEST - 3)))).first(ids.TAGS) == nested(DEEPEST - 3)
    with pytest.raises(ElementError, match="64 deep"):
        Reader(io.BytesIO(segment(nested(DEEPEST)))).first(ids.TAGS)


def small(count: int) -> bytes:
    """Return Tags of so many elements of 3 bytes."""
    return Element(ids.TAGS, Element(ids.TARGETS, b"").encode() * count).encode()


HUGE = {
    "5 million of them": segment(small(LIMIT // 3 - 9)),
    "long names": segment(Element(ids.TAGS, made("Title", bytes(60_000)).encode() * (LIMIT // 60_100))),
    "many such Tags": segment(*[Element(ids.TAGS, made("Title", bytes(60_000)).encode() * 200)] * 9),
    "longer than allowed": segment(Element(ids.TAGS, bytes(LIMIT + 1))),
    "a SeekHead of 150,000 entries": segment(
        Element(ids.SEEK_HEAD, Element(ids.SEEK, b"").encode() * 150_000), TAGS
    ),
    "20,000 elements of the highest level": segment(TAGS.encode() * 20_000),
    "100,000 cue points": segment(
        CLUSTER, Element(ids.CUES, Element(ids.CUE_POINT, b"").encode() * 100_000), TAGS
    ),
}


MEASURED = """
import resource, sys
from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.tree import Reader

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        reader = Reader(file)
        for element in (ids.TAGS, ids.CUES):
            try:
                reader.joined(element)
            except ElementError as error:
                print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_little_memory_is_taken_whatever_the_file_says(tmp_path: Path) -> None:
    for number, data in enumerate(HUGE.values()):
        (tmp_path / f"{number}.mkv").write_bytes(data)
    files = sorted(tmp_path.iterdir())
    command = [sys.executable, "-c", MEASURED, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    *said, kilobytes = done.stdout.splitlines()
    assert set(said) == {"of more than 100000 elements", "of more than 16.8 MB", "16.8 MB long"}
    # on macOS, these are bytes
    assert int(kilobytes) < 64 << (20 if sys.platform == "darwin" else 10)


def test_long_payloads_stay_in_the_file() -> None:
    files = [made("AttachedFile", made("FileName", "a"), made("FileData", bytes([n]) * n)) for n in (3, 99)]
    reader = Reader(io.BytesIO(segment(Element(ids.ATTACHMENTS, tuple(files)))))
    read = reader.first(ids.ATTACHMENTS)
    assert read is not None
    contents = [one.find(ids.FILE_DATA) for one in read.parts]
    payloads = [one.content for one in contents if one and isinstance(one.content, Range)]
    assert [b"".join(reader.payload(one)) for one in payloads] == [b"\x03" * 3, b"\x63" * 99]
    with pytest.raises(ElementError, match="ends inside"):
        list(reader.payload(Range(10, 10 * MIB)))


def written(elements: Sequence[Element]) -> bytes:
    file = io.BytesIO()
    write_file(file, elements, None)
    return file.getvalue()


@settings(max_examples=50)
@given(st.lists(random_elements(), max_size=4))
def test_random_trees_are_read_back(elements: list[Element]) -> None:
    reader = Reader(io.BytesIO(written(elements)), inline=MIB)
    read = [reader.tree(place) for place in reader.top]
    for given_one, kept in zip(elements, read, strict=True):
        whole = in_memory(kept, reader)
        assert whole == given_one
        assert differences(given_one, whole) == []


def read_all(data: bytes) -> None:
    """Ask a reader for all that it has."""
    reader = Reader(io.BytesIO(data))
    for place in reader.top:
        for whole in (True, False):
            try:
                element = reader.tree(place) if whole else reader.joined(place.id)
                for chunk in element.chunks() if element else ():
                    for _ in reader.payload(chunk):
                        pass
            except ElementError:
                continue


@settings(max_examples=150)
@given(
    st.lists(random_elements(), min_size=1, max_size=3), st.randoms(use_true_random=False), st.integers(1, 12)
)
def test_a_damaged_file_raises_nothing_but_the_readers_own_error(
    elements: list[Element], chance: random.Random, count: int
) -> None:
    data = bytearray(written(elements) + CLUSTER)
    for _ in range(count):
        at = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif kind == 1:
            del data[at : at + chance.randrange(1, 9)]
        elif kind == 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 9))
        else:
            data[at:at] = data[: chance.randrange(1, 60)]
        if not data:
            return
    try:
        read_all(bytes(data))
    except ElementError:
        return


@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_but_the_readers_own_error(data: bytes) -> None:
    for whole in (data, segment(data), segment(data, size=UNKNOWN)):
        try:
            read_all(whole)
        except ElementError:
            continue
