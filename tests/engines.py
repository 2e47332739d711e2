"""Engines from outside of drapto, as another package would bring them: found by their entry points."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drapto.engine.execution import Call, EngineSettings, LocalEngine, Needs

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRY_POINTS = """
[drapto.engines]
fresh = tests.engines:FreshProcess
swapping = tests.engines:Swapping
"""

CHECKOUT = Path(__file__).parent.parent


def install(folder: Path) -> Path:
    """Write the metadata of a package that brings these engines; ``folder`` belongs on the import path."""
    info = folder / "other_engines-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-engines\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment in which these engines are found."""
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(CHECKOUT)))} | more


class FreshProcess:
    """Pickles every call, and runs it in a process that knows nothing but what the call says."""

    def __init__(self, settings: EngineSettings) -> None:
        self._local = LocalEngine(settings)
        self._log = settings.folder / "calls.txt"

    def capacity(self) -> Needs:
        return self._local.capacity()

    def run(self, call: Call[Any], needs: Needs, on_event: Callable[[object], None]) -> Any:
        with self._log.open("a") as log:
            log.write(f"{call.function} {needs.cpus} {needs.memory}\n")
        # what it needs is held here, while another process does the work
        return self._local.run(Call.of(elsewhere, pickled=pickle.dumps(call)), needs, on_event)

    def cancel(self) -> None:
        self._local.cancel()


def elsewhere(pickled: bytes, report: Callable[[object], None]) -> Any:
    """Run a call in a fresh process; pass on what it reports, what it returns, what it raises."""
    command = [sys.executable, "-m", "tests.engines"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT, env=environment(CHECKOUT)
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(pickled)
        child.stdin.close()
        while True:
            kind, value = pickle.load(child.stdout)  # noqa: S301  what this module has written
            if kind == "returned":
                return value
            if kind == "raised":
                raise value
            report(value)


def _serve() -> None:
    answers, sys.stdout = os.fdopen(os.dup(1), "wb"), sys.stderr

    def tell(kind: str, value: object) -> None:
        pickle.dump((kind, value), answers)
        answers.flush()

    call = pickle.load(sys.stdin.buffer)  # noqa: S301  the same
    try:
        value = call.run(lambda report: tell("reported", report))
    except Exception as error:  # noqa: BLE001  whatever it is, it is for the one that asked
        tell("raised", error)
    else:
        tell("returned", value)


class Swapping:
    """Replaces a file while one call runs: before it reads anything, or when it has read all.

    The environment says which: ``SWAP`` is the function's name, ``before`` or ``after``, the file, and the
    one that takes its place.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._local = LocalEngine(settings)

    def capacity(self) -> Needs:
        return self._local.capacity()

    def run(self, call: Call[Any], needs: Needs, on_event: Callable[[object], None]) -> Any:
        function, moment, *files = os.environ["SWAP"].split("\n")
        # of several calls of one function, the one that reads the file
        ours = call.function.endswith(f":{function}") and files[0] in repr(call.arguments)
        if ours and moment == "before":
            _replace(*map(Path, files))
        result = self._local.run(call, needs, on_event)
        if ours and moment == "after":
            _replace(*map(Path, files))
        return result

    def cancel(self) -> None:
        self._local.cancel()


def _replace(path: Path, other: Path) -> None:
    """Put another file in a file's place, once."""
    if other.exists():
        shutil.copy(other, path.with_name("swap.tmp"))
        path.with_name("swap.tmp").replace(path.resolve() if path.is_symlink() else path)
        other.unlink()


if __name__ == "__main__":
    _serve()
