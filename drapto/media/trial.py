"""A trial of a stream's decoder on its first packets, and later on keyframes that say something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av import FFmpegError
from av.codec.context import Flags

from drapto.media.headers import signature_of
from drapto.media.history import UNCUT, History
from drapto.media.opacity import alpha_layer
from drapto.media.stereo import second_eye

if TYPE_CHECKING:
    from av import VideoFrame
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from drapto.media.form import Form
    from drapto.media.matroska.pictures import Margins


class Trial:
    """The decoder's answer to a stream's first packets.

    Attributes:
        times: Presentation times of the decoded frames, ticks; None where a frame has none.
        first: The first decoded frame.
        history: The forms of the frames, and of later keyframes.
        mvc: A packet holds the picture of another eye, too.
        alpha: The picture has a second layer, with its opacity.
    """

    PACKETS = 20
    """How many are tried: more than a mini-GOP has, so that an open GOP's leading pictures are there."""

    def __init__(self, stream: VideoStream, crop: Margins = UNCUT) -> None:
        self.times: list[int | None] = []
        self.first: VideoFrame | None = None
        self.history = History(crop)
        self.mvc = self.alpha = False
        self._holds_second_eye = second_eye(stream)
        self._tells_of_alpha = alpha_layer(stream)
        self._context = stream.codec_context
        self._context.thread_count = 1
        self._context.flags |= Flags.unaligned  # cropped on the left as far as it says, as by ffmpeg
        self._signature = signature_of(stream)
        self._headers: frozenset[bytes] = frozenset()
        self._known: dict[frozenset[bytes], Form] = {}
        self._finished = False

    def feed(self, packet: Packet[Stream]) -> None:
        """Decode one more packet; a broken one gives no frame, as with ffmpeg's command line."""
        if packet.is_keyframe and not self._headers:
            self._headers = self._read(packet)
        self.mvc |= self._holds_second_eye is not None and self._holds_second_eye(packet)
        self.alpha |= self._tells_of_alpha is not None and self._tells_of_alpha(packet)
        self._take(self._decode(packet))

    def finish(self) -> None:
        """Take what the decoder still holds, and leave it empty."""
        if not self._finished:
            self._finished = True
            self._take(self._decode(None))
            self._context.flush_buffers()
            if self._headers and self.history.forms:
                self._known[self._headers] = self.history.forms[0][1]

    def watch(self, packet: Packet[Stream]) -> None:
        """Look at a keyframe behind the trial: where its headers are others than before, at its picture."""
        self.finish()
        headers = self._read(packet)
        if not headers or headers == self._headers or packet.pts is None:
            return
        form = self._known.get(headers)
        if form is None:
            frames = [*self._decode(packet), *self._decode(None)]
            self._context.flush_buffers()
            if not frames:
                return  # another one like it may decode
            form = self.history.see(packet.pts, frames[0], self._context)
            self._known[headers] = form
        self.history.go_on(packet.pts, form)
        self._headers = headers

    def _read(self, packet: Packet[Stream]) -> frozenset[bytes]:
        return frozenset() if self._signature is None else self._signature(memoryview(packet))

    def _take(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            self.first = self.first or frame
            self.times.append(frame.pts)
            self.history.see(frame.pts or 0, frame, self._context)

    def _decode(self, packet: Packet[Stream] | None) -> list[VideoFrame]:
        try:
            return list(self._context.decode(packet))
        except FFmpegError:
            return []
