"""The sets of odd sources that are made one by one; to import them is to know what they make."""

from __future__ import annotations

from tests.oddities import (
    boxes,
    discs,
    elements,
    entries,
    libraries,
    muxing,
    recordings,
    relatives,
    releases,
    reported,
    rips,
    screens,
    speakers,
    suites,
)

SETS = (
    reported, boxes, rips, suites, elements, discs, entries, relatives, screens, speakers, muxing, releases,
    recordings, libraries,
)  # fmt: skip
MAKERS = reported.MAKERS
make = reported.make
