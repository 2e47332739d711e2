"""Real files whose Matroska says more than libavformat models, encoded in one run as a user would."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from drapto.media.matroska import ids
from drapto.media.matroska.compare import differences
from drapto.media.probe import inspect
from tests import forks
from tests.matroska import read

if TYPE_CHECKING:
    from drapto.media.matroska.ebml import Element

CASES = Path(__file__).parents[3] / "shared" / "cases"

DELIVERED = (
    *("tag_language_und", "tag_language_instead_of_element", "stereo_side_by_side", "flags", "attachments"),
    *("tags", "two_editions_nested_languages", "linked_segment", "opus_source"),
)
REFUSED = ("timestamp_scale_1", "two_segments_in_a_row")

pytestmark = pytest.mark.media


class Encoded:
    """What one run over all of them left."""

    def __init__(self, folder: Path) -> None:
        if not CASES.is_dir():
            pytest.skip("the shared cases are not on this machine")
        (folder / "in").mkdir()
        for name in (*DELIVERED, *REFUSED):
            (folder / "in" / f"{name}.mkv").symlink_to(CASES / f"{name}.mkv")
        command = ["encode", "in", "-o", "out", "--preset", "13", "--crf", "50"]
        done = forks.run("drapto", *command, cwd=folder, apart=True)
        self.status, self.said, self.folder = done.returncode, done.stdout + done.stderr, folder

    def line(self, name: str, mark: str) -> str:
        """Return the only line that has a mark and is of a title."""
        [line] = [
            one for one in self.said.splitlines() if one.startswith(f"{mark} {name} ") and "probe" in one
        ]
        return line

    def output(self, name: str) -> Path:
        return self.folder / "out" / f"{name}.mkv"

    def both(self, name: str, element: str) -> tuple[Element | None, Element | None]:
        return read(CASES / f"{name}.mkv", element), read(self.output(name), element)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    return Encoded(tmp_path_factory.mktemp("cases"))


@pytest.mark.parametrize("name", DELIVERED)
def test_all_frames_are_delivered_at_their_times(encoded: Encoded, name: str) -> None:
    assert inspect(encoded.output(name))[1] == inspect(CASES / f"{name}.mkv")[1]


def test_the_refused_are_named_in_one_line_and_not_delivered(encoded: Encoded) -> None:
    assert encoded.status == 1
    assert "internal error" not in encoded.said
    assert "its TimestampScale would be 1 ns" in encoded.line("timestamp_scale_1", "✗")
    assert "from byte 174990 on" in encoded.line("two_segments_in_a_row", "✗")
    assert sorted(one.stem for one in (encoded.folder / "out").iterdir()) == sorted(DELIVERED)


@pytest.mark.parametrize("name", ["two_editions_nested_languages", "linked_segment", "tags", "opus_source"])
def test_chapters_are_whole(encoded: Encoded, name: str) -> None:
    source, output = encoded.both(name, "Chapters")
    assert source is not None
    assert differences(source, output) == []


def test_what_players_show_of_an_edition_is_said(encoded: Encoded) -> None:
    assert "players show 4.0 s of 6.0 s" in encoded.line("two_editions_nested_languages", "⚠")
    linked = encoded.line("linked_segment", "⚠")
    assert "3.0 s of another one, segment 0102030405060708090a0b0c0d0e0f10" in linked


def test_a_last_chapter_ends_where_it_did(encoded: Encoded) -> None:
    """It says no end itself, so that it lasts to that of the file; which is another one by a tick or two."""
    given, kept = (ends(path) for path in (CASES / "opus_source.mkv", encoded.output("opus_source")))
    assert kept == pytest.approx(given, abs=0.002)


def ends(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(one["end"] * (one["time_base"] or 0)) for one in container.chapters()]


def test_attached_files_keep_their_descriptions_names_order_and_bytes(encoded: Encoded) -> None:
    source, output = encoded.both("attachments", "Attachments")
    assert source is not None
    assert output is not None
    assert len(source.parts) == 6
    assert differences(source, output) == []


def test_tags_keep_their_targets_nesting_and_languages(encoded: Encoded) -> None:
    source, output = encoded.both("tags", "Tags")
    assert source is not None
    assert output is not None
    [*others, of_track] = source.parts
    assert output.parts[: len(others)] == tuple(others)
    assert of_track.find(ids.TARGETS) == output.parts[-1].find(ids.TARGETS)
    stated = {one.text(ids.TAG_NAME): one.text(ids.TAG_STRING) for one in output.parts[-1].of(ids.SIMPLE_TAG)}
    assert (stated["NUMBER_OF_FRAMES"], stated["DURATION"]) == ("144", "00:00:06.000000000")
    assert "ENCODER" not in stated


def test_every_flag_and_both_languages_are_kept(encoded: Encoded) -> None:
    source, output = encoded.both("flags", "Tracks")
    assert source is not None
    assert output is not None
    for given, kept in zip(source.parts, output.parts, strict=True):
        flags = {part.id for part in (*given.parts, *kept.parts)} & FLAGS
        for one in flags:
            assert (one, given.find(one)) == (one, kept.find(one))


FLAGS = {
    *(ids.TRACK_UID, ids.FLAG_ENABLED, ids.FLAG_DEFAULT, ids.FLAG_FORCED, ids.FLAG_ORIGINAL),
    *(ids.FLAG_COMMENTARY, ids.FLAG_HEARING_IMPAIRED, ids.FLAG_VISUAL_IMPAIRED, ids.FLAG_TEXT_DESCRIPTIONS),
    *(ids.NAME, ids.LANGUAGE, ids.LANGUAGE_BCP47),
}


def test_a_stereo_picture_keeps_its_mode_and_its_display_size(encoded: Encoded) -> None:
    for tracks in encoded.both("stereo_side_by_side", "Tracks"):
        assert tracks is not None
        video = tracks.parts[0].find(ids.VIDEO)
        assert video is not None
        shown = (ids.STEREO_MODE, ids.DISPLAY_WIDTH, ids.DISPLAY_HEIGHT, ids.DISPLAY_UNIT)
        assert [video.number(one) for one in shown] == [1, 640, 272, 0]


@pytest.mark.parametrize("name", ["tag_language_und", "tag_language_instead_of_element"])
def test_a_language_in_a_tag_stays_there(encoded: Encoded, name: str) -> None:
    source, output = encoded.both(name, "Tags")
    assert source is not None
    assert output is not None
    languages = [
        [tag for tag in one.parts if any(part.text(ids.TAG_NAME) == "LANGUAGE" for part in tag.parts)]
        for one in (source, output)
    ]
    assert languages[0] == languages[1] != []
