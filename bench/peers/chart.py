"""The chart of docs/peers.md, drawn by pygal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.peers.found import HEADS, asked_words

if TYPE_CHECKING:
    from bench.peers.found import Found

COLOURS = ("#1b6ca8", "#e08e0b", "#3a7d44", "#b0413e")


def drawn(found: Found) -> str:
    """Return an SVG of what each takes on the first film, drapto's being 1: CPU, time, bytes at one VMAF."""
    import pygal  # noqa: PLC0415  it hooks into all imports after its own
    from pygal.style import Style  # noqa: PLC0415

    film = found.films[0]
    chart = pygal.HorizontalBar(
        title=f"{film}: what others take, drapto = 1 (shorter is better)",
        width=900,
        height=420,
        js=[],
        style=Style(
            background="white",
            plot_background="white",
            colors=COLOURS,
            font_family="sans-serif",
            value_font_size=10,
        ),
        legend_at_bottom=True,
        print_values=True,
        value_formatter=lambda value: f"{value:.2f}",
        range=None,
        include_x_axis=True,
    )
    bars = [
        (f"{name}, {asked_words(found.settings, mode)}", name, mode)
        for mode in HEADS
        for name in found.names
        if found.takes(film, mode, name)
    ]
    chart.x_labels = [label for label, _, _ in bars]
    for field, words in (("cpu", "CPU"), ("wall", "time")):
        chart.add(words, [found.ratio(film, mode, name, field) for _, name, mode in bars])
    chart.add(
        "bytes at the same VMAF, by estimate", [found.bytes_ratio(film, mode, name) for _, name, mode in bars]
    )
    svg = chart.render(is_unicode=True, disable_xml_declaration=True)
    return re.sub(r"<!--.*?-->|<script.*?</script>", "", svg, flags=re.DOTALL) + "\n"
