"""What a validation says of a file, and of which of its faults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drapto.output.model import LONGEST_VALUE, Check, Sizes, Validation

if TYPE_CHECKING:
    from pathlib import Path

LOST = Check(name="audio tracks", expected="2", found="1", passed=False)
OTHER = Check(name="tags", expected="A=b", found="none", passed=False, severity="differs")
FINE = Check(name="video frames", expected="9", found="9", passed=True)


def validation(*checks: Check, strict: bool = False) -> Validation:
    return Validation(
        digest="d",
        passed=True,
        strict=strict,
        frames=9,
        duration=1.0,
        sizes=Sizes(source=2, output=1, video=1),
        inputs={},
        checks=checks,
    )


def test_what_differs_is_broken_where_that_is_asked_for() -> None:
    found = validation(FINE, LOST, OTHER)
    assert (found.broken, found.differing, found.failed) == ((LOST,), (OTHER,), (LOST, OTHER))
    strict = validation(FINE, OTHER, strict=True)
    assert (strict.broken, strict.differing) == ((OTHER,), (OTHER,))


def test_a_record_of_before_there_were_severities_means_what_it_meant(tmp_path: Path) -> None:
    path = tmp_path / "validation.json"
    validation(FINE, OTHER).write(path)
    old = json.loads(path.read_text())
    del old["strict"]
    for check in old["checks"]:
        del check["severity"]
    path.write_text(json.dumps(old))
    found = Validation.read(path)
    assert [check.name for check in found.broken] == ["tags"]
    assert not found.differing


def test_a_long_value_is_cut_where_it_is_said() -> None:
    check = Check(name="tags", expected="x" * 1000, found="none", passed=False)
    assert check.said == f"tags (expected {'x' * (LONGEST_VALUE - 1)}…, found none)"
