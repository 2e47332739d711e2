"""The settings of the pages about finished titles."""

from __future__ import annotations

from pydantic import Field

from drapto.config.section import Section


class ReportSettings(Section):
    """The page about each finished title."""

    enabled: bool = Field(True, description="make work/<title>/report.html when a title is finished")
