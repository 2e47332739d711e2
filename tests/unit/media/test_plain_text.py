"""Text whose encoding nobody says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.plain_text import decoded

WESTERN = "1\n00:00:01,000 --> 00:00:02,000\nDéjà vu, «Größe»\n"
RUSSIAN = "1\n00:00:01,000 --> 00:00:02,000\nЖизнь\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [WESTERN, RUSSIAN])
def test_unicode_is_told_by_itself(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == text
    assert decoded(text.replace("\n", "\r\n").encode(encoding), "jpn") == text


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        (WESTERN, "cp1252", None),
        (WESTERN, "cp1252", "fre"),
        (RUSSIAN, "cp1251", "rus"),
        (RUSSIAN, "cp1251", "ru-RU"),
        ("Źdźbło", "cp1250", "pol"),
        ("こんにちは", "cp932", "jpn"),
        ("你好", "gb18030", "chi"),
        ("你好", "big5", "zh-Hant"),
        ("안녕", "cp949", "kor"),
        ("Çağ", "cp1254", "tur"),
    ],
)
def test_an_old_code_page_is_told_by_the_language(text: str, encoding: str, language: str | None) -> None:
    assert decoded(text.encode(encoding), language) == text


@given(st.binary(), st.none() | st.sampled_from(["jpn", "rus", "und", "x-y"]))
def test_whatever_comes_is_text(data: bytes, language: str | None) -> None:
    decoded(data, language).encode("utf-8", errors="surrogatepass")
