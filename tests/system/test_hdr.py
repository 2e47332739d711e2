"""Dynamic metadata through the whole graph: split, encoded in any order, checked in shares, joined."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drapto.media.hdr.dynamic import FrameMetadata
from drapto.media.model import DolbyVision
from drapto.media.probe import examine
from tests import dynamic
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 72


def test_every_frame_keeps_its_own(ffmpeg: Path, tmp_path: Path) -> None:
    given = [
        FrameMetadata(dynamic.hdr10plus(number), dynamic.rpu(brightest=2000 + number))
        for number in range(FRAMES)
    ]
    record = DolbyVision(profile=8, compatibility=1, level=1, has_rpu=True, has_el=False, has_bl=True)
    source = dynamic.make_hdr(ffmpeg, tmp_path / "clip.mkv", given, configuration=record)
    project = new_project(tmp_path / "project", source)
    project.doit()
    assert len(list((project.work() / "decoded").glob("*.json"))) > 2
    assert examine(project.root / "output" / "clip.mkv").dynamic == given
    checks = json.loads((project.work() / "validation.json").read_text())["checks"]
    found = {check["name"]: check["found"] for check in checks}
    assert found["decoded frames"] == str(FRAMES)
    # a share that is made again comes out the same: its segments have the metadata of their own frames
    before = [path.read_bytes() for path in sorted((project.work() / "decoded").iterdir())]
    for path in (project.work() / "decoded").iterdir():
        path.unlink()
    shares = {f"validate:clip:decode:{number}" for number, _ in enumerate(before, 1)}
    assert project.executed() == shares
    assert [path.read_bytes() for path in sorted((project.work() / "decoded").iterdir())] == before
