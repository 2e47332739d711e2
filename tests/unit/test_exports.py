"""What drapto promises to programs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import drapto

PROMISED = {
    "AnalysisComplete",
    "AnalysisStarted",
    "Config",
    "CrfRange",
    "DraptoError",
    "EncodeResult",
    "EncodingComplete",
    "EncodingStarted",
    "ErrorEvent",
    "Event",
    "Failure",
    "FileDiscovered",
    "Progress",
    "SegmentComplete",
    "SegmentResult",
    "encode",
    "load_config",
    "probe",
    "score",
}


def test_the_promised_names_are_these() -> None:
    assert set(drapto.__all__) == PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_promised_name_can_be_had(name: str) -> None:
    value = getattr(drapto, name)
    assert value.__name__ == name
    assert name in dir(drapto)


def test_other_names_cannot() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = drapto.nothing


def test_events_have_their_names() -> None:
    events = [value for value in map(drapto.__getattr__, PROMISED) if hasattr(value, "name")]
    names = {event.name for event in events}
    assert names == {
        "file_discovered",
        "analysis_started",
        "analysis_complete",
        "encoding_started",
        "progress",
        "segment_complete",
        "encoding_complete",
        "error",
    }


def test_importing_drapto_imports_nothing_else() -> None:
    script = "import sys, drapto; print(*(name for name in sys.modules if name.startswith('drapto')))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == {"drapto", "drapto.about"}


def test_the_version_is_the_packages() -> None:
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    assert tomllib.loads(pyproject.read_text())["project"]["version"] == drapto.__version__
