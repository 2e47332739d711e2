"""What one audio track becomes: the Opus layout, its bitrate and the filter that leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from drapto.audio.layout import OPUS_LAYOUTS, STANDARD_LAYOUTS, channels_of, mixed, opus_layout, route
from drapto.config.types import PASSTHROUGH
from drapto.engine.document import Model
from drapto.errors import SourceError
from drapto.media.opus import AMBISONIC, is_common

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drapto.media.model import AudioTrack

SAMPLE_RATE = 48_000
"""Hz. Opus decodes to this, whatever its input had (RFC 6716, section 2)."""

LARGEST_GAP = 0.04
"""Seconds by which a track's timestamps may leave its count of samples before silence is filled in, or
samples are dropped. EBU R 37 lets sound lead by 40 ms; a Matroska tick, 1 ms, is far below."""

CODEC_NAMES = {
    "aac": "AAC",
    "ac3": "AC-3",
    "alac": "ALAC",
    "dca": "DTS",
    "dts": "DTS",
    "eac3": "E-AC-3",
    "flac": "FLAC",
    "mp2": "MP2",
    "mp3": "MP3",
    "opus": "Opus",
    "truehd": "TrueHD",
    "vorbis": "Vorbis",
}


class Bitrates(Protocol):
    """kbit/s for each class of layout; the ``audio.bitrate`` settings are one."""

    @property
    def mono(self) -> int:
        """For one channel."""

    @property
    def stereo(self) -> int:
        """For two channels."""

    @property
    def surround_5_1(self) -> int:
        """For three to six channels."""

    @property
    def surround_7_1(self) -> int:
        """For seven and eight channels."""


VBR = 1.6
"""By how much an Opus track's bitrate may exceed the one that it would be encoded at, and still pass for no
higher. libopus only aims at that: of tones at 128, 256 and 384 kbit/s it makes 1.42, 1.55 and 1.54 times as
much, of a trailer's sound 0.92 to 1.02 times."""


class Treatment(NamedTuple):
    """What becomes of tracks; ``audio.copy_opus``, ``audio.passthrough`` and ``audio.downmix``.

    Attributes:
        opus: Those are copied that are what drapto would make of them.
        codecs: Those of these codecs are copied, by the names of `PASSTHROUGH`.
        downmix: The largest Opus layout that others get; empty: their own.
    """

    opus: bool = False
    codecs: tuple[str, ...] = ()
    downmix: str = ""


AS_IT_IS = Treatment()


class AudioPlan(Model):
    """What one audio track becomes.

    Attributes:
        layout: The Opus layout, by ffmpeg's name.
        channels: How many it has.
        bitrate: kbit/s, the mean that VBR aims at.
        filters: ffmpeg's filter chain from the decoded track to the encoder.
        copies: Its packets are copied as they are, and the rest says what they hold.
    """

    layout: str
    channels: int
    bitrate: int
    filters: str
    copies: bool = False

    @property
    def family(self) -> int | None:
        """The channel mapping family to ask libopus' encoder for; None for the one that it takes by itself.

        Left to itself, ffmpeg 9.0.2 takes a permutation for its inverse: in 5.0 and 6.1, whose are not their
        own, the centre then comes from behind. The other way of asking has no such fault.
        """
        return 1 if self.layout in ("5.0", "6.1") and not self.copies else None

    def slice(self) -> dict[str, Any]:
        """Return what of it shapes the track's file, as JSON values."""
        return {"copies": True} if self.copies else self.model_dump(mode="json", exclude={"copies"})


def plan_audio(track: AudioTrack, bitrates: Bitrates, treatment: Treatment = AS_IT_IS) -> AudioPlan:
    """Return what ``track`` becomes.

    Raises:
        SourceError: It has more than eight channels and does not say which.
    """
    if _passes(track, treatment.codecs) or _is_a_field(track):
        return _copy_of(track)
    names = channels_of(track.layout)
    if names is None or len(names) != track.channels:
        layout, mapping = _by_count(track.channels)
    else:
        layout, mapping = _by_name(names)
    if treatment.downmix and len(OPUS_LAYOUTS[layout]) > len(OPUS_LAYOUTS[treatment.downmix]):
        there = OPUS_LAYOUTS[layout] if names is None or len(names) != track.channels else names
        layout, mapping = treatment.downmix, _mixed_down(there, treatment.downmix, named=there == names)
    count = len(OPUS_LAYOUTS[layout])
    bitrate = bitrate_for(count, bitrates)
    if treatment.opus and count == track.channels and _is_made_so(track, bitrate):
        return _copy_of(track)
    return AudioPlan(
        layout=layout,
        channels=count,
        bitrate=bitrate,
        filters=f"{mapping},{_timing(first_sound(track))}",
    )


def mixed_in(track: AudioTrack, plan: AudioPlan) -> list[str]:
    """Return the channels of a track that are mixed into others, as Opus has no place for them.

    What is mixed down by wish (``audio.downmix``) is not among them.
    """
    names = channels_of(track.layout)
    if plan.copies or names is None or len(names) != track.channels or opus_layout(names) != plan.layout:
        return []
    return mixed(names, plan.layout)


def _passes(track: AudioTrack, codecs: Iterable[str]) -> bool:
    return any(track.codec.startswith(PASSTHROUGH[name]) for name in codecs)


def _is_a_field(track: AudioTrack) -> bool:
    """Tell whether a track is a field of sound in Opus, of which no speaker's channel can be made here."""
    return track.opus is not None and track.opus.family in AMBISONIC


def _is_made_so(track: AudioTrack, bitrate: int) -> bool:
    """Tell whether an Opus track is one that drapto would make, at ``bitrate`` kbit/s or less."""
    opus = track.opus
    fits = opus is not None and opus.seamless and is_common(opus.family, track.channels)
    return fits and opus is not None and opus.kilobits <= bitrate * VBR


def _copy_of(track: AudioTrack) -> AudioPlan:
    bitrate = 0 if track.opus is None else round(track.opus.kilobits)
    layout = track.layout or f"{track.channels} channels"
    return AudioPlan(layout=layout, channels=track.channels, bitrate=bitrate, filters="", copies=True)


def first_sound(track: AudioTrack) -> float:
    """Return when a track is first heard, seconds: what a codec's delay puts before 0 is never played."""
    return max(0.0, track.start)


def _timing(start: float) -> str:
    """Return the resamplers that keep the sound at its timestamps.

    The start has one of its own, between two sides of one rate: libswresample counts ``first_pts`` in samples
    of its input's rate, not of its output's, and the rate that a decoder gives is only known once it runs
    (HE-AAC doubles the one that its container states).

    Args:
        start: When the track starts, seconds. A decoder may swallow the packet that primes it (AAC: 21 ms);
            silence takes its place.
    """
    first = round(start * SAMPLE_RATE)
    timed = f"aresample={SAMPLE_RATE}:async=1:min_hard_comp={LARGEST_GAP}"
    return f"{timed},aresample=async=1:min_hard_comp={LARGEST_GAP}:first_pts={first}"


def bitrate_for(channels: int, bitrates: Bitrates) -> int:
    """Return the kbit/s of the nearest class of layout that is not smaller."""
    if channels <= 2:  # noqa: PLR2004  mono, stereo
        return bitrates.mono if channels == 1 else bitrates.stereo
    return bitrates.surround_5_1 if channels <= len(OPUS_LAYOUTS["5.1"]) else bitrates.surround_7_1


def _by_count(channels: int) -> tuple[str, str]:
    """Take unnamed channels in the order of FLAC (RFC 9639, table 5), which is also that of Opus."""
    layouts = list(OPUS_LAYOUTS)
    if not 1 <= channels <= len(layouts):
        raise SourceError(
            f"an audio track has {channels} channels and does not say which",
            remedy="remux the file without that track",
        )
    layout = layouts[channels - 1]
    # by number: ffmpeg guesses names for unnamed channels, 2.1 for three, and pan would go by those
    return layout, _renaming(range(channels), OPUS_LAYOUTS[layout], layout)


def _by_name(channels: tuple[str, ...]) -> tuple[str, str]:
    layout = opus_layout(channels)
    if OPUS_LAYOUTS[layout] == channels:
        return layout, f"aformat=channel_layouts={layout}"
    # a track may change its layout on the way (broadcasts do): aformat brings it back to this one
    expected = f"aformat=channel_layouts={_layout_name(channels)}"
    return layout, f"{expected},{_mapping(channels, layout)}"


def _mapping(channels: tuple[str, ...], layout: str) -> str:
    """Return the filter that fills ``layout``; inputs go by number, as pan reads ``LFE2`` as ``LFE``."""
    routes = route(channels, layout)
    number = {name: index for index, name in enumerate(channels)}
    renamed = {
        spot: number[name] for spot, gains in routes.items() for name, gain in gains.items() if gain == 1
    }
    if len(renamed) == len(OPUS_LAYOUTS[layout]):
        return _renaming(renamed.values(), renamed, layout)
    sums = (
        f"{spot}=" + "+".join(_term(number[name], gain) for name, gain in gains.items())
        for spot, gains in routes.items()
    )
    return f"pan={layout}|" + "|".join(sums)


def _mixed_down(channels: tuple[str, ...], layout: str, *, named: bool) -> str:
    """Return the filter that mixes channels down, without low-frequency effects as in ITU-R BS.775."""
    ears = [name for name in channels if name not in ("LFE", "LFE2")]
    number = {name: index for index, name in enumerate(channels)}
    sums = (
        f"{spot}=" + "+".join(_term(number[name], gain) for name, gain in gains.items())
        for spot, gains in route(ears, layout).items()
    )
    expected = f"aformat=channel_layouts={_layout_name(channels)}," if named else ""
    return f"{expected}pan={layout}|" + "|".join(sums)


def _renaming(numbers: Iterable[int], spots: Iterable[str], layout: str) -> str:
    pairs = "|".join(f"{number}-{spot}" for number, spot in zip(numbers, spots, strict=True))
    return f"channelmap={pairs}:{layout}"


def _term(number: int, gain: float) -> str:
    return f"c{number}" if gain == 1 else f"{gain:.6f}*c{number}"


def _layout_name(channels: tuple[str, ...]) -> str:
    """Return ffmpeg's name for these channels, or their list where they have none."""
    listed = " ".join(channels)
    return next((name for name, known in STANDARD_LAYOUTS.items() if known == listed), "+".join(channels))


def describe(number: int, track: AudioTrack) -> str:
    """Return what to call a track in a message: ``audio track 2 (fre, E-AC-3)``."""
    name = CODEC_NAMES.get(track.codec, track.codec.upper())
    if name == "DTS" and track.profile:
        name = track.profile
    return f"audio track {number} ({track.language or 'no language'}, {name})"
