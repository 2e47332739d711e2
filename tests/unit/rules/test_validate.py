"""What a finished title's line says of what differs."""

from __future__ import annotations

from drapto.output.model import Check, Sizes, Validation
from drapto.rules.validate import NAMED_DIFFERENCES, _differences


def of(count: int) -> list[str]:
    checks = tuple(
        Check(name=f"chapter {number}", expected="a", found="b", passed=False, severity="differs")
        for number in range(count)
    )
    sizes = Sizes(source=1, output=1, video=1)
    return _differences(
        Validation(digest="d", passed=True, frames=1, duration=1.0, sizes=sizes, inputs={}, checks=checks)
    )


def test_a_line_each_and_one_for_the_rest() -> None:
    assert of(0) == []
    assert of(1) == ["differs: chapter 0 (expected a, found b)"]
    assert len(of(NAMED_DIFFERENCES)) == NAMED_DIFFERENCES
    assert of(NAMED_DIFFERENCES + 3)[-1] == "3 more differ; validation.json lists them"
