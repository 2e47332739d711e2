"""Sound and subtitles that cannot be read: left out where the film can do without, refused elsewhere.

One of several is less than a film. The only sound is not, nor is what remains where that is a commentary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from av.stream import Disposition

from drapto.errors import SourceError
from drapto.media.choice import is_beside_the_film
from drapto.media.matroska.unreadable import Problem, unreadable_beside

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer
    from av.stream import Stream

UnreadableTracks = Literal["auto", "leave-out", "refuse"]
"""What is done with such a track: left out where other sound of the film is left, always, or never."""

ASIDE = (Disposition.comment, Disposition.visual_impaired, Disposition.descriptions)
"""Sound that is no film's own."""

SETTING = 'input.unreadable_tracks = "leave-out"'


def unread(source: Path, container: InputContainer) -> dict[int, Problem]:
    """Return what is wrong with the tracks of sound and subtitles that cannot be read, by stream index."""
    found = unreadable_beside(source)
    for stream in container.streams.audio:
        if stream.codec_context is None:
            problem = f"has an audio track with a codec that ffmpeg does not know, track {stream.index}"
            found.setdefault(stream.index, Problem(problem, "remux the file without this track"))
    return {index: found[index] for index in sorted(found)}


def refuse_unread(
    source: Path, container: InputContainer, found: dict[int, Problem], wish: UnreadableTracks
) -> None:
    """Refuse a source with tracks that cannot be read, where the film cannot do without them.

    Args:
        source: The file.
        container: The same, open.
        found: What is wrong with which tracks, by stream index.
        wish: What is to be done with such tracks.

    Raises:
        SourceError: Names the first of them, and how to leave it out.
    """
    if not found or wish == "leave-out":
        return
    sound = {stream.index for stream in container.streams.audio}
    bad = [index for index in found if index in sound]
    left = [stream for stream in container.streams.audio if stream.index not in found]
    if wish == "auto" and (not bad or any(_is_of_the_film(stream) for stream in left)):
        return
    problem = found[bad[0] if bad else next(iter(found))]
    raise SourceError(
        problem.text, path=source, remedy=f"{problem.remedy}, or set {SETTING}, which encodes all but that"
    )


def notes(found: dict[int, Problem]) -> list[str]:
    """Return what there is to say of the tracks that are left out, a line each."""
    return [f"it {problem.text}: left out" for problem in found.values()]


def _is_of_the_film(stream: Stream) -> bool:
    said = any(one in stream.disposition for one in ASIDE)
    return not said and not is_beside_the_film(stream.metadata.get("title"))
