"""The settings of how a run uses the machine: processors, memory, disks, and its patience with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from drapto.config.section import Section
from drapto.config.types import (
    MIB,
    Bytes,
    Location,
    Seconds,
    Wait,
    Whole,
    read_size_or_auto,
    read_wait,
    written_size,
)

MOST_JOBS = 32


def _written(value: int | str) -> str:
    return value if isinstance(value, str) else written_size(value)


def _read_jobs(value: object) -> object:
    text = str(value).strip().lower()
    if text == "auto":
        return text
    if not text.isdecimal() or not 1 <= int(text) <= MOST_JOBS:
        raise ValueError(f'is neither "auto" nor a whole number from 1 to {MOST_JOBS}')
    return int(text)


Patience = Annotated[
    Literal["auto"] | Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)],
    BeforeValidator(read_wait),
]
Budget = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=512 * MIB)],
    BeforeValidator(read_size_or_auto),
    PlainSerializer(_written, return_type=str, when_used="json"),
]
Reserve = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=0)],
    BeforeValidator(read_size_or_auto),
    PlainSerializer(_written, return_type=str, when_used="json"),
]


class ProcessingSettings(Section):
    """How the work is divided, and where it lies."""

    chunk_size: Seconds = Field(15.0, ge=1, le=300, description="seconds per segment, 1 to 300")
    parallel_jobs: Annotated[Literal["auto"] | int, BeforeValidator(_read_jobs)] = Field(
        "auto", description='encoders side by side, "auto" or 1 to 32'
    )
    temp_dir: Location = Field(Path("work"), description="the work directory, from the project directory")
    keep_work: bool = Field(True, description="keep a title's work files once its output is validated")
    stall_timeout: Patience = Field(
        "auto",
        description='kill and retry a program without a sign of life for this long: auto, or "10 min"',
    )
    max_attempts: Whole = Field(
        3, ge=1, le=20, description="how often a stage is tried when its failure may be temporary"
    )
    breaker_reset: Wait = Field(
        300, ge=0, description='how long to start nothing new after three similar failures, such as "5 min"'
    )


class ResourceSettings(Section):
    """How much of the machine a run may use."""

    max_memory: Budget = Field(
        "auto", description='memory for the encoders: "auto" (80 % of what is free), or such as "8 GiB"'
    )
    max_cpu: Whole = Field(95, ge=1, le=100, description="percent of the processors to use, 1 to 100")
    max_disk_io: Bytes = Field(
        100 * MIB, ge=MIB, description='bytes per second of stream copies, such as "100 MiB/s"'
    )
    disk_reserve: Reserve = Field(
        "auto", description='pause while a disk has less free space than this: "auto", or such as "5 GiB"'
    )
    disk_wait: Wait = Field(
        3600, ge=0, description='how long to wait for disk space before giving up, such as "12 h"'
    )
    nice: Whole = Field(0, ge=0, le=19, description="lower the encoders' priority, as nice does, 0 to 19")
    ionice: Literal["none", "best-effort", "idle"] = Field(
        "none", description="lower their disk priority, on Linux: none, best-effort (lowest level), idle"
    )
