"""How far an encode to a target is: parts of it are encoded and measured in turn, some of them once more.

Its frames alone say little: all may be encoded while half of the work, which is to measure them, is still to
come. But when frames go on after a rest, all that lies before them was measured, too. And when they begin
anew, the parts are encoded again at another CRF.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REST = 1.5
"""Seconds without a further frame that are taken for a measurement: an encoder reports twice a second."""

SHORTER = 0.7
"""What a later round takes over the one before it: some of the parts are as they should be."""


@dataclass
class Rounds:
    """The rounds of an encode to a target; times are monotonic seconds.

    Attributes:
        again: How often each frame is encoded and measured, the mean.
        began: When this round began.
        start: How far its frames were by then, 0 to 1: a calibration has encoded a segment's first part.
        rose: When they last went on.
        fraction: How far they are.
        measured: How far what is encoded and measured is, and when that was.
        before: How many seconds the round before took; None in the first.
    """

    again: float
    began: float
    start: float = 0.0
    rose: float | None = None
    fraction: float = field(init=False)
    measured: tuple[float, float] | None = None
    before: float | None = None

    def __post_init__(self) -> None:
        self.fraction = self.start

    def tell(self, fraction: float, now: float) -> None:
        """Take in how far the frames are."""
        if fraction == self.fraction:
            return
        if fraction < self.fraction:
            self.before = None if self.rose is None else now - self.began
            self.began, self.start, self.measured = now, 0.0, None
        elif self.rose is not None and self.fraction > self.start and now - self.rose >= REST:
            self.measured = self.fraction, now
        self.fraction, self.rose = fraction, now

    def total(self, since: float) -> float | None:
        """Return how many seconds all takes that began at ``since``; None where that cannot be said yet."""
        if self.measured is not None:
            done, at = self.measured
            whole = (at - self.began) * (1 - self.start) / (done - self.start)
        elif self.before is not None:
            whole = SHORTER * self.before
        else:
            return None
        return self.began - since + whole * (self.again if self.before is None else 1.0)
