"""What all tables of settings have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A frozen table of settings; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, validate_default=False, defer_build=True
    )


def table() -> Any:  # noqa: ANN401  the field's own type
    """Return the default of a table of settings: its own defaults.

    Made when the whole is, by the whole's validator: an instance here would have pydantic build one for each
    table besides, in every run.
    """
    return Field(default_factory=dict, validate_default=True)
