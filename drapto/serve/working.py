"""What works the queue off: the graph in the main thread, which signals reach, the server beside it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drapto import rules
from drapto.errors import EXIT_INTERRUPTED, UsageError
from drapto.serve.board import Board
from drapto.serve.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.project import Project
    from drapto.serve.guard import Guard

WAIT = 3600.0
"""Seconds that the main thread waits at once: for ever, it would hear no signal on some systems."""


class Work:
    """A project's queue, worked on when it is asked for.

    Args:
        project: The project.
        jobs: How many tasks run side by side; as the settings say by default.
    """

    def __init__(self, project: Project, jobs: int | None = None) -> None:
        self._project = project
        self._jobs = jobs
        self._asked = threading.Event()
        self._leave = rules.leave_of(project)
        self.board = Board(project, rules.unfinished(project), rules.skips(project))

    def act(self, action: str, asked: dict[str, Any]) -> bool:
        """Do what is asked for; return whether it could be done. Any thread may call it."""
        board, name = self.board, str(asked.get("title", ""))
        if action == "start":
            return self._start()
        if action == "pause":
            if board.mode != "running":
                return False
            self._leave.take_back()
            board.become("pausing")
            return True
        if action == "retry":
            if not board.retry(name):
                return False
            if board.mode == "idle":
                self._asked.set()
            return True
        by = asked.get("by", 0)
        moved = isinstance(by, int) and board.move(name, by)
        if moved:
            rules.put_in_order(self._project, [title.name for title in board.titles])
        return moved

    def _start(self) -> bool:
        if self.board.mode == "pausing":
            self.board.become("running")
            self._leave.give()
            return True
        if self.board.mode != "idle":
            return False
        self._asked.set()
        return True

    def follow(self) -> int:
        """Work whenever it is asked for, until interrupted; return the exit code."""
        try:
            while True:
                while not self._asked.wait(WAIT):
                    continue
                self._asked.clear()
                code = self._run()
                if code == EXIT_INTERRUPTED:
                    return code
                if self.board.wants_more:
                    self._asked.set()
        except KeyboardInterrupt:
            return 0  # nothing ran

    def _run(self) -> int:
        """Work on all that is left; return the exit code of the run."""
        titles = self.board.left()
        project = replace(self._project, titles=tuple(self.board.titles))
        problem, code = "", 0
        self._leave.give()
        self.board.become("running")
        rules.put_in_order(self._project, [title.name for title in project.titles])
        try:
            with rules.bus_of(project).subscribe(self.board):
                code = rules.run(project, rules.default_tasks(project, titles), jobs=self._jobs, quiet=True)
        except UsageError as error:
            problem = str(error)
        self._leave.give()
        self.board.become("ending" if code == EXIT_INTERRUPTED else "idle", problem)
        if code != EXIT_INTERRUPTED:
            self.board.settled(rules.unfinished(project), rules.skips(project))
        return code


def serve(work: Work, address: tuple[str, int], guard: Guard, ready: Callable[[int], None]) -> int:
    """Serve a queue until interrupted; return the exit code.

    Args:
        work: The queue.
        address: Host and port; port 0 takes any.
        guard: Who may ask.
        ready: Called with the port once it is listened on.

    Raises:
        UsageError: The address cannot be listened on.
    """
    server = Server(address, work.board, guard, work.act)
    thread = threading.Thread(target=server.serve_forever, name="drapto-serve", daemon=True)
    thread.start()
    try:
        ready(server.server_address[1])
        return work.follow()
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
