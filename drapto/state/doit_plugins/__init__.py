"""Where drapto plugs into doit: the database, the file checker, the order of tasks, the reporter.

No other package of drapto imports doit.

doit 0.37 writes its database when a run ends, so a killed run forgets all that it did; `DurableDB` commits
each task's success as it comes. doit's MD5 checker reads an 80 GB source once for each task that depends on
it; `ContentChecker` reads a few MiB of it, once, and only when its size or modification time has changed.
"""

from __future__ import annotations

from drapto.engine import collection
from drapto.state.doit_plugins import beginning  # noqa: F401  before what takes time to load

with collection.paused():
    from drapto.state.doit_plugins.checker import bound_checker
    from drapto.state.doit_plugins.database import READ, SAID, DurableDB, FastCodec, forget, recall, remember
    from drapto.state.doit_plugins.dependencies import TaskNames
    from drapto.state.doit_plugins.order import OrderedRun, keep_order
    from drapto.state.doit_plugins.reporter import StageFailed, StageReporter, bound_reporter

__all__ = [
    "READ",
    "SAID",
    "DurableDB",
    "FastCodec",
    "OrderedRun",
    "StageFailed",
    "StageReporter",
    "TaskNames",
    "bound_checker",
    "bound_reporter",
    "forget",
    "keep_order",
    "recall",
    "remember",
]
