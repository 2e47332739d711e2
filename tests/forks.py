"""Runs of doit and drapto, each in a process of its own, that need not import everything first.

A server, one for each process that runs tests, has imported drapto and what it uses, and done nothing else.
Each run is a fork of it, with the directory, environment and outputs that it is given, and goes the way of
``python -m``. A start of Python with 850 modules is a third of what a run with a small clip costs, and nearly
all of one that has nothing to do; to learn ffmpeg's versions, as the first run of a project does, is a fifth.

Where the environment differs in what Python or a library reads when it starts, a run is started as users
start it; and so is every run where ``TESTS_FORK`` is 0, and on other systems than
Linux. Runs that get signals or are killed do not come here.

Where coverage measures the process that asks, these runs are measured too.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHECKOUT = Path(__file__).parent.parent
LATE = ("COVERAGE_", "DRAPTO_", "XDG_", "PYTEST_", "HOME", "PATH", "CARGO_HOME", "PYTHONPATH", "SWAP")
"""Variables that begin so are read when something is done, not when Python or a module starts; or here."""

LONGEST = 1 << 20
"""Bytes of a request: arguments and an environment."""

SELDOM = ("cluster", "__main__")
"""Modules that few runs import: those that do take the time."""


ASK = """
import sys
from pathlib import Path
from drapto.versions import versions_of
versions_of(*map(Path, sys.argv[1:]))
"""


def run(
    module: str,
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    apart: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE`` to its end, and return what it wrote and its exit code.

    Args:
        module: ``doit`` or ``drapto``.
        arguments: Of the command.
        cwd: Where; the current directory by default.
        env: The whole environment; this process's own by default.
        apart: Return what it wrote to stderr apart; else it stands in ``stdout``, as on a terminal.
    """
    environment = dict(os.environ if env is None else env)
    command = [sys.executable, "-m", module, *map(str, arguments)]
    if not _is_like_ours(environment):
        error = subprocess.PIPE if apart else subprocess.STDOUT
        return subprocess.run(
            command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=error, text=True, check=False
        )
    pipes = [os.pipe() for _ in range(1 + apart)]
    outputs = [writer for _, writer in pipes]
    with _server().asked(command[2:], cwd or Path.cwd(), environment, outputs) as answer:
        for one in outputs:
            os.close(one)
        with ThreadPoolExecutor(len(pipes)) as readers:
            texts = list(readers.map(_read, [reader for reader, _ in pipes]))
        status = answer.recv(64)
    assert status, "the server of runs has ended"
    return subprocess.CompletedProcess(command, int(status), texts[0], texts[1] if apart else None)


def _is_like_ours(environment: Mapping[str, str]) -> bool:
    # macOS's libraries do not bear a fork without an exec
    if environment.get("TESTS_FORK") == "0" or sys.platform != "linux":
        return False
    ours = _server().environment
    different = {name for name in environment.keys() | ours if environment.get(name) != ours.get(name)}
    return all(name.startswith(LATE) for name in different)


def _read(reader: int) -> str:
    with open(reader, encoding="utf-8") as file:
        return file.read()


class _Server:
    """The server, as those see it that ask it for runs."""

    def __init__(self) -> None:
        self.environment = dict(os.environ)
        self._asking = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # what a test has given this process to read from is not for a server
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno()), *(["measured"] * _is_measured())],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # buffered as a pipe is
                pass_fds=[theirs.fileno()],
            )

    def asked(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], outputs: Sequence[int]
    ) -> socket.socket:
        """Ask for a run; return the socket on which its exit code will come."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        asked = json.dumps([command, os.fspath(cwd), environment]).encode()
        passed = array.array("i", [theirs.fileno(), outputs[0], outputs[-1]])
        with theirs, self._asking:
            self._control.sendmsg([asked], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
        return ours


def _is_measured() -> bool:
    """Tell whether coverage measures this process."""
    coverage = sys.modules.get("coverage")
    return coverage is not None and coverage.Coverage.current() is not None


_servers: dict[int, _Server] = {}
_starting = threading.Lock()


def _server() -> _Server:
    """Return this process's server; it ends when this process does."""
    with _starting:
        if os.getpid() not in _servers:
            _servers[os.getpid()] = _Server()
        return _servers[os.getpid()]


def _serve(control: socket.socket) -> None:
    """Answer requests until nobody can ask any more; return in each run's own process only."""
    while True:
        asked, passed, _, _ = socket.recv_fds(control, LONGEST, 3)
        while _reaped():
            pass
        if not asked:
            os._exit(0)  # coverage has nothing to say of a server that no run says
        if os.fork() == 0:
            control.close()
            if _run_is_this(*passed):
                _become(*json.loads(asked))
        for one in passed:
            os.close(one)


def _reaped() -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(-1, os.WNOHANG) != (0, 0)
    return False


def _run_is_this(answer: int, output: int, error: int) -> bool:
    """Return in the run's process; its parent waits for it, tells how it ended, and ends."""
    pid = os.fork()
    if pid == 0:
        os.close(answer)
        os.dup2(output, 1)
        os.dup2(error, 2)
        os.close(output)
        os.close(error)
        return True
    os.close(output)
    os.close(error)
    with contextlib.suppress(KeyboardInterrupt):
        _, status = os.waitpid(pid, 0)
        os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(command: list[str], cwd: str, environment: dict[str, str]) -> NoReturn:
    """Do what ``python -m`` does, with all that waits for the end of the process.

    Python would then take apart the modules that the server has loaded, which takes longer than most runs.
    """
    os.chdir(cwd)
    ours = _import_path(os.environ)
    sys.path[:] = [cwd, *_import_path(environment), *(one for one in sys.path[1:] if one not in ours)]
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(command)
    code = 0
    try:
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = _exit_code(end)
    except BaseException:  # noqa: BLE001  whatever it is, it is shown as Python shows it
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for all threads that are no daemons
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _exit_code(end: SystemExit) -> int:
    """Return what the process ends with, as Python has it of ``sys.exit``, and say what it says."""
    if end.code is None or isinstance(end.code, int):
        return (end.code or 0) & 0xFF
    sys.stderr.write(f"{end.code}\n")
    return 1


def _import_path(environment: Mapping[str, str]) -> list[str]:
    return [one for one in environment.get("PYTHONPATH", "").split(os.pathsep) if one]


def _prepare() -> None:
    """Import what runs import, and learn what every run asks of the ffmpeg that they drive."""
    for package in ("doit", "drapto"):
        path = importlib.import_module(package).__path__
        for one in pkgutil.walk_packages(path, f"{package}."):
            if not any(word in one.name for word in SELDOM):
                importlib.import_module(one.name)
    _learn_versions()
    gc.collect()
    gc.freeze()  # so that a run's collections do not copy all of it


def _learn_versions() -> None:
    """Know ffmpeg's versions as a process does that has asked for them, without having started anything."""
    from drapto import versions  # noqa: PLC0415  in the server only
    from tests import clips  # noqa: PLC0415  the same

    ffmpeg = clips.find_ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        memory = Path(folder) / "versions.json"
        subprocess.run([sys.executable, "-c", ASK, ffmpeg, memory], check=True)
        known = versions._remembered(os.fspath(ffmpeg), memory)
    tempfile.tempdir = None  # each run looks for its own
    if known is not None:
        versions._learnt[os.fspath(ffmpeg)] = known


def _measure() -> None:
    """Measure the runs. What was executed while modules were imported is written down once, here."""
    coverage = importlib.import_module("coverage")
    # to list the files that are not executed, as `source` has it, takes longer than most runs
    files = [str(CHECKOUT / name / "*") for name in ("drapto", "rules")]
    measured = coverage.Coverage(
        source=[], include=files, data_suffix=True, config_file=str(CHECKOUT / "pyproject.toml")
    )
    measured.start()
    atexit.register(measured.save)
    _prepare()
    measured.save()


if __name__ == "__main__":
    if "measured" in sys.argv:
        _measure()
    else:
        _prepare()
    with socket.socket(fileno=int(sys.argv[1])) as _control:
        _serve(_control)
