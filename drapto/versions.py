"""Which versions of the programs and libraries made something, and how they are learnt.

The libraries are asked themselves, by encoding and measuring one small picture; only libopus, which says
nothing through ffmpeg, is looked for in the program's file, or in that of the shared library. What was learnt
is remembered with the state of these files, so that nothing is started while they stay as they are.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from drapto.about import VERSION
from drapto.engine import atomic, process
from drapto.engine.causes import FAILED, of_error
from drapto.engine.document import Model
from drapto.engine.vitals import INSTANT
from drapto.errors import DraptoError, ToolMissingError

Stamp = tuple[int, int, int]
"""A file's size in bytes, modification time in nanoseconds, and inode."""

LIBRARIES = r"(?m)^\s*(lib(?:av|sw|SvtAv1Enc|opus|vmaf)\S*) => (/\S.*) \(0x"
"""What of ldd's lines a result may depend on."""

WINDOW = 1 << 20
"""Bytes that are looked through at once."""

LONGEST = 256
"""Bytes of a window that the next one has, too: a version is shorter."""

LIBOPUS = b"\0libopus "

OPUS = rb"\0libopus (v?[0-9][\w.+~-]*)\0"
"""What ``opus_get_version_string`` returns, as it stands in the file; a build may also say ``unknown``."""

TIMES, PAUSE = 3, 0.2
"""How often a question is asked that failed for what may pass, and the seconds between: a memory of too few
bytes, or a signal, must not decide what a program is taken for."""

PLAIN_MODEL = "vmaf_v0.6.1"
"""The model of libvmaf's that is as old as its names."""

VMAF = r'"version": "([^"]+)"'

SVT_AV1 = r"SVT-AV1 Encoder Lib (\S+)"


class Versions(Model):
    """The versions of all that makes a file. One that could not be learnt is empty.

    Attributes:
        ffmpeg: As ``ffmpeg -version`` says it.
        svt_av1: As the encoder says it.
        libopus: As the library says it.
        libvmaf: As the library says it.
        drapto: Of this package.
    """

    ffmpeg: str = ""
    svt_av1: str = ""
    libopus: str = ""
    libvmaf: str = ""
    drapto: str = ""


class Learnt(NamedTuple):
    """What is known of one program.

    Attributes:
        stamps: The state of its file, and of the shared libraries that matter, by their paths.
        versions: Its versions.
        models: Which of libvmaf's models it has, and has not, as far as it was asked.
    """

    stamps: dict[str, Stamp]
    versions: Versions
    models: dict[str, bool]

    @property
    def holds(self) -> bool:
        """Whether all of these files are as they were."""
        return bool(self.stamps) and all(_stamp(path) == tuple(stamp) for path, stamp in self.stamps.items())


_learnt: dict[str, Learnt] = {}
_learning = threading.Lock()


def versions_of(ffmpeg: Path, memory: Path | None = None) -> Versions:
    """Return the versions of a program; nothing is started where they are known and its files are unchanged.

    A wrapper is taken for what it was while its own file is unchanged, whatever it starts.

    Args:
        ffmpeg: The program.
        memory: The file that remembers them from run to run; without it, this process alone does.

    Raises:
        ToolMissingError: It could not be asked, for what may pass.
    """
    with _learning:
        return _known(ffmpeg, memory).versions.model_copy(update={"drapto": VERSION})


def has_model(ffmpeg: Path, model: str, memory: Path | None = None) -> bool:
    """Return whether a program can measure VMAF by a model; it is asked once, as for its versions.

    Args:
        ffmpeg: The program.
        model: libvmaf's name of the model.
        memory: As for `versions_of`.
    """
    with _learning:
        known = _known(ffmpeg, memory)
        if model == PLAIN_MODEL:
            return bool(known.versions.libvmaf)  # it was learnt by this one
        if model not in known.models:
            known = known._replace(models={**known.models, model: bool(_libvmaf(ffmpeg, model))})
            if known.versions.ffmpeg:
                _keep(ffmpeg, known, memory)
        return known.models[model]


def measures(ffmpeg: Path, model: str) -> bool:
    """Return whether a program can measure VMAF by a model; it is asked each time."""
    return bool(_libvmaf(ffmpeg, model))


def _known(ffmpeg: Path, memory: Path | None) -> Learnt:
    name = os.fspath(ffmpeg)
    known = _learnt.get(name) or _remembered(name, memory)
    if known is not None and known.holds:
        _learnt[name] = known
        return known
    known = _learn(ffmpeg)
    if known.versions.ffmpeg:  # else it does not run, or the run is being interrupted
        _keep(ffmpeg, known, memory)
    return known


def _keep(ffmpeg: Path, known: Learnt, memory: Path | None) -> None:
    name = os.fspath(ffmpeg)
    _remember(name, known, memory)
    _learnt[name] = known


def _remembered(name: str, memory: Path | None) -> Learnt | None:
    try:
        found = _read(memory)[name]
        return Learnt(
            {path: tuple(stamp) for path, stamp in found["stamps"].items()},
            Versions(**found["versions"]),
            dict(found.get("models", {})),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _read(memory: Path | None) -> dict[str, Any]:
    """Return what is remembered, by the programs' paths: a cache, which is learnt again where it is damaged.

    It is no `Document`: a run with nothing to do reads it, and making that type takes longer than reading.
    """
    try:
        found = json.loads(memory.read_bytes()) if memory is not None else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(name: str, known: Learnt, memory: Path | None) -> None:
    if memory is None:
        return
    there = {path: one for path, one in _read(memory).items() if Path(path).exists()}
    there[name] = {
        "stamps": known.stamps,
        "versions": known.versions.model_dump(),
        "models": known.models,
    }
    with contextlib.suppress(OSError):  # only a memory: a project may lie where nothing can be written
        atomic.write_text(memory, json.dumps(there, indent=1) + "\n")


def _stamp(path: str) -> Stamp | None:
    try:
        state = os.stat(path)  # noqa: PTH116  asked in every run, for each library
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns, state.st_ino


def _learn(ffmpeg: Path) -> Learnt:
    # before anything is asked: a program that is replaced meanwhile must not keep its old versions
    name = os.fspath(ffmpeg)
    first = _stamp(name)
    libraries = dict(re.findall(LIBRARIES, _said(["ldd", name])))
    stamps = {path: _stamp(path) for path in libraries.values()} | {name: first}
    opus = [Path(path) for library, path in libraries.items() if library.startswith("libopus.")]
    versions = Versions(
        svt_av1=_first(SVT_AV1, _encode(ffmpeg)),
        libvmaf=_libvmaf(ffmpeg),
        libopus=next(filter(None, map(_libopus, [*opus, ffmpeg])), ""),
        # the last one, so that an interrupted run, which can start nothing any more, has no version of it
        ffmpeg=_first(r"^ffmpeg version (\S+)", _said([name, "-version"], needed=True)),
    )
    known = {path: stamp for path, stamp in stamps.items() if stamp}
    return Learnt(stamps=known, versions=versions, models={})


def _said(command: list[str], *, needed: bool = False) -> str:
    """Return what a program writes to both outputs; nothing where it fails.

    Args:
        command: The program and its arguments.
        needed: A failure that may pass, and does not, is an error: what is not known would be taken for
            another version, and what is made meanwhile for made by it.

    Raises:
        ToolMissingError: As ``needed`` says.
    """
    for left in reversed(range(TIMES)):
        try:
            done = process.run(command, limits=INSTANT)
        except (DraptoError, OSError) as error:  # OSError: no room for what it says
            cause = of_error(error)
            if process.is_stopping() or not cause.transient:
                break
            if left:
                time.sleep(PAUSE)
            elif needed and cause is not FAILED:
                problem = f"could not be asked for its version ({getattr(error, 'problem', error)})"
                raise ToolMissingError(problem, path=command[0], remedy="run again") from error
        else:
            return done.stdout.decode(errors="replace") + done.stderr
    return ""


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


def _encode(ffmpeg: Path) -> str:
    picture = ["-f", "lavfi", "-i", "color=s=64x64", "-frames:v", "1"]
    quick = ["-c:v", "libsvtav1", "-preset", "10", "-f", "null", "-"]
    command = [os.fspath(ffmpeg), "-nostdin", "-hide_banner", "-v", "error", *picture, *quick]
    return _said(command, needed=True)


def _libvmaf(ffmpeg: Path, model: str = PLAIN_MODEL) -> str:
    """Return libvmaf's version, having measured a picture by a model; nothing where that cannot be."""
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vmaf.json"
        options = f"model=version={model}:log_fmt=json:log_path='{log}'"
        measure = f"color=s=384x384,format=yuv420p,split[a][b];[a][b]libvmaf={options}"
        once = ["-filter_complex", measure, "-frames:v", "1", "-f", "null", "-"]
        _said([os.fspath(ffmpeg), "-nostdin", "-v", "error", *once])
        return _first(VMAF, log.read_text(errors="replace"))
    return ""


def _libopus(path: Path) -> str:
    """Look for the version in a library, or in a program that has it in itself.

    A window at a time: all of ffmpeg, mapped or read at once, would be in this process's memory (170 MB).
    """
    try:
        with path.open("rb") as file:
            window = b""
            while chunk := file.read(WINDOW):
                window = window[-LONGEST:] + chunk
                # an expression alone takes nearly twice as long for all of ffmpeg
                if LIBOPUS in window and (match := re.search(OPUS, window)):
                    return match[1].decode("ascii", "replace")
    except OSError:
        pass
    return ""
