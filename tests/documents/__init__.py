"""What docs/ has of the code: the reference of commands and settings, and the manual page.

Written anew after a command or a setting has changed:

    python -m tests.documents

`tests/unit/test_documents.py` fails while a file is not what this would write.
"""

from __future__ import annotations

from pathlib import Path

from tests.documents import commands, manual, settings

ROOT = Path(__file__).parents[2]


def generated() -> dict[Path, str]:
    """Return each generated file with the text that it should have."""
    return {
        ROOT / "docs" / "reference" / "commands.md": commands.page(),
        ROOT / "docs" / "man" / "drapto.1": manual.page(),
        **{
            path: settings.filled(path.read_text(encoding="utf-8"))
            for name in ("configuration.md", "profiles.md")
            for path in [ROOT / "docs" / name]
        },
    }
