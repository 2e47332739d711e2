"""The settings of the commands that are told what becomes of titles."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator, Field

from drapto.config.section import Section
from drapto.config.types import Wait


def _check_command(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise ValueError(f"is not a command ({error})".replace("No closing", "no closing")) from error
    if not words or "\0" in value:
        raise ValueError("is empty, or holds a NUL character")
    return value


Command = Annotated[str, AfterValidator(_check_command)]
Timeout = Annotated[Wait, Field(ge=1, le=3600)]


class HookSettings(Section):
    """Commands that are called when something has become of a title."""

    on_done: Command | None = Field(
        None,
        examples=["/usr/local/bin/notify"],
        description="called when a title is finished; finds its result as JSON on its standard input",
    )
    on_failed: Command | None = Field(
        None,
        examples=["/usr/local/bin/notify"],
        description="called when a title has failed; finds its result, with the cause, in the same way",
    )
    timeout: Timeout = Field(
        60, description='how long such a command may take before it is killed, such as "30 s"'
    )
