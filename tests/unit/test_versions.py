"""Which versions made something, and how they are learnt."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

import drapto
from drapto import versions
from drapto import versions as versions_module
from drapto.engine import process
from drapto.versions import WINDOW, Versions, has_model, versions_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_learnt", {})
    monkeypatch.setattr(versions, "PAUSE", 0.01)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that are started from now on."""
    names: list[str] = []
    real = process.run

    def run(command: list[str], **more: Any) -> process.Finished:
        names.append(command[0])
        return real(command, **more)

    monkeypatch.setattr(process, "run", run)
    return names


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_bundled_one_says_what_it_is(ffmpeg: Path) -> None:
    found = versions_of(ffmpeg)
    assert found.ffmpeg in process.run([ffmpeg, "-version"]).stdout.decode()
    assert found.svt_av1.startswith("v")
    assert found.libvmaf
    assert found.drapto == drapto.__version__


def test_what_is_known_starts_nothing(ffmpeg: Path, tmp_path: Path, started: list[str]) -> None:
    memory = tmp_path / "versions.json"
    first = versions_of(ffmpeg, memory)
    assert started
    started.clear()
    assert versions_of(ffmpeg, memory) == first
    versions._learnt.clear()  # another process
    assert versions_of(ffmpeg, memory) == first
    assert started == []


def test_a_program_that_was_replaced_is_asked_again(tmp_path: Path) -> None:
    memory = tmp_path / "versions.json"
    program = script(tmp_path / "ffmpeg", "echo 'ffmpeg version 1.0 x'")
    assert versions_of(program, memory).ffmpeg == "1.0"
    script(tmp_path / "ffmpeg", "echo 'ffmpeg version 2.0-longer x'")
    assert versions_of(program, memory).ffmpeg == "2.0-longer"
    assert json.loads(memory.read_text())[str(program)]["versions"]["ffmpeg"] == "2.0-longer"


def test_a_shared_library_that_was_replaced_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "libopus.so.0"
    library.write_bytes(b"\0libopus 1.5.2\0")
    program = script(tmp_path / "ffmpeg", "echo 'ffmpeg version 1.0 x'")
    ldd = script(
        tmp_path / "ldd", f"echo '\tlibopus.so.0 => {library} (0x00007f)'; echo '\tlibc.so.6 => /c (0x)'"
    )
    monkeypatch.setenv("PATH", f"{ldd.parent}:{os.environ['PATH']}")
    assert versions_of(program).libopus == "1.5.2"
    library.write_bytes(b"\0libopus 1.6.1-rc\0")
    assert versions_of(program).libopus == "1.6.1-rc"


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (b"\x7fELF\0libopus Opus\0libopus 1.4\0", "1.4"),
        (b"\0libopus unknown\0--enable-libopus 1\0", ""),
        (b"", ""),
    ],
)
def test_libopus_in_the_program_itself(content: bytes, version: str, tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_bytes(content)
    assert versions._libopus(tmp_path / "ffmpeg") == version


@pytest.mark.parametrize("text", ["exit 1", "echo hello"])
def test_what_cannot_be_learnt_is_empty(text: str, tmp_path: Path) -> None:
    memory = tmp_path / "versions.json"
    assert versions_of(script(tmp_path / "ffmpeg", text), memory) == Versions(drapto=drapto.__version__)
    assert not memory.exists()
    assert versions_of(tmp_path / "missing", memory) == Versions(drapto=drapto.__version__)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"%s": 1}', '{"%s": {"stamps": {}, "versions": {}}}', '{"%s": {"stamps": {"/x": 3}}}']
)
def test_a_damaged_memory_is_learnt_again(text: str, tmp_path: Path) -> None:
    program = script(tmp_path / "ffmpeg", "echo 'ffmpeg version 1.0 x'")
    memory = tmp_path / "versions.json"
    memory.write_text(text.replace("%s", str(program)))
    assert versions_of(program, memory).ffmpeg == "1.0"
    assert json.loads(memory.read_text())[str(program)]["versions"]["ffmpeg"] == "1.0"


def test_a_memory_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    program = script(tmp_path / "ffmpeg", "echo 'ffmpeg version 1.0 x'")
    (tmp_path / "file").write_text("")
    assert versions_of(program, tmp_path / "file" / "versions.json").ffmpeg == "1.0"


def test_a_version_is_found_wherever_it_lies_in_a_large_file(tmp_path: Path) -> None:
    name = b"\0libopus 1.5.2\0"
    for before in (0, WINDOW - 5, WINDOW - len(name), WINDOW, 3 * WINDOW - 1):
        path = tmp_path / f"library-{before}"
        path.write_bytes(bytes(before) + name + bytes(1000))
        assert versions_module._libopus(path) == "1.5.2", before


def test_which_models_it_has(ffmpeg: Path, tmp_path: Path, started: list[str]) -> None:
    memory = tmp_path / "versions.json"
    assert has_model(ffmpeg, "vmaf_v0.6.1", memory)
    assert has_model(ffmpeg, "vmaf_v1.0.16_3d0h", memory)
    assert not has_model(ffmpeg, "vmaf_v9", memory)
    started.clear()
    versions._learnt.clear()  # another process
    assert has_model(ffmpeg, "vmaf_v1.0.16_3d0h", memory)
    assert not has_model(ffmpeg, "vmaf_v9", memory)
    assert versions_of(ffmpeg, memory).libvmaf
    assert started == []


def test_what_is_no_ffmpeg_has_no_model(tmp_path: Path) -> None:
    other = script(tmp_path / "other", "exit 1")
    assert not has_model(other, "vmaf_v0.6.1", tmp_path / "versions.json")
    assert not has_model(other, "vmaf_v1.0.16_3d0h", tmp_path / "versions.json")
