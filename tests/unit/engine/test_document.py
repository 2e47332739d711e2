"""JSON files with a type."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.engine.document import Document, Rational
from drapto.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path


class Rate(Document):
    """A value."""

    rate: Rational
    name: str = ""


def test_round_trip_is_exact_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    value = Rate(rate=Fraction(24000, 1001), name="dé")
    value.write(tmp_path / "a.json")
    assert Rate.read(tmp_path / "a.json") == value
    assert '"24000/1001"' in (tmp_path / "a.json").read_text()
    assert value.dumps() == Rate.read(tmp_path / "a.json").dumps()


@pytest.mark.parametrize("text", ["", "{", '{"rate": "x"}', '{"rate": "1", "more": 1}', '{"rate": "1/0"}'])
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"a\.json: is damaged"):
        Rate.read(tmp_path / "a.json")
    assert Rate.read_if_whole(tmp_path / "a.json") is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"a\.json: is missing"):
        Rate.read(tmp_path / "a.json")
