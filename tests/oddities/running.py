"""Odd sources through drapto, by its interface for programs, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from drapto import api
from drapto.config import load_config
from drapto.media.fields.model import FieldsInfo
from drapto.state.events import StageComplete
from tests.oddities import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.state.events import Event

Came = Literal["perfect", "noted", "refused", "wrong", "error"]

SETTINGS: dict[str, dict[str, object]] = {
    "default": {},
    "crf": {"quality.mode": "crf"},
    "standard": {"encoding.mode": "standard"},
}
SHOWN = {"pixel_crop": (632, 276), "two_eyes_by_the_stream_alone": (1280, 240)}
"""The sizes in square pixels of clips of which libavformat misreads the shape, as of two eyes' pictures."""

MISREAD = {
    "attachments_in_two_places": "2 attached files, not the 1",
    "live_with_tags_behind": "1 chapters, not the 0",
    "sound_that_claims_sbr": "audio 0 begins at 0.000 s, not 0.043 s",
    "uids_of_all_ones": "1 attached files, not the 0",
}
"""What the judge finds wrong with some as libavformat misreads them: it does not see what lies behind the
clusters, and skips too much of sound whose rate it takes for twice as high."""

UNREAD = {
    "a_commentary_in_bzip2": ("sound", 2),
    "a_commentary_that_is_encrypted": ("sound", 1),
    "sound_starts_over": ("sound", 1),
    "sound_of_which_one_cannot_be_read": ("sound", 1),
    "subtitles_in_bzip2": ("subtitles", 1),
}
"""A track of each that ffmpeg takes for something else than it is, so that none is to come out of it."""

FASTEST: dict[str, object] = {
    "encoding.preset": 13,
    "processing.chunk_size": 1,
    "output.if_larger": "keep",
    "input.skip_codecs": [],
}


@dataclass
class Outcome:
    """What became of a source.

    Attributes:
        name: Its name.
        came: ``perfect``; ``noted``, delivered with a word on it; ``refused`` in a line; ``wrong``,
            delivered though a viewer would miss something; ``error``, a failure that explains nothing.
        said: The notes, the refusal, or what is wrong, a line each.
    """

    name: str
    came: Came
    said: list[str] = field(default_factory=list)


def run(sources: Sequence[Path], folder: Path, setting: str) -> list[Outcome]:
    """Take sources through drapto together; return what became of each, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    config = load_config(folder, environ={}, overrides={**FASTEST, **SETTINGS[setting]})
    notes: dict[str, list[str]] = {}

    def listen(event: Event) -> None:
        if isinstance(event, StageComplete):
            notes.setdefault(event.title, []).extend(event.notes)

    work = folder / "work"
    results = api.encode(sources, folder / "output", config=config, work_dir=work, on_event=listen)
    outcomes = []
    for one in results:
        fields = FieldsInfo.read_if_whole(work / one.title / "fields.json")
        outcomes.append(_outcome(one, notes.get(one.title, []), fields))
    return outcomes


def _outcome(result: api.EncodeResult, notes: list[str], fields: FieldsInfo | None) -> Outcome:
    name = result.source.stem
    if not result.ok:
        plain = not result.errors or any("internal error" in line for line in result.errors)
        unexplained = plain or any("failed with status" in line for line in result.errors)
        return Outcome(name, "error" if unexplained else "refused", list(result.errors) or ["no word"])
    same = fields is None or fields.kind == "progressive"
    source = judge.read(result.source)
    source.shape = SHOWN.get(name, source.shape)
    if name in UNREAD:
        kind, number = UNREAD[name]
        getattr(source, kind).pop(number)
    found = judge.faults(source, judge.read(result.output), pictures=same)
    found = [one for one in found if name not in MISREAD or not one.startswith(MISREAD[name])]
    if found:
        return Outcome(name, "wrong", [*found, *(f"note: {one}" for one in notes)])
    return Outcome(name, "noted" if notes else "perfect", notes)
