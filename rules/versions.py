"""Which ffmpeg makes a title's segments and its sound, and what becomes of those that another has made."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from drapto import tools
from drapto.errors import StageError, ToolMissingError
from drapto.rules import probe
from drapto.rules.finished import finished
from drapto.rules.shape import encode_slice
from drapto.state.settings import MadeByVersion
from drapto.upgrade import MadeBy, Redo, Use, agree, deciding, difference, distinct, same, which_program
from drapto.versions import Versions, versions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.audio.record import EncodedTrack
    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo
    from drapto.output.model import MadeWith
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.upgrade import Deciding, Kind

Part = TypeVar("Part", "EncodedSegment", "EncodedTrack")


@dataclass(frozen=True)
class Provenance:
    """What has made the parts of a title, its segments or its audio tracks, and what makes the rest.

    What it says holds for one run: it belongs to the graph of that. It is picklable.

    Attributes:
        project: The project.
        title: The title.
        kind: Which parts.
        count: How many there are to be.
        shape: Digest of what they share; parts of another shape are no longer of the title.
    """

    project: Project
    title: Title
    kind: Kind
    count: int
    shape: str

    @cached_property
    def current(self) -> MadeBy:
        """The ffmpeg in use, and its versions; of unknown ones where there is none."""
        try:
            program, _ = tools.locate(self.project.config.tools.ffmpeg)
        except ToolMissingError:
            return MadeBy(Path(), Versions())
        return MadeBy(program, self._versions(program))

    @cached_property
    def now(self) -> Deciding:
        """The versions in use that decide the bytes."""
        return deciding(self.current.versions, self.kind)

    @cached_property
    def _parts(self) -> list[MadeBy | None]:
        """What made each part that is there and still of the title."""
        found = []
        for number in range(self.count):
            record, target, kind = self._place(number)
            part = kind.read_if_whole(record) if target.is_file() else None
            if part is not None:
                known = part.versions is not None and part.shape == self.shape
                found.append(MadeBy(Path(part.program), part.versions or Versions()) if known else None)
        return found

    def _place(self, number: int) -> tuple[Path, Path, type[EncodedSegment | EncodedTrack]]:
        # the records' types are loaded only where one is to be read: a run with nothing to do reads none
        if self.kind == "sound":
            from drapto.audio.record import EncodedTrack

            return self.title.audio_record(number), self.title.audio(number), EncodedTrack
        from drapto.encoding.record import EncodedSegment

        name = self.title.encoded / f"{number + 1:04d}"
        return name.with_suffix(".json"), name.with_suffix(".mkv"), EncodedSegment

    @cached_property
    def _choice(self) -> Use | Redo:
        policy = self.project.config.encoding.on_upgrade
        return which_program(self._parts, self.current, policy, kind=self.kind, now=self._there)

    def _there(self, program: Path) -> Versions | None:
        return self._versions(program) if os.access(program, os.X_OK) else None

    def _versions(self, program: Path) -> Versions:
        return versions_of(program, self.project.state_dir / "versions.json")

    @cached_property
    def _finished(self) -> bool:
        """Whether the title is published, and nothing of it gone: then no part's record need be read."""
        info = probe.fresh(self.project, self.title)
        if info is None or not finished(self.project, self.title, info):
            return False
        return all(self._place(number)[1].is_file() for number in range(self.count))

    def verdict(self) -> Use | Redo:
        """Return what becomes of the parts that there are: all of them stay where nothing would be mixed."""
        return self._verdict

    @cached_property
    def _verdict(self) -> Use | Redo:
        if self._finished:
            return Use(self.current)
        whole = len(self._parts) == self.count and None not in self._parts
        made = distinct(self._parts, self.kind)
        if whole and (agree(made, self.kind) or _published(self.title, made, self.kind)):
            return Use(self.current)
        return self._choice

    def preparing(self) -> Use | Redo:
        """Return what becomes of what is found out before the first part is made."""
        if self._parts or self.project.config.encoding.on_upgrade == "mix":
            return self.verdict()
        return Redo(self.current, "")

    def versions_now(self) -> Deciding:
        """Return the versions in use that decide the bytes."""
        return self.now

    def recorded(self, number: int) -> Sequence[str]:
        """Return the versions that a part's record names; none where it names none."""
        record, _, kind = self._place(number)
        part = kind.read_if_whole(record)
        return deciding(part.versions, self.kind) if part is not None and part.versions else ()

    def check(self, number: int) -> MadeByVersion:
        """Return what asks whether a part may stay; parts are counted from 0."""
        return MadeByVersion(self.kind, partial(self.recorded, number), self.versions_now, self.verdict)

    def check_calibration(self) -> MadeByVersion:
        """Return the same for what is known before the segments are encoded."""

        def recorded() -> Sequence[str]:
            from drapto.encoding.calibration import Calibration

            known = Calibration.read_if_whole(self.title.calibration)
            return known.made_with if known else ()

        return MadeByVersion(self.kind, recorded, self.versions_now, self.preparing)

    def begin(self, context: StageContext) -> tuple[StageContext, MadeBy]:
        """Return the surroundings with the ffmpeg that makes a part, and what that is.

        Raises:
            StageError: It is no longer what the title was begun with, and its parts are not to be mixed.
        """
        made_by = self._choice.made_by
        made_by = MadeBy(made_by.program, self._versions(made_by.program))
        self.require_unchanged(self._choice.made_by, made_by)
        return replace(context, ffmpeg=made_by.program), made_by

    def made_with(self, made_by: MadeBy) -> Deciding:
        """Return the versions that decide the bytes."""
        return deciding(made_by.versions, self.kind)

    def sign(self, part: Part, made_by: MadeBy, record: Path) -> Part:
        """Write what made a part into its record.

        Raises:
            StageError: ffmpeg was replaced meanwhile.
        """
        self.require_unchanged(made_by, MadeBy(made_by.program, self._versions(made_by.program)))
        named = {"versions": made_by.versions, "program": str(made_by.program), "shape": self.shape}
        return part.model_copy(update=named).write(record)

    def require_unchanged(self, before: MadeBy, now: MadeBy) -> None:
        """Refuse an ffmpeg that was replaced while a title was made with it.

        Raises:
            StageError: It was, and the title's parts are not to be mixed.
        """
        made, found = self.made_with(before), self.made_with(now)
        if self.project.config.encoding.on_upgrade == "redo" and not same(made, found):
            said = difference(made, found, self.kind)
            remedy = 'run again, which makes one version of the title, or set encoding.on_upgrade = "mix"'
            raise StageError(
                f"was replaced in the middle of a title: {said}", path=now.program, remedy=remedy
            )

    def said(self, made_by: MadeBy) -> str:
        """Say that a part is made by what began its title, and not by the ffmpeg in use."""
        made = self.made_with(made_by)
        if same(made, self.now):
            return ""
        return f", by the versions that the title was begun with ({difference(self.now, made, self.kind)})"


def of_picture(project: Project, title: Title, info: SourceInfo, common: Common) -> Provenance:
    """Return what makes a title's segments."""
    shape = digest_of({"source": info.digest, "strategy": common.strategy, **encode_slice(common)})
    return Provenance(project, title, "picture", common.segments, shape)


def of_sound(project: Project, title: Title, info: SourceInfo) -> Provenance:
    """Return what makes a title's audio tracks."""
    bitrate = project.config.audio.bitrate.model_dump()
    return Provenance(project, title, "sound", len(info.audio), digest_of({"source": info.digest, **bitrate}))


def digest_of(values: dict[str, Any]) -> str:
    """Return the digest of values that JSON, or a name, can hold."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest()


def made_with(
    project: Project,
    title: Title,
    encoded: Sequence[EncodedSegment],
    tracks: Sequence[int],
    context: StageContext,
) -> MadeWith:
    """Return the versions of what made a title.

    Raises:
        StageError: Its segments are of several, and are not to be mixed.
    """
    parts = [MadeBy(Path(one.program), one.versions) for one in encoded if one.versions is not None]
    made = distinct(parts, "picture")
    mixed = not agree(made, "picture") and not _published(title, made, "picture")
    if mixed and project.config.encoding.on_upgrade == "redo":
        first, last = (deciding(one.versions, "picture") for one in (made[0], made[-1]))
        said = difference(first, last, "picture")
        remedy = 'run again, which makes one version of the title, or set encoding.on_upgrade = "mix"'
        raise StageError(f"its segments are of several versions: {said}", path=title.encoded, remedy=remedy)
    from drapto.audio.record import EncodedTrack
    from drapto.output.model import MadeWith

    records = [EncodedTrack.read_if_whole(title.audio_record(number)) for number in tracks]
    return MadeWith(
        segments=tuple(dict.fromkeys(one.versions for one in parts)),
        tracks=tuple(record.versions if record else None for record in records),
        check=versions_of(context.ffmpeg, project.state_dir / "versions.json"),
    )


def _published(title: Title, made: Sequence[MadeBy], kind: Kind) -> bool:
    """Return whether a title has been validated with parts of all of these versions, mixed then."""
    from drapto.output.model import Validation

    known = Validation.read_if_whole(title.validation)
    if known is None or not known.passed or known.versions is None:
        return False
    listed = known.versions.segments if kind == "picture" else known.versions.tracks
    there = {deciding(one, kind) for one in listed if one is not None}
    return all(deciding(one.versions, kind) in there for one in made)
