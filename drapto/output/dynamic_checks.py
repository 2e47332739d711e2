"""The promises about HDR10+, Dolby Vision and captions, frame by frame. Pure: metadata in, checks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.hdr import dolby_vision
from drapto.media.hdr.dynamic import NOTHING
from drapto.output.judging import exact
from drapto.output.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from drapto.media.hdr.dynamic import FrameMetadata
    from drapto.media.model import VideoTrack


def check_dynamic(
    source: VideoTrack,
    output: VideoTrack,
    expected: Iterable[FrameMetadata],
    found: Sequence[FrameMetadata],
) -> Iterator[Check]:
    """Yield the checks of what changes from frame to frame; none where there is nothing to lose.

    Args:
        source: The source's picture.
        output: The output's.
        expected: What each frame of the output is to have, as many as the source's frames.
        found: What each frame of the output has; empty where none has anything.
    """
    decided = dolby_vision.plan(source)
    if decided.mode != "none" or output.dolby_vision is not None:
        wanted = dolby_vision.kept(decided, output.width, output.height, source.rate)
        yield exact("video Dolby Vision", wanted, output.dolby_vision)
    if source.dynamic is None and output.dynamic is None:
        return
    wanted_frames = list(expected)
    frames = found or [NOTHING] * len(wanted_frames)
    there = [one for one in (source.dynamic, output.dynamic) if one is not None]
    if any(one.hdr10plus_frames or one.rpu_frames for one in there):
        plus = [one.hdr10plus for one in wanted_frames]
        yield _equal("video HDR10+", plus, [one.hdr10plus for one in frames])
        yield _equal("video RPUs", [one.rpu for one in wanted_frames], [one.rpu for one in frames])
    if any(one.caption_frames for one in there):
        said = [one.captions for one in wanted_frames]
        yield _equal("video captions", said, [one.captions for one in frames])


def _equal(name: str, expected: Sequence[bytes | None], found: Sequence[bytes | None]) -> Check:
    """Check the bytes of every frame, naming the first that differs."""
    there = sum(one is not None for one in found)
    wanted = f"{sum(one is not None for one in expected)} frames, byte for byte"
    for number, (given, kept) in enumerate(zip(expected, found, strict=False)):
        if given != kept:
            differing = f"frame {number} has {_words(kept)} instead of {_words(given)}"
            return Check(name=name, expected=wanted, found=differing, passed=False)
    same = len(expected) == len(found)
    return Check(name=name, expected=wanted, found=f"{there} frames, byte for byte", passed=same)


def _words(value: bytes | None) -> str:
    return "none" if value is None else f"{len(value)} bytes {value[-8:].hex()}"
