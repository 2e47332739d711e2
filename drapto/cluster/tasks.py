"""What Dask runs on a worker: a call, and before it the questions and the files. Each takes plain values.

They are given to Dask by their names, and what they are given are numbers, texts and bytes. The call itself
is read in a runner (`drapto.cluster.runner`), where nothing but drapto's own values is taken.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from drapto.cluster import trial, wire, worker
from drapto.cluster.calls import LOGS, RESULT, Written
from drapto.cluster.frames import RETURNED
from drapto.engine import atomic
from drapto.engine.needs import Started
from drapto.errors import DraptoError

CHUNK = 4 << 20
"""Bytes of a file that are sent at once: what a transfer takes of anybody's memory."""

TOPIC = "drapto"
"""Before the run's token: the Dask topic on which its calls report."""


def introduce(asked: dict[str, Any]) -> dict[str, Any]:
    """Say what this worker is, and whether it sees the run's files.

    Args:
        asked: ``folder`` and ``nonce``: a directory and the file's name in it, empty where nothing is shared;
            ``trial``: what to encode to see whether the same bytes come out.
    """
    here = worker.here()
    answer: dict[str, Any] = {"name": here.name}
    try:
        answer["versions"] = here.versions().model_dump()
        if asked["folder"]:
            answer["nonce"] = _echo(Path(asked["folder"]), asked["nonce"], here.name)
        if asked["trial"]:
            answer["trial"] = trial.encoded(here.ffmpeg, asked["trial"])
    except (DraptoError, OSError) as error:
        answer["problem"] = str(error)
    return answer


def _echo(folder: Path, nonce: str, name: str) -> str:
    """Return what is in a file of the shared directory, and leave the same beside it."""
    text = (folder / nonce).read_text(encoding="ascii")
    atomic.write_text(folder / f"{nonce}.{hashlib.blake2b(name.encode()).hexdigest()[:16]}", text)
    return text


def begin(token: str) -> bool:
    """Make room for a call's files, until this task's result is given up."""
    folder = worker.here().scratch / token
    folder.mkdir(parents=True)
    return True


def put(token: str, name: str, offset: int, data: bytes) -> None:
    """Write a chunk of a file that a call reads."""
    path = _inside(worker.here().scratch / token, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(data)


def get(token: str, name: str, offset: int) -> bytes:
    """Return a chunk of a file that a call has written."""
    with _inside(worker.here().scratch / token, name).open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK)


def digest(token: str, name: str) -> str:
    """Return the digest of a file that was sent here."""
    return digest_of(_inside(worker.here().scratch / token, name))


def digest_of(path: Path) -> str:
    """Return the digest of all of a file: BLAKE2b, 64 hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"a path outside of the call's directory: {name}")
    return path


def perform(head: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Run a call in a process of its own, and pass on what it reports.

    Args:
        head: ``token`` names the call, ``topic`` where it reports; ``folder`` is its own copy of the title's
            work directory, relative to this worker's scratch where files are sent; ``title`` is the work
            directory itself; ``owned`` are patterns of what it writes.
        payload: The call (`drapto.cluster.wire`).

    Returns:
        ``kind`` and ``data``: what came of it, as `drapto.cluster.frames` has it; ``reports``: how many it
        has sent; ``folder``: where its files were; ``files``: where files are sent, name, bytes and digest
        of each that it has written.

    Raises:
        DraptoError: The process ended.
    """
    here = worker.here()
    sent = bool(head["sent"])
    folder = here.scratch / head["token"] if sent else Path(head["folder"])
    (folder / LOGS).mkdir(parents=True, exist_ok=True)
    roots = {"title": str(folder), "ffmpeg": str(here.ffmpeg), "clock": str(here.scratch / "disk")}
    report = _Reporter(head["topic"], head["token"])
    with here.runners.taken(head["token"]) as runner:
        report(wire.dump(Started(where=here.name), {}))
        request = {"roots": roots, "folder": str(folder), "shown": head["title"]}
        kind, data = runner.perform(request, payload, report)
    answer = {"kind": kind, "data": data, "reports": report.count, "folder": str(folder)}
    if sent:
        written = Written(folder, tuple(head["owned"]))
        own = [*written.files(folder), *((f"{LOGS}/{one.name}", one) for one in (folder / LOGS).iterdir())]
        answer["files"] = [(name, path.stat().st_size, digest_of(path)) for name, path in own]
    elif kind == RETURNED:
        with atomic.replacing(folder / RESULT) as partial:
            partial.write_bytes(data)
    return answer


class _Reporter:
    """Passes reports on to the run; counts them."""

    def __init__(self, topic: str, token: str) -> None:
        from distributed import get_worker  # noqa: PLC0415  only a worker has it

        self._worker: Any = get_worker()
        self._topic = topic
        self._token = token
        self.count = 0

    def __call__(self, report: bytes) -> None:
        self.count += 1
        self._worker.log_event(self._topic, {"token": self._token, "report": report})
