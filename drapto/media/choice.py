"""Which of a source's tracks are kept, and which of them players take by default.

A *selector* is some words that hold for a track: a language, a kind, the number that `drapto probe` has for
it; ``!`` before a word takes it the other way round. ``eng !commentary`` is English and no commentary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from drapto.media.matroska.languages import THREE_LETTERS, UNDETERMINED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.model import SourceInfo, Track

ALL = ("all",)
NONE = "none"

Kept = TypeVar("Kept", bound="Track")

KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "commentary": (("comment",), r"\bcommentar"),
    "default": (("default",), ""),
    "descriptive": (("visual_impaired", "descriptions"), r"\bdescripti|\baudio description"),
    "dub": (("dub",), ""),
    "forced": (("forced",), r"\bforced\b"),
    "original": (("original",), ""),
    "sdh": (("hearing_impaired", "captions"), r"\bsdh\b|\bhearing\b"),
}
"""What a kind is called, the dispositions that say so, and the words in a title that do where none does."""

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

_TWO_CODES = """
    bod tib ces cze cym wel deu ger ell gre eus baq fas per fra fre hye arm isl ice kat geo
    mkd mac mri mao msa may mya bur nld dut ron rum slk slo sqi alb zho chi
"""

TERMINOLOGICAL = dict(re.findall(r"\b(\w{3})\s+(\w{3})\b", _TWO_CODES))
"""ISO 639-2's other code of the languages that have two."""


class Selection(NamedTuple):
    """The settings that choose tracks.

    Attributes:
        audio: Selectors; a track that one of them holds for is kept.
        subtitles: The same for subtitles.
        default_audio: The selector of the track that players take; empty: as in the source.
        default_subtitles: The same for subtitles.
    """

    audio: tuple[str, ...] = ALL
    subtitles: tuple[str, ...] = ALL
    default_audio: str = ""
    default_subtitles: str = ""


class Choice(NamedTuple):
    """What is kept of a source's tracks.

    Attributes:
        info: The source, as if it had no others.
        audio: The numbers of the audio tracks that are kept, counted from 0 among all of the source's.
        defaults: Whether players take a track by default, by stream index, where the settings say so.
        notes: What was left out, a line each.
    """

    info: SourceInfo
    audio: tuple[int, ...]
    defaults: dict[int, bool]
    notes: tuple[str, ...] = ()


def check_selector(text: str) -> str:
    """Return a selector in the form in which it is kept.

    Raises:
        ValueError: A word in it is neither a language, a kind nor a number.
    """
    words = text.lower().split()
    for word in words:
        plain = word.removeprefix("!")
        known = plain in KINDS or plain in (*ALL, NONE) or plain.isdecimal() or LANGUAGE.fullmatch(plain)
        if not known:
            kinds = ", ".join(KINDS)
            raise ValueError(
                f'has "{word}", which is neither a language such as eng, nor {kinds}, nor a number'
            )
    if not words:
        raise ValueError("has an empty selector: write all, none, a language, a kind or a number")
    return " ".join(words)


def choose(info: SourceInfo, selection: Selection) -> Choice:
    """Return what is kept of a source's tracks. Where a selection of audio fits none, all of it is kept."""
    if selection == Selection():
        return Choice(info, tuple(range(len(info.audio))), {})
    audio = [number for number, track in enumerate(info.audio) if _fits(track, selection.audio)]
    notes = []
    if not audio and info.audio and NONE not in selection.audio:
        audio = list(range(len(info.audio)))
        notes.append(f"tracks.audio ({', '.join(selection.audio)}) fits no track: all of them are kept")
    sound = tuple(info.audio[number] for number in audio)
    subtitles = tuple(track for track in info.subtitles if _fits(track, selection.subtitles))
    for name, there, kept in (("audio", info.audio, sound), ("subtitles", info.subtitles, subtitles)):
        gone = [_described(track) for track in there if track not in kept]
        notes += [f"left out, by tracks.{name}: {', '.join(gone)}"] if gone else []
    defaults = {
        **_defaults(sound, selection.default_audio),
        **_defaults(subtitles, selection.default_subtitles),
    }
    changed = {
        "audio": tuple(_flagged(track, defaults) for track in sound),
        "subtitles": tuple(_flagged(track, defaults) for track in subtitles),
    }
    return Choice(info.model_copy(update=changed), tuple(audio), defaults, tuple(notes))


def _fits(track: Track, selectors: Sequence[str]) -> bool:
    return any(all(_holds(track, word) for word in selector.split()) for selector in selectors)


def _holds(track: Track, word: str) -> bool:
    if word.startswith("!"):
        return not _holds(track, word[1:])
    if word in (*ALL, NONE):
        return word != NONE
    if word.isdecimal():
        return track.index == int(word)
    if word in KINDS:
        flags, named = KINDS[word]
        by_title = bool(named and track.title and re.search(named, track.title, re.IGNORECASE))
        return by_title or any(flag in track.dispositions for flag in flags)
    said = (track.language or UNDETERMINED).lower()
    return said == word or ("-" not in word and _language(said) == _language(word))


def is_beside_the_film(title: str | None) -> bool:
    """Tell whether a track's title says that it is a commentary or a description."""
    return any(
        re.search(KINDS[kind][1], title or "", re.IGNORECASE) for kind in ("commentary", "descriptive")
    )


def _language(said: str) -> str:
    """Return the bibliographic ISO 639-2 code of a language."""
    primary = said.split("-", maxsplit=1)[0]
    return str(TERMINOLOGICAL.get(primary) or THREE_LETTERS.get(primary, primary))


def _defaults(tracks: Sequence[Track], selector: str) -> dict[int, bool]:
    """Return which tracks are the default by a selector; nothing where it is of none of them."""
    if not selector:
        return {}
    first = next((track.index for track in tracks if _fits(track, [selector])), None)
    if first is None and selector != NONE:
        return {}
    return {track.index: track.index == first for track in tracks}


def _flagged(track: Kept, defaults: dict[int, bool]) -> Kept:
    if track.index not in defaults:
        return track
    rest = tuple(one for one in track.dispositions if one != "default")
    return track.model_copy(update={"dispositions": ("default", *rest) if defaults[track.index] else rest})


def _described(track: Track) -> str:
    named = f" {track.title!r}" if track.title else ""
    return f"{track.index} ({track.language or 'no language'}, {track.codec}{named})"
