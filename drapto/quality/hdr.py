"""What VMAF, which learnt from SDR pictures, is given of HDR ones: both go through one fixed curve.

VMAF takes equal steps of luma for equally visible. In SDR they nearly are; in PQ and HLG they are others.
PU21 (Mantiuk and Azimi, "PU21: A novel perceptually uniform encoding for adapting existing quality metrics
for HDR", PCS 2021; the fit ``banding_glare``) turns luminance, from 0.005 to 10,000 cd/m2, into steps of
which each is as visible as any other. A metric for SDR that is given them says of HDR what it says of SDR.

The curve is one of luma alone, which is all that VMAF v0.6.1 looks at, and it is applied to code values. So
it takes no conversion to linear light, no gamut and no filter that not every ffmpeg has. What else was tried
is in docs/quality.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from drapto.media.model import Colour

HdrMeasure = Literal["pu21", "pq", "xpsnr", "off"]
"""How an HDR title is measured:

- pu21: VMAF, of luma through `lit`'s curve;
- pq: VMAF, of the code values as they are, PQ's or HLG's;
- xpsnr: XPSNR, which is of code values, too;
- off: not at all.
"""

TRANSFERS = {"smpte2084": "pq", "arib-std-b67": "hlg"}
"""ffmpeg's names of the HDR transfers, and what they are called here."""

NOMINAL_PEAK = 1000
"""cd/m2 at which the curve reaches SDR's white: the peak of most HDR titles, and of HLG's nominal display
(ITU-R BT.2100). What is brighter is pressed into what 10 bits have above that, and not cut off."""

PEAK = 10_000
"""cd/m2 that PQ ends at."""

DARKEST = 0.005
"""cd/m2 that PU21 begins at."""

PU21 = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)
"""The parameters of the fit ``banding_glare`` (pu21_encoder.m of the authors' github.com/gfxdisp/pu21)."""

PQ = (2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32)
"""m1, m2, c1, c2, c3 of SMPTE ST 2084."""

HLG = (0.17883277, 0.28466892, 0.55991073)
"""a, b, c of ARIB STD-B67."""

SYSTEM_GAMMA = 1.2
"""HLG's on a display of 1,000 cd/m2 (ITU-R BT.2100)."""


class Range(NamedTuple):
    """Code values of 10 bits.

    Attributes:
        black, white: Those of the darkest and of SDR's brightest luma.
        last: The highest one that is used.
    """

    black: int
    white: int
    last: int


RANGES = {"tv": Range(64, 940, 1019), "pc": Range(0, 1023, 1023)}


def light_of(colour: Colour, measure: HdrMeasure) -> str | None:
    """Return the name of what is measured of a picture's light, which `lit` reads; None if that is unknown.

    Args:
        colour: Of the encode.
        measure: One of VMAF's: ``pu21`` or ``pq``.
    """
    transfer = TRANSFERS.get(colour.transfer or "")
    if transfer is None:
        return None
    full = "-full" if colour.range == "pc" else ""
    return f"{transfer}{full}" if measure == "pq" else f"pu21-{transfer}{full}"


def light_text(light: str) -> str:
    """Return in a few words what `light_of` named: ``PU21 of PQ``, ``HLG's code values``."""
    curve, _, kind = light.partition("-")
    transfer = (kind if curve == "pu21" else curve).partition("-")[0].upper()
    return f"PU21 of {transfer}" if curve == "pu21" else f"{transfer}'s code values"


def lit(light: str) -> str:
    """Return ffmpeg's filters for a picture of 10-bit YUV, with a final comma, or nothing.

    Args:
        light: What `light_of` returned; empty for SDR.
    """
    curve, _, kind = light.partition("-")
    if curve != "pu21":
        return ""
    transfer, _, full = kind.partition("-")
    codes = RANGES["pc" if full else "tv"]
    return f"lutyuv=y='{_expression(transfer, codes)}',"


def _expression(transfer: str, codes: Range) -> str:
    """Return the curve from code value to code value, in ffmpeg's arithmetic; a table is made of it once."""
    p = PU21
    nominal, peak = _pu21(NOMINAL_PEAK), _pu21(PEAK)
    span = codes.white - codes.black
    value = f"clip((val-{codes.black})/{span},0,{1 if transfer == 'pq' else 1.09})"
    light = f"pow(clip({_luminance(transfer, value)},{DARKEST},{PEAK}),{p[3]})"
    pu21 = f"{p[6]}*(pow(({p[0]}+{p[1]}*ld(0))/(1+{p[2]}*ld(0)),{p[4]})-{p[5]})"
    below = f"{codes.black}+ld(1)*{span / nominal:.9g}"
    above = f"{codes.white}+(ld(1)-{nominal:.9g})*{(codes.last - codes.white) / (peak - nominal):.9g}"
    return f"st(0,{light});st(1,{pu21});round(if(lte(ld(1),{nominal:.9g}),{below},{above}))"


def _luminance(transfer: str, value: str) -> str:
    """Return cd/m2 of a signal of 0 to 1, as an expression."""
    if transfer == "pq":
        m1, m2, c1, c2, c3 = PQ
        power = f"pow({value},{1 / m2:.12g})"
        return f"{PEAK}*pow(max({power}-{c1:.12g},0)/({c2:.12g}-{c3:.12g}*{power}),{1 / m1:.12g})"
    a, b, c = HLG
    scene = f"if(lte({value},0.5),{value}*{value}/3,(exp(({value}-{c})/{a})+{b})/12)"
    return f"{NOMINAL_PEAK}*pow({scene},{SYSTEM_GAMMA})"


def _pu21(luminance: float) -> float:
    """Return PU21's value of a luminance, cd/m2."""
    p = PU21
    power = luminance ** p[3]
    return float(p[6] * (((p[0] + p[1] * power) / (1 + p[2] * power)) ** p[4] - p[5]))
