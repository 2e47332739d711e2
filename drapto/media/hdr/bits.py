"""A reader of fields that are not whole bytes."""

from __future__ import annotations


class BitsError(ValueError):
    """There is less than was asked for."""


class Bits:
    """Reads on and on in a text of 0 and 1.

    Attributes:
        at: How many bits have been read.
    """

    def __init__(self, text: str) -> None:
        self.at = 0
        self._text = text

    @property
    def left(self) -> int:
        """How many are left."""
        return len(self._text) - self.at

    def read(self, count: int) -> int:
        """Return an unsigned number of ``count`` bits.

        Raises:
            BitsError: There are not so many.
        """
        start = self.at
        self.skip(count)
        return int(self._text[start : self.at], 2) if count else 0

    def skip(self, count: int) -> None:
        """Pass over ``count`` bits.

        Raises:
            BitsError: There are not so many.
        """
        self.at += count
        if self.at > len(self._text):
            raise BitsError("cut short")

    def align(self) -> None:
        """Pass over what fills up a byte.

        Raises:
            BitsError: There are not so many.
        """
        self.skip(-self.at % 8)

    def ue(self) -> int:
        """Return an unsigned Exp-Golomb code; a signed one is as long.

        Raises:
            BitsError: There is none.
        """
        one = self._text.find("1", self.at)
        if one < 0:
            raise BitsError("cut short")
        zeros, self.at = one - self.at, one
        return self.read(zeros + 1) - 1
