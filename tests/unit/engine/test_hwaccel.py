from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.engine.hwaccel import PREFERRED, Choice, Machine, available, choose, listed
from drapto.errors import ToolMissingError

if TYPE_CHECKING:
    from pathlib import Path


def machine(root: Path, *nodes: str, platform: str = "linux", vendor: str | None = None) -> Machine:
    """Make a machine with these device nodes, whose first graphics device is of this vendor."""
    for node in nodes:
        (root / "dev" / node).parent.mkdir(parents=True, exist_ok=True)
        (root / "dev" / node).touch()
    if vendor is not None:
        device = root / "drm" / "renderD128" / "device"
        device.mkdir(parents=True)
        (device / "vendor").write_text(f"{vendor}\n")
    return Machine(platform, root / "dev", root / "drm")


def built_with(root: Path, *names: str) -> Path:
    """Make an ffmpeg that lists these."""
    program = root / "ffmpeg"
    lines = "".join(f"echo {name}\n" for name in names)
    program.write_text(f"#!/bin/sh\necho Hardware acceleration methods:\n{lines}echo\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("nodes", "platform", "vendor", "there"),
    [
        ((), "linux", None, []),
        ((), "darwin", None, ["videotoolbox"]),
        (("nvidia0", "nvidiactl"), "linux", None, ["cuda"]),
        (("nvidiactl",), "linux", None, []),
        (("dri/renderD128",), "linux", "0x1002", ["vaapi"]),
        (("dri/renderD128",), "linux", None, ["vaapi"]),
        (("dri/renderD128",), "linux", "0x8086", ["vaapi", "qsv"]),
        (("dri/card0",), "linux", None, []),
        (("nvidia1", "dri/renderD128"), "linux", "0x10de", ["cuda", "vaapi"]),
    ],
)
def test_what_a_machine_has_is_seen_by_its_devices(
    nodes: tuple[str, ...], platform: str, vendor: str | None, there: list[str], tmp_path: Path
) -> None:
    found = machine(tmp_path, *nodes, platform=platform, vendor=vendor)
    ffmpeg = built_with(tmp_path, *PREFERRED)
    assert available(ffmpeg, found) == there
    assert choose("auto", ffmpeg, found) == Choice(there[0] if there else None)


def test_only_what_ffmpeg_was_built_with_counts(tmp_path: Path) -> None:
    found = machine(tmp_path, "nvidia0", "dri/renderD128")
    ffmpeg = built_with(tmp_path, "vaapi", "vulkan")
    assert listed(ffmpeg) >= {"vaapi", "vulkan"}
    assert choose("auto", ffmpeg, found) == Choice("vaapi")
    assert choose("cuda", ffmpeg, found) == Choice(None, "this ffmpeg was built without cuda")


def test_what_is_named_is_tried_even_where_nothing_is_seen_of_it(tmp_path: Path) -> None:
    assert choose("qsv", built_with(tmp_path, "qsv"), machine(tmp_path)) == Choice("qsv")


def test_off_asks_nobody(tmp_path: Path) -> None:
    assert choose("off", tmp_path / "missing") == Choice(None)


def test_where_no_device_is_seen_auto_starts_no_program(tmp_path: Path) -> None:
    assert choose("auto", tmp_path / "missing", machine(tmp_path)) == Choice(None)
    with pytest.raises(ToolMissingError):
        choose("auto", tmp_path / "missing", machine(tmp_path, "nvidia0"))


def test_the_ffmpeg_that_comes_with_drapto_answers(ffmpeg: Path) -> None:
    assert listed(ffmpeg)
    assert "" not in available(ffmpeg)
