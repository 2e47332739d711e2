"""What makes a title's parts, and what of them may stay."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drapto.audio.record import EncodedTrack
from drapto.config import load_config
from drapto.encoding.calibration import Calibration
from drapto.encoding.record import EncodedSegment
from drapto.engine.context import StageContext
from drapto.engine.slots import Slots
from drapto.errors import StageError, ToolMissingError
from drapto.output.model import MadeWith, Sizes, Validation
from drapto.project import open_project
from drapto.rules import versions
from drapto.rules.versions import Provenance
from drapto.state.settings import MADE_WITH
from drapto.upgrade import MadeBy, Redo, Use
from drapto.versions import Versions

if TYPE_CHECKING:
    from drapto.project import Project, Title

OLD, NEW = Versions(ffmpeg="9.0", svt_av1="4.1"), Versions(ffmpeg="9.0", svt_av1="4.2")


class Machine:
    """The ffmpegs that there are."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "ffmpeg"
        self.program.write_text("")
        self.program.chmod(0o755)
        self.versions = {self.program: NEW}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine(tmp_path)
    monkeypatch.setattr(versions, "versions_of", lambda path, _: found.versions[path])
    monkeypatch.setattr(versions.tools, "locate", lambda _: (found.program, "config"))
    return found


def project_in(folder: Path, **settings: object) -> tuple[Project, Title]:
    overrides = {key.replace("__", "."): value for key, value in settings.items()}
    config = load_config(folder, environ={}, overrides=overrides)
    project = open_project(folder, config, [folder / "clip.mkv"])
    return project, project.titles[0]


def context(title: Title, folder: Path) -> StageContext:
    return StageContext(title.name, Path("/usual"), title.logs, Slots(folder / "slots", 1), 1)


def segment(title: Title, index: int, by: Versions | None, shape: str = "s", program: str = "/gone") -> None:
    title.encoded.mkdir(parents=True, exist_ok=True)
    (title.encoded / f"{index:04d}.mkv").write_bytes(b"x")
    EncodedSegment(
        index=index,
        strategy="chunked",
        crf=25,
        preset=6,
        attempts=1,
        frames=1,
        bytes=1,
        seconds=1,
        cpu_seconds=1,
        versions=by,
        program=program if by else "",
        shape=shape if by else "",
    ).write(title.encoded / f"{index:04d}.json")


def validated(title: Title, *made: Versions) -> None:
    Validation(
        digest="",
        passed=True,
        frames=1,
        duration=1.0,
        sizes=Sizes(source=1, output=1, video=1),
        inputs={},
        checks=(),
        versions=MadeWith(segments=made, check=NEW),
    ).write(title.validation)


def picture(project: Project, title: Title, count: int = 3) -> Provenance:
    return Provenance(project, title, "picture", count, "s")


@pytest.mark.usefixtures("machine")
def test_a_title_in_the_middle_is_made_again(tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    assert isinstance(picture(project, title).verdict(), Use)
    segment(title, 1, OLD)
    provenance = picture(project, title)
    assert provenance.verdict() == Redo(provenance.current, "SVT-AV1 4.1 -> 4.2")
    assert provenance.check(0).values() == {MADE_WITH: ["9.0", "4.1"]}
    assert not provenance.check(0)(None, {MADE_WITH: ["9.0", "4.1"]})
    assert provenance.check(1).values() == {}


@pytest.mark.usefixtures("machine")
def test_a_title_of_which_nothing_is_left_to_make_stays(tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    for number in (1, 2, 3):
        segment(title, number, OLD)
    assert isinstance(picture(project, title).verdict(), Use)
    (title.encoded / "0002.mkv").unlink()
    assert isinstance(picture(project, title).verdict(), Redo)


@pytest.mark.usefixtures("machine")
def test_a_mixed_title_stays_where_it_was_published_so(tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    segment(title, 1, OLD)
    segment(title, 2, NEW)
    assert isinstance(picture(project, title, 2).verdict(), Redo)
    validated(title, NEW)
    assert isinstance(picture(project, title, 2).verdict(), Redo)
    validated(title, NEW, OLD)
    assert isinstance(picture(project, title, 2).verdict(), Use)


@pytest.mark.usefixtures("machine")
def test_parts_made_for_other_settings_do_not_count(tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    segment(title, 1, OLD, shape="another")
    assert isinstance(picture(project, title).verdict(), Use)


@pytest.mark.usefixtures("machine")
def test_a_title_that_is_made_of_two_versions_is_not_validated(tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    segment(title, 1, OLD)
    segment(title, 2, NEW)
    encoded = [EncodedSegment.read(title.encoded / f"{index:04d}.json") for index in (1, 2)]
    around = StageContext(title.name, tmp_path / "ffmpeg", title.logs, Slots(tmp_path / "slots", 1), 1)
    with pytest.raises(StageError, match=r"several versions: SVT-AV1 4\.1 -> 4\.2; run again"):
        versions.made_with(project, title, encoded, (), around)
    mixing, _ = project_in(tmp_path, encoding__on_upgrade="mix")
    assert versions.made_with(mixing, title, encoded, (0,), around) == MadeWith(
        segments=(OLD, NEW), tracks=(None,), check=NEW
    )


def test_the_old_program_is_used_where_it_is_there(machine: Machine, tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    old = tmp_path / "old"
    old.write_text("")
    old.chmod(0o755)
    machine.versions[old] = OLD
    segment(title, 1, OLD, program=str(old))
    provenance = picture(project, title)
    around, made_by = provenance.begin(context(title, tmp_path))
    assert (around.ffmpeg, made_by) == (old, MadeBy(old, OLD))
    assert "begun with (SVT-AV1 4.2 -> 4.1)" in provenance.said(made_by)
    assert isinstance(provenance.verdict(), Use)


def test_an_ffmpeg_that_is_replaced_during_a_run_is_noticed(machine: Machine, tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    provenance = picture(project, title)
    _, made_by = provenance.begin(context(title, tmp_path))
    segment(title, 1, None)
    record = title.encoded / "0001.json"
    part = EncodedSegment.read(record)
    assert provenance.sign(part, made_by, record).versions == NEW
    machine.versions[machine.program] = Versions(ffmpeg="9.0", svt_av1="4.3")
    with pytest.raises(StageError, match=r"in the middle of a title: SVT-AV1 4\.2 -> 4\.3; run again"):
        provenance.sign(part, made_by, record)
    with pytest.raises(StageError, match="in the middle of a title"):
        provenance.begin(context(title, tmp_path))
    mixing = Provenance(project_in(tmp_path, encoding__on_upgrade="mix")[0], title, "picture", 3, "s")
    assert mixing.begin(context(title, tmp_path))[1].versions.svt_av1 == "4.3"


@pytest.mark.usefixtures("machine")
def test_what_is_found_out_before_the_first_segment_is_found_out_again(tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    Calibration(metric="vmaf", anchors=(), made_with=("9.0", "4.1")).write(title.calibration)
    check = picture(project, title).check_calibration()
    assert check.values() == {MADE_WITH: ["9.0", "4.1"]}
    assert not check(None, check.values())
    mixing, _ = project_in(tmp_path, encoding__on_upgrade="mix")
    assert picture(mixing, title).check_calibration()(None, check.values())
    for number in (1, 2, 3):
        segment(title, number, OLD)
    assert picture(project, title).check_calibration()(None, check.values())


def test_sound_goes_by_its_own_records(machine: Machine, tmp_path: Path) -> None:
    project, title = project_in(tmp_path)
    machine.versions[machine.program] = Versions(ffmpeg="9.0", libopus="1.6")
    title.work.mkdir(parents=True)
    title.audio(0).write_bytes(b"x")
    old = Versions(ffmpeg="9.0", libopus="1.5")
    EncodedTrack(number=0, versions=old, program="/gone", shape="s").write(title.audio_record(0))
    provenance = Provenance(project, title, "sound", 2, "s")
    assert provenance.verdict() == Redo(provenance.current, "libopus 1.5 -> 1.6")
    assert isinstance(Provenance(project, title, "sound", 1, "s").verdict(), Use)


def test_without_an_ffmpeg_nothing_is_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locate(_: Path | None) -> None:
        raise ToolMissingError("no")

    monkeypatch.setattr(versions.tools, "locate", locate)
    project, title = project_in(tmp_path)
    segment(title, 1, OLD)
    provenance = picture(project, title)
    assert provenance.check(0)(None, {MADE_WITH: ["9.0", "4.1"]})
    # crosses to the workers of doit's process runner, with what has been found out
    assert pickle.loads(pickle.dumps(provenance)).now == ("", "")  # noqa: S301  its own
