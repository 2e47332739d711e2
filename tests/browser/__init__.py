"""Pages as a real browser shows them: a headless Chromium, driven by puppeteer-core, and axe-core."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZES = [(width, dark) for width in (1280, 400) for dark in (False, True)]
"""Widths, pixels, each in light and dark."""


@dataclass(frozen=True)
class Browser:
    """A browser, and the node_modules that drive it."""

    program: str
    modules: Path

    def look(self, folder: Path, *pages: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what was found on pages; look.cjs says what they are asked."""
        job = folder / "pages.json"
        job.write_text(json.dumps({"pages": list(pages)}))
        command = ["node", str(HERE / "look.cjs"), str(self.modules), self.program, str(job)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


def find() -> Browser:
    """Return the browser; skip the test where there is none, or nothing to drive it."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    modules = Path(os.environ.get("DRAPTO_BROWSER_MODULES") or HERE / "node_modules")
    if program is None or shutil.which("node") is None:
        pytest.skip("no Chromium, or no node, on this machine")
    if not all((modules / name).is_dir() for name in ("puppeteer-core", "axe-core")):
        pytest.skip(
            "no puppeteer-core and axe-core: `npm install --prefix tests/browser puppeteer-core axe-core`"
        )
    return Browser(program, modules)
