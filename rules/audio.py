"""audio: each audio track to Opus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.audio.plan import AudioPlan, Treatment, mixed_in, plan_audio
from drapto.errors import DraptoError, printable
from drapto.media.complaints import codecs_beside, of_the_track
from drapto.rules import versions
from drapto.rules.placing import in_track
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, failing, name_of, task
from drapto.rules.tracks import chosen
from drapto.rules.work import ONE_CPU
from drapto.words import count_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.execution import Report
    from drapto.media.model import AudioTrack, SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.versions import Provenance
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield a task for each audio track of a title."""
    provenance = versions.of_sound(project, title, known.probed)
    for number in chosen(project, known.probed).audio:
        track = known.probed.audio[number]
        try:
            slice_ = settings(project, track)
        except DraptoError as error:
            place = {"title": title.name, "stage": STAGE.name, "track": number}
            message = f"{title.source}: {error}"
            name = name_of(STAGE.name, title, number)
            yield failing(name, message, place, parent=name_of(STAGE.name, title))
            continue
        rule = Rule(
            STAGE.name,
            build,
            track=number,
            settings=slice_,
            file_dep=[title.film],
            targets=[title.audio(number)],
            arguments={"number": number, "track": track, "provenance": provenance},
            clean=[title.audio(number), title.audio_record(number)],
            version=provenance.check(number),
        )
        yield task(project, title, rule)


def settings(project: Project, track: AudioTrack) -> dict[str, Any]:
    """Return what encoding this track reads: its place in the source, and what it is to become.

    Raises:
        DraptoError: No Opus layout can hold the track.
    """
    plan = planned(project, track)
    # of the task alone and not of what makes a title finished: one of an earlier drapto stays as it is
    family = {} if plan.family is None else {"mapping_family": plan.family}
    return {"stream": track.index, **plan.slice(), **family}


def planned(project: Project, track: AudioTrack) -> AudioPlan:
    """Return what a track becomes.

    Raises:
        DraptoError: No Opus layout can hold it.
    """
    return plan_audio(track, project.config.audio.bitrate, treatment(project))


def treatment(project: Project) -> Treatment:
    """Return which tracks are copied, and which are mixed down."""
    audio = project.config.audio
    downmix = "" if audio.downmix == "none" else audio.downmix
    return Treatment(audio.copy_opus, audio.passthrough, downmix)


def shapes(project: Project, title: Title, info: SourceInfo) -> list[dict[str, Any]]:
    """Return what each track is to become; of one that no layout can hold, why."""
    del title
    return [_shape(project, track) for track in chosen(project, info).info.audio]


def _shape(project: Project, track: AudioTrack) -> dict[str, Any]:
    try:
        return planned(project, track).slice()
    except DraptoError as error:
        return {"refused": str(error)}


def build(work: Work, *, number: int, track: AudioTrack, provenance: Provenance) -> str:
    """Encode a track."""
    from drapto.audio.encode import encode_audio
    from drapto.audio.record import EncodedTrack
    from drapto.engine.context import EncodeProgress
    from drapto.state.events import Progress

    title = work.title
    context, made_by = provenance.begin(work.context)

    reached = track.start

    def told(report: Report) -> None:
        nonlocal reached
        if isinstance(report, EncodeProgress):
            reached = max(reached, report.position)
            work.publish(
                Progress(
                    title=title.name,
                    stage=STAGE.name,
                    track=number,
                    position=report.position,
                    duration=track.end - track.start,
                    bytes=report.size,
                )
            )

    with in_track(title.source, lambda: reached):
        result = work.run(
            encode_audio,
            ONE_CPU,
            told=told,
            source=title.film,
            track=track,
            number=number,
            target=title.audio(number),
            bitrates=work.project.config.audio.bitrate,
            treatment=treatment(work.project),
            context=context,
        )
    record = EncodedTrack(number=number, copied=result.copied)
    provenance.sign(record, made_by, title.audio_record(number))
    plan = result.plan
    summary = f"{track.codec} {track.layout} " + (
        "copied" if plan.copies else f"to Opus {plan.layout} at {plan.bitrate} kbit/s"
    )
    summary += "" if plan.copies else provenance.said(made_by)
    if gone := mixed_in(track, plan):
        layout = (
            f"{track.layout}: it comes out as {plan.layout}, with {', '.join(gone)} mixed into the others"
        )
        summary += f"\naudio track {number} is {layout}"
    if heard := of_the_track(result.complaints, _others(title, track)):
        log = f"{printable(title.logs)}/{STAGE.name}.log"
        said = f"{count_text(len(heard), 'error')}, the first: {heard[0]}"
        when = "" if result.damaged is None else f" after {time_text(result.damaged)}"
        where = f"{printable(title.source)}: the sound is damaged{when}"
        summary += f"\n{where} ({said}); listen there, or rip it again; see {log}"
    return summary


def _others(title: Title, track: AudioTrack) -> set[str]:
    """Return the codecs of all that the source holds beside a track."""
    from drapto.media.model import SourceInfo

    info = SourceInfo.read_if_whole(title.probe)
    return set() if info is None else codecs_beside(info, track.codec)


STAGE = Stage(
    "audio",
    "each audio track to Opus",
    needs="probe",
    tasks=tasks,
    after=("probe",),
    makes=r"audio-\d+\.mkv",
    shapes=shapes,
    large=("audio-*.mkv",),
)
