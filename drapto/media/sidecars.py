"""Subtitle files next to a source, ``film.eng.forced.srt`` beside ``film.mkv``, understood by their names."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from drapto.media.matroska.languages import THREE_LETTERS, three_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SUFFIXES = (".srt", ".ass", ".ssa", ".vtt", ".sup", ".idx")
"""Of the files that are taken; an ``.idx`` has its pictures in a ``.sub`` of the same name."""

FLAGS = {
    "forced": "forced",
    "foreign": "forced",
    "sdh": "hearing_impaired",
    "cc": "hearing_impaired",
    "hi": "hearing_impaired",
    "default": "default",
    "commentary": "comment",
    "comment": "comment",
}
"""Words of a name, and the dispositions that they mean; as Jellyfin and Plex read them."""

HINDI = "hi"
"""A flag behind a language; otherwise a language itself."""

TERMINOLOGICAL = """
    bod=tib ces=cze cym=wel deu=ger ell=gre eus=baq fas=per fra=fre hye=arm isl=ice kat=geo mkd=mac mri=mao
    msa=may mya=bur nld=dut ron=rum slk=slo sqi=alb zho=chi
"""
"""ISO 639-2's other codes of some languages, each with the one that Matroska has."""

BIBLIOGRAPHIC: dict[str, str] = dict(re.findall(r"(\w+)=(\w+)", TERMINOLOGICAL))

OTHERS = "cmn fil gsw hmn mul nds scn und yue zxx"
"""ISO 639 codes of three letters that stand beside no code of two."""

KNOWN = {*THREE_LETTERS, *THREE_LETTERS.values(), *BIBLIOGRAPHIC, *OTHERS.split()}

ENGLISH = """
    arabic=ara bulgarian=bul chinese=chi croatian=hrv czech=cze danish=dan dutch=dut english=eng
    estonian=est finnish=fin french=fre german=ger greek=gre hebrew=heb hindi=hin hungarian=hun
    icelandic=ice indonesian=ind italian=ita japanese=jpn korean=kor latvian=lav lithuanian=lit
    norwegian=nor persian=per polish=pol portuguese=por romanian=rum russian=rus serbian=srp slovak=slo
    slovenian=slv spanish=spa swedish=swe thai=tha turkish=tur ukrainian=ukr vietnamese=vie
"""
"""Languages as people write them, each with its ISO 639-2 code."""

NAMES: dict[str, str] = dict(re.findall(r"(\w+)=(\w+)", ENGLISH))

SHAPES: dict[int, Callable[[str], str]] = {4: str.title, 2: str.upper}
"""How the parts of a language are written, by their letters: scripts, and regions (BCP 47, section 2.1.1)."""

TAG = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*", re.IGNORECASE)
"""A language by BCP 47, or with an underscore as operating systems write it."""


class Sidecar(NamedTuple):
    """A subtitle file, and what its name says.

    Attributes:
        path: The file.
        language: As a track has it (``eng``, ``pt-BR``); None where the name says none.
        title: What else the name says; None where that is nothing.
        dispositions: By ffmpeg's names.
    """

    path: Path
    language: str | None = None
    title: str | None = None
    dispositions: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that it consists of."""
        if self.path.suffix.lower() != ".idx":
            return (self.path,)
        return (self.path, pictures_of(self.path))


def pictures_of(index: Path) -> Path:
    """Return the file with the pictures of a VobSub index."""
    lower = index.with_suffix(".sub")
    return lower if lower.exists() or not index.with_suffix(".SUB").exists() else index.with_suffix(".SUB")


def find_sidecars(source: Path) -> tuple[Sidecar, ...]:
    """Return the subtitle files that belong to ``source``, in the order of their names.

    ``film.eng.srt`` is not of ``film.mkv`` where there is a ``film.eng.mkv``.
    """
    names = sorted(path.name for path in source.parent.iterdir())
    sources = [name[:-4] for name in names if name.lower().endswith(".mkv")]
    head = _plain(source.stem) + "."
    longer = [f"{_plain(stem)}." for stem in sources if _plain(stem).startswith(head)]
    found = []
    for name in names:
        path = source.parent / name
        said = _plain(name)
        if not said.startswith(head) or said.startswith(tuple(longer)):
            continue
        if path.suffix.lower() in SUFFIXES and _is_whole(path):
            found.append(parsed(path, said[len(head) : -len(path.suffix)].split(".")))
    return tuple(found)


def _is_whole(path: Path) -> bool:
    """Tell whether there is something in a file, and in what belongs to it."""
    return all(one.is_file() and one.stat().st_size for one in Sidecar(path).files)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def parsed(path: Path, words: Sequence[str]) -> Sidecar:
    """Return a file with what ``words`` say: its name's, between the source's name and its suffix."""
    language: str | None = None
    flags: set[str] = set()
    others: list[str] = []
    last = len(words) - 1
    for number, word in enumerate(words):
        lower = word.strip().lower()
        hindi = lower == HINDI and language is None and not any(_language(one) for one in words[number + 1 :])
        if lower in FLAGS and not hindi:
            flags.add(FLAGS[lower])
        elif language is None and (said := _language(word)) is not None and (number == last or not others):
            language = said
        elif lower:
            others.append(word.strip())
    order = ("default", "forced", "hearing_impaired", "comment")
    kept = tuple(flag for flag in order if flag in flags)
    return Sidecar(path, language, " ".join(others) or None, kept)


def _language(word: str) -> str | None:
    """Return the language that a word of a name means; None where it means none."""
    lower = word.strip().lower()
    if lower in NAMES:
        return NAMES[lower]
    if not TAG.fullmatch(lower) or lower.replace("_", "-").split("-")[0] not in KNOWN:
        return None
    primary, *rest = lower.replace("_", "-").split("-")
    if not rest:
        return BIBLIOGRAPHIC.get(primary, three_letters(primary))
    shaped = [SHAPES.get(len(part), str)(part) for part in rest]
    return "-".join([primary, *shaped])
