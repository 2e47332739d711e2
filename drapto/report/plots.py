"""Lines over time as SVG, drawn by pygal and coloured by the page's own style sheet.

pygal is asked for the drawing alone: its style, script and comments, which name addresses and the day, are
left out. So the same numbers give the same bytes, a page can be dark or light, and nothing asks for anything.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from drapto.report.page import Plot, Series
from drapto.report.timeline import MOST_DRAWN, at_most
from drapto.words import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from drapto.report.timeline import Interval

WIDE, NARROW = (900, 220), (360, 200)
"""Width and height of the drawing for a screen and for a telephone, pixels."""

TEXT = 12
"""Pixels of the labels' height in both, which a drawing is never scaled far from."""

TICKS = {900: 8, 360: 4}
"""Labels along the time, at most."""

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000, 86400)
"""Seconds between two labels."""

LEVELS = 5
"""Labels of the values, about."""

LEAST_SPAN = 4.0
"""By how much the values of a plot differ at least from its bottom to its top: noise is not to look like
more."""

LABEL = 6
"""Characters of a value's label."""

NUMBER = re.compile(r"-?\d+\.\d+")

Value = tuple[str, str, "Callable[[Interval], float | None]"]
"""A line: its name, how it is drawn (`Series`), and what it shows of an interval."""


def plot(
    title: str,
    intervals: Sequence[Interval],
    values: Sequence[Value],
    *,
    unit: Callable[[float], str],
    bounds: Sequence[tuple[str, float]] = (),
    top: float | None = None,
    zero: bool = False,
) -> Plot | None:
    """Return a plot of values over time; None where no interval has any.

    Args:
        title: Its heading.
        intervals: In order.
        values: The lines.
        unit: Says a value.
        bounds: Values that hold all along, each with its name.
        top: What no value is above, where there is such a thing.
        zero: Whether the values are shown from 0 on.
    """
    drawn = at_most(intervals, MOST_DRAWN)
    lines = [(name, kind, list(_steps(drawn, value))) for name, kind, value in values]
    lines = [line for line in lines if line[2]]
    if not lines:
        return None
    begin, end = drawn[0].start, drawn[-1].start + drawn[-1].duration
    lines += [(name, "bound", [(begin, value), (end, value)]) for name, value in bounds]
    found = [value for _, _, points in lines for _, value in points]
    levels = _levels(min(found), max(found), top=top, zero=zero)
    svgs = [
        _drawing(f"{title}-{size[0]}", size, lines, (begin, end), levels, unit) for size in (WIDE, NARROW)
    ]
    series = tuple(Series(name, kind) for name, kind, _ in lines)
    return Plot(title, _said(lines, unit), series, *svgs)


def _steps(
    intervals: Sequence[Interval], value: Callable[[Interval], float | None]
) -> Iterator[tuple[float, float]]:
    """Yield the corners of a line that is level over each interval."""
    for one in intervals:
        level = value(one)
        if level is not None:
            yield one.start, level
            yield one.start + one.duration, level


def _said(lines: Sequence[tuple[str, str, list[tuple[float, float]]]], unit: Callable[[float], str]) -> str:
    """Say what the lines are like, for those who do not see them."""
    told = []
    for name, kind, points in lines:
        values = [value for _, value in points]
        span = unit(values[0]) if kind == "bound" else f"from {unit(min(values))} to {unit(max(values))}"
        told.append(f"{name}: {span}")
    return "; ".join(told)


def _levels(lowest: float, highest: float, *, top: float | None, zero: bool) -> list[float]:
    """Return round values around those that there are, ascending; the first and last bound the plot."""
    low = 0.0 if zero else lowest
    if not zero and highest - low < LEAST_SPAN:
        low, highest = low - LEAST_SPAN / 2, highest + LEAST_SPAN / 2
        highest = highest if top is None else min(top, highest)
    span = max(highest - low, 1e-3)
    rough = span / LEVELS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = int(low // step), int(-(-highest // step))
    if first == last:
        last += 1
    levels = [number * step for number in range(first, last + 1)]
    return [level for level in levels if top is None or level <= top] if top else levels


def clock(seconds: float) -> str:
    """Return a time of a film as players show it: ``0:42``, ``1:02:03``."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if whole < SECONDS_PER_HOUR:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _ticks(begin: float, end: float, most: int) -> list[float]:
    step = next((one for one in STEPS if (end - begin) / one <= most), STEPS[-1])
    first = int(-(-begin // step))
    return [float(number * step) for number in range(first, int(end // step) + 1)] or [begin]


def _drawing(
    name: str,
    size: tuple[int, int],
    lines: Sequence[tuple[str, str, list[tuple[float, float]]]],
    span: tuple[float, float],
    levels: Sequence[float],
    unit: Callable[[float], str],
) -> str:
    """Return the SVG of one size."""
    import pygal  # noqa: PLC0415  for a page that is made, not for one that is looked for
    from pygal.style import Style  # noqa: PLC0415

    chart = pygal.XY(
        width=size[0],
        height=size[1],
        style=Style(label_font_size=TEXT, major_label_font_size=TEXT, title_font_size=TEXT),
        js=[],
        show_dots=False,
        show_legend=False,
        margin=8,
        spacing=4,
        range=(levels[0], levels[-1]),
        xrange=span,
        x_value_formatter=clock,
        # as wide in every plot, so that their times stand one above the other
        value_formatter=lambda value: f"{unit(value):\u2007>{LABEL}}",
    )
    chart.uuid = re.sub(r"\W+", "-", name).lower()
    chart.y_labels = list(levels)
    chart.x_labels = _ticks(*span, TICKS[size[0]])
    for title, _, points in lines:
        chart.add(title, points)
    return _plain(chart.render_tree(), [kind for _, kind, _ in lines])


def _plain(svg: Any, kinds: Sequence[str]) -> str:  # noqa: ANN401  an element, of one of two libraries
    """Return pygal's drawing without all that is not a line or a label."""
    from pygal.etree import etree  # noqa: PLC0415

    for part in list(svg):
        overlay = isinstance(part.tag, str) and "overlay" in part.get("class", "")
        if (part.tag != "g" and not (isinstance(part.tag, str) and part.tag.endswith("}g"))) or overlay:
            svg.remove(part)
    for parent in list(svg.iter()):
        for child in list(parent):
            kind = child.get("class", "") if isinstance(child.tag, str) else ""
            if not isinstance(child.tag, str) or child.tag in ("title", "desc") or "overlay" in kind:
                parent.remove(child)
            elif kind.startswith("series serie-"):
                child.set("class", f"line-{kinds[int(kind.split('serie-')[1].split()[0])]}")
    svg.set("aria-hidden", "true")
    svg.set("focusable", "false")
    text = etree.tostring(svg, encoding="unicode")
    return NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), text)
