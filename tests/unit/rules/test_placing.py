"""What a failure says of where in the film it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import ArtifactError, DraptoError, FrameCountError, ToolFailedError
from drapto.rules.placing import among_segments, in_segment, in_track
from drapto.rules.run_state import state_of
from drapto.rules.work import Work
from drapto.video.plan import Segment
from tests import known

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT = Segment(
    index=7,
    path="segments/0007.mkv",
    size=9,
    start_time=90.0,
    duration=15.0,
    frames=360,
    first_frame=2160,
    keyint=240,
)


def work(folder: Path, **settings: object) -> Work:
    project = known.project_in(folder, settings)
    return Work(project, project.titles[0], state_of(project))


def said(error: DraptoError, given: Work, reached: float = 0.0) -> str:
    with pytest.raises(type(error)) as caught, in_segment(given, SEGMENT, lambda: reached):
        raise error
    return str(caught.value)


def failed(first: str = "no such filter") -> ToolFailedError:
    error = ToolFailedError("ffmpeg failed", path="segments/0007.mkv", remedy="see encode.log")
    error.first = first
    return error


def test_an_encoder_that_fails_names_the_film_and_when_it_stopped(tmp_path: Path) -> None:
    given = work(tmp_path)
    assert said(failed(), given, 5.5) == (
        f"{given.title.source}: after 1:36: ffmpeg failed; look at the source there, and rip it again where "
        "it is damaged; see encode.log"
    )


def test_what_the_encoder_does_not_take_is_no_damage(tmp_path: Path) -> None:
    error = failed()
    error.problem = "ffmpeg failed with status 234: SVT-AV1 says: The maximum allowed frame rate is 240 fps"
    told = said(error, work(tmp_path))
    assert "look at the source" not in told
    assert "fps; correct encoding.svt_params, or bring the source within the encoder's limits first" in told


def test_one_that_was_killed_says_nothing_of_the_source(tmp_path: Path) -> None:
    error = failed()
    error.cause = "killed"
    assert "look at the source" not in said(error, work(tmp_path))
    assert "look at the source" not in said(failed(first=""), work(tmp_path))


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({}, 'rip it again; to encode what decodes of it, set input.frame_index = "decode"'),
        (
            {"input.frame_index": "decode"},
            'rip it again; to encode what decodes of it, set encoding.mode = "standard", too',
        ),
        (
            {"input.frame_index": "decode", "encoding.mode": "standard"},
            "rip it again: it does not decode to the same frames each time",
        ),
    ],
)
def test_what_is_set_already_is_no_remedy(settings: dict[str, object], remedy: str, tmp_path: Path) -> None:
    given = work(tmp_path, **settings)
    error = FrameCountError("segment 7 came to 9 frames", path="segments/0007.mkv", remedy="wait")
    assert (
        said(error, given) == f"{given.title.source}: from 1:30 to 1:45: segment 7 came to 9 frames; {remedy}"
    )


def test_a_work_file_that_is_to_be_deleted_stays_the_one_that_is_named(tmp_path: Path) -> None:
    error = ArtifactError("is damaged", path="encoded/0007.mkv", remedy="delete it and run again")
    assert said(error, work(tmp_path)) == (
        "encoded/0007.mkv: is damaged, which is film.mkv from 1:30 to 1:45; delete it and run again"
    )


def test_of_several_segments_the_one_that_failed_is_placed(tmp_path: Path) -> None:
    title, path = work(tmp_path).title, tmp_path / "0007.mkv"
    files = {tmp_path / "0006.mkv": SEGMENT.model_copy(update={"start_time": 0.0}), path: SEGMENT}
    error = ArtifactError("does not decode", path=path, remedy="delete it and run again")
    with pytest.raises(ArtifactError) as caught, among_segments(title, files):
        raise error
    assert caught.value.problem == "does not decode, which is film.mkv from 1:30 to 1:45"
    with pytest.raises(ArtifactError) as caught, among_segments(title, files):
        raise ArtifactError("is missing", path="else")
    assert caught.value.problem == "is missing"


def test_a_track_says_how_far_it_came(tmp_path: Path) -> None:
    with pytest.raises(ToolFailedError) as caught, in_track(tmp_path / "film.mkv", lambda: 62.0):
        raise failed()
    assert caught.value.problem == "after 1:02: ffmpeg failed"
