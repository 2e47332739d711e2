"""audio: one Opus track for each of the source's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.audio.plan import plan_audio
from drapto.errors import DraptoError, printable
from drapto.rules import versions
from drapto.rules.task import failing, name_of, rule
from drapto.state.bus import bus
from drapto.state.events import Progress
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.media.model import AudioTrack, SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.versions import Makers

STAGE = "audio"


def tasks(project: Project, title: Title, info: SourceInfo) -> Iterator[Task]:
    """Yield a task for each audio track of a title."""
    makers = versions.of_sound(project, title, info)
    for number, track in enumerate(info.audio):
        try:
            slice_ = settings(project, track)
        except DraptoError as error:
            place = {"title": title.name, "stage": STAGE, "track": number}
            message = f"{title.source}: {error}"
            yield failing(name_of(STAGE, title, number), message, place, parent=name_of(STAGE, title))
            continue
        yield rule(
            project,
            title,
            STAGE,
            track=number,
            action=build,
            file_dep=[title.source],
            targets=[title.audio(number)],
            settings=slice_,
            arguments={"number": number, "track": track, "makers": makers},
            clean=[title.audio(number), versions.track_record(title, number)],
            version=makers.check(number),
        )


def settings(project: Project, track: AudioTrack) -> dict[str, Any]:
    """Return what encoding this track reads: its place in the source, and what it is to become.

    Raises:
        DraptoError: No Opus layout can hold the track.
    """
    plan = plan_audio(track, project.config.audio.bitrate)
    return {"stream": track.index, **plan.model_dump(mode="json")}


def build(
    context: StageContext, project: Project, title: Title, *, number: int, track: AudioTrack, makers: Makers
) -> str:
    """Encode a track."""
    from drapto.audio.encode import encode_audio
    from drapto.audio.record import EncodedTrack

    def report(progress: EncodeProgress) -> None:
        bus.publish(
            Progress(
                title=title.name,
                stage=STAGE,
                track=number,
                position=progress.position,
                duration=track.end - track.start,
                bytes=progress.size,
            )
        )

    context, maker = makers.begin(context)
    result = encode_audio(
        title.source,
        track,
        number,
        title.audio(number),
        bitrates=project.config.audio.bitrate,
        context=context,
        on_progress=report,
    )
    makers.sign(EncodedTrack(number=number), maker, versions.track_record(title, number))
    summary = f"{track.codec} {track.layout} to Opus {result.plan.layout} at {result.plan.bitrate} kbit/s"
    summary += makers.said(maker)
    if result.complaints:
        log = f"{printable(title.logs)}/{STAGE}-{number}.log"
        said = f"{count_text(len(result.complaints), 'error')}, the first: {result.complaints[0]}"
        summary += f"\n{printable(title.source)}: the sound is damaged ({said}); rip it again; see {log}"
    return summary
