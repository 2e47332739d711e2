"""What a user should know of a picture and of sound that are not as most are, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.form import Form, SoundForm, change_notes, sound_notes
from drapto.media.holes import hole_notes
from drapto.words import count_text, time_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from fractions import Fraction

    from drapto.media.matroska.pictures import TrackHead
    from drapto.media.model import AudioTrack, SubtitleTrack, VideoTrack


BACK = 0.1
"""Seconds by which times go back that are told: less is jitter."""

OTHER_SHAPE = 1.02
"""How many times as wide as the other a pixel is that is of another shape: a viewer sees no less."""


def picture_notes(video: VideoTrack) -> list[str]:
    """Return what there is to say of the film's picture."""
    notes = []
    if video.first_form is not None:
        notes += change_notes(video.first_form, video.changes, kept_form(video))
    if video.views > 1:
        coding = {"hevc": " (MV-HEVC)", "h264": " (MVC)"}.get(video.codec, "")
        notes.append(f"the picture has a second view, for the other eye{coding}: the first one is encoded")
    if video.alpha:
        notes.append("the alpha channel beside the picture is left out")
    if video.flip is not None:
        way = "left to right" if video.flip == "hflip" else "upside down"
        notes.append(f"the picture is mirrored when it is played: it is encoded mirrored ({way})")
    if video.frames == 1:
        notes.append("the picture is a single frame")
    return [*notes, *hole_notes(video.holes)]


def standing(disagreements: Sequence[str], video: VideoTrack) -> list[str]:
    """Return what the container and the stream say differently of colours and HDR10's fields.

    Nothing of a stream that says several things: MediaInfo tells the last of them.
    """
    forms = [video.first_form, *(change.form for change in video.changes)] if video.first_form else []
    said = {(form.colours, form.hdr10) for form in forms if form is not None}
    return list(disagreements) if len(said) <= 1 else []


def lost_notes(names: Collection[str]) -> list[str]:
    """Return what there is to say of dynamic metadata that are not carried, by their names."""
    return [
        f"the picture has {name} metadata: they are not kept, and what is under them is"
        for name in sorted(names)
    ]


def return_notes(returns: Sequence[tuple[int, int]], base: Fraction) -> list[str]:
    """Return what there is to say where a picture's times go back.

    Args:
        returns: When, and by how much, ticks.
        base: Seconds of a tick.
    """
    far = [(at * base, by * base) for at, by in returns if by * base >= BACK]
    if not far:
        return []
    at, by = far[0]
    times = f", and so {len(far) - 1} more times" if len(far) > 1 else ""
    back = f"after {time_text(float(at))} the picture's times go back by {time_text(float(by))}{times}"
    return [f"{back}: its frames come in their order, at the times that there are"]


def shape_notes(head: TrackHead, said: Fraction | None, video: VideoTrack) -> list[str]:
    """Return what there is to say where the container leaves a picture's shape to the stream.

    It is square then (RFC 9559, DisplayWidth), and so ffmpeg and mpv take it; VLC asks the stream.

    Args:
        head: The container's word.
        said: The shape of a pixel by the stream; None where it says none.
        video: The picture as it is taken.
    """
    if not said or head.display is not None or not head.width or head.needs_own_shape:
        return []
    if max(said / video.sar, video.sar / said) < OTHER_SHAPE:
        return []
    ratio, wide = f"{said.numerator}:{said.denominator}", round(video.width * said)
    set_it = (
        f"`mkvpropedit FILE --edit track:v1 --set display-width={wide} --set display-height={video.height}`"
    )
    told = f"the stream calls its pixels {ratio}, and the container no size to show them at"
    return [f"{told}: they are taken for square, as ffmpeg does; where that is wrong, {set_it}"]


def kept_form(video: VideoTrack) -> Form:
    """Return the form that all pictures of a track are brought to."""
    colour = video.colour
    return Form(
        width=video.width,
        height=video.height,
        pix_fmt=video.pix_fmt,
        range=colour.range,
        primaries=colour.primaries,
        transfer=colour.transfer,
        matrix=colour.matrix,
    )


def read_notes(number: int, track: SubtitleTrack) -> list[str]:
    """Return what there is to say of subtitle track ``number``."""
    if not track.endless:
        return []
    said = f"{count_text(track.endless, 'packet')} of subtitle track {number}"
    return [
        f"{said} with a duration that cannot be meant: shown until the next, or as the picture itself says"
    ]


def heard_notes(number: int, track: AudioTrack) -> list[str]:
    """Return what there is to say of audio track ``number``."""
    if track.first_form is None:
        return []
    kept = SoundForm(channels=track.channels, layout=track.layout, sample_rate=track.sample_rate)
    return sound_notes(number, track.first_form, track.changes, kept)
