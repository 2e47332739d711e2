"""What changes a run that goes on: whether tasks may begin, and which titles come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.rules.run_state import state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.project import Project
    from drapto.rules.leave import Leave


def leave_of(project: Project) -> Leave:
    """Return what says whether tasks of a project's runs in this process may begin."""
    return state_of(project).leave


def put_in_order(project: Project, names: Sequence[str]) -> None:
    """Have titles worked on in this order from now on, also by a run of this process that goes on."""
    state_of(project).turns.wish(names)
