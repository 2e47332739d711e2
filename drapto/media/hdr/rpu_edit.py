"""Edits of an RPU that keep it true of a picture that was cropped, or lost its enhancement layer.

Bits are changed where they lie and all others are copied, so that nothing is lost that is not understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.hdr.rpu import CRC_BYTES, FINAL, OFFSET_BITS, checksum, parse

if TYPE_CHECKING:
    from drapto.media.hdr.rpu import Margins, Rpu

SINGLE_LAYER = "01"
"""el_spatial_resampling_filter_flag off, disable_residual_flag on."""

ONE_PARTITION = "11"
"""num_x_partitions_minus1 and num_y_partitions_minus1 are 0."""


def edited(rpu: bytes, *, cut: Margins, single_layer: bool) -> bytes:
    """Return an RPU for a picture that was cropped, or lost its enhancement layer.

    Args:
        rpu: It.
        cut: What was cut away of the picture; the active area's margins shrink by it.
        single_layer: Make it one of profile 8: nothing is added to the base layer. Right only where the
            enhancement layer is minimal.

    Raises:
        RpuError: It cannot be read.
    """
    known = parse(rpu)
    spans: list[tuple[int, int, str]] = []
    for at, area in known.areas.items():
        kept = area.less(cut)
        sides = (kept.left, kept.right, kept.top, kept.bottom)
        coded = "".join(f"{side:0{OFFSET_BITS}b}" for side in sides)
        spans.append((at, at + len(coded), coded))
    if single_layer and known.residual:
        spans.append((known.flags_at, known.flags_at + 2, SINGLE_LAYER))
        spans += [(start, end, "") for start, end in known.nlq]
        if known.partitions:
            spans.append((*known.partitions, ONE_PARTITION))
    if not spans or "".join(new for _, _, new in spans) == "".join(known.bits[a:b] for a, b, _ in spans):
        return rpu
    return _sealed(_rewritten(known, spans))


def _rewritten(known: Rpu, spans: list[tuple[int, int, str]]) -> str:
    """Return the bits with ``spans`` replaced and what was aligned to a byte aligned again."""
    edits: list[tuple[int, int, str | None]] = [*spans, *((*span, None) for span in known.alignments)]
    result, at = "", 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        result += known.bits[at:start]
        result += "0" * (-len(result) % 8) if new is None else new
        at = end
    return result + known.bits[at:]


def _sealed(bits: str) -> bytes:
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return body + checksum(body).to_bytes(CRC_BYTES, "big") + bytes([FINAL])
