"""The programs, and the commands that their users would write."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from bench.encoding import SVT
from bench.peers.peer import UNKNOWN, AbsentError, NoWayError, Peer, first_match, said
from bench.report import commit
from bench.timing import doit
from drapto.encoding.abav1 import find_ab_av1
from drapto.encoding.abav1.programs import write_programs
from drapto.errors import ToolMissingError
from drapto.rules import DODO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.peers.peer import Command, Job


class Drapto(Peer):
    """This."""

    name = "drapto"

    def version(self) -> str:
        """Return the version, or raise `AbsentError`."""
        return commit()

    def encoder(self, log: Path) -> str:  # noqa: ARG002  its logs are the encoder's, each by itself
        """Return whose SVT-AV1 it runs."""
        return "ffmpeg's"

    def prepare(self, job: Job) -> None:
        """Make what the command needs."""
        project = job.folder / "project"
        if project.exists():
            return
        (project / "source").mkdir(parents=True)
        (project / "source" / job.source.name).symlink_to(job.source)
        (project / "dodo.py").write_text(DODO)
        crf = f"[encoding.crf]\nsd = {job.crf:g}\nhd = {job.crf:g}\nuhd = {job.crf:g}\n" if job.crf else ""
        (project / "drapto.toml").write_text(
            f"[encoding]\npreset = {job.preset}\nvmaf_target = {job.target:g}\n{crf}"
            f'[quality]\nmode = "{"crf" if job.crf else "target"}"\n'
            f"[processing]\nchunk_size = {job.chunk:g}\n"
        )

    def command(self, job: Job) -> Command:
        """Return the command, or raise `NoWayError`."""
        return ["env", "-C", job.folder / "project", "DRAPTO_IF_LARGER=keep", *doit()]

    def made(self, job: Job) -> Path:
        """Return the finished file."""
        return job.folder / "project" / "output" / job.source.name


class Plain(Peer):
    """An ffmpeg command, the same ffmpeg as drapto's."""

    name = "ffmpeg"

    def version(self) -> str:
        """Return the version, or raise `AbsentError`."""
        return first_match([self.ffmpeg, "-version"], r"version (\S+)")

    def command(self, job: Job) -> Command:
        """Return the command, or raise `NoWayError`."""
        if job.crf is None:
            raise NoWayError("has no target")
        keep: Sequence[str] = ("-map", "0:v:0")
        if job.tracks:
            # without the filter libopus refuses 5.1(side), which is what discs have
            layouts = [
                part for one in job.surround for part in (f"-filter:a:{one}", "aformat=channel_layouts=5.1")
            ]
            keep = ("-map", "0", "-c:a", "libopus", *layouts, "-c:s", "copy", "-c:t", "copy")
        return [
            *(
                self.ffmpeg,
                "-nostdin",
                "-hide_banner",
                "-y",
                "-i",
                job.source,
                *keep,
                "-fps_mode",
                "passthrough",
            ),
            *("-pix_fmt", "yuv420p10le", "-c:v", "libsvtav1", "-preset", str(job.preset)),
            *("-svtav1-params", f"{SVT}:crf={job.crf:g}:keyint=10s", job.output),
        ]


class AbAv1(Peer):
    """`ab-av1`, with its own sampling, scaling and steps of the CRF; what it finds out it may keep."""

    name = "ab-av1"
    starts_over = "target"

    def version(self) -> str:
        """Return the version, or raise `AbsentError`."""
        return first_match([self._found(), "--version"], r"ab-av1 (\S+)")

    def encoder(self, log: Path) -> str:  # noqa: ARG002  it says nothing of it
        """Return whose SVT-AV1 it runs."""
        return "ffmpeg's"

    def _found(self) -> Path:
        try:
            return find_ab_av1().program
        except ToolMissingError:
            raise AbsentError("not installed (`cargo install ab-av1`)") from None

    def prepare(self, job: Job) -> None:
        """Make what the command needs."""
        write_programs(job.folder / "bin", self._found(), self.ffmpeg)

    def command(self, job: Job) -> Command:
        """Return the command, or raise `NoWayError`."""
        if job.crf is not None and not job.tracks:
            raise NoWayError("at a fixed CRF it is the ffmpeg command above")
        kind = ["auto-encode", "--min-vmaf", f"{job.target:g}", "--max-encoded-percent", "1000"]
        kind += ["--temp-dir", str(job.folder)]
        if job.crf is not None:
            kind = ["encode", "--crf", f"{job.crf:g}"]
        # sound is copied: with libopus it fails on 5.1(side), and has no way to give it a filter
        sound = [] if job.tracks else ["--video-only"]
        return [
            *("env", f"XDG_CACHE_HOME={job.folder / 'cache'}", job.folder / "bin" / "ab-av1", *kind),
            *("--input", job.source, "--output", job.output, *sound),
            *("--encoder", "libsvtav1", "--preset", str(job.preset), "--pix-format", "yuv420p10le"),
            *(part for pair in SVT.split(":") if "grain" not in pair for part in ("--svt", pair)),
        ]


class Av1an(Peer):
    """`av1an`, which wants VapourSynth, mkvmerge and SvtAv1EncApp; sound it copies, if not told otherwise.

    Without ``-m`` it reads frames by the best plugin that VapourSynth has, BestSource first, and by ffmpeg
    where it has none. ``AV1AN_CHUNKS`` (``select``, ``hybrid``, ``lsmash``, …) chooses.
    """

    name = "Av1an"

    def version(self) -> str:
        """Return the version, or raise `AbsentError`."""
        program = shutil.which("av1an")
        if program is None:
            raise AbsentError("not installed (see “Av1an” below)")
        for needed in ("mkvmerge", "SvtAv1EncApp"):
            if shutil.which(needed) is None:
                raise AbsentError(f"its {needed} is not installed")
        version = first_match([program, "--version"], r"(?mi)^av1an\s+v?(\d+\.\S*)")
        if version == UNKNOWN:
            raise AbsentError("does not start: `av1an --version` says why")
        return version

    def encoder(self, log: Path) -> str:  # noqa: ARG002  its chunks' logs go with its temporary folder
        """Return the version of its SVT-AV1."""
        return first_match(["SvtAv1EncApp", "--version"], r"SVT-AV1 v?(\S+)")

    def prepare(self, job: Job) -> None:
        """Make what the command needs."""
        places = job.folder / "bin"
        places.mkdir(exist_ok=True)
        (places / "ffmpeg").unlink(missing_ok=True)
        (places / "ffmpeg").symlink_to(self.ffmpeg)  # which has libvmaf

    def command(self, job: Job) -> Command:
        """Return the command, or raise `NoWayError`."""
        coder = f"--preset {job.preset} --tune 0 --film-grain 0"
        aim: Sequence[str] = ("--target-quality", f"{job.target - 0.5:g}-{job.target + 0.5:g}")
        if job.crf is not None:
            aim, coder = (), f"{coder} --crf {job.crf:g}"
        method = os.environ.get("AV1AN_CHUNKS")
        path = f"{job.folder / 'bin'}:{os.environ['PATH']}"
        return [
            *(
                "env",
                f"PATH={path}",
                "av1an",
                "-i",
                job.source,
                "-o",
                job.output,
                "-e",
                "svt-av1",
                "-v",
                coder,
            ),
            *("--pix-format", "yuv420p10le", "-c", "mkvmerge", *aim, *(("-m", method) if method else ())),
            # its index stands beside the film otherwise, where a second run would find it
            *("--temp", job.folder / "temp", "--cache-mode", "temp", "--resume", "-n"),
        ]


class HandBrake(Peer):
    """`HandBrakeCLI`, with the filters that its usual preset would put in between turned off."""

    name = "HandBrake"

    def version(self) -> str:
        """Return the version, or raise `AbsentError`."""
        if shutil.which("HandBrakeCLI") is None:
            raise AbsentError("not installed (`apt-get install handbrake-cli`)")
        if "svt_av1_10bit" not in said(["HandBrakeCLI", "--help"]):
            raise AbsentError("this one has no SVT-AV1")
        return first_match(["HandBrakeCLI", "--version"], r"HandBrake (\d\S*)")

    def command(self, job: Job) -> Command:
        """Return the command, or raise `NoWayError`."""
        if job.crf is None:
            raise NoWayError("has no target")
        keep: Sequence[str] = ("--audio", "none", "--subtitle", "none")
        if job.tracks:
            keep = ("--all-audio", "-E", "opus", "--mixdown", "5point1", "--all-subtitles", "--markers")
        return [
            *("HandBrakeCLI", "-i", job.source, "-o", job.output, "-f", "av_mkv", "-e", "svt_av1_10bit"),
            *("--encoder-preset", str(job.preset), "-q", f"{job.crf:g}", "-x", "tune=0", "--vfr", *keep),
            *(
                "--crop-mode",
                "none",
                "--no-comb-detect",
                "--no-deinterlace",
                "--no-decomb",
                "--non-anamorphic",
            ),
            *("--maxWidth", "8192", "--maxHeight", "8192"),
        ]


PEERS: tuple[type[Peer], ...] = (Drapto, Plain, AbAv1, Av1an, HandBrake)
