"""A film of as many segments as one likes, encoded in no time: what drapto itself does is what counts.

An ffmpeg stands in that encodes the first segment of each number of frames, and copies what came of it for
the others; all else is the real one. Every segment is cut, checked, recorded, joined and decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.projects import ProjectDir

STAND_IN = """#!/bin/sh
for target; do :; done
case "$*" in
*libsvtav1*/encoded/.*)
  words="$*"; frames="${words##*-frames:v }"; ready="READY-${frames%% *}"; target="${target#file:}"
  if [ ! -e "$ready" ]; then
    "FFMPEG" "$@" || exit
    cp "$target" "$ready.$$" && exec mv "$ready.$$" "$ready"
  fi
  exec cp "$ready" "$target" ;;
esac
exec "FFMPEG" "$@"
"""


def make_project(folder: Path, ffmpeg: Path, segments: int, title: str = "film") -> ProjectDir:
    """Make a project of one film, every frame of which but the last is a segment of its own."""
    project = new_project(folder)
    program = folder / "ffmpeg"
    program.write_text(STAND_IN.replace("READY", str(folder / "ready")).replace("FFMPEG", str(ffmpeg)))
    program.chmod(0o755)
    project.configure(f"[tools]\nffmpeg = '{program}'\n")
    source = folder / "source" / f"{title}.mkv"
    clips.make_clip(ffmpeg, source, frames=segments + 1, size=(64, 64), rate="1", keyint=1, bframes=0)
    return project
