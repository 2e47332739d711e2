"""What the encoders cannot take, known before any of it is encoded.

Tried on ffmpeg 9.0.2 with SVT-AV1 4.2.0: pictures of 16384x64 and of 64x8704 pixels encode, with two pixels
or lines more they do not; 240 frames a second do, 241 do not.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from drapto.errors import SourceError
from drapto.media.opus import AMBISONIC

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.model import AudioTrack, SourceInfo, VideoTrack

MOST_WIDTH, MOST_HEIGHT = 16384, 8704
"""Pixels of a picture, by SVT-AV1."""

LEAST_PIXELS = 8
MOST_PIXELS = (1 << 31) // 24
"""Of a picture: ffmpeg's libsvtav1 refuses a packet larger than eight times the picture's three bytes a
pixel, which it computes in 32 bits. 16384x5460 pixels encode, 16384x5480 do not; 4x2 do, 2x2 and 1x4 not."""

MOST_RATE = Fraction(240)
"""Frames per second, by SVT-AV1. A nominal rate only: it never reaches the output."""

TICKS = 1000
"""A second's, in the output: no more frames than that can have times of their own."""

MOST_CHANNELS = 8
"""Of a track that does not say what its channels are (RFC 7845, section 5.1.1.2, mapping family 1)."""


def encoder_rate(rate: Fraction) -> Fraction:
    """Return the nominal rate that an encoder is told."""
    return min(rate, MOST_RATE)


def refuse_beyond(source: Path, info: SourceInfo) -> None:
    """Refuse what an encoder cannot take.

    Raises:
        SourceError: Names the limit.
    """
    _refuse_picture(source, info.video)
    for number, track in enumerate(info.audio):
        _refuse_sound(source, number, track)


def _refuse_picture(source: Path, video: VideoTrack) -> None:
    size = f"{video.width}x{video.height}"
    if video.width > MOST_WIDTH or video.height > MOST_HEIGHT:
        problem = f"its picture has {size} pixels, and SVT-AV1 takes {MOST_WIDTH}x{MOST_HEIGHT} at most"
        raise SourceError(problem, path=source, remedy="scale the picture down first")
    if video.width * video.height > MOST_PIXELS:
        problem = f"its picture has {size} pixels, and SVT-AV1 takes {MOST_PIXELS:,} in all at most"
        raise SourceError(problem, path=source, remedy="scale the picture down first")
    if video.width * video.height < LEAST_PIXELS:
        problem = f"its picture has {size} pixels, and SVT-AV1 takes {LEAST_PIXELS} in all at least"
        raise SourceError(problem, path=source, remedy="choose a file with a larger picture")
    if video.rate > TICKS:
        raise SourceError(
            f"shows {float(video.rate):,.0f} frames a second: its timestamps are damaged, "
            f"or finer than the {TICKS:,} a second that Matroska's milliseconds hold",
            path=source,
            remedy="rip it again; if all of it is there, remux it with mkvmerge and its true frame rate "
            "(--default-duration)",
        )


def _refuse_sound(source: Path, number: int, track: AudioTrack) -> None:
    if track.opus is not None and track.opus.family in AMBISONIC:
        return  # a field of sound, which is copied as it is
    named = track.layout is not None and not track.layout.startswith("ambisonic")
    if track.channels > MOST_CHANNELS and not named:
        raise SourceError(
            f"audio track {number} has {track.channels} channels and does not say which, "
            f"and Opus takes {MOST_CHANNELS} such at most",
            path=source,
            remedy="remux the file without that track",
        )
