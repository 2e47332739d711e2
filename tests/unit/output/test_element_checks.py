"""Which elements of a finished file are held against the source's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.output.complete import Given
from drapto.output.element_checks import differing
from tests.matroska import made
from tests.sources import source

if TYPE_CHECKING:
    from drapto.media.matroska.ebml import Element


def info(*parts: Element) -> Element:
    return made("Info", made("TimestampScale", 1_000_000), made("WritingApp", "drapto"), *parts)


def test_a_source_without_an_info_says_as_much_as_an_empty_one() -> None:
    assert differing(Given(), Given(info=info()), source()) == []
    [one] = differing(Given(), Given(info=info(made("Title", "Nobody's"))), source())
    assert (one.path, one.found) == ("Info/Title", '"Nobody\'s"')
    assert differing(Given(info=info()), Given(info=info()), source()) == []
