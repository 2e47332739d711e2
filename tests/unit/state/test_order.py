"""In which order doit begins what may run."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

from drapto.state.doit_plugins.order import FILLER, ReadyQueue, Turns

if TYPE_CHECKING:
    from pathlib import Path

DODO = """
import threading
from doit.reporter import ConsoleReporter
from doit.task import Task
from drapto.state.doit_plugins import keep_order

keep_order()


class Order(ConsoleReporter):
    def get_status(self, task):  # called as each is chosen, whichever thread begins it when
        if task.actions:
            with open("order.txt", "a") as order:
                order.write(task.name + "\\n")


DOIT_CONFIG = {"num_process": 3, "par_type": "thread", "verbosity": 2, "reporter": Order}
BEGUN = {name: threading.Event() for name in ("part:a:0",)}
DONE = {name: threading.Event() for name in ("cut:b", "join:a")}


def work(name):
    # the first title stands in line first, then both do; the second goes no further until the first is whole
    if name in BEGUN:
        BEGUN[name].set()
    if name == "cut:b":
        BEGUN["part:a:0"].wait(20)
    after = {"part:a": "cut:b", "part:b": "join:a"}.get(name[:6])
    if after:
        DONE[after].wait(20)
    if name in DONE:
        DONE[name].set()


def make(name, title, after=(), **meta):
    return Task(name, [(work, [name])], task_dep=list(after), meta={"title": title, **meta})


def task_graph():
    for title in "ab":
        yield make(f"cut:{title}", title)
        parts = [make(f"part:{title}:{number}", title, [f"cut:{title}"]) for number in range(12)]
        yield from parts
        yield make(f"extra:{title}", title, [f"part:{title}:0"], decode_part=1)
        yield Task(f"parts:{title}", None, task_dep=[part.name for part in parts], has_subtask=True)
        yield make(f"join:{title}", title, [f"parts:{title}"])
"""


def node(name: str, **meta: object) -> SimpleNamespace:
    return SimpleNamespace(name=name, task=SimpleNamespace(meta=meta or None))


def test_title_by_title_fillers_last_groups_first() -> None:
    queue = ReadyQueue()
    assert not queue
    for one in [
        node("b1", title="b"),
        node("b-filler", **{"title": "b", FILLER: 1}),
        node("a1", title="a"),
        node("b2", title="b"),
        node("group"),
        node("a2", title="a"),
    ]:
        queue.append(one)
    assert len(queue) == 6
    names = [queue.popleft().name for _ in range(6)]
    assert names == ["group", "b1", "b2", "b-filler", "a1", "a2"]
    assert not queue


def test_doit_joins_a_title_before_it_begins_the_parts_of_the_next(tmp_path: Path) -> None:
    (tmp_path / "dodo.py").write_text(DODO)
    finished = subprocess.run(
        [sys.executable, "-m", "doit"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    order = (tmp_path / "order.txt").read_text().split()
    assert len(order) == 30
    # of three workers, two may have begun what is next when the last part is done
    assert order.index("join:a") < order.index("part:b:2")
    assert order.index("part:a:11") < order.index("extra:a") < order.index("part:b:2")
    parts = [int(name.rsplit(":", 1)[1]) for name in order if name.startswith("part:a")]
    assert parts == list(range(12))


def test_titles_may_be_put_in_another_order_while_others_stand_in_line() -> None:
    turns = Turns()
    queue = ReadyQueue(turns)
    for title in ("a", "b", "c"):
        for part in (1, 2):
            queue.append(node(f"{title}{part}", title=title))
    queue.append(node("group"))
    assert [queue.popleft().name for _ in range(2)] == ["group", "a1"]
    turns.wish(["c", "b"])
    queue.append(node("c3", title="c"))
    queue.append(node("d1", title="d"))
    assert [queue.popleft().name for _ in range(len(queue))] == ["c1", "c2", "c3", "b1", "b2", "a2", "d1"]
