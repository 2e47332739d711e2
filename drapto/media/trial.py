"""A trial of a stream's decoder on its first packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av import FFmpegError

if TYPE_CHECKING:
    from av import VideoFrame
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream


class Trial:
    """The decoder's answer to a stream's first packets.

    Attributes:
        times: Presentation times of the decoded frames, ticks; None where a frame has none.
        first: The first decoded frame.
    """

    PACKETS = 20
    """How many are tried: more than a mini-GOP has, so that an open GOP's leading pictures are there."""

    def __init__(self, stream: VideoStream) -> None:
        self.times: list[int | None] = []
        self.first: VideoFrame | None = None
        self._context = stream.codec_context
        self._context.thread_count = 1

    def feed(self, packet: Packet[Stream]) -> None:
        """Decode one more packet; a broken one gives no frame, as with ffmpeg's command line."""
        self._decode(packet)

    def finish(self) -> None:
        """Take what the decoder still holds."""
        self._decode(None)

    def _decode(self, packet: Packet[Stream] | None) -> None:
        try:
            frames = self._context.decode(packet)
        except FFmpegError:
            return
        for frame in frames:
            self.first = self.first or frame
            self.times.append(frame.pts)
