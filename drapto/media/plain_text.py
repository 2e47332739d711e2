"""Text of an unknown encoding, as subtitle files are: told by its first bytes, itself, and its language."""

from __future__ import annotations

import codecs
import re

from drapto.media.matroska.languages import three_letters

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; those of UTF-32 begin like those of UTF-16, and so come first."""

WESTERN = "cp1252"

PAGES = """
    alb=cp1250 bos=cp1250 cze=cp1250 ces=cp1250 hrv=cp1250 hun=cp1250 pol=cp1250 rum=cp1250 ron=cp1250
    slo=cp1250 slk=cp1250 slv=cp1250 bel=cp1251 bul=cp1251 mac=cp1251 mkd=cp1251 rus=cp1251 srp=cp1251
    ukr=cp1251 gre=cp1253 ell=cp1253 tur=cp1254 heb=cp1255 ara=cp1256 per=cp1256 fas=cp1256 urd=cp1256
    est=cp1257 lav=cp1257 lit=cp1257 vie=cp1258 tha=cp874 jpn=cp932 chi=gb18030 zho=gb18030 cmn=gb18030
    kor=cp949
"""
"""Where a language was written on Windows before Unicode, by ISO 639-2; as Western Europe where it is
not here."""

CODE_PAGES: dict[str, str] = dict(re.findall(r"(\w+)=(\w+)", PAGES))

TRADITIONAL = ("Hant", "TW", "HK", "MO")
"""Parts of a language by BCP 47 that mean Chinese in traditional characters, which was written as Big5."""


def decoded(data: bytes, language: str | None = None) -> str:
    """Return text, its lines ended by line feeds.

    Args:
        data: Its bytes.
        language: What it is written in, as a Matroska track has it; it decides where nothing else does.
    """
    text = _decoded(data, language)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, language: str | None) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if (wide := _wide(data)) is not None:
        return data.decode(wide, errors="replace")
    for encoding in ("utf-8", code_page(language), WESTERN):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _wide(data: bytes) -> str | None:
    """Return the UTF-16 that unmarked text is in: every other byte of its line ends and spaces is zero."""
    spaces = data.count(b"\n\0") + data.count(b" \0"), data.count(b"\0\n") + data.count(b"\0 ")
    if not any(spaces) or len(data) % 2:
        return None
    return "utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be"


def code_page(language: str | None) -> str:
    """Return the code page that a language was written in."""
    primary, *rest = (language or "").split("-")
    if any(part in TRADITIONAL for part in rest):
        return "big5hkscs"
    return CODE_PAGES.get(three_letters(primary), WESTERN) if primary else WESTERN
