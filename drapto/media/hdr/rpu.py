"""Dolby Vision's reference processing unit (RPU), read as far as is needed.

There is no public specification of the syntax; this follows ffmpeg 9.0.2 (``libavcodec/dovi_rpudec.c``) and
dovi_tool 2 (``dolby_vision/src/rpu``), which agree.

An RPU is given as it is in AV1: without HEVC's prefix byte, up to the final 0x80.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from drapto.media.hdr.bits import Bits, BitsError

PREFIX = 0x19
"""What HEVC puts before an RPU (rpu_nal_prefix)."""

FINAL = 0x80
CRC_BYTES = 4
SHORTEST = 12
"""Bytes; less cannot be an RPU."""

MOST_PIVOTS = 9
DM_COEFFICIENTS = 9 * 16 + 3 * 32 + 9 * 16 + 3 * 16 + 32 + 5 + 3 * 2 + 2 * 12 + 10
"""Bits from ycc_to_rgb_coef to source_diagonal."""

SECOND_BLOCKS = 16
"""Bits that a second list of extension blocks (CM version 4.0) has at least."""

ACTIVE_AREA = 5
"""The level of the extension block that says how wide the picture's black bars are."""
OFFSET_BITS = 13

MINIMAL = (0, 1, 0, 0)
"""nlq_offset, vdr_in_max, linear_deadzone_slope and threshold of an enhancement layer that adds nothing:
a minimal one (MEL)."""

MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class RpuError(ValueError):
    """It is not an RPU that can be read."""


@dataclass(frozen=True)
class Margins:
    """Black bars, or what is cut away, pixels."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    def less(self, cut: Margins) -> Margins:
        """Return what is left of these bars when so much is cut away."""
        return Margins(
            max(0, self.left - cut.left),
            max(0, self.right - cut.right),
            max(0, self.top - cut.top),
            max(0, self.bottom - cut.bottom),
        )


@dataclass
class Rpu:
    """An RPU, parsed as far as is needed.

    Places are counted in bits; a span is from one up to, and without, another.

    Attributes:
        bits: All of it but the checksum and the final byte, as a text of 0 and 1.
        profile: The Dolby Vision profile that its header looks like: 4, 5, 7, 8; 0 for another.
        residual: It is for a picture to which an enhancement layer is added.
        minimal: Whether that enhancement layer adds nothing; None where this RPU does not say.
        flags_at: Where el_spatial_resampling_filter_flag and disable_residual_flag are.
        nlq: The spans that tell how to add the enhancement layer.
        partitions: The span of num_x_partitions_minus1 and num_y_partitions_minus1.
        areas: The margins around the active area, by where they are; one at most in all that is known.
        alignments: The spans that fill up a byte.
    """

    bits: str
    profile: int = 0
    residual: bool = False
    minimal: bool | None = None
    flags_at: int = 0
    nlq: list[tuple[int, int]] = field(default_factory=list)
    partitions: tuple[int, int] | None = None
    areas: dict[int, Margins] = field(default_factory=dict)
    alignments: list[tuple[int, int]] = field(default_factory=list)


def parse(rpu: bytes) -> Rpu:
    """Read an RPU.

    Raises:
        RpuError: It is damaged, or of a kind that is not known.
    """
    if len(rpu) < SHORTEST or rpu[-1] != FINAL:
        raise RpuError("cut short")
    body, crc = rpu[: -CRC_BYTES - 1], rpu[-CRC_BYTES - 1 : -1]
    if checksum(body) != int.from_bytes(crc, "big"):
        raise RpuError("its checksum is wrong")
    try:
        return _Parser(f"{int.from_bytes(body, 'big'):0{len(body) * 8}b}").parse()
    except BitsError as error:
        raise RpuError(str(error)) from error


def checksum(body: bytes) -> int:
    """Return CRC-32/MPEG-2, which is zlib's CRC-32 of mirrored bytes, mirrored and not inverted."""
    mirrored = zlib.crc32(body.translate(MIRROR)) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


class _Parser:
    """Walks over the bits of an RPU, checksum and final byte left out."""

    def __init__(self, bits: str) -> None:
        self._rpu = Rpu(bits)
        self._bits = Bits(bits)
        self._fixed = True
        self._denominator = 0
        self._base_depth = self._layer_depth = 0

    def parse(self) -> Rpu:
        """Return what was found."""
        has_metadata, uses_previous = self._header()
        if uses_previous:
            self._bits.ue()
        else:
            self._mapping()
        if has_metadata:
            self._metadata()
        self._align()
        return self._rpu

    def _header(self) -> tuple[bool, bool]:
        if self._bits.read(6) != 2:  # noqa: PLR2004  rpu_type
            raise RpuError("of an unknown type")
        extended = bool(self._bits.read(11) & 0x700)
        profile = self._bits.read(4)
        self._bits.skip(4)
        if not self._bits.read(1) or extended:
            raise RpuError("of an unknown format")
        self._bits.skip(1)
        self._fixed = self._bits.read(2) == 0
        self._denominator = self._bits.ue() if self._fixed else 32
        self._bits.skip(2)
        full_range = self._bits.read(1)
        self._base_depth = self._bits.ue() + 8
        self._layer_depth = (self._bits.ue() & 0xFF) + 8
        depth = self._bits.ue() + 8
        self._bits.skip(1)
        if self._bits.read(3):
            raise RpuError("compressed")
        self._rpu.flags_at = self._bits.at
        resampled, disabled = self._bits.read(1), self._bits.read(1)
        self._rpu.residual = not disabled
        self._rpu.profile = _profile(profile, bool(full_range), bool(resampled and not disabled), depth)
        return bool(self._bits.read(1)), bool(self._bits.read(1))

    def _mapping(self) -> None:
        self._bits.ue()  # vdr_rpu_id
        self._bits.ue()  # mapping_color_space
        self._bits.ue()  # mapping_chroma_format_idc
        polynomials = []
        for _ in range(3):
            pivots = self._bits.ue() + 2
            if pivots > MOST_PIVOTS:
                raise RpuError("with too many pivots")
            self._bits.skip(pivots * self._base_depth)
            polynomials.append(pivots - 1)
        linear = True
        if self._rpu.residual:
            start = self._bits.at
            linear = self._bits.read(3) == 0
            self._bits.skip(2 * self._base_depth)
            self._rpu.nlq.append((start, self._bits.at))
        start = self._bits.at
        self._bits.ue()
        self._bits.ue()
        self._rpu.partitions = (start, self._bits.at)
        for count in polynomials:
            for _ in range(count):
                self._curve()
        if self._rpu.residual:
            start = self._bits.at
            parameters = [self._residual_of(linear=linear) for _ in range(3)]
            self._rpu.nlq.append((start, self._bits.at))
            self._rpu.minimal = linear and all(one == MINIMAL for one in parameters)

    def _curve(self) -> None:
        kind = self._bits.ue()
        if kind == 0:
            order = self._bits.ue() + 1
            if order == 1 and self._bits.read(1):
                raise RpuError("with linear interpolation")
            self._coefficients(order + 1)
        elif kind == 1:
            order = self._bits.read(2) + 1
            self._coefficients(1 + 7 * order)
        else:
            raise RpuError("with an unknown curve")

    def _coefficients(self, count: int) -> None:
        for _ in range(count):
            if self._fixed:
                self._bits.ue()
            self._bits.skip(self._denominator)

    def _residual_of(self, *, linear: bool) -> tuple[float, ...]:
        """Return a component's offset, maximum, slope and threshold."""
        offset = self._bits.read(self._layer_depth)
        return (offset, *(self._coefficient() for _ in range(3 if linear else 1)))

    def _coefficient(self) -> float:
        if not self._fixed:
            return float(struct.unpack(">f", self._bits.read(32).to_bytes(4, "big"))[0])
        return self._bits.ue() + self._bits.read(self._denominator) / (1 << self._denominator)

    def _metadata(self) -> None:
        for _ in range(3):
            self._bits.ue()
        self._bits.skip(DM_COEFFICIENTS)
        self._blocks()
        if self._bits.left >= SECOND_BLOCKS:
            self._blocks()

    def _blocks(self) -> None:
        count = self._bits.ue()
        self._align()
        for _ in range(count):
            length, level = self._bits.ue() * 8, self._bits.read(8)
            start = self._bits.at
            if level == ACTIVE_AREA and length >= 4 * OFFSET_BITS:
                self._rpu.areas[start] = Margins(*(self._bits.read(OFFSET_BITS) for _ in range(4)))
            self._bits.at = start
            self._bits.skip(length)

    def _align(self) -> None:
        start = self._bits.at
        self._bits.align()
        self._rpu.alignments.append((start, self._bits.at))


def _profile(said: int, full_range: bool, residual: bool, depth: int) -> int:
    if said == 0:
        return 5 if full_range else 0
    if said != 1:
        return 0
    if not residual:
        return 8
    return 7 if depth == 12 else 4  # noqa: PLR2004  bits of the enhanced picture
