"""Which of a file's video tracks is the film. Pure: what the tracks are like in, one of them out.

A poster may come first, and be the default; a track may be there that nobody is meant to play. What lasts
and moves is the film; of several such, the one that is enabled, the default, the largest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STILLS = ("mjpeg", "png", "bmp", "tiff", "webp", "gif", "jpeg2000", "jpegxl", "apng", "ljpeg", "jpegls")
"""Codecs of pictures. A camera's films may be of the first, which a track of one frame is not."""

LASTING = 0.5
"""Of the longest track's length, what a film has at least: a film's is not beside one twice as long."""

MOVING = 0.1
"""Of the most frames of a track, what a film has at least: 24 a second beside 120, but not one in ten
seconds, as thumbnails for seeking have."""


@dataclass(frozen=True)
class Candidate:
    """A video track.

    Attributes:
        index: The stream's index in the source.
        codec: ffmpeg's name.
        width, height: The picture, pixels.
        packets: How many it has.
        length: From its first packet to the end of its last, seconds.
        default: FlagDefault is set.
        enabled: FlagEnabled is.
        decodes: A frame was decoded of it.
    """

    index: int
    codec: str
    width: int
    height: int
    packets: int
    length: float
    default: bool
    enabled: bool = True
    decodes: bool = True

    @property
    def is_poster(self) -> bool:
        """Whether it is a single picture of a picture's codec."""
        return self.codec in STILLS and self.packets <= 1

    @property
    def said(self) -> str:
        """What it is, for a note."""
        return f"video track {self.index} ({self.codec} {self.width}x{self.height}, {self._frames})"

    @property
    def _frames(self) -> str:
        return count_text(self.packets, "frame")


Criterion = tuple["Callable[[Candidate], int]", str]
"""What counts, more is better, and what is said of a track that has less."""


def choose_film(tracks: Sequence[Candidate]) -> tuple[Candidate | None, list[str]]:
    """Return the film, and a note for each track that is left out; None where none of them is one."""
    criteria = _criteria(tracks)

    def rank(track: Candidate) -> tuple[int, ...]:
        return tuple(value(track) for value, _ in criteria)

    film = max(tracks, key=rank, default=None)
    if film is None or film.is_poster or not film.decodes:
        return None, []
    notes = []
    for track in tracks:
        if track is not film:
            why = next(
                (said for value, said in criteria if value(track) < value(film)), "the first one is taken"
            )
            notes.append(f"{track.said} is left out: {why}; the film is track {film.index}")
    return film, notes


def _criteria(tracks: Sequence[Candidate]) -> list[Criterion]:
    films = [track for track in tracks if track.decodes and not track.is_poster]
    longest = max((track.length for track in films), default=0.0)
    most = max((track.packets for track in films), default=0)
    return [
        (lambda track: track.decodes, "none of it can be decoded"),
        (lambda track: not track.is_poster, "it is a single picture"),
        (lambda track: track.length >= LASTING * longest, "it is short"),
        (lambda track: track.packets >= MOVING * most, "it has few frames"),
        (lambda track: track.enabled, "it is not enabled"),
        (lambda track: track.default, "it is not the default"),
        (lambda track: track.codec not in STILLS, "it consists of still pictures"),
        (lambda track: track.width * track.height, "its picture is smaller"),
        (lambda track: track.packets, "it has fewer frames"),
    ]
