"""Which titles are finished as a single run was given them, with settings that later runs do not have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.cli import options
from drapto.errors import DraptoError
from drapto.state.explain import as_people_say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drapto.project import Project
    from drapto.rules import PlannedTask


def as_given(project: Project, named: options.Named, tasks: Iterable[PlannedTask]) -> dict[str, str]:
    """Return the titles that are finished as a run was given them, each with that run's settings as text.

    Args:
        project: The project, as the settings are now.
        named: What the command was given.
        tasks: What a run would do now; of a title of which nothing is to be done, nothing is said.
    """
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good
    from drapto.progress import record  # noqa: PLC0415  as above

    left = {task.title for task in tasks if task.action == "run"}
    noted = {name: one for name, one in record.given(project.state_dir).items() if name in left}
    found = {}
    for title in project.titles:
        if title.name not in noted:
            continue
        settings = noted[title.name]
        try:
            config = options.settings(named["set_"], named["config_file"], settings).config
        except DraptoError:
            continue  # an earlier drapto knew a setting that this one does not
        output = config.output.model_copy(update={"dir": project.config.output.dir})
        processing = config.processing.model_copy(update={"temp_dir": project.config.processing.temp_dir})
        config = config.model_copy(update={"output": output, "processing": processing})
        if not rules.unfinished(replace(project, config=config, titles=(title,))):
            said = (f"{key} = {as_people_say(value)}" for key, value in settings.items())
            found[title.name] = ", ".join(said)
    return found
