"""A rate of writing that slows nothing down."""

from __future__ import annotations

import tempfile
from pathlib import Path

from drapto.engine.resources import DiskRate

RATE = DiskRate(1 << 30, Path(tempfile.gettempdir()) / "drapto-tests-disk")
