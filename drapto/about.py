"""What this drapto is: its version, the one that `pyproject.toml` has."""

VERSION = "0.1.0"
