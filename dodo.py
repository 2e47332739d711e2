"""The build graph of this directory: `doit` runs it. Settings are in drapto.toml."""

from drapto import rules

project = rules.here(__file__)
DOIT_CONFIG = rules.doit_config(project)


def task_graph():
    """Yield all tasks."""
    yield from rules.graph(project)
