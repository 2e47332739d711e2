"""What form the sound of a track has, and when that changes.

Broadcasts change from stereo to 5.1 on the way, in the headers of the frames alone. A packet whose header was
not seen before is decoded, which in most tracks is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from av import CodecContext, FFmpegError

from drapto.media.form import SoundChange, SoundForm

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.stream import Stream

HEADER = 12
"""Bytes of a packet that are looked at."""

TRUEHD_SYNC = b"\xf8\x72\x6f\xba"
"""What a major sync of TrueHD begins with, behind four bytes of its own frame; its format follows."""

DTS_SYNC = b"\x7f\xfe\x80\x01"

ADTS_SYNC = b"\xff\xf0"
"""Of AAC in ADTS: 12 bits; the others of the second byte but for layer tell it apart no further."""

SAME_AS_BEFORE = 0x80
"""useSameStreamMux, the first bit behind a LOAS frame's length."""

MOST_HEADERS = 64
"""Headers that are told apart, and packets that do not decode: a track with more of them has something in its
headers that says nothing."""


def _ac3(data: bytes) -> bytes:
    """Return sample rate and speakers (ATSC A/52, section 5.4: fscod, acmod and what follows it)."""
    return bytes((data[4] & 0xC0, data[6]))


def _eac3(data: bytes) -> bytes:
    """Return the stream's type, sample rate and speakers (A/52, annex E.1.3.1: strmtyp, fscod … lfeon)."""
    return bytes((data[2] & 0xF8, data[4]))


def _dts(data: bytes) -> bytes:
    """Return speakers, sample rate and LFE (ETSI TS 102 114, section 5.3: AMODE, SFREQ, LFF)."""
    if not data.startswith(DTS_SYNC):
        return b""
    return bytes((data[7] & 0x0F, data[8] & 0xFC, data[10] & 0x06))


def _mpeg(data: bytes) -> bytes:
    """Return version, layer, sample rate and channel mode (ISO/IEC 11172-3, section 2.4.1.3)."""
    return bytes((data[1] & 0xFE, data[2] & 0x0C, data[3] & 0xC0))


def _flac(data: bytes) -> bytes:
    """Return sample rate and channels (RFC 9639, section 9.1)."""
    return bytes((data[2] & 0x0F, data[3] & 0xF0))


def _truehd(data: bytes) -> bytes:
    """Return a major sync's format (Meridian's MLP, format_info); nothing of other packets."""
    return data[8:12] if data[4:8] == TRUEHD_SYNC else b""


def _aac(data: bytes) -> bytes:
    """Return an ADTS header's profile, sample rate and channels (ISO/IEC 13818-7, 6.2.1).

    Packets of a broadcast that were put into Matroska as they are have one; nothing of others.
    """
    has_header = data[0] == ADTS_SYNC[0] and data[1] & 0xF6 == ADTS_SYNC[1]
    return bytes((data[2] & 0xFD, data[3] & 0xC0)) if has_header else b""


def _latm(data: bytes) -> bytes:
    """Return what a stream's head says of its form (ISO/IEC 14496-3, 1.7.3); nothing of packets without."""
    return b"" if data[3] & SAME_AS_BEFORE else data[3:8]


READERS: dict[str, Callable[[bytes], bytes]] = {
    "aac": _aac,
    "aac_latm": _latm,
    "ac3": _ac3,
    "eac3": _eac3,
    "dca": _dts,
    "dts": _dts,
    "mp2": _mpeg,
    "mp3": _mpeg,
    "flac": _flac,
    "truehd": _truehd,
}
"""What says, of a packet's first bytes, of what form its sound is; it tells more apart than forms, but never
less. Of codecs that are not here, the track's header holds to the end."""


class SoundHistory:
    """The forms of a track's sound.

    Attributes:
        claimed: What the track's header says.
        forms: Each with the time at which it begins, in the stream's ticks.
        watch: Looks at a packet; None where there is nothing to see.
    """

    def __init__(self, stream: AudioStream) -> None:
        self.forms: list[tuple[int, SoundForm]] = []
        self._context = context = stream.codec_context
        self.claimed = form_of(context.layout.name, context.channels, context.sample_rate)
        self._decoder: AudioCodecContext | None = None
        codec = context.codec.canonical_name
        self._read = READERS.get(codec)
        self._known: dict[bytes, SoundForm] = {}
        self._silent = 0
        self._last = b""
        self.watch: Callable[[Packet[Stream]], None] | None = None
        if codec == "truehd":
            self.watch = self._watch_key
        elif self._read is not None:
            self.watch = self._watch

    def _watch_key(self, packet: Packet[Stream]) -> None:
        # of 1,200 packets a second, a few have a header
        if packet.is_keyframe:
            self._watch(packet)

    def _watch(self, packet: Packet[Stream]) -> None:
        data = bytes(memoryview(packet)[:HEADER])
        if self._read is None or len(data) < HEADER:
            return
        header = self._read(data)
        if not header or header == self._last or packet.pts is None:
            return
        if header not in self._known:
            if len(self._known) + self._silent >= MOST_HEADERS:
                return
            found = self._decode(packet)
            if found is None:  # the next one like it may decode: all of this one may be the encoder's delay
                self._silent += 1
                return
            self._known[header] = found
        self._last = header
        form = self._known[header]
        if not self.forms or self.forms[-1][1] != form:
            self.forms.append((packet.pts, form))

    def _decode(self, packet: Packet[Stream]) -> SoundForm | None:
        """Return the form of the sound in a packet; None where it does not decode by itself."""
        form, decoder = None, self._open()
        # twice: ffmpeg's decoder of MPEG audio gives the first frame the sample rate of what was before it
        for part in (packet, packet, None):
            try:
                frames: list[AudioFrame] = list(decoder.decode(part))
            except FFmpegError:
                continue
            for frame in frames:
                form = form_of(frame.layout.name, frame.layout.nb_channels, frame.sample_rate)
        decoder.flush_buffers()
        return form

    def _open(self) -> AudioCodecContext:
        """Return a decoder of its own: while the stream's is idle, it says what the track's header says."""
        if self._decoder is None:
            made = CodecContext.create(self._context.codec.name, "r")
            made.extradata = self._context.extradata
            self._decoder = cast("AudioCodecContext", made)
        return self._decoder

    def changes(self, base: Fraction) -> tuple[SoundChange, ...]:
        """Return the forms that begin on the way; ``base`` is seconds in a tick."""
        return tuple(SoundChange(time=float(time * base), form=form) for time, form in self.forms[1:])


def form_of(layout: str, channels: int, sample_rate: int) -> SoundForm:
    """Return a form; a layout that libavutil makes up for so many channels is none."""
    return SoundForm(
        channels=channels, layout=None if "channels" in layout else layout, sample_rate=sample_rate
    )
