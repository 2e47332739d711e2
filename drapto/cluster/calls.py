"""Which calls may run on a cluster's workers, and which files each of them writes."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.engine.execution import Call

LOGS = "logs"
"""Of a title's work directory: what a call writes there comes back line by line."""

RESULT = "result"
"""In a call's own copy of the work directory: what it returned, once it has."""


@dataclass(frozen=True)
class Written:
    """What a call writes in its title's work directory, and what it reads and changes there.

    Attributes:
        title: The work directory.
        owned: Patterns of the names, relative to it, of the files that are the call's alone while it runs.
    """

    title: Path
    owned: tuple[str, ...]

    def owns(self, name: str) -> bool:
        """Return whether a file is the call's."""
        return any(fnmatchcase(name, pattern) for pattern in self.owned)

    def files(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Yield the call's files below ``folder``, a copy of the work directory, by their names."""
        for pattern in self.owned:
            for path in sorted(folder.glob(pattern)):
                if path.is_file():
                    yield str(path.relative_to(folder)), path


def _of_segment(arguments: dict[str, Any]) -> Written:
    job = arguments["job"]
    title = arguments["context"].logs.parent
    tried = job.attempts.relative_to(title)
    name = f"{job.request.index:04d}"
    delivered = (str(path.relative_to(title)) for path in (job.request.target, job.record))
    return Written(title, (*delivered, f"{tried}/{name}.json", f"{tried}/{name}-*.mkv"))


def _of_target(arguments: dict[str, Any]) -> Written:
    target: Path = arguments["target"]
    context = arguments.get("context")
    title = context.logs.parent if context is not None else target.parent
    return Written(title, (str(target.relative_to(title)),))


REMOTE = {
    "drapto.encoding.segment:encode": _of_segment,
    "drapto.encoding.calibrate:try_anchor": _of_segment,
    "drapto.output.decode_check:check_part": _of_target,
    "drapto.audio.encode:encode_audio": _of_target,
    "drapto.media.crop.detect:detect_crop": _of_target,
    "drapto.media.fields.deinterlace:detect_fields": _of_target,
}
"""All that a worker runs, by the function's name. What is not here runs where drapto does."""


def written_by(call: Call[Any]) -> Written | None:
    """Return what a call writes; None where it is none for the cluster."""
    known = REMOTE.get(call.function)
    return None if known is None else known(call.arguments)
