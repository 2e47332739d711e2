"""Decoding by hardware: where it is missing or fails, ffmpeg decodes, and the same bytes come out."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.segment import encode
from drapto.engine.execution import Call
from drapto.engine.hwaccel import HERE, listed
from drapto.video import hardware
from drapto.video.encode import encode_arguments
from drapto.video.hardware import Decoder, Hardware, HardwareDecoding, decoder_of
from tests import clips
from tests.encodes import job, request, shape

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext
    from drapto.engine.hwaccel import Asked
    from drapto.video.hardware import Fallback

FRAMES = 20

CARD = f"""#!{sys.executable} -SE
import subprocess, sys
arguments = sys.argv[1:]
if "-hwaccels" in arguments:
    sys.exit(print("Hardware acceleration methods:\\ncuda"))
if "-hwaccel" in arguments:
    at = arguments.index("-hwaccel")
    del arguments[at : at + 2]
    frames = arguments.index("-frames:v") + 1
    trial = arguments[frames] != "{FRAMES}"
    FAILURE
sys.exit(subprocess.call(["FFMPEG", *arguments]))
"""
"""An ffmpeg with a card that decodes as software does, until it fails."""

SHAPE = shape(FRAMES, preset=13)


@pytest.fixture(scope="module", params=["yuv420p", "yuvj420p", "yuv420p10le"])
def source(ffmpeg: Path, clip_cache: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    pix_fmt = str(request.param)
    codec = "hevc" if pix_fmt == "yuv420p10le" else "h264"
    path = clip_cache / f"hardware-{pix_fmt}.mkv"
    return clips.make_clip(ffmpeg, path, codec=codec, frames=FRAMES, size=(128, 96), pix_fmt=pix_fmt), pix_fmt


@pytest.fixture
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "hardware-yuv420p.mkv", frames=FRAMES, size=(128, 96))


def wish(
    folder: Path, asked: Asked = "cuda", codec: str = "h264", pix_fmt: str = "yuv420p"
) -> HardwareDecoding:
    """Return the wish for hardware, for a title of its own."""
    return HardwareDecoding(asked, codec, pix_fmt, title=str(folder), run="1")


def run(
    source: Path, folder: Path, context: StageContext, decoding: HardwareDecoding | None = None
) -> tuple[EncodedSegment, Fallback | None]:
    """Encode a segment as an engine does."""
    asked = request(source, folder, width=128, height=96, decoding=decoding)
    call = Call.of(encode, job=job(asked, SHAPE), context=context)
    done = pickle.loads(pickle.dumps(call)).run(lambda _: None)  # noqa: S301  our own bytes
    return done.segment, done.fallback


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
    decoding = wish(tmp_path, name, pix_fmt=pix_fmt)
    assert decoder_of(decoding, context).hardware == Hardware(name, pix_fmt)
    hard, fallback = run(path, tmp_path / "hard", context, decoding)
    soft, _ = run(path, tmp_path / "soft", context)
    assert same(tmp_path)
    assert (hard.complaints, hard.attempts) == (soft.complaints, soft.attempts) == (0, 1)
    assert decoder_of(decoding, context).hardware is None
    # without the driver's library, ffmpeg ends before it comes to the device
    assert fallback is not None
    assert any(one in fallback.reason for one in ("libcuda", "libva", "Device"))
    log = (context.logs / "encode.log").read_text()
    assert f"-hwaccel {name}" in log
    assert "Device creation failed" in log or "failed to load library" in log
    assert sorted(path.name for path in (tmp_path / "hard").iterdir()) == ["0001.json", "0001.mkv"]


def test_hardware_that_works_is_used(source: tuple[Path, str], tmp_path: Path, context: StageContext) -> None:
    path, pix_fmt = source
    decoding = wish(tmp_path, pix_fmt=pix_fmt)
    card = with_card(context, tmp_path)
    record, fallback = run(path, tmp_path / "hard", card, decoding)
    run(path, tmp_path / "soft", context)
    assert same(tmp_path)
    assert record.attempts == 1
    assert decoder_of(decoding, card).hardware is not None
    assert fallback is None


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
    decoding = wish(tmp_path)
    record, fallback = run(clip, tmp_path / "hard", card, decoding)
    run(clip, tmp_path / "soft", context)
    assert same(tmp_path)
    assert (record.attempts, record.complaints, record.frames) == (attempts, 0, FRAMES)
    assert decoder_of(decoding, card).hardware is None
    assert fallback is not None
    assert said in fallback.reason
    again, repeated = run(clip, tmp_path / "next", card, decoding)
    assert again.attempts == 1, "it is not tried again"
    assert repeated == fallback


@pytest.mark.parametrize(
    ("failure", "expected"),
    [("sys.exit('no driver')", True), ("trial or sys.exit('the card has fallen off')", False)],
)
def test_hardware_that_nobody_named_is_told_of_where_it_fails_in_the_middle(
    failure: str, expected: bool, clip: Path, tmp_path: Path, context: StageContext
) -> None:
    decoder = Decoder(Hardware("cuda", "yuv420p"), named=False)
    asked = wish(tmp_path, "auto")
    hardware._decoders[asked.title] = asked, decoder
    _, fallback = run(clip, tmp_path / "hard", with_card(context, tmp_path, failure), asked)
    assert fallback is not None
    assert fallback.expected is expected
    run(clip, tmp_path / "soft", context)
    assert same(tmp_path)


def test_another_run_tries_it_again(clip: Path, tmp_path: Path, context: StageContext) -> None:
    card = with_card(context, tmp_path, "sys.exit('no driver')")
    first = wish(tmp_path)
    run(clip, tmp_path / "hard", card, first)
    assert decoder_of(first, card).hardware is None
    assert decoder_of(dataclasses.replace(first, run="2"), card).hardware is not None


@pytest.mark.parametrize("codec", ["mpeg2video", "mpeg4"])
def test_a_codec_that_leaves_bits_open_is_decoded_by_ffmpeg(
    codec: str, tmp_path: Path, context: StageContext
) -> None:
    decoder = decoder_of(wish(tmp_path, codec=codec), with_card(context, tmp_path))
    assert decoder.hardware is None
    assert decoder.fallback is not None
    assert not decoder.fallback.expected
    assert codec in decoder.fallback.reason


def test_a_format_without_surfaces_is_decoded_by_ffmpeg(tmp_path: Path, context: StageContext) -> None:
    decoding = wish(tmp_path, codec="hevc", pix_fmt="yuv444p")
    decoder = decoder_of(decoding, with_card(context, tmp_path))
    assert decoder.hardware is None
    assert decoder.fallback is not None
    assert "yuv444p" in decoder.fallback.reason


def test_qsv_brings_its_frames_back(tmp_path: Path) -> None:
    hardware = Hardware("qsv", "yuv420p10le")
    arguments = encode_arguments(tmp_path / "a", 0, tmp_path / "b", SHAPE.at(40), lp=1, hardware=hardware)
    assert arguments[:4] == ["-hwaccel", "qsv", "-hwaccel_output_format", "p010le"]
    assert str(arguments[arguments.index("-vf") + 1]).startswith("format=yuv420p10le,settb")
