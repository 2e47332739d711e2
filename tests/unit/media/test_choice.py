"""Which tracks a selection keeps."""

from __future__ import annotations

import pytest

from drapto.config import load_config
from drapto.errors import ConfigError
from drapto.media.choice import Choice, Selection, choose
from drapto.media.model import AudioTrack, SourceInfo, SubtitleTrack
from tests import sources


def audio(index: int, language: str | None, *flags: str, title: str | None = None) -> AudioTrack:
    return AudioTrack(
        index=index,
        codec="ac3",
        language=language,
        title=title,
        dispositions=flags,
        channels=2,
        sample_rate=48000,
    )


def subtitle(index: int, language: str | None, *flags: str) -> SubtitleTrack:
    return SubtitleTrack(index=index, codec="subrip", language=language, dispositions=flags, digest="d")


SOURCE = sources.source(
    audio=(
        audio(1, "eng", "default"),
        audio(2, "eng", "comment"),
        audio(3, "deu", title="Director's commentary"),
        audio(4, "pt-BR"),
        audio(5, None, "visual_impaired"),
    ),
    subtitles=(
        subtitle(6, "eng", "default"),
        subtitle(7, "fra", "forced"),
        subtitle(8, "eng", "captions"),
    ),
)


def kept(source: SourceInfo = SOURCE, **selection: object) -> tuple[list[int], list[int]]:
    found = made(source, **selection).info
    return [track.index for track in found.audio], [track.index for track in found.subtitles]


def made(source: SourceInfo = SOURCE, **selection: object) -> Choice:
    return choose(source, Selection(**selection))  # type: ignore[arg-type]


def test_by_default_all_are_kept_as_they_are() -> None:
    choice = made()
    assert choice.info is SOURCE
    assert choice.audio == (0, 1, 2, 3, 4)
    assert (choice.defaults, choice.notes) == ({}, ())


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        (("eng",), [1, 2]),
        (("en",), [1, 2]),
        (("eng !commentary",), [1]),
        (("!commentary",), [1, 4, 5]),
        (("ger",), [3]),
        (("de", "por"), [3, 4]),
        (("pt-br",), [4]),
        (("und",), [5]),
        (("descriptive",), [5]),
        (("4", "1"), [1, 4]),
        (("default",), [1]),
        (("none",), []),
    ],
)
def test_a_track_is_kept_where_a_selector_holds_for_it(selectors: tuple[str, ...], found: list[int]) -> None:
    assert kept(audio=selectors)[0] == found
    assert kept(subtitles=("forced", "eng sdh"))[1] == [7, 8]


def test_what_is_left_out_is_named_and_a_film_is_not_made_silent_by_a_slip() -> None:
    choice = made(audio=("jpn",), subtitles=("jpn",))
    assert choice.audio == (0, 1, 2, 3, 4)
    assert choice.info.subtitles == ()
    assert choice.notes == (
        "tracks.audio (jpn) fits no track: all of them are kept",
        "left out, by tracks.subtitles: 6 (eng, subrip), 7 (fra, subrip), 8 (eng, subrip)",
    )
    assert made(audio=("1", "3")).audio == (0, 2)


def test_a_default_is_the_first_that_fits_and_the_only_one() -> None:
    choice = made(default_audio="commentary", default_subtitles="none")
    assert choice.defaults == {1: False, 2: True, 3: False, 4: False, 5: False, 6: False, 7: False, 8: False}
    assert [track.index for track in choice.info.audio if "default" in track.dispositions] == [2]
    assert choice.info.audio[1].dispositions == ("default", "comment")
    assert made(default_audio="kor").defaults == {}


def test_selectors_are_checked_when_they_are_read() -> None:
    config = load_config(environ={}, overrides=["tracks.audio=ENG !Commentary, jpn"])
    assert config.tracks.audio == ("eng !commentary", "jpn")
    for wrong in ("tracks.audio=english", "tracks.default_audio=first one", "tracks.subtitles="):
        with pytest.raises(ConfigError, match=wrong.split("=")[0]):
            load_config(environ={}, overrides=[wrong])
