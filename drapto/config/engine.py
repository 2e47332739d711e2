"""Where the work runs: the settings of ``[engine]``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from drapto.config.section import Section, table
from drapto.config.types import Whole


class DaskSettings(Section):
    """A Dask cluster."""

    scheduler: str | None = Field(
        None, examples=["tcp://10.0.0.1:8786"], description="the scheduler's address, tcp:// or tls://"
    )
    slots: Whole = Field(
        128, ge=1, le=4096, description="how many calls run at once: at least the encode slots of all workers"
    )
    mixed: bool = Field(
        False, description="accept workers with other versions, or other results, than this machine"
    )


class EngineSettings(Section):
    """Where the work runs."""

    name: str = Field(
        "local",
        description="local (this machine), dask (a cluster), or an engine that another package brings",
    )
    transfer: Literal["shared", "push"] = Field(
        "shared", description="how workers get the files: from a shared directory, or sent to them (push)"
    )
    dask: DaskSettings = table()

    @property
    def slots(self) -> int:
        """How many calls are under way at most, where that is not this machine's processors; else 0."""
        return self.dask.slots if self.name == "dask" else 0

    def options(self, preset: int, crf: float) -> dict[str, Any]:
        """Return what an engine other than the local one is made with.

        Args:
            preset: ``encoding.preset``, for an encode on trial.
            crf: A CRF for that.
        """
        return {**self.dask.model_dump(), "transfer": self.transfer, "preset": preset, "crf": crf}
