"""What few sources have: the fields of a track that say so. Each is empty in a plain one."""

from __future__ import annotations

from typing import Literal

from drapto.engine.document import Model
from drapto.media.form import Change, Form, SoundChange, SoundForm

Flip = Literal["hflip", "vflip"]


class Hole(Model):
    """Frames that a source should have and has not.

    Attributes:
        start: When the last frame before it ends, seconds.
        end: When the first one after it is shown, seconds.
        frames: How many packets between them gave no frame; 0 where there are not even packets.
    """

    start: float
    end: float
    frames: int

    @property
    def length(self) -> float:
        """How long nothing is shown, seconds."""
        return self.end - self.start


class PeculiarPicture(Model):
    """What few pictures have.

    Attributes:
        first_form: What the pictures are like at first; None where they stay so.
        changes: What they become on the way, in order.
        flip: ffmpeg's filter that undoes what a player would mirror, before it rotates the picture.
        stereo_mode: How a picture holds two eyes' (RFC 9559, StereoMode); 0 holds one.
        container_crop: What ffmpeg cuts off each decoded picture, because the container says so: left, right,
            top, bottom, pixels. ``width`` and ``height`` are what is left.
        holes: Where frames are missing, in order.
        views: How many views of the scene the stream holds; one of them is decoded.
        alpha: The container, or HEVC's own words, say that there is opacity beside the picture.
    """

    first_form: Form | None = None
    changes: tuple[Change, ...] = ()
    flip: Flip | None = None
    stereo_mode: int = 0
    container_crop: tuple[int, int, int, int] = (0, 0, 0, 0)
    holes: tuple[Hole, ...] = ()
    views: int = 1
    alpha: bool = False


class PeculiarSubtitles(Model):
    """What few subtitles have.

    Attributes:
        endless: Packets whose duration cannot be meant, and is left out.
    """

    endless: int = 0


class PeculiarSound(Model):
    """What little sound has.

    Attributes:
        first_form: What the sound is like at first; None where it stays so.
        changes: What it becomes on the way, in order.
        filled: The part of its length that its packets fill, by the duration of the first and the last; 1
            where these say none.
    """

    first_form: SoundForm | None = None
    changes: tuple[SoundChange, ...] = ()
    filled: float = 1.0
