"""Decoding by hardware: where it is missing or fails, ffmpeg decodes, and the same bytes come out."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.fixed import encode_segment
from drapto.engine.hwaccel import HERE, listed
from drapto.video.encode import encode_arguments
from drapto.video.hardware import Decoder, Hardware, decoder_for
from drapto.video.request import EncodeRequest
from tests import clips
from tests.encodes import settings

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext
    from drapto.engine.hwaccel import Asked

FRAMES = 20

CARD = f"""#!{sys.executable} -SE
import subprocess, sys
arguments = sys.argv[1:]
if "-hwaccel" in arguments:
    at = arguments.index("-hwaccel")
    del arguments[at : at + 2]
    frames = arguments.index("-frames:v") + 1
    trial = arguments[frames] != "{FRAMES}"
    FAILURE
sys.exit(subprocess.call(["FFMPEG", *arguments]))
"""
"""An ffmpeg with a card that decodes as software does, until it fails."""

SETTINGS = settings(FRAMES, preset=13)


@pytest.fixture(scope="module", params=["yuv420p", "yuvj420p", "yuv420p10le"])
def source(ffmpeg: Path, clip_cache: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    pix_fmt = str(request.param)
    codec = "hevc" if pix_fmt == "yuv420p10le" else "h264"
    path = clip_cache / f"hardware-{pix_fmt}.mkv"
    return clips.make_clip(ffmpeg, path, codec=codec, frames=FRAMES, size=(128, 96), pix_fmt=pix_fmt), pix_fmt


@pytest.fixture
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "hardware-yuv420p.mkv", frames=FRAMES, size=(128, 96))


def request(source: Path, folder: Path, decoder: Decoder | None = None) -> EncodeRequest:
    return EncodeRequest(
        source=source,
        stream=0,
        target=folder / "0001.mkv",
        record=folder / "0001.json",
        index=1,
        slots=1,
        lp=1,
        attempts=folder / "attempts",
        width=128,
        height=96,
        decoder=decoder,
    )


def encode(
    source: Path, folder: Path, context: StageContext, decoder: Decoder | None = None
) -> EncodedSegment:
    """Encode a segment as its rule does."""
    asked = request(source, folder, decoder)
    if decoder is not None:
        decoder.prove(asked, SETTINGS, context=context)
    return encode_segment(asked, SETTINGS, strategy="chunked", context=context)


def with_card(context: StageContext, folder: Path, failure: str = "pass") -> StageContext:
    """Return a job whose ffmpeg has the card."""
    program = folder / "ffmpeg"
    program.write_text(CARD.replace("FAILURE", failure).replace("FFMPEG", str(context.ffmpeg)))
    program.chmod(0o755)
    return dataclasses.replace(context, ffmpeg=program)


def same(folder: Path) -> bool:
    return (folder / "hard" / "0001.mkv").read_bytes() == (folder / "soft" / "0001.mkv").read_bytes()


@pytest.mark.parametrize("name", ["cuda", "vaapi", "qsv"])
def test_hardware_that_is_missing_changes_no_byte(
    source: tuple[Path, str], tmp_path: Path, context: StageContext, name: Asked
) -> None:
    if HERE.has(name) or name not in listed(context.ffmpeg):
        pytest.skip(f"{name} is not missing, or unknown to this ffmpeg")
    path, pix_fmt = source
    decoder = decoder_for(context, name, codec="h264", pix_fmt=pix_fmt)
    assert decoder.hardware == Hardware(name, pix_fmt)
    hard = encode(path, tmp_path / "hard", context, decoder)
    soft = encode(path, tmp_path / "soft", context)
    assert same(tmp_path)
    assert (hard.complaints, hard.attempts) == (soft.complaints, soft.attempts) == (0, 1)
    assert decoder.hardware is None
    # without the driver's library, ffmpeg ends before it comes to the device
    said = decoder.news()
    assert any(one in said for one in ("libcuda", "libva", "Device"))
    assert decoder.news() == "", "it is said once"
    log = (context.logs / "encode-0001.log").read_text()
    assert f"-hwaccel {name}" in log
    assert "Device creation failed" in log or "failed to load library" in log
    assert sorted(path.name for path in (tmp_path / "hard").iterdir()) == ["0001.json", "0001.mkv"]


def test_hardware_that_works_is_used(source: tuple[Path, str], tmp_path: Path, context: StageContext) -> None:
    path, pix_fmt = source
    decoder = Decoder(Hardware("cuda", pix_fmt))
    record = encode(path, tmp_path / "hard", with_card(context, tmp_path), decoder)
    encode(path, tmp_path / "soft", context)
    assert same(tmp_path)
    assert record.attempts == 1
    assert decoder.hardware is not None
    assert decoder.news() == ""


@pytest.mark.parametrize(
    ("failure", "attempts", "said"),
    [
        ("trial or sys.exit('the card has fallen off')", 2, "the card has fallen off"),
        ("trial or sys.stderr.write('[h264 @ 0x1] concealing errors\\n')", 2, "[h264] concealing errors"),
        ("arguments[frames] = str(int(arguments[frames]) - (not trial))", 2, "19 frames of 20"),
        ("arguments[frames] = str(int(arguments[frames]) - trial)", 1, "its pictures are not"),
        ("sys.exit('no driver')", 1, "no driver"),
        ("sys.stderr.write('Failed setup for format cuda\\n')", 1, "Failed setup"),
    ],
)
def test_hardware_that_fails_is_given_up(
    failure: str, attempts: int, said: str, clip: Path, tmp_path: Path, context: StageContext
) -> None:
    card = with_card(context, tmp_path, failure)
    decoder = Decoder(Hardware("cuda", "yuv420p"))
    record = encode(clip, tmp_path / "hard", card, decoder)
    encode(clip, tmp_path / "soft", context)
    assert same(tmp_path)
    assert (record.attempts, record.complaints, record.frames) == (attempts, 0, FRAMES)
    assert decoder.hardware is None
    assert said in decoder.news()
    assert encode(clip, tmp_path / "next", card, decoder).attempts == 1, "it is not tried again"


@pytest.mark.parametrize("codec", ["mpeg2video", "mpeg4"])
def test_a_codec_that_leaves_bits_open_is_decoded_by_ffmpeg(codec: str, context: StageContext) -> None:
    decoder = decoder_for(context, "cuda", codec=codec, pix_fmt="yuv420p")
    assert decoder.hardware is None
    assert not decoder.expected
    assert codec in decoder.news()


def test_a_format_without_surfaces_is_decoded_by_ffmpeg(context: StageContext) -> None:
    decoder = decoder_for(context, "cuda", codec="hevc", pix_fmt="yuv444p")
    assert decoder.hardware is None
    assert "yuv444p" in decoder.news()


def test_qsv_brings_its_frames_back(tmp_path: Path) -> None:
    hardware = Hardware("qsv", "yuv420p10le")
    arguments = encode_arguments(tmp_path / "a", 0, tmp_path / "b", SETTINGS, lp=1, hardware=hardware)
    assert arguments[:4] == ["-hwaccel", "qsv", "-hwaccel_output_format", "p010le"]
    assert str(arguments[arguments.index("-vf") + 1]).startswith("format=yuv420p10le,settb")
