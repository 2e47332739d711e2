"""Which of a child's lines is told."""

from __future__ import annotations

import pytest

from drapto.engine.telling import telling

TOO_FAST = """\
Svt[info]: -------------------------------------------
Svt[info]: SVT [version]:\tSVT-AV1 Encoder Lib v4.2.0
Svt[warn]: Preset M13 is mapped to M11.
Svt[error]: Instance 1: The maximum allowed frame rate is 240 fps
[libsvtav1 @ 0x5567] Error setting encoder parameters: bad parameter (0x80001005)
[vf#0:0 @ 0x5567] Error sending frames to consumers: Invalid argument
[out#0/matroska @ 0x5567] Nothing was written into output file, because a stream received no packets.
"""

NO_CROP = """\
[h264 @ 0x1] error while decoding MB 3 5
[Parsed_crop_0 @ 0x55] Invalid too big or non positive size for width '0' or height '9'
[vf#0:0 @ 0x55] Task finished with error code: -22 (Invalid argument)
[out#0/matroska @ 0x55] Nothing was written into output file, because a stream received no packets.
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (TOO_FAST, "SVT-AV1 says: The maximum allowed frame rate is 240 fps"),
        (NO_CROP, "Invalid too big or non positive size for width '0' or height '9'"),
        (
            "[vist#0:0/h264 @ 0x5] [dec:h264 @ 0x6] Decode error rate 1 exceeds maximum 0\n",
            "Decode error rate 1 exceeds maximum 0",
        ),
        (
            "[vf#0:0 @ 0x55] Task finished with error code: -22 (Invalid argument)\n",
            "Task finished with error code: -22 (Invalid argument)",
        ),
        ("Traceback\n  File x\nOSError: no\n", "OSError: no"),
        ("Svt[info]: nothing\n------\n\n", ""),
        ("", ""),
    ],
)
def test_the_line_before_what_followed_is_told(said: str, told: str) -> None:
    assert telling(said.splitlines()) == told
