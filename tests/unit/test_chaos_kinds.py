"""Each kind of fault that `make chaos` knows can be loaded, also those that no test of the suite runs."""

from __future__ import annotations

import pytest

from tests.chaos.__main__ import KINDS, kind_of


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_fault_is_whole(name: str) -> None:
    kind = kind_of(name)
    assert kind.DOES
    assert callable(kind.trials)
    assert callable(kind.trial)
