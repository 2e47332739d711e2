"""The black margins of one decoded picture.

A line is black where its mean luma is at or under the threshold, as in ffmpeg's cropdetect; a mean does not
see a lone bright speck. The threshold is a fraction of full scale, so it means the same at 8 and at 10 bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from av import VideoFrame

PROBES = 320
"""About how many luma samples are read of a line; more would cost time and tell nothing new."""

INFORMATIVE = 1 / 3
"""A picture that fills less of the frame than this tells of a dark scene, not of bars: 2.39:1 in 4:3 in 16:9
fills 0.42."""

LIT = 1.5
"""How many times the threshold a picture's brightest rows must have for it to tell: in one that hardly rises
above the threshold anywhere, what is under it is dark picture as likely as bar."""

PERCENTILE = 0.02
"""The part of a picture's samples that may be darker than its black: the edges of bars ring below it. With a
tenth, as ffmpeg's signalstats has it for its YLOW, a bright HLG clip had its black at 174 of 1023."""


class Margins(NamedTuple):
    """Black on each side, pixels."""

    left: int
    right: int
    top: int
    bottom: int


class _Luma:
    """The luma plane of a frame as numbers."""

    def __init__(self, frame: VideoFrame, threshold: float) -> None:
        if (
            not frame.format.name.startswith(("yuv4", "yuvj4", "gray", "nv12", "p010"))
            or frame.format.is_big_endian
        ):
            frame = frame.reformat(format="gray16le")
        bits = frame.format.components[0].bits
        size = 1 if bits <= 8 else 2  # noqa: PLR2004  bits in a byte
        plane = frame.planes[0]
        self.width, self.height = frame.width, frame.height
        data = memoryview(plane).cast("B")
        self._values = data if size == 1 else data.cast("H")
        self._stride = plane.line_size // size
        self._full = (1 << bits) - 1
        self._level = threshold * self._full
        self._skip = max(1, self.width // PROBES)

    def darkest(self, part: float) -> float:
        """Return what a ``part`` of the samples lies under, as a fraction of full scale."""
        values: list[int] = []
        for y in range(0, self.height, self._skip):
            values += self._values[y * self._stride : y * self._stride + self.width : self._skip]
        values.sort()
        return values[int(part * len(values))] / self._full

    def row(self, y: int, left: int, right: int) -> bool:
        """Tell whether row ``y`` shows picture between two columns."""
        start = y * self._stride
        return self._bright(self._values[start + left : start + right : self._skip])

    def is_lit(self, top: int, bottom: int, left: int, right: int) -> bool:
        """Tell whether any row of an area is clearly above the threshold."""
        lines = (
            self._values[y * self._stride + left : y * self._stride + right : self._skip]
            for y in range(top, bottom)
        )
        return any(sum(line) > LIT * self._level * len(line) for line in lines)

    def column(self, x: int, top: int, bottom: int) -> bool:
        """Tell whether column ``x`` shows picture between two rows."""
        first, last = top * self._stride + x, (bottom - 1) * self._stride + x
        return self._bright(self._values[first : last + 1 : self._stride * self._skip])

    def _bright(self, line: memoryview) -> bool:
        return sum(line) > self._level * len(line)


def black_level(frame: VideoFrame) -> float:
    """Return the level of a picture's darkest parts, as a fraction of full scale."""
    return _Luma(frame, 0).darkest(PERCENTILE)


def measure(frame: VideoFrame, threshold: float) -> Margins | None:
    """Return a picture's black margins, None where it is too dark to tell.

    Args:
        frame: Decoded.
        threshold: The black level as a fraction of full scale.
    """
    luma = _Luma(frame, threshold)
    # rows, then columns inside them, then rows inside those: bars at the sides do not dilute the rows
    top, bottom = _span(range(luma.height), lambda y: luma.row(y, 0, luma.width))
    left, right = _span(range(luma.width), lambda x: luma.column(x, top, bottom)) if bottom > top else (0, 0)
    top, bottom = _span(range(luma.height), lambda y: luma.row(y, left, right)) if right > left else (0, 0)
    if (right - left) * (bottom - top) < INFORMATIVE * luma.width * luma.height:
        return None
    if not luma.is_lit(top, bottom, left, right):
        return None
    return Margins(left, luma.width - right, top, luma.height - bottom)


def _span(lines: range, shows_picture: Callable[[int], bool]) -> tuple[int, int]:
    """Return the first line that shows picture and the one after the last; 0, 0 where none does."""

    def first(order: Iterable[int]) -> int | None:
        return next((line for line in order if shows_picture(line)), None)

    start = first(lines)
    end = first(reversed(lines)) if start is not None else None
    return (0, 0) if start is None or end is None else (start, end + 1)
