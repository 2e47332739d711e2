"""How a check judges: like a viewer.

*Broken* is what a viewer would miss: a frame, a time, a track, the picture's size or colours, sound that does
not decode, begins late or ends early, the content of subtitles and attached files. *Differs* is the rest: a
tag, the spelling of a title, a flag, a rounding. Where a check can fail by a little or by a lot, how much
decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.output.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drapto.output.model import Severity

SLACK = 1e-9
"""Seconds by which two equal times may be apart as floating-point numbers."""


def exact(name: str, expected: object, found: object, severity: Severity = "broken") -> Check:
    """Check that two values are equal."""
    passed = expected == found
    return Check(name=name, expected=words(expected), found=words(found), passed=passed, severity=severity)


def noted(name: str, expected: object, found: object) -> Check:
    """Check that two values are equal, of which a viewer would not miss it where they are not."""
    return exact(name, expected, found, "differs")


def near(name: str, expected: float, found: float, tolerance: float, bearable: float = 0.0) -> Check:
    """Check that two times are no further apart than ``tolerance``, all in seconds.

    Args:
        name: What the times are of.
        expected: The time that was promised.
        found: The time that came out.
        tolerance: How far they may be apart.
        bearable: How far they may be apart before a viewer notices; up to there they only differ.
    """
    off = abs(expected - found)
    return Check(
        name=name,
        expected=f"{expected:.3f} s ± {tolerance:g}",
        found=f"{found:.3f} s",
        passed=off <= tolerance + SLACK,
        severity="differs" if off <= bearable + SLACK else "broken",
    )


def same_tags(name: str, expected: Mapping[str, str], found: Mapping[str, str]) -> Check:
    """Check that two sets of tags are the same; of those that are not, say just which."""
    wanted, there = set(_tags(expected)), set(_tags(found))
    if wanted == there:
        return noted(name, tuple(sorted(wanted)), tuple(sorted(there)))
    return noted(name, tuple(sorted(wanted - there)), tuple(sorted(there - wanted)))


def _tags(tags: Mapping[str, str]) -> Iterable[str]:
    """Yield tags as Matroska keeps them: names in capitals, without spaces.

    A date has its own field, and so has a language, which is checked for itself. How a track was encoded is
    another matter where it is encoded anew.
    """
    for name, value in tags.items():
        known = name.upper().replace(" ", "_")
        if known not in ("CREATION_TIME", "LANGUAGE", "ENCODER_SETTINGS"):
            yield f"{known}={value}"


def words(value: object) -> str:
    """Return a value as a check records it."""
    if value is None or value == ():
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
