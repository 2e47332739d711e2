"""Of all that a child said, the line that tells why it failed.

The last one is often only what followed: that nothing was written, that a thread has ended. A choice of words
for people; nothing is decided by it.
"""

from __future__ import annotations

import re

ENCODER = r"(?i)Svt\[(?:error|fatal)\]:\s*(?:Instance \d+:\s*)?(.+)"
"""SVT-AV1's complaints, which name the limit that was passed where ffmpeg says "Invalid argument"."""

ENCODER_SAYS = "SVT-AV1 says: "

SPEAKER = r"^(?:\[[^\]]*\]\s*)+"
"""Which parts of ffmpeg speak, one inside the other, with their addresses in memory."""

FOLLOWED = (
    r"Nothing was written into output file|Conversion failed|Task finished with error code"
    r"|Terminating thread with return code|Could not open encoder before EOF|Error while opening encoder"
    r"|Error sending (?:frames|packets?)|Error submitting|Error encoding a frame|Error muxing|Error closing"
    r"|Error writing trailer|Error (?:re)?initializing|Error opening (?:input|output)|Last message repeated"
)
"""What ffmpeg says of everything that fails (fftools of FFmpeg 4 to 9)."""


def telling(lines: list[str]) -> str:
    """Return the line that tells most, without the parts of ffmpeg that say it; empty where there is none.

    Args:
        lines: What the child said, whole.
    """
    said = [line.strip() for line in lines if line.strip().strip("-")]
    encoder = [match[1] for line in said if (match := re.match(ENCODER, line))]
    if encoder:
        return f"{ENCODER_SAYS}{encoder[0].rstrip('.)')}"
    own = [line for line in said if not line.startswith("Svt[")]
    # what went wrong first is said right before what followed from it; what was said earlier was no failure
    count = next((number for number, line in enumerate(own) if re.search(FOLLOWED, line)), len(own))
    return re.sub(SPEAKER, "", own[max(0, count - 1)]).rstrip(".") if own else ""
