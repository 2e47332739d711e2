"""How far an encode to a target is: its parts are encoded and measured in turn, then some of them once more.

Its frames alone say little: all may be encoded while half of the work, which is to measure them, is still to
come. But when the encode of a part begins, all that lies before it was measured, too. And when one begins
that was there before, it is encoded again at another CRF.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Rounds:
    """What an encode to a target has told of itself; times are monotonic seconds.

    Attributes:
        again: How often each frame is encoded and measured, the mean.
        began: When it began, or when a part began that is encoded again.
        start: How far the frames were that it has found there, 0 to 1; None while it has told of none.
        part: Where the part begins that is encoded.
        fraction: How far the frames are.
        measured: How far what is encoded and measured is, and since when.
        first: How many seconds it took to encode and measure each part once; None before.
        parts: How many parts have been encoded.
    """

    again: float
    began: float
    start: float | None = None
    part: float = 0.0
    fraction: float = 0.0
    measured: tuple[float, float] | None = None
    first: float | None = None
    parts: int = 1

    def tell(self, fraction: float, part: float, now: float) -> None:
        """Take in how far the frames are, and where the part begins that they are of, each 0 to 1."""
        if self.start is None:
            self.start = part
        elif self.first is not None:
            if part != self.part or fraction < self.fraction:
                self.began = now
        elif part > self.part:
            self.measured, self.parts = (part, now), self.parts + 1
        elif part < self.part or fraction < self.fraction:
            self.first, self.began = now - self.began, now
        self.part, self.fraction = part, fraction

    def total(self, since: float) -> float | None:
        """Return how many seconds all takes that began at ``since``; None where that cannot be said yet."""
        if self.first is not None:
            # one of the parts: 9 of a film and a trailer took 1.06 of the mean of their segment's when again
            return self.began - since + self.first / self.parts
        if self.measured is None or self.start is None:
            return None
        done, at = self.measured
        return self.began - since + self.again * (at - self.began) * (1 - self.start) / (done - self.start)
