"""Names and tags that are not the UTF-8 that they are to be (RFC 8794, section 7.5): muxers wrote Latin-1."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypedDict

    class _Options(TypedDict):
        metadata_errors: str


AS_LATIN = "drapto-as-latin"
"""An error handler (`codecs.register_error`) that reads a byte which is no UTF-8 as Windows reads it."""


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(AS_LATIN, _as_latin)

ANY_TEXT: _Options = {"metadata_errors": AS_LATIN}
"""What `av.open` is to be told, so that a tag does not cost a film."""
