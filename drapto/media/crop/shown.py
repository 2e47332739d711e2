"""Decoded pictures as ffmpeg's command line hands them to the encoder.

PyAV gives a decoder's pictures bare: what the container has cut off them is still there, and a source that
changes on the way gives pictures of several sizes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from av.filter import Graph

if TYPE_CHECKING:
    from av import VideoFrame

    from drapto.media.model import VideoTrack

TICK = Fraction(1, 1000)


class Shown:
    """Brings the decoded pictures of a track to what is encoded of them, before its crop."""

    def __init__(self, video: VideoTrack) -> None:
        self._video = video
        self._graphs: dict[tuple[int, int, str], Graph] = {}

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return a picture cut, scaled and flipped as it is for the encoder."""
        filters = self._filters(frame)
        if not filters:
            return frame
        key = (frame.width, frame.height, frame.format.name)
        if key not in self._graphs:
            self._graphs[key] = _graph(frame, filters)
        graph = self._graphs[key]
        frame.time_base = TICK
        graph.vpush(frame)
        return graph.vpull()

    def _filters(self, frame: VideoFrame) -> list[tuple[str, str]]:
        video = self._video
        left, right, top, bottom = video.container_crop
        width, height = frame.width - left - right, frame.height - top - bottom
        filters = []
        if (width, height) != (frame.width, frame.height):
            filters.append(("crop", f"{width}:{height}:{left}:{top}:exact=1"))
        if (width, height) != (video.width, video.height):
            filters.append(("scale", f"{video.width}:{video.height}"))
        if video.flip is not None:
            filters.append((video.flip, ""))
        return filters


def _graph(frame: VideoFrame, filters: list[tuple[str, str]]) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=TICK, name="in"
    )
    nodes = [source, *(graph.add(name, options) for name, options in filters), graph.add("buffersink")]
    graph.link_nodes(*nodes)
    graph.configure()
    return graph
