"""ab-av1 as an engine: at which CRF the real program believes that a segment meets a VMAF target.

ab-av1 encodes a few samples of a segment's file at one CRF after another, and takes the mean of their VMAF.
drapto asks it for the CRF alone (`ab-av1 crf-search`), encodes the segment itself and measures what it
delivers. What `ab-av1 auto-encode` writes could not be delivered: a segment's file holds a few frames more
than the segment (the next keyframe, and the pictures that lead up to it), and that command would keep them.

Its scores are made the same quantity as drapto's: same model, same pooling, pictures of the same size. They
are of samples, though, and those begin at keyframes: of a segment with one keyframe, all are the same
beginning.
"""

from drapto.encoding.abav1.crf_search import TIERS, Found, NotFound, SampleTier, SearchSettings, search
from drapto.encoding.abav1.messages import Attempt
from drapto.encoding.abav1.tool import INSTALL, AbAv1, find_ab_av1

__all__ = [
    "INSTALL",
    "TIERS",
    "AbAv1",
    "Attempt",
    "Found",
    "NotFound",
    "SampleTier",
    "SearchSettings",
    "find_ab_av1",
    "search",
]
