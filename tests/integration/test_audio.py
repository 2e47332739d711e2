"""Opus encodes of real tracks: what is heard, when, and in which channel."""

from __future__ import annotations

import array
import cmath
import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import av
import pytest

from drapto.audio.encode import AudioResult, encode_audio
from drapto.audio.layout import OPUS_LAYOUTS, STANDARD_LAYOUTS
from drapto.audio.span import opus_span
from drapto.errors import SourceError, StageError
from drapto.media.model import AudioTrack
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import EncodeProgress, StageContext


STRIPPED = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]


class Table(NamedTuple):
    mono: int = 64
    stereo: int = 128
    surround_5_1: int = 256
    surround_7_1: int = 384


def track_of(path: Path, index: int = 0, **other: object) -> AudioTrack:
    """Describe an audio stream by its packets."""
    with av.open(str(path)) as container:
        stream = container.streams[index]
        assert isinstance(stream, av.AudioStream)
        times = [
            (
                float(packet.pts * packet.time_base),
                float((packet.pts + (packet.duration or 0)) * packet.time_base),
            )
            for packet in container.demux(stream)
            if packet.pts is not None
        ]
        values = {
            "index": index,
            "codec": stream.codec_context.codec.canonical_name,
            "channels": stream.channels,
            "layout": stream.layout.name,
            "sample_rate": stream.rate,
            "start": times[0][0],
            "end": times[-1][1],
            "packets": len(times),
        }
        return AudioTrack.model_validate(values | other)


def encode(
    context: StageContext, source: Path, target: Path, track: AudioTrack | None = None, number: int = 0
) -> AudioResult:
    return encode_audio(source, track or track_of(source), number, target, bitrates=Table(), context=context)


class Sound(NamedTuple):
    """Decoded: when it starts, each channel's samples, the layout."""

    start: float
    channels: list[array.array[float]]
    layout: str

    def loudness(self, channel: int, first: int = 9600, last: int = 38400) -> float:
        return max(map(abs, self.channels[channel][first:last]))

    def tone(self, channel: int, hertz: int) -> float:
        """Return a tone's amplitude over 0.1 s from 0.3 s on (one bin of a Fourier transform, 10 Hz wide)."""
        window = self.channels[channel][14400:19200]
        turn = cmath.exp(-2j * math.pi * hertz / 48000)
        total, phase = 0j, 1 + 0j
        for sample in window:
            total += sample * phase
            phase *= turn
        return 2 * abs(total) / len(window)


def heard(ffmpeg: Path, path: Path) -> Sound:
    """Decode the only track of ``path``."""
    span = opus_span(path)
    assert span is not None
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        layout, count = stream.layout.name, stream.channels
    samples = array.array("f", clips.run_ffmpeg(ffmpeg, "-i", path, "-f", "f32le", "-"))
    return Sound(span.start, [samples[number::count] for number in range(count)], layout)


def loud_spans(sound: Sound) -> list[tuple[float, float]]:
    """Return when there is sound, in steps of 5 ms."""
    step, samples = 240, sound.channels[0]
    loud = [max(map(abs, samples[at : at + step])) > 0.02 for at in range(0, len(samples), step)]
    spans, at = [], 0
    for is_loud, run in itertools.groupby(loud):
        length = len(list(run))
        if is_loud:
            spans.append((sound.start + at * 0.005, sound.start + (at + length) * 0.005))
        at += length
    return spans


def shift(source: Path, target: Path, by: float, hole: tuple[float, float] = (0, 0)) -> Path:
    """Copy a one-track file ``by`` seconds later, without the packets in ``hole`` (seconds of the source)."""
    with av.open(str(source)) as given, av.open(str(target), "w", format="matroska") as taken:
        stream = taken.add_stream_from_template(given.streams[0])
        for packet in given.demux(given.streams[0]):
            if packet.pts is None or hole[0] <= packet.pts * packet.time_base < hole[1]:
                continue
            packet.stream = stream
            packet.pts += int(by / packet.time_base)
            packet.dts = packet.pts
            taken.mux(packet)
    return target


@pytest.fixture(scope="module")
def tone(ffmpeg: Path, clip_cache: Path) -> Path:
    """Four seconds of a tone, in a codec without delay."""
    path = clip_cache / "tone.mka"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "sine=440:d=4:r=48000", "-c:a", "flac", *STRIPPED, path)
    return path


def test_a_late_track_stays_late(context: StageContext, tone: Path, tmp_path: Path) -> None:
    source = shift(tone, tmp_path / "late.mkv", 1.5)
    result = encode(context, source, tmp_path / "audio-0.mkv")
    sound = heard(context.ffmpeg, tmp_path / "audio-0.mkv")
    assert result.span.start == pytest.approx(1.5, abs=0.002)
    assert result.span.end == pytest.approx(5.5, abs=0.002)
    assert len(sound.channels[0]) / 48000 == pytest.approx(4.0, abs=0.002)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000, 192000])
def test_a_late_track_of_any_rate_starts_in_time(
    context: StageContext, ffmpeg: Path, tmp_path: Path, rate: int
) -> None:
    sine = f"sine=440:d=2:r={rate}"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", sine, "-c:a", "flac", *STRIPPED, tmp_path / "tone.mka")
    source = shift(tmp_path / "tone.mka", tmp_path / "late.mkv", 0.416)
    result = encode(context, source, tmp_path / "audio-0.mkv")
    sound = heard(context.ffmpeg, tmp_path / "audio-0.mkv")
    assert result.span.start == pytest.approx(0.416, abs=0.002)
    assert sound.loudness(0, 0, 480) > 0.05, "its first 10 ms are cut"


def test_what_a_decoder_swallows_at_the_start_is_silence(
    context: StageContext, tone: Path, tmp_path: Path
) -> None:
    source = shift(tone, tmp_path / "late.mkv", 0.5)
    track = track_of(source).model_copy(update={"start": 0.45})
    result = encode(context, source, tmp_path / "audio-0.mkv", track)
    ((begin, _),) = loud_spans(heard(context.ffmpeg, tmp_path / "audio-0.mkv"))
    assert result.span.start == pytest.approx(0.45, abs=0.002)
    assert begin == pytest.approx(0.5, abs=0.01)


def test_a_hole_becomes_silence_and_what_follows_keeps_its_time(
    context: StageContext, tone: Path, tmp_path: Path
) -> None:
    source = shift(tone, tmp_path / "hole.mkv", 0.5, hole=(1.0, 2.0))
    encode(context, source, tmp_path / "audio-0.mkv")
    (_, before), (after, end) = loud_spans(heard(context.ffmpeg, tmp_path / "audio-0.mkv"))
    with av.open(str(source)) as container:
        times = [
            float(packet.pts * packet.time_base) for packet in container.demux() if packet.pts is not None
        ]
    gaps = [(a, b) for a, b in itertools.pairwise(times) if b - a > 0.5]
    assert after == pytest.approx(gaps[0][1], abs=0.01)
    assert before == pytest.approx(gaps[0][1] - 1.0, abs=0.15)
    assert end == pytest.approx(4.5, abs=0.01)


def test_packets_that_overlap_are_cut_and_what_follows_keeps_its_time(
    context: StageContext, ffmpeg: Path, tmp_path: Path
) -> None:
    source, tone = tmp_path / "overlap.mkv", tmp_path / "tone.mka"
    long = ["-c:a", "flac", "-frame_size", "4608"]  # packets of 96 ms
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "sine=440:d=4:r=48000", *long, tone)
    with av.open(str(tone)) as given, av.open(str(source), "w", format="matroska") as taken:
        stream = taken.add_stream_from_template(given.streams[0])
        for packet in given.demux(given.streams[0]):
            if packet.pts is not None:
                packet.stream = stream
                packet.pts -= 70 if packet.pts * packet.time_base > 2 else 0
                packet.dts = packet.pts
                taken.mux(packet)
    result = encode(context, source, tmp_path / "audio-0.mkv")
    assert result.span.start == pytest.approx(0.0, abs=0.002)
    assert result.span.end == pytest.approx(3.93, abs=0.01)


def test_the_same_bytes_each_time(context: StageContext, tone: Path, tmp_path: Path) -> None:
    encode(context, tone, tmp_path / "one.mkv")
    encode(context, tone, tmp_path / "two.mkv")
    assert (tmp_path / "one.mkv").read_bytes() == (tmp_path / "two.mkv").read_bytes()


SAME = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
"""Layouts of which every channel stays where it is."""

SIDES = {"SL": ["BL"], "SR": ["BR"]}
BACKS = {"BL": ["SL"], "BR": ["SR"]}
CENTRE = {"BC": ["BL", "BR"]}
FRONTS = {"FLC": ["SL"], "FRC": ["SR"]}
ABOVE = {"TFL": ["FL"], "TFR": ["FR"]}

PLACES: dict[str, tuple[str, dict[str, list[str]]]] = {
    **{layout: (layout, {}) for layout in SAME},
    "downmix": ("stereo", {"DL": ["FL"], "DR": ["FR"]}),
    "2.1": ("5.1", {}),
    "3.0(back)": ("quad", CENTRE),
    "4.0": ("5.0", CENTRE),
    "quad(side)": ("quad", SIDES),
    "3.1": ("5.1", {}),
    "5.0(side)": ("5.0", SIDES),
    "4.1": ("5.1", CENTRE),
    "5.1(side)": ("5.1", SIDES),
    "6.0": ("6.1", {}),
    "hexagonal": ("6.1", BACKS),
    "6.1(back)": ("6.1", BACKS),
    "6.0(front)": ("7.1", {**FRONTS, **SIDES}),
    "7.0": ("7.1", {}),
    "7.1(wide)": ("7.1", FRONTS),
    "7.1(wide-side)": ("7.1", {**FRONTS, **SIDES}),
    "5.1.2": ("5.1", {**SIDES, **ABOVE}),
    "5.1.2(back)": ("5.1", ABOVE),
    "7.1.2": ("7.1", ABOVE),
    "7.1.4": ("7.1", {**ABOVE, "TBL": ["BL"], "TBR": ["BR"]}),
}
"""For each of ffmpeg's layouts: Opus's, and the channels of it that a channel is heard from where these are
not its own."""


@pytest.mark.parametrize("layout", PLACES)
def test_each_channel_is_heard_in_its_place_alone(
    context: StageContext, ffmpeg: Path, tmp_path: Path, layout: str
) -> None:
    """Each channel has a tone of its own."""
    channels = STANDARD_LAYOUTS[layout].split()
    # the low-frequency channel is coded narrow: its tone has to be low
    tones = {name: 60 if name == "LFE" else 500 + 220 * number for number, name in enumerate(channels)}
    graph = "aevalsrc=" + "|".join(f"0.3*sin(2*PI*{tone}*t)" for tone in tones.values())
    source = tmp_path / "tones.wav"  # says its layout, as Matroska does not for PCM
    graph += f":c={layout}:s=48000:d=0.5"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", graph, "-c:a", "pcm_s16le", source)
    named = track_of(source, layout=layout)  # WAVE names those that differ from the usual ones in part alone
    plan = encode(context, source, tmp_path / "audio-0.mkv", named).plan
    sound = heard(ffmpeg, tmp_path / "audio-0.mkv")
    target, moved = PLACES[layout]
    assert (plan.layout, sound.layout, len(sound.channels)) == (target, target, len(OPUS_LAYOUTS[target]))
    for name, tone in tones.items():
        found = [
            place for number, place in enumerate(OPUS_LAYOUTS[target]) if sound.tone(number, tone) > 0.05
        ]
        assert found == moved.get(name, [name]), f"{name}, {tone} Hz"


def test_unnamed_channels_are_kept_in_their_order(
    context: StageContext, ffmpeg: Path, tmp_path: Path
) -> None:
    source = tmp_path / "tones.mkv"
    tones = [500, 700, 900]
    graph = "aevalsrc=" + "|".join(f"0.3*sin(2*PI*{tone}*t)" for tone in tones) + ":c=3.0:s=48000:d=1"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", graph, "-c:a", "pcm_s16le", source)
    assert track_of(source).layout == "3 channels"
    encode(context, source, tmp_path / "audio-0.mkv")
    sound = heard(ffmpeg, tmp_path / "audio-0.mkv")
    assert sound.layout == "3.0"
    assert [sound.tone(number, tone) > 0.2 for number, tone in enumerate(tones)] == [True, True, True]


def test_a_rename_keeps_every_channel_in_its_place(
    context: StageContext, ffmpeg: Path, tmp_path: Path
) -> None:
    source = tmp_path / "side.mkv"
    graph = "aevalsrc=" + "|".join("0" if n != 4 else "0.3*sin(2*PI*440*t)" for n in range(6))
    graph += ":c=5.1(side):s=48000:d=1"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", graph, "-c:a", "ac3", source)
    encode(context, source, tmp_path / "audio-0.mkv")
    sound = heard(ffmpeg, tmp_path / "audio-0.mkv")
    loudness = [sound.loudness(number) for number in range(6)]
    back_left = loudness.pop(OPUS_LAYOUTS["5.1"].index("BL"))
    assert sound.layout == "5.1"
    assert back_left > 0.25
    assert max(loudness) < 0.05


def test_other_sample_rates_and_progress(context: StageContext, ffmpeg: Path, tmp_path: Path) -> None:
    source = tmp_path / "cd.mkv"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "sine=440:d=2:r=44100", "-c:a", "flac", source)
    seen: list[EncodeProgress] = []
    track = track_of(source)
    result = encode_audio(
        source, track, 0, tmp_path / "a.mkv", bitrates=Table(), context=context, report=seen.append
    )
    assert result.span.end == pytest.approx(2.0, abs=0.01)
    assert seen[-1].size == pytest.approx((tmp_path / "a.mkv").stat().st_size, abs=1000)


def test_an_undecodable_track_is_named(
    context: StageContext, ffmpeg: Path, tmp_path: Path, tone: Path
) -> None:
    source = tmp_path / "damaged.mkv"
    noise = "noise=amount=1"
    clips.run_ffmpeg(ffmpeg, "-i", tone, "-c", "copy", "-bsf:a", noise, "-f", "matroska", source)
    track = track_of(source, language="fre", codec="eac3")
    with pytest.raises((SourceError, StageError), match=r"audio track 2 \(fre, E-AC-3\)") as caught:
        encode(context, source, tmp_path / "audio-2.mkv", track, number=2)
    assert str(source) in str(caught.value)
    assert not list(tmp_path.glob("*audio-2*"))


def test_what_to_do_about_tta_is_said(context: StageContext, ffmpeg: Path, tmp_path: Path) -> None:
    source = tmp_path / "tta.mkv"
    # a film that is a little longer: how many samples the last packet has is made up from that
    picture = ["-f", "lavfi", "-i", "color=size=16x16:rate=5:d=3.2"]
    sound = ["-f", "lavfi", "-i", "anoisesrc=d=3.1:r=48000:seed=1"]
    clips.run_ffmpeg(ffmpeg, *picture, *sound, "-c:v", "ffv1", "-c:a", "tta", source)
    track = track_of(source, 1, codec="tta")
    with pytest.raises(SourceError, match=r"decodes from .* TTA") as caught:
        encode(context, source, tmp_path / "a.mkv", track)
    assert 'audio.passthrough = ["tta"]' in (caught.value.remedy or "")


def test_a_track_that_ends_early_is_refused(context: StageContext, tone: Path, tmp_path: Path) -> None:
    track = track_of(tone).model_copy(update={"end": 6.0})
    with pytest.raises(SourceError, match=r"decodes from 0\.000 to 4\.0"):
        encode(context, tone, tmp_path / "audio-0.mkv", track)


def test_a_missing_tool_is_said(context: StageContext, tone: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be started"):
        encode(dataclasses.replace(context, ffmpeg=tmp_path / "none"), tone, tmp_path / "audio-0.mkv")


@pytest.mark.media
def test_the_kitchen_sink(context: StageContext, media: Callable[[str], Path], tmp_path: Path) -> None:
    source = media("sintel_kitchen_sink.mkv")
    expected = ["stereo", "5.1", "5.1", "7.1", "7.1"]
    for number, layout in enumerate(expected):
        track = track_of(source, number + 1)
        if number in {0, 2}:  # long ones; the others are quick and cover the decoders
            continue
        result = encode(context, source, tmp_path / f"audio-{number}.mkv", track, number)
        assert result.plan.layout == layout
        assert result.span.start == pytest.approx(track.start, abs=0.03)
        assert result.span.end == pytest.approx(track.end, abs=0.03)
