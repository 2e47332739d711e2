"""THE GRAPH: one file for each stage, its tasks' dependencies, targets, settings and action. No media code.

    source.mkv -> probe -> crop ---------------+              +-> decode x <= 16 ----v
                        -> fields -> segment --+-> calibrate -> encode x N -> video -> mux -> validate
                        -> audio x M ------------------------------------------------^
                        -> subtitles ------------------------------------------------^
                        -> elements -------------------------------------------------^

A rule is the one place that knows what its stage reads: files in ``file_dep``, and the slice of the settings
in ``settings``. What is not there cannot make it run again.
"""

from __future__ import annotations

from drapto.rules.cleaning import clean
from drapto.rules.explaining import PlannedTask, explain, qualities
from drapto.rules.graph import graph
from drapto.rules.project import DODO, doit_config, here
from drapto.rules.run_state import bus_of
from drapto.rules.running import run
from drapto.rules.stage import Known, Stage, register
from drapto.rules.task import Rule, task
from drapto.rules.work import Work

__all__ = [
    "DODO",
    "Known",
    "PlannedTask",
    "Rule",
    "Stage",
    "Work",
    "bus_of",
    "clean",
    "doit_config",
    "explain",
    "graph",
    "here",
    "qualities",
    "register",
    "run",
    "task",
]
