"""A call's own copy of its title's work directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.cluster.calls import Written
from drapto.cluster.staging import RESULT, Stage, sweep

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

OWNED = ("encoded/0001.mkv", "attempts/0001.json", "attempts/0001-*.mkv")


def title_in(folder: Path) -> Path:
    title = folder / "film"
    for name in ("segments/0001.mkv", "attempts/0001.json", "attempts/0001-30.mkv", "attempts/0002-30.mkv"):
        (title / name).parent.mkdir(parents=True, exist_ok=True)
        (title / name).write_text(name)
    return title


def stage_of(folder: Path, title: Path, call: str = "ca11") -> Stage:
    return Stage(folder / "copies", call, Written(title, OWNED), [title / "segments" / "0001.mkv"])


def test_what_a_call_writes_takes_its_place_and_what_it_removed_goes(tmp_path: Path) -> None:
    title = title_in(tmp_path)
    stage = stage_of(tmp_path, title)
    stage.link()
    copy = stage.folder
    assert (copy / "segments" / "0001.mkv").read_text() == "segments/0001.mkv"
    assert not (copy / "attempts" / "0002-30.mkv").exists(), "another segment's"
    (copy / "encoded").mkdir()
    (copy / "attempts" / "0001-30.mkv").rename(copy / "encoded" / "0001.mkv")
    (copy / "attempts" / "new").write_text("changed")
    (copy / "attempts" / "new").replace(copy / "attempts" / "0001.json")
    (copy / "attempts" / ".0001-40.mkv.1-00.partial").write_text("half")
    (copy / "logs" / "encode.log").write_text(f"$ ffmpeg {copy}/encoded/0001.mkv\n")
    stage.take_logs(str(copy))
    stage.adopt()
    stage.remove()
    left = {str(path.relative_to(title)): path.read_text() for path in title.rglob("*") if path.is_file()}
    assert left == {
        "segments/0001.mkv": "segments/0001.mkv",
        "attempts/0002-30.mkv": "attempts/0002-30.mkv",
        "attempts/0001.json": "changed",
        "encoded/0001.mkv": "attempts/0001-30.mkv",
        "logs/encode.log": f"$ ffmpeg {title}/encoded/0001.mkv\n",
    }
    assert not copy.exists()


def test_what_a_lost_worker_left_whole_is_kept_and_nothing_removed(tmp_path: Path) -> None:
    title = title_in(tmp_path)
    stage = stage_of(tmp_path, title)
    stage.link()
    (stage.folder / "attempts" / "0001-40.mkv").write_text("whole")
    (stage.folder / "attempts" / "0001-30.mkv").unlink()
    stage.adopt(renewed=False)
    assert (title / "attempts" / "0001-40.mkv").read_text() == "whole"
    assert (title / "attempts" / "0001-30.mkv").exists()


def test_where_links_cannot_be_made_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    title = title_in(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    stage = stage_of(tmp_path, title)
    stage.link()
    assert (stage.folder / "attempts" / "0001-30.mkv").read_text() == "attempts/0001-30.mkv"


def test_a_call_that_ended_unheard_is_found_by_its_fingerprint(tmp_path: Path) -> None:
    title = title_in(tmp_path)
    unheard, given_up = stage_of(tmp_path, title), stage_of(tmp_path, title)
    unheard.link()
    given_up.link()
    (unheard.folder / RESULT).write_bytes(b"value")
    sweep(tmp_path / "copies")
    assert not given_up.folder.exists()
    assert stage_of(tmp_path, title, "0the4").finished_before() is None
    found = stage_of(tmp_path, title).finished_before()
    assert found is not None
    assert (found.folder, found.result()) == (unheard.folder, b"value")
    (title / "segments" / "0001.mkv").write_text("another film")
    assert stage_of(tmp_path, title).finished_before() is None


def test_what_ended_unheard_goes_with_the_one_that_was_heard(tmp_path: Path) -> None:
    title = title_in(tmp_path)
    unheard, heard, other = (
        stage_of(tmp_path, title),
        stage_of(tmp_path, title),
        stage_of(tmp_path, title, "0the4"),
    )
    for stage in (unheard, heard, other):
        stage.link()
    (unheard.folder / RESULT).write_bytes(b"value")
    (other.folder / RESULT).write_bytes(b"value")
    heard.remove()
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [other.token]
