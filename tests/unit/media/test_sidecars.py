"""What the names of subtitle files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.media.sidecars import find_sidecars

if TYPE_CHECKING:
    from pathlib import Path


def found(
    folder: Path, *names: str, source: str = "film.mkv"
) -> list[tuple[str, str | None, str | None, str]]:
    for name in (source, *names):
        (folder / name).write_text(name)
    return [
        (one.path.name, one.language, one.title, " ".join(one.dispositions))
        for one in find_sidecars(folder / source)
    ]


@pytest.mark.parametrize(
    ("name", "language", "title", "flags"),
    [
        ("film.srt", None, None, ""),
        ("film.SRT", None, None, ""),
        ("film.eng.srt", "eng", None, ""),
        ("film.en.srt", "eng", None, ""),
        ("film.English.srt", "eng", None, ""),
        ("film.eng.forced.srt", "eng", None, "forced"),
        ("film.forced.eng.srt", "eng", None, "forced"),
        ("film.en.sdh.ass", "eng", None, "hearing_impaired"),
        ("film.EN.CC.default.vtt", "eng", None, "default hearing_impaired"),
        ("film.en.hi.srt", "eng", None, "hearing_impaired"),
        ("film.hi.srt", "hin", None, ""),
        ("film.hi.en.srt", "eng", None, "hearing_impaired"),
        ("film.pt-BR.srt", "pt-BR", None, ""),
        ("film.pt_br.srt", "pt-BR", None, ""),
        ("film.zh-hant.sup", "zh-Hant", None, ""),
        ("film.es-419.srt", "es-419", None, ""),
        ("film.deu.srt", "ger", None, ""),
        ("film.fre.commentary.srt", "fre", None, "comment"),
        ("film.eng.Director's cut.srt", "eng", "Director's cut", ""),
        ("film.web.srt", None, "web", ""),
        ("film.2.eng.srt", "eng", "2", ""),
        ("film..srt", None, None, ""),
    ],
)
def test_a_name_says(name: str, language: str | None, title: str | None, flags: str, tmp_path: Path) -> None:
    assert found(tmp_path, name) == [(name, language, title, flags)]


def test_what_is_of_another_source_or_no_subtitle_is_left(tmp_path: Path) -> None:
    others = ("film.eng.mkv", "film.eng.srt", "film.eng.forced.srt", "films.srt", "film.txt", "film.nfo")
    incomplete = ("film.fre.idx", "film.ger.sub", "other.srt", "film2.srt")
    names = [name for name, *_ in found(tmp_path, *others, *incomplete, "film.fin.srt")]
    assert names == ["film.fin.srt"]
    assert [one.path.name for one in find_sidecars(tmp_path / "film.eng.mkv")] == [
        "film.eng.forced.srt",
        "film.eng.srt",
    ]


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    found(tmp_path, "film.eng.srt")
    (tmp_path / "film.eng.srt").write_text("")
    assert find_sidecars(tmp_path / "film.mkv") == ()


def test_an_index_comes_with_its_pictures(tmp_path: Path) -> None:
    found(tmp_path, "film.eng.idx", "film.eng.sub")
    (one,) = find_sidecars(tmp_path / "film.mkv")
    assert [path.name for path in one.files] == ["film.eng.idx", "film.eng.sub"]


def test_names_are_compared_however_their_letters_are_composed(tmp_path: Path) -> None:
    names = found(tmp_path, "Ame\u0301lie.fr.srt", source="Am\u00e9lie.mkv")
    assert [language for _, language, *_ in names] == ["fre"]
