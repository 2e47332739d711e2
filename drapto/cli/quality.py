"""The options that say how well, how slowly and how much of a source is encoded, and when not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from drapto.cli import options
from drapto.cli.ranges import Number, Whole
from drapto.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any]")


class Quality(TypedDict):
    """What `quality_options` gives a command."""

    preset: int | None
    vmaf: float | None
    crf: float | None
    range_: str | None


class Asked(options.Named, Quality):
    """The same of a command that has `drapto.cli.options.project_options`, too."""


def quality_options(command: Command) -> Command:
    """Add what says how well, how slowly and how much of a source is encoded, for `of_quality`."""
    for option in (
        click.option(
            "--range", "range_", metavar="FROM-TO", help="Encode a part alone, such as 10:00-12:00."
        ),
        click.option("--crf", type=Number(0, 63), help="Encode at this CRF, without a search."),
        click.option("--vmaf", type=Number(70, 99), help="Encode every segment to this VMAF."),
        click.option("--preset", type=Whole(0, 13), help="SVT-AV1 preset, 0 (slow, small) to 13 (fast)."),
    ):
        command = option(command)
    return command


def of_quality(asked: Quality) -> dict[str, object]:
    """Return the settings that these options stand for.

    Raises:
        UsageError: Two of them exclude each other.
    """
    crf, vmaf = asked["crf"], asked["vmaf"]
    if crf is not None and vmaf is not None:
        raise UsageError("--crf and --vmaf exclude each other", remedy="give one of them")
    if vmaf is not None:
        # whatever the file says: a figure that is asked for is not passed over in silence
        asked_for = {"quality.mode": "auto", "quality.metric": "vmaf", "encoding.vmaf_target": vmaf}
    else:
        asked_for = {"quality.mode": None if crf is None else "crf"}
    return {
        **asked_for,
        "input.range": asked["range_"],
        "encoding.preset": asked["preset"],
        **{f"encoding.crf.{size}": crf for size in ("sd", "hd", "uhd")},
    }


no_skip = click.option(
    "--no-skip",
    is_flag=True,
    help="Encode also what is coded well already, and keep what comes out larger.",
)


def not_skipping(no_skip: bool) -> dict[str, object]:
    """Return the settings that ``--no-skip`` stands for."""
    return {"input.skip_codecs": [], "output.if_larger": "keep"} if no_skip else {}
