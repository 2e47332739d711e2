"""Faults by the hundred, with seeds: what `make chaos` runs whole, and the suite a part of.

Each trial makes a project of its own, does something bad to a run, runs again where that is due, and asks the
same of all: no traceback, the right exit code, no temporary file and no child left, the same finished film,
and nothing to do afterwards. What is tried is in a module for each kind, `python -m tests.chaos` runs them:

    python -m tests.chaos                            all of it, for hours
    python -m tests.chaos --times 2 --seed 7 kill    two kills
    python -m tests.chaos --only 17 call             the call number 17 alone, and leave what it left
    python -m tests.chaos --table                    what has been run so far

What came of each trial is appended to `.chaos/results.jsonl`; one that held is not run again.
"""
