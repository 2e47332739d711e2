"""Which light of an HDR picture is measured, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from drapto.media.model import Colour
from drapto.quality.hdr import HdrMeasure, light_of, light_text, lit

DOCS = Path(__file__).parents[3] / "docs" / "quality.md"


@pytest.mark.parametrize(
    ("transfer", "scale", "measure", "light", "text"),
    [
        ("smpte2084", "tv", "pu21", "pu21-pq", "PU21 of PQ"),
        ("smpte2084", None, "pu21", "pu21-pq", "PU21 of PQ"),
        ("smpte2084", "pc", "pu21", "pu21-pq-full", "PU21 of PQ"),
        ("arib-std-b67", "tv", "pu21", "pu21-hlg", "PU21 of HLG"),
        ("arib-std-b67", "tv", "pq", "hlg", "HLG's code values"),
        ("smpte2084", "pc", "pq", "pq-full", "PQ's code values"),
    ],
)
def test_what_is_measured_of_light(
    transfer: str, scale: str | None, measure: HdrMeasure, light: str, text: str
) -> None:
    assert light_of(Colour(transfer=transfer, range=scale), measure) == light
    assert light_text(light) == text
    assert bool(lit(light)) is (measure == "pu21")


@pytest.mark.parametrize("transfer", [None, "bt709", "smpte428"])
def test_of_other_transfers_nothing_is_known(transfer: str | None) -> None:
    assert light_of(Colour(transfer=transfer), "pu21") is None


def test_sdr_stays_as_it_is() -> None:
    assert lit("") == ""


def test_the_docs_have_the_curve() -> None:
    assert f"\n{lit('pu21-pq')}\n" in DOCS.read_text()
