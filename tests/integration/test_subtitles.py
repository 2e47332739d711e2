"""The copy of subtitles, where their blocks say nonsense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.media.limits import limits
from drapto.media.probe import inspect
from drapto.output.subtitles import copy_subtitles
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext


def times(path: Path) -> list[tuple[int | None, int]]:
    """Return the presentation time and the duration of each packet, milliseconds."""
    with av.open(str(path)) as container:
        return [
            (one.pts, one.duration or 0)
            for one in container.demux(container.streams.subtitles[0])
            if one.size
        ]


@pytest.mark.parametrize("said", ["1e11", "1e17"])
def test_durations_that_are_none_are_left_out(
    context: StageContext, clip_cache: Path, tmp_path: Path, said: str
) -> None:
    plain = clips.make_tracks(context.ffmpeg, clip_cache / "subtitles-36.mkv", frames=36)
    source = tmp_path / "endless.mkv"
    first = ["-map", "0:v", "-map", "0:s", "-c", "copy", "-bsf:s:0", f"setts=duration={said}"]
    clips.run_ffmpeg(context.ffmpeg, "-i", plain, *first, source)
    assert all(duration > 10**10 for _, duration in times(source))
    info, _ = inspect(source)
    endless, sane = info.subtitles
    assert (endless.endless, sane.endless) == (endless.packets, 0)
    assert endless.end < 10
    assert [note for note in limits(info) if "subtitle track 0: 3 packets of 3" in note]
    copy = tmp_path / "subtitles.mkv"
    copy_subtitles(source, info, copy, context=context)
    given = [time for time, _ in times(source)]
    assert times(copy) == [(time, 0) for time in given]
    assert length(copy) < 10


def length(path: Path) -> float:
    with av.open(str(path)) as container:
        return (container.duration or 0) / 1e6
