"""From what is seen of a failure to its cause."""

from __future__ import annotations

import errno
import signal
from typing import TYPE_CHECKING

import pytest

from drapto.engine import causes
from drapto.errors import SpaceError, StageError, StalledError

if TYPE_CHECKING:
    from drapto.engine.causes import Cause

MUXER = "[out#0/matroska] Nothing was written into output file, because at least one of its streams received"


@pytest.mark.parametrize(
    ("status", "said", "kills", "cause"),
    [
        (-signal.SIGKILL, "", 1, causes.OUT_OF_MEMORY),
        (128 + signal.SIGKILL, "", 1, causes.OUT_OF_MEMORY),
        (-signal.SIGKILL, "", 0, causes.KILLED),
        (128 + signal.SIGTERM, "", 0, causes.KILLED),
        (-signal.SIGSEGV, "", 0, causes.CRASHED),
        (1, f"Svt[error]: allocate memory failed, at EbMalloc.c\n{MUXER}", 0, causes.OUT_OF_MEMORY),
        (244, f"Error opening output: Cannot allocate memory\n{MUXER}", 0, causes.OUT_OF_MEMORY),
        (-signal.SIGABRT, "terminate called after throwing 'std::bad_alloc'", 0, causes.OUT_OF_MEMORY),
        (228, "av_interleaved_write_frame(): No space left on device", 0, causes.NO_SPACE),
        (1, "x: Disk quota exceeded", 0, causes.NO_SPACE),
        (-signal.SIGXFSZ, "", 0, causes.NO_SPACE),
        (226, "out.mkv: Read-only file system", 0, causes.READ_ONLY),
        (251, "clip.mkv: Input/output error", 0, causes.BAD_DISK),
        (127, "ffmpeg: error while loading shared libraries: libx.so", 0, causes.TOOL_BROKEN),
        (127, "", 0, causes.TOOL_BROKEN),
        (8, "Unknown encoder 'libsvtav1'", 0, causes.TOOL_BROKEN),
        (183, "clip.mkv: Invalid data found when processing input", 0, causes.BAD_INPUT),
        (1, "something else", 0, causes.FAILED),
        (1, "", 1, causes.FAILED),
    ],
)
def test_of_a_child(status: int, said: str, kills: int, cause: Cause) -> None:
    assert causes.of_child(status, said.splitlines(), oom_kills=kills) is cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, "full"), causes.NO_SPACE),
        (OSError(errno.EDQUOT, "full"), causes.NO_SPACE),
        (OSError(errno.EROFS, "read-only"), causes.READ_ONLY),
        (OSError(errno.EIO, "bad"), causes.BAD_DISK),
        (MemoryError(), causes.OUT_OF_MEMORY),
        (SpaceError("the disk is full"), causes.NO_SPACE),
        (StalledError("ffmpeg showed no sign of life"), causes.STALLED),
        (StageError("is not so"), causes.REFUSED),
        (ZeroDivisionError(), causes.DRAPTO),
    ],
)
def test_of_an_error(error: BaseException, cause: Cause) -> None:
    assert causes.of_error(error) is cause


def test_an_error_of_drapto_s_has_the_cause_of_what_it_came_from() -> None:
    error = StageError("cannot be written")
    error.__cause__ = OSError(errno.EROFS, "read-only")
    assert causes.of_error(error) is causes.READ_ONLY


def test_what_cannot_pass_by_itself_is_not_tried_again() -> None:
    permanent = {one.name for one in causes.CAUSES.values() if not one.transient}
    assert permanent == {
        "no cluster",
        *("read-only", "bad input", "tool broken", "refused", "broken", "drapto's fault", "stalled disk"),
    }


def test_the_kernel_s_count_can_be_read() -> None:
    assert causes.oom_kills() >= 0


@pytest.mark.parametrize(
    ("code", "failed", "wanted"),
    [
        (0, set(), 0),
        (1, {"refused"}, 1),
        (1, {"refused", "no space"}, 4),
        (1, {"out of memory"}, 4),
        (1, {"killed", "stalled"}, 1),
        (2, {"no space"}, 4),
        (2, {"", "no space"}, 2),
        (130, {"no space"}, 130),
    ],
)
def test_the_exit_code(code: int, failed: set[str], wanted: int) -> None:
    assert causes.exit_code(code, failed) == wanted
