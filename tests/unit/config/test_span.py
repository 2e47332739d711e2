from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.config import load_config
from drapto.config.span import Span, read_span
from drapto.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10:00-12:00", Span(600, 720)),
        ("90-120.5", Span(90, 120.5)),
        ("1:02:03.25-", Span(3723.25, None)),
        ("-90", Span(0, 90)),
        (" 0:05 - 0:06 ", Span(5, 6)),
        ("75:00-76:00", None),
    ],
)
def test_a_part_is_read_as_it_is_written(text: str, span: Span | None) -> None:
    if span is None:
        assert read_span(text) == Span(4500, 4560)
    else:
        assert read_span(text) == span


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10:00", "is not a part of a film"),
        ("-", "is not a part of a film"),
        ("", "is not a part of a film"),
        ("12:00-10:00", "ends before it begins"),
        ("5-5", "ends before it begins"),
        ("1:75-2:00", "more than 59"),
        ("1:99:00-", "more than 59"),
        ("a-b", "not a time"),
        ("1e3-", "not a time"),
        ("1-2-3", "not a time"),
    ],
)
def test_what_is_none_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_span(text)
    with pytest.raises(ConfigError, match=said) as refused:
        load_config(environ={}, overrides=[f"input.range={text}"])
    assert "\n" not in str(refused.value)


@given(st.text(alphabet="0123456789:.- ", max_size=20))
def test_no_text_is_read_as_what_cannot_be(text: str) -> None:
    try:
        span = read_span(text)
    except ValueError:
        return
    assert span.start >= 0
    assert span.end is None or span.end > span.start


def test_a_part_never_takes_its_sources_place() -> None:
    with pytest.raises(ConfigError, match="a part of a film"):
        load_config(environ={}, overrides=["input.range=1-2", "output.replace_source=delete"])
