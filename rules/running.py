"""Run a project's graph from a program: doit, with a loader that needs no dodo.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.cmd_base import TaskLoader2
from doit.doit_cmd import DoitMain
from doit.exceptions import InvalidDodoFile

from drapto.engine.causes import exit_code
from drapto.errors import EXIT_INTERRUPTED, UsageError
from drapto.project import require_sources
from drapto.rules.graph import graph
from drapto.rules.output_place import require_output
from drapto.rules.project import doit_config, make_state_dir
from drapto.rules.run_state import begin, state_of
from drapto.rules.signals import signals_restored
from drapto.rules.vmaf_models import require_models
from drapto.state.doit_plugins import OrderedRun
from drapto.state.doit_plugins.order import ordered_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doit.task import Task

    from drapto.project import Project
    from drapto.state.doit_plugins.order import Turns

PLUGINS = {"BACKEND": {"drapto": "drapto.state.doit_plugins:DurableDB"}}
"""As the entry points say; given here too, so that a checkout that is not installed runs."""


class ProjectMain(DoitMain):  # type: ignore[misc]  # doit is untyped
    """doit, whose ``run`` keeps drapto's order of tasks, without replacing anything in the process."""

    DOIT_CMDS = (OrderedRun,)

    def __init__(self, loader: ProjectLoader, turns: Turns) -> None:
        super().__init__(loader, config_filenames=(), extra_config=PLUGINS)
        self.DOIT_CMDS = (ordered_run(turns),)


class ProjectLoader(TaskLoader2):  # type: ignore[misc]  # doit is untyped
    """Gives doit a project's tasks."""

    def __init__(self, project: Project, *, force: bool, quiet: bool) -> None:
        super().__init__()
        self._project = project
        self._force = force
        self._quiet = quiet

    def setup(self, opt_values: Any) -> None:
        """Do nothing: there is no file to load."""

    def load_doit_config(self) -> dict[str, Any]:
        """Return doit's settings."""
        return doit_config(self._project, quiet=self._quiet, begun=True)

    def load_tasks(self, cmd: Any, pos_args: Any) -> list[Task]:
        """Return all tasks."""
        del cmd
        return list(graph(self._project, pos_args, force=self._force))


def run(
    project: Project,
    targets: Sequence[str] = (),
    *,
    force: bool = False,
    jobs: int | None = None,
    quiet: bool = False,
) -> int:
    """Build ``targets`` (tasks or files; everything by default) and return doit's exit code.

    Args:
        project: The project.
        targets: What to build.
        force: Run tasks that are up to date, too.
        quiet: Show nothing; the events on the bus tell what happens.
        jobs: How many tasks run side by side; as the settings say by default.

    Returns:
        0 done, 1 a task failed, 2 error, 4 something was lacking, 130 interrupted.

    Raises:
        UsageError: A source is missing, or the output directory cannot be written to.
        LockedError: Another run works in the project.
    """
    require_sources(project)
    require_output(project)
    options = [*(["-a"] if force else []), *(["-n", str(jobs)] if jobs is not None else [])]
    main = ProjectMain(ProjectLoader(project, force=force, quiet=quiet), state_of(project).turns)
    try:
        with signals_restored():
            make_state_dir(project)
            require_models(project)
            begin(project, own=not quiet)
            try:
                failed = state_of(project).failed
                return exit_code(int(main.run(["run", *options, *targets])), failed)
            finally:
                state_of(project).end()  # nothing is left where the run has ended by itself
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit as ended:  # before the first task: there is no room for the build state
        return int(ended.code or 0)
    except InvalidDodoFile as error:
        raise UsageError(str(error)) from error
