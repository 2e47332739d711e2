"""Which tracks a finished file has, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.report.page import NOTHING, Table
from drapto.words import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.audio.plan import AudioPlan
    from drapto.media.model import AudioTrack, SourceInfo, Track
    from drapto.output.model import Sizes

HEAD = ("track", "language", "title", "in the source", "in the output", "size", "kept how")


def tracks_table(info: SourceInfo, sound: Sequence[AudioPlan | None], sizes: Sizes) -> Table:
    """Return what became of each track.

    Args:
        info: What is in the source.
        sound: What each audio track becomes; None where that is not known.
        sizes: Of what came of them.
    """
    return Table("Tracks", HEAD, tuple(_rows(info, sound, sizes)), tuple(_rest(info)))


def _rows(info: SourceInfo, sound: Sequence[AudioPlan | None], sizes: Sizes) -> Iterator[tuple[str, ...]]:
    video = info.video
    said = f"{video.codec}, {video.width}x{video.height}, {float(video.rate):.3f} per second"
    yield (
        *("picture", *_named(video), said),
        *("AV1, 10 bit", size_text(sizes.video), "encoded, every frame at its time"),
    )
    for number, track in enumerate(info.audio):
        plan = sound[number] if number < len(sound) else None
        size = size_text(sizes.audio[number]) if number < len(sizes.audio) else NOTHING
        found = f"{_coded(track)}, {track.layout or count_text(track.channels, 'channel')}"
        copied = plan is not None and plan.copies
        made = (
            NOTHING
            if plan is None
            else track.codec
            if copied
            else f"Opus, {plan.layout}, {plan.bitrate} kbit/s"
        )
        how = "copied, packet by packet" if copied else "encoded"
        yield (f"sound {number + 1}", *_named(track), found, made, size, how)
    for number, text in enumerate(info.subtitles):
        size = size_text(sizes.subtitles[number]) if number < len(sizes.subtitles) else NOTHING
        codec = text.codec if text.foreign is None else text.foreign.name
        yield (
            *(f"subtitles {number + 1}", *_named(text)),
            *(f"{codec}, {count_text(text.packets, 'packet')}", codec, size, "copied, packet by packet"),
        )
    for film in info.other_video:
        size = f"{film.codec}, {film.width}x{film.height}"
        yield ("picture", *_named(film), size, NOTHING, NOTHING, "left out")


def _coded(track: AudioTrack) -> str:
    """Return a codec with its profile, which may name the codec itself: "DTS-HD MA", but "aac LC"."""
    if track.profile is None:
        return track.codec
    known = track.codec.casefold() in track.profile.casefold()
    return track.profile if known else f"{track.codec} {track.profile}"


def _named(track: Track) -> tuple[str, str]:
    marks = ", ".join(name.replace("_", " ") for name in track.dispositions)
    title = track.title or ""
    return track.language or "not stated", f"{title} ({marks})".strip() if marks else title or NOTHING


def _rest(info: SourceInfo) -> Iterator[str]:
    if info.chapters:
        yield f"{count_text(len(info.chapters), 'chapter')} kept."
    if info.attachments:
        size = size_text(sum(one.size for one in info.attachments))
        names = ", ".join(one.filename for one in info.attachments[:10])
        more = f" and {len(info.attachments) - 10} more" if len(info.attachments) > 10 else ""  # noqa: PLR2004
        yield f"{count_text(len(info.attachments), 'attachment')} kept ({size}): {names}{more}."
    if info.tags:
        yield f"{count_text(len(info.tags), 'tag')} of the whole file kept."
