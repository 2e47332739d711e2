from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.film import Candidate, choose_film

FILM = Candidate(index=0, codec="h264", width=1920, height=1080, packets=144_000, length=6000.0, default=True)
POSTER = Candidate(index=1, codec="mjpeg", width=2000, height=3000, packets=1, length=0.04, default=True)


def taken(*tracks: Candidate) -> tuple[int | None, list[str]]:
    placed = [replace(track, index=number) for number, track in enumerate(tracks)]
    film, notes = choose_film(placed)
    return (None if film is None else film.index), notes


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (POSTER, "it is a single picture"),
        (replace(POSTER, codec="png", length=6000.0), "it is a single picture"),
        (replace(POSTER, codec="h264"), "it is short"),
        (replace(FILM, length=90.0, packets=2160), "it is short"),
        (replace(POSTER, packets=600, length=5990.0), "it has few frames"),
        (replace(FILM, enabled=False, width=3840, height=2160), "it is not enabled"),
        (replace(FILM, default=False, width=3840, height=2160), "it is not the default"),
        (replace(FILM, codec="mjpeg", width=3840, height=2160), "it consists of still pictures"),
        (replace(FILM, width=640, height=360), "its picture is smaller"),
        (replace(FILM, packets=72_000), "it has fewer frames"),
        (replace(FILM, packets=0, length=0.0, decodes=False), "none of it can be decoded"),
    ],
)
def test_the_film_is_taken_wherever_it_is_and_the_other_named(other: Candidate, why: str) -> None:
    for tracks, film in (((FILM, other), 0), ((other, FILM), 1)):
        found, [note] = taken(*tracks)
        assert found == film
        assert note.startswith(f"video track {1 - film} ({other.codec} {other.width}x{other.height}, ")
        assert note.endswith(f"is left out: {why}; the film is track {film}")


def test_of_equal_tracks_the_first_is_taken() -> None:
    assert taken(FILM, FILM)[0] == 0


def test_a_long_track_that_is_disabled_is_taken_before_a_poster_that_is_not() -> None:
    assert taken(POSTER, replace(FILM, enabled=False, default=False))[0] == 1


def test_a_single_frame_is_a_film_where_it_is_coded_as_one() -> None:
    assert taken(replace(POSTER, codec="h264")) == (0, [])


@pytest.mark.parametrize("track", [POSTER, replace(POSTER, codec="png"), replace(FILM, decodes=False)])
def test_a_poster_alone_is_none(track: Candidate) -> None:
    assert taken(track) == (None, [])


@given(st.permutations([FILM, POSTER, replace(FILM, width=320, height=180), replace(POSTER, packets=12)]))
def test_the_order_of_the_tracks_decides_nothing(tracks: list[Candidate]) -> None:
    found, notes = taken(*tracks)
    assert tracks[found or 0] == FILM
    assert len(notes) == 3
