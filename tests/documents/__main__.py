"""Writes what docs/ has of the code."""

from __future__ import annotations

from tests.documents import ROOT, generated


def main() -> None:
    """Write each file that is not up to date, and name it."""
    for path, text in generated().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} written")  # noqa: T201


main()
