"""Titles, their names and their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.config import Config, load_config
from drapto.errors import CollisionError, UsageError
from drapto.project import open_project, require_sources
from drapto.sources import find_sources, slugs

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plain_stem_is_its_own_slug() -> None:
    assert slugs(["sintel_kitchen_sink", "Movie.2010-v2", "千と千尋"]) == [
        "sintel_kitchen_sink",
        "Movie.2010-v2",
        "千と千尋",
    ]


def test_what_a_task_name_cannot_hold_becomes_hyphens() -> None:
    assert slugs(["It's: a *movie* (2010)", "--x=y", "..", "a\nb", "100% 'real'"]) == [
        "It-s-a-movie-2010",
        "x-y",
        slugs([".."])[0],
        "a-b",
        "100-real",
    ]


def test_two_stems_never_share_a_slug() -> None:
    first, second, third = slugs(["a b", "a:b", "a-b"])
    assert third == "a-b"
    assert len({first, second, third}) == 3


@given(st.lists(st.text(min_size=1, max_size=120), min_size=1, max_size=8, unique_by=str.casefold))
def test_slugs_are_unique_safe_and_short(stems: list[str]) -> None:
    found = slugs(stems)
    assert len({slug.casefold() for slug in found}) == len(found)
    for slug in found:
        assert slug
        assert not set(slug) & set("/:*=\0\n '\"%$`")
        assert slug[0] not in "-."
        assert len(slug.encode()) < 200


def test_a_projects_places(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    for name in ("b.mkv", "a.mkv", ".hidden.mkv", "c.mp4"):
        (tmp_path / "source" / name).write_bytes(b"12345")
    project = open_project(tmp_path, load_config(tmp_path, environ={}))
    assert [title.name for title in project.titles] == ["a", "b"]
    title = project.titles[0]
    assert title.output == tmp_path / "output" / "a.mkv"
    assert title.probe == tmp_path / "work" / "a" / "probe.json"
    assert title.audio(1) == tmp_path / "work" / "a" / "audio-1.mkv"
    assert project.state_dir == tmp_path / "work" / ".drapto"


def test_size_limits(tmp_path: Path) -> None:
    (tmp_path / "small.mkv").write_bytes(b"1")
    (tmp_path / "large.mkv").write_bytes(b"1" * 100)
    config = load_config(tmp_path, environ={}, overrides={"input.min_size": 2, "input.max_size": 100})
    assert find_sources(tmp_path, config) == [tmp_path / "large.mkv"]
    assert find_sources(tmp_path / "none", config) == []


WANTED_OF_ALL = {"a.mkv", "Show/b.mkv", "out2/b.mkv"}


@pytest.mark.parametrize("pattern", ["**/*.mkv", "**/b.mkv", "*/*.mkv"])
def test_what_drapto_wrote_into_the_sources_is_none_of_them(pattern: str, tmp_path: Path) -> None:
    own = ("out/a.mkv", "out/Show/b.mkv", "work/a/muxed.mkv", "work/a/segments/b.mkv")
    for name in (*WANTED_OF_ALL, *own, ".Trash-1000/files/b.mkv", "Show/.b.mkv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    taken = Config().input.model_copy(update={"file_pattern": pattern})
    config = Config().model_copy(update={"input": taken})
    wanted = {name for name in WANTED_OF_ALL if (tmp_path / name) in tmp_path.glob(pattern)}
    for out in ("out", "x/../out"):
        outside = (tmp_path / out, tmp_path / "work")
        found = find_sources(tmp_path, config, outside)
        assert {path.relative_to(tmp_path).as_posix() for path in found} == wanted
    # where they are in its own output directory, there is nothing that could be left out
    assert find_sources(tmp_path / "out", config, (tmp_path / "out",)) == sorted(
        (tmp_path / "out").glob(pattern)
    )


@pytest.mark.parametrize("pair", [("x/a.mkv", "y/a.mkv"), ("x/A.mkv", "y/a.mkv"), ("x/é.mkv", "y/é.mkv")])
def test_two_inputs_with_one_stem(pair: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(CollisionError, match="same output"):
        open_project(tmp_path, load_config(tmp_path, environ={}), [tmp_path / name for name in pair])


def test_output_equal_to_input(tmp_path: Path) -> None:
    source = tmp_path / "output" / "a.mkv"
    source.parent.mkdir()
    source.touch()
    with pytest.raises(CollisionError, match="overwrite its own source"):
        open_project(tmp_path, load_config(tmp_path, environ={}), [source])
    link = tmp_path / "link" / "a.mkv"
    link.parent.mkdir()
    link.symlink_to(source)
    with pytest.raises(CollisionError, match="overwrite its own source"):
        open_project(tmp_path, load_config(tmp_path, environ={}), [link])


def test_missing_sources_are_refused(tmp_path: Path) -> None:
    config = load_config(tmp_path, environ={})
    with pytest.raises(UsageError, match="does not exist"):
        require_sources(open_project(tmp_path, config, [tmp_path / "a.mkv"]))
    (tmp_path / "b.mkv").mkdir()
    with pytest.raises(UsageError, match="is not a file"):
        require_sources(open_project(tmp_path, config, [tmp_path / "b.mkv"]))


def test_folders_below_the_sources_are_mirrored(tmp_path: Path) -> None:
    for season in ("Season 01", "Season 02"):
        folder = tmp_path / "source" / "Show" / season
        folder.mkdir(parents=True)
        (folder / "e1.mkv").write_bytes(b"x")
    (tmp_path / "source" / "Film.mkv").write_bytes(b"x")
    config = Config.model_validate({"input": {"file_pattern": "**/*.mkv"}})
    project = open_project(tmp_path, config)
    places = [str(title.output.relative_to(tmp_path / "output")) for title in project.titles]
    assert places == ["Film.mkv", "Show/Season 01/e1.mkv", "Show/Season 02/e1.mkv"]
    names = [title.name for title in project.titles]
    assert names[0] == "Film"
    assert len(set(names)) == 3
    assert all(name.startswith("e1-") for name in names[1:])


def test_two_sources_of_one_name_do_not_share_a_work_directory(tmp_path: Path) -> None:
    paths = [tmp_path / disc / "title_t00.mkv" for disc in ("disc1", "disc2")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"x")
    (first,) = open_project(tmp_path, Config(), paths[:1]).titles
    first.claim(tmp_path)
    (second,) = open_project(tmp_path, Config(), paths[1:]).titles
    assert first.name == "title_t00"
    assert second.name.startswith("title_t00-")
    second.claim(tmp_path)
    # in whichever order they come again
    assert [open_project(tmp_path, Config(), [path]).titles[0].name for path in paths] == [
        first.name,
        second.name,
    ]


def test_a_source_that_was_moved_keeps_its_work_directory(tmp_path: Path) -> None:
    before, after = tmp_path / "a" / "film.mkv", tmp_path / "b" / "film.mkv"
    for path in (before, after):
        path.parent.mkdir()
    before.write_bytes(b"x")
    (title,) = open_project(tmp_path, Config(), [before]).titles
    title.claim(tmp_path)
    before.rename(after)
    assert open_project(tmp_path, Config(), [after]).titles[0].name == title.name


def test_a_link_may_lead_to_the_work_directory_but_not_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "disk" / "a" / "moved").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "work").symlink_to(tmp_path / "disk")
    link = tmp_path / "work" / "a" / "encoded"
    link.symlink_to("moved")
    config = load_config(tmp_path, environ={})
    open_project(tmp_path, config, [tmp_path / "a.mkv"])
    link.unlink()
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out of the work directory"):
        open_project(tmp_path, config, [tmp_path / "a.mkv"])
