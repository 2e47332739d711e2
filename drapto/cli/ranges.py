"""Numbers with bounds, as options take them; the help has the bounds in words, as the reference has."""

from __future__ import annotations

import click


class Whole(click.IntRange):
    """A whole number from the first bound to the second, both of them included."""

    name = "n"

    def _describe_range(self) -> str:
        return _words(self.min, self.max)


class Number(click.FloatRange):
    """A number from the first bound to the second, both of them included."""

    name = "number"

    def _describe_range(self) -> str:
        return _words(self.min, self.max)


def _words(least: float | None, most: float | None) -> str:
    """Return bounds as people say them: click's own ``0<=x<=13`` is for mathematicians."""
    return f"{least:g} or more" if most is None else f"{least:g} to {most:g}"
