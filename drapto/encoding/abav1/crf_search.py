"""One search of ab-av1's: a segment's file and a target in, a CRF or none out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from drapto.encoding.abav1.messages import Attempt, Best, GaveUp, read
from drapto.encoding.abav1.programs import toolchain
from drapto.errors import ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.encoding.abav1.tool import AbAv1
    from drapto.engine.context import StageContext
    from drapto.engine.process import Finished

NO_LIMIT = "1000000"
"""Percent of the source's size that an encode may have: only the target decides."""

QUARTER = "0.25"
"""SVT-AV1's smallest step of CRF."""

GRAIN = ("film-grain", "film-grain-denoise")

TOO_SMALL = "encoded sample too small"
"""How ab-av1 refuses a sample of at most 1,024 bytes: a little black, or nothing where it sought too far."""


class SampleTier(NamedTuple):
    """How much of a segment ab-av1 looks at, and what it is content with.

    Attributes:
        samples: How many samples.
        seconds: How long each of them is. Where they make up 85 % of the file, or are 0 seconds long, the
            whole file is the sample.
        below: Points by which the target is lowered.
    """

    samples: int
    seconds: float
    below: float = 0.0


TIERS = (SampleTier(3, 1), SampleTier(6, 2), SampleTier(6, 2, below=2))
"""Tried in turn: the usual sampling, a denser one, a lower target."""

WHOLE = SampleTier(1, 0)


@dataclass(frozen=True)
class SearchSettings:
    """What shapes a search's outcome.

    Attributes:
        preset: SVT-AV1's preset.
        svt_params: ``key=value`` pairs joined by colons. Film grain among them is left out: a metric takes
            synthesised grain for errors, and a search would try to make up for them.
        pix_fmt: ffmpeg's name of the encode's pixel format.
        target: The VMAF that the samples have to exceed.
        lowest: The best quality to try; less than `highest`.
        highest: The worst quality to try.
        filters: ffmpeg's filters in front of the encoder and of the metric; None where there are none.
        model: libvmaf's model.
        scale: How large it makes the pictures for that: ``1920x1080``, of which one side is met and neither
            exceeded, or ``none``.
        pool: How libvmaf sums up the frames of a sample.
        keyint: The most from keyframe to keyframe, frames or, with an ``s``, seconds.
    """

    preset: int
    svt_params: str
    pix_fmt: str
    target: float
    lowest: float
    highest: float
    filters: str | None = None
    model: str = "vmaf_v0.6.1"
    scale: str = "none"
    pool: str = "harmonic_mean"
    keyint: str = "10s"


@dataclass(frozen=True)
class Found:
    """A CRF that ab-av1 believes in.

    Attributes:
        crf: The CRF.
        vmaf: What its samples scored.
        tier: How they were taken.
        attempts: Every CRF that it tried, in order.
        cpu_seconds: Processor seconds that it took, with all that it ran.
    """

    crf: float
    vmaf: float
    tier: SampleTier
    attempts: tuple[Attempt, ...]
    cpu_seconds: float


@dataclass(frozen=True)
class NotFound:
    """No CRF within the bounds will do, as ab-av1 sees it.

    Attributes:
        why: Its words.
        tier: How the samples were taken.
        attempts: Every CRF that it tried, in order; at least one.
        cpu_seconds: Processor seconds that it took, with all that it ran.
    """

    why: str
    tier: SampleTier
    attempts: tuple[Attempt, ...]
    cpu_seconds: float

    @property
    def closest(self) -> Attempt:
        """The attempt with the highest score."""
        return max(self.attempts, key=lambda attempt: attempt.vmaf)


def encode_options(settings: SearchSettings, tier: SampleTier, *, threads: int) -> list[str]:
    """Return the options that `crf-search` and `auto-encode` have in common, but for the files."""
    pairs = [pair for pair in settings.svt_params.split(":") if pair]
    own = [pair for pair in pairs if pair.partition("=")[0] not in (*GRAIN, "scd", "lp")]
    scene_cuts = ["--scd", "true"] if "scd=1" in pairs else []
    measuring = (f"model=version={settings.model}", f"pool={settings.pool}", f"n_threads={threads}")
    return [
        *("--encoder", "libsvtav1", "--preset", str(settings.preset), "--pix-format", settings.pix_fmt),
        *("--keyint", settings.keyint, *scene_cuts),
        *(part for pair in (*own, f"lp={threads}") for part in ("--svt", pair)),
        *("--enc-input", f"threads={threads}"),
        *(("--vfilter", settings.filters) if settings.filters else ()),
        *("--min-vmaf", f"{settings.target - tier.below:g}", "--vmaf-scale", settings.scale),
        *(part for option in measuring for part in ("--vmaf", option)),
        *("--samples", str(tier.samples), "--sample-duration", f"{round(1000 * tier.seconds)}ms"),
        *("--min-crf", f"{settings.lowest:g}", "--max-crf", f"{settings.highest:g}"),
        *("--crf-increment", QUARTER, "--max-encoded-percent", NO_LIMIT, "--cache", "false"),
    ]


def search(  # noqa: PLR0913  the source, how, where, and who is told
    tool: AbAv1,
    source: Path,
    settings: SearchSettings,
    *,
    tier: SampleTier,
    threads: int,
    scratch: Path,
    context: StageContext,
    log: str,
    on_attempt: Callable[[Attempt], None] | None = None,
) -> Found | NotFound:
    """Have ab-av1 search the CRF at which ``source`` meets the target.

    Where a sample is too small for ab-av1, the whole file is its sample.

    Args:
        tool: The program.
        source: A video file; of several video streams ffmpeg takes the one that it thinks best.
        settings: What shapes the outcome.
        tier: How much is sampled, and how far below the target will do.
        threads: How many each encoder and each measurement may use; they are among what the call needs.
        scratch: A folder for this search alone: emptied before, removed after.
        context: The title's surroundings.
        log: Names the log.
        on_attempt: Called for each CRF that was tried, as it is.

    Raises:
        ToolFailedError: ab-av1 failed for another reason than the target.
        SpaceError: The disk is full.
        ToolMissingError: ab-av1, or what it runs, cannot be started.
    """
    report = on_attempt or (lambda _: None)
    with toolchain(scratch, tool, source, context.ffmpeg) as place:
        for tried in (tier, WHOLE._replace(below=tier.below)):
            listener = _Listener(source, report)
            finished = context.run(
                [
                    *(place.program, "crf-search", "--input", place.source, "--temp-dir", place.temp),
                    *("--stdout-format", "json", *encode_options(settings, tried, threads=threads)),
                ],
                log=log,
                about=source,
                on_line=listener.hear,
                forgive=listener.understands,
            )
            if TOO_SMALL not in finished.stderr or listener.verdict:
                break
    return listener.outcome(tried, finished)


@dataclass
class _Listener:
    """Takes down what ab-av1 says."""

    source: Path
    report: Callable[[Attempt], None]
    attempts: list[Attempt] = field(default_factory=list)
    verdict: Best | GaveUp | None = None

    def hear(self, line: str) -> None:
        try:
            said = read(line)
        except (ValueError, KeyError, TypeError) as error:
            problem = f"ab-av1 said what was not expected ({line[:200]})"
            raise ToolFailedError(problem, path=self.source) from error
        if isinstance(said, Attempt):
            self.attempts.append(said)
            self.report(said)
        elif said is not None:
            self.verdict = said

    def understands(self, finished: Finished) -> bool:
        """Return whether a failure is an answer."""
        return isinstance(self.verdict, GaveUp) or (not self.verdict and TOO_SMALL in finished.stderr)

    def outcome(self, tier: SampleTier, finished: Finished) -> Found | NotFound:
        attempts = tuple(self.attempts)
        match self.verdict:
            case Best(crf, vmaf):
                return Found(crf, vmaf, tier, attempts, finished.cpu_seconds)
            case GaveUp(message):
                return NotFound(message, tier, attempts, finished.cpu_seconds)
        raise ToolFailedError("ab-av1 ended without a word of what it found", path=self.source)
