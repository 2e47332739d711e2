"""Random elements in a real file: our own reader, libavformat and mkvmerge agree on them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drapto.errors import ArtifactError, SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.media.matroska.tree import LIMIT, Reader
from drapto.media.matroska.writing import replace_head
from drapto.media.model import SubtitleTrack
from drapto.media.probe import inspect
from drapto.output.complete import Given, complete
from drapto.output.elements import copy_elements
from drapto.output.entries import Picture
from tests import clips
from tests.matroska import identified, made, mkvtoolnix, read

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30).map(
    lambda text: f"x{text}x"  # readers strip spaces
)
UIDS = st.integers(1, 2**63 - 1)
FLAG = st.integers(0, 1)


@st.composite
def an_atom(draw: st.DrawFn, depth: int) -> Element:
    start = draw(st.integers(0, 10**10))
    parts = [made("ChapterUID", draw(UIDS)), made("ChapterTimeStart", start)]
    if draw(st.booleans()):
        parts.append(made("ChapterTimeEnd", start + draw(st.integers(1, 10**10))))
    if draw(st.booleans()):
        parts.append(made("ChapterFlagHidden", draw(FLAG)))
    for title in draw(st.lists(TITLES, min_size=1, max_size=3)):
        language = made("ChapLanguage", draw(st.sampled_from(["eng", "ger", "chi"])))
        parts.append(made("ChapterDisplay", made("ChapString", title), language))
    if depth:
        parts += draw(st.lists(an_atom(depth - 1), max_size=2))
    return made("ChapterAtom", *parts)


@st.composite
def an_edition(draw: st.DrawFn) -> Element:
    flags = [made(f"EditionFlag{name}", draw(FLAG)) for name in ("Hidden", "Default")]
    atoms = draw(st.lists(an_atom(3), min_size=1, max_size=4))
    return made("EditionEntry", made("EditionUID", draw(UIDS)), *flags, *atoms)


@st.composite
def a_simple_tag(draw: st.DrawFn, depth: int = 2) -> Element:
    name = draw(st.text(st.characters(categories=["Lu"], max_codepoint=90), min_size=1, max_size=12))
    value = made("TagString", draw(TITLES)) if draw(st.booleans()) else made("TagBinary", draw(st.binary()))
    inside = draw(st.lists(a_simple_tag(depth - 1), max_size=2)) if depth else []
    return made("SimpleTag", made("TagName", f"X{name}"), value, *inside)


@st.composite
def a_tag(draw: st.DrawFn) -> Element:
    levels = draw(st.lists(st.sampled_from([30, 50, 60, 70]), max_size=1))
    targets = made("Targets", *(made("TargetTypeValue", one) for one in levels))
    return made("Tag", targets, *draw(st.lists(a_simple_tag(), min_size=1, max_size=3)))


@st.composite
def a_file(draw: st.DrawFn) -> Element:
    data = draw(st.binary(min_size=1, max_size=50)) * draw(st.sampled_from([1, 1, 40, 4000]))
    return made(
        "AttachedFile",
        made("FileDescription", draw(TITLES)),
        made("FileName", draw(TITLES)),
        made("FileMediaType", draw(st.sampled_from(["font/ttf", "application/octet-stream", "text/plain"]))),
        made("FileData", data),
        made("FileUID", draw(UIDS)),
    )


def unique(element: Element, uid: int, seen: set[int]) -> Element:
    """Return an element in which no UID is there twice."""
    if element.id == uid:
        value = element.number(uid) or int.from_bytes(element.value, "big")
        while value in seen:
            value += 1
        seen.add(value)
        return Element(uid, value.to_bytes(8, "big"))
    if isinstance(element.content, tuple):
        return Element(element.id, tuple(unique(part, uid, seen) for part in element.content))
    return element


@st.composite
def whole_heads(draw: st.DrawFn) -> dict[str, Element]:
    chapters = Element(ids.CHAPTERS, tuple(draw(st.lists(an_edition(), max_size=2))))
    for uid in (ids.CHAPTER_UID, ids.EDITION_UID):
        chapters = unique(chapters, uid, set())
    files = Element(ids.ATTACHMENTS, tuple(draw(st.lists(a_file(), max_size=3))))
    return {
        "Chapters": chapters,
        "Tags": Element(ids.TAGS, tuple(draw(st.lists(a_tag(), max_size=3)))),
        "Attachments": unique(files, ids.FILE_UID, set()),
    }


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    """A clip with some room in its head."""
    options = ["-metadata", f"room={'.' * 3000}"]
    return clips.make_clip(ffmpeg, clip_cache / "room.mkv", frames=3, size=(64, 48), options=options)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def completed(clip: Path, target: Path, head: dict[str, Element]) -> Path:
    """Copy the clip, with this head."""
    shutil.copyfile(clip, target)
    with target.open("r+b") as file:
        own = Reader(file, inline=LIMIT)
        kept = [own.first(one) for one in (ids.INFO, ids.TRACKS)]
        replace_head(own, [*(one for one in kept if one is not None), *head.values()], None)
    return target


def shown_by_libavformat(chapters: Element) -> list[int]:
    """Return the starts of the chapters that it shows: of the outermost, those later than all before them."""
    shown: list[int] = []
    for edition in chapters.parts:
        for atom in edition.of(ids.CHAPTER_ATOM):
            start = atom.number(ids.CHAPTER_TIME_START)
            if not shown or shown[-1] == 0 or start > shown[-1]:
                shown.append(start)
    return sorted(shown)


@settings(max_examples=40)
@given(whole_heads())
def test_libavformat_and_our_reader_find_what_was_written(
    clip: Path, folder: Path, head: dict[str, Element]
) -> None:
    path = completed(clip, folder / "made.mkv", head)
    for name, element in head.items():
        assert read(path, name) == (element if element.parts else None)
    with av.open(str(path)) as container:
        frames = sum(1 for packet in container.demux(video=0) if packet.size)
        container.seek(0)
        attached = [stream.data for stream in container.streams.attachments]
        names = [stream.metadata["filename"] for stream in container.streams.attachments]
        starts = sorted(round(one["start"] * one["time_base"] * 10**9) for one in container.chapters())
    assert frames == 3
    files = head["Attachments"].parts
    assert attached == [one.find(ids.FILE_DATA).value for one in files]  # type: ignore[union-attr]
    assert names == [one.text(ids.FILE_NAME) for one in files]
    assert starts == shown_by_libavformat(head["Chapters"])


DAMAGED = made("Tags", made("Tag", made("Targets", made("TagTrackUID", bytes(9))), made("SimpleTag")))


def test_damaged_tags_behind_the_clusters_are_left_out_with_a_note(clip: Path, tmp_path: Path) -> None:
    # too long for the room before the clusters
    long = made("Tag", made("SimpleTag", made("TagName", "X"), made("TagString", "x" * 5000)))
    path = completed(clip, tmp_path / "a.mkv", {"Tags": Element(ids.TAGS, (*DAMAGED.parts, long))})
    found = inspect(path)[0]
    assert found.video.frames == 3
    assert found.notes == ("its Tags cannot be read (TagTrackUID has 9 bytes): left out",)
    copy_elements(path, tmp_path / "elements.mkv")
    assert read(tmp_path / "elements.mkv", "Tags") is None
    assert read(tmp_path / "elements.mkv", "Tracks") is not None


def test_a_source_that_is_gone_or_no_longer_matroska_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.mkv").write_text("not what was probed")
    for name in ("text.mkv", "none.mkv"):
        with pytest.raises(SourceError, match=rf"{name}: cannot be read"):
            copy_elements(tmp_path / name, tmp_path / "elements.mkv")
    assert [one.name for one in tmp_path.iterdir()] == ["text.mkv"]


def test_a_file_with_other_tracks_than_it_should_have_is_refused(clip: Path, tmp_path: Path) -> None:
    path = completed(clip, tmp_path / "a.mkv", {})
    info = inspect(path)[0]
    twice = info.model_copy(update={"subtitles": (SUBTITLE,)})
    with pytest.raises(ArtifactError, match=r"cannot be completed \(1 tracks of 2\)"):
        complete(path, Given(), twice, Picture(64, 48))


SUBTITLE = SubtitleTrack(index=1, codec="subrip", digest="")


def test_before_them_they_cost_ffmpeg_the_film(clip: Path, tmp_path: Path) -> None:
    path = completed(clip, tmp_path / "a.mkv", {"Tags": DAMAGED})
    with pytest.raises(SourceError, match=r"is damaged .*remux it"):
        inspect(path)


@settings(max_examples=6)
@given(whole_heads())
def test_mkvmerge_finds_what_was_written(clip: Path, folder: Path, head: dict[str, Element]) -> None:
    mkvtoolnix("mkvmerge", "--version")
    path = completed(clip, folder / "made.mkv", head)
    found = identified(path)
    assert not found["warnings"]
    assert not found["errors"]
    files = head["Attachments"].parts
    assert [(one["file_name"], one["description"], one["size"]) for one in found["attachments"]] == [
        (file.text(ids.FILE_NAME), file.text(ids.FILE_DESCRIPTION), file.find(ids.FILE_DATA).size)  # type: ignore[union-attr]
        for file in files
    ]
    atoms = [atom for edition in head["Chapters"].parts for atom in edition.of(ids.CHAPTER_ATOM)]
    assert sum(one["num_entries"] for one in found["chapters"]) == len(atoms)
    # a remux with mkvmerge changes nothing of them
    mkvtoolnix("mkvmerge", "-q", "-o", folder / "remuxed.mkv", path)
    kept = read(folder / "remuxed.mkv", "Attachments")
    assert [one.find(ids.FILE_DATA) for one in (kept.parts if kept else ())] == [
        one.find(ids.FILE_DATA) for one in files
    ]
