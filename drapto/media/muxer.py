"""Options of libavformat's muxers that every file of drapto is written with."""

from __future__ import annotations

REPRODUCIBLE_OPTIONS = {"fflags": "+bitexact"}
"""No date, no random identifier, no version string: the same input gives the same bytes. As PyAV wants it."""

REPRODUCIBLE = tuple(part for name, value in REPRODUCIBLE_OPTIONS.items() for part in (f"-{name}", value))
"""The same for ffmpeg's command line."""

EXACT = ("-avoid_negative_ts", "disabled")
"""Times stay as they are, even where the first one is not 0."""
