"""What all tests share: the bundled ffmpeg, a folder of clips, a job, the real clips where they are."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from drapto.encoding.abav1 import AbAv1, find_ab_av1
from drapto.engine.context import StageContext
from drapto.engine.resources import DiskRate
from drapto.errors import ToolMissingError
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# how fast examples are made and tried says something of the machine, which may be busy, and nothing of drapto
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# the clips are so small that hardly any becomes smaller; what tests this says so itself
os.environ.setdefault("DRAPTO_IF_LARGER", "keep")

# what runs learn of this machine is not for its user's own
_state = tempfile.TemporaryDirectory(prefix="drapto-tests-state-")
os.environ["XDG_STATE_HOME"] = _state.name

CHECKOUT = Path(__file__).parent.parent
REAL_CLIPS = CHECKOUT.parent / "shared" / "media"
CASES = CHECKOUT.parent / "shared" / "cases"


MEASURE = "COVERAGE_PROCESS_CONFIG"
"""What coverage leaves in the environment for processes that are to be measured."""

_measuring: dict[str, str] = {}


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """Measure processes only where `measured_processes` asks for it: it is half of what a short one costs."""
    if (how := os.environ.pop(MEASURE, None)) is not None:
        _measuring[MEASURE] = how


@contextlib.contextmanager
def _measured() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, how in _measuring.items():
            patch.setenv(name, how)
        yield


@pytest.fixture(scope="session")
def measured() -> Callable[[], AbstractContextManager[None]]:
    """Return what has coverage measure the processes that are started in it."""
    return _measured


@pytest.fixture(scope="module")
def measured_processes() -> Iterator[None]:
    """Have coverage measure what a module's tests start: much of it runs in such processes alone."""
    with _measured():
        yield


@pytest.fixture
def measured_run() -> Iterator[None]:
    """Have coverage measure what one test starts."""
    with _measured():
        yield


@pytest.fixture(scope="session")
def ffmpeg() -> Path:
    """The ffmpeg that the tests drive."""
    return clips.find_ffmpeg()


@pytest.fixture(scope="session")
def ab_av1() -> AbAv1:
    """The real ab-av1; skip the test where there is none, unless `REQUIRE_AB_AV1` is 1."""
    try:
        return find_ab_av1()
    except ToolMissingError as error:
        if os.environ.get("REQUIRE_AB_AV1") == "1":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def clip_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for made clips that all tests of a session share; nobody changes a clip in it."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def media() -> Callable[[str], Path]:
    """Return the path of a real clip by its name; skip the test where the folder is missing."""

    def find(name: str) -> Path:
        if not REAL_CLIPS.is_dir():
            pytest.skip("the shared real clips are not on this machine")
        return REAL_CLIPS / name

    return find


@pytest.fixture(scope="session")
def cases() -> Callable[[str], Path]:
    """Return the path of a difficult clip by its name; skip the test where the folder is missing."""

    def find(name: str) -> Path:
        if not CASES.is_dir():
            pytest.skip("the shared difficult clips are not on this machine")
        return CASES / name

    return find


def _context(ffmpeg: Path, folder: Path) -> StageContext:
    disk = DiskRate(1 << 30, folder / "disk")
    return StageContext("clip", ffmpeg, folder / "logs", disk)


@pytest.fixture
def context(ffmpeg: Path, tmp_path: Path) -> StageContext:
    """A job whose logs and CPU slots are in the test's own folder."""
    return _context(ffmpeg, tmp_path)


@pytest.fixture(scope="module")
def shared_job(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> StageContext:
    """A job for what a module's tests make once."""
    return _context(ffmpeg, tmp_path_factory.mktemp("context"))
