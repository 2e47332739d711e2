"""THE GRAPH: one file for each stage, its tasks' dependencies, targets, settings and action. No media code.

    source.mkv -> probe -> crop ---------------+              +-> decode x <= 16 -v
                        -> fields -> segment --+-> calibrate -> encode x N -> video -> mux -> validate
                        -> audio x M ---------------------------------------------------^        v
                        -> subtitles ---------------------------------------------------^      report
                        -> elements ----------------------------------------------------^

A rule is the one place that knows what its stage reads: files in ``file_dep``, and the slice of the settings
in ``settings``. What is not there cannot make it run again.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from drapto.engine import collection

with collection.paused():
    from drapto.rules.cleaning import clean, others
    from drapto.rules.graph import default_tasks, graph
    from drapto.rules.project import DODO, doit_config, here
    from drapto.rules.published import Verdict, output_of, verify
    from drapto.rules.run_state import bus_of
    from drapto.rules.stage import Known, Stage, register
    from drapto.rules.task import Rule, task
    from drapto.rules.work import Work

if TYPE_CHECKING:
    from drapto.rules.explaining import PlannedTask, explain, extra_stages, qualities, skips, unfinished
    from drapto.rules.predicting import Prediction, predict
    from drapto.rules.reports import Reports, write_reports
    from drapto.rules.run_results import results, run_result
    from drapto.rules.running import run
    from drapto.rules.steering import leave_of, put_in_order

__all__ = [
    "DODO",
    "Known",
    "PlannedTask",
    "Prediction",
    "Reports",
    "Rule",
    "Stage",
    "Verdict",
    "Work",
    "bus_of",
    "clean",
    "default_tasks",
    "doit_config",
    "explain",
    "extra_stages",
    "graph",
    "here",
    "leave_of",
    "others",
    "output_of",
    "predict",
    "put_in_order",
    "qualities",
    "register",
    "results",
    "run",
    "run_result",
    "skips",
    "task",
    "unfinished",
    "verify",
    "write_reports",
]

_LATER = {
    "PlannedTask": "explaining",
    "Prediction": "predicting",
    "Reports": "reports",
    "explain": "explaining",
    "extra_stages": "explaining",
    "leave_of": "steering",
    "predict": "predicting",
    "put_in_order": "steering",
    "qualities": "explaining",
    "results": "run_results",
    "run": "running",
    "run_result": "run_results",
    "skips": "explaining",
    "unfinished": "explaining",
    "write_reports": "reports",
}
"""What a dodo.py has no use for: a run with nothing to do need not wait for its import."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
