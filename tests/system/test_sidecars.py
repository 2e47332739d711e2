"""Subtitle files beside a source, and subtitles that ffmpeg does not know, from end to end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import SourceError
from drapto.media.foreign import ForeignCodec
from drapto.media.probe import inspect
from drapto.media.sidecars import Sidecar
from drapto.output.mux import mux
from drapto.output.sidecars import prepared, with_sidecars
from drapto.output.subtitles import copy_subtitles
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo

SRT = "1\n00:00:00,200 --> 00:00:00,900\n{}\n"
ASS = """[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial
[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.10,0:00:00.60,Default,Größe
"""
VTT = "WEBVTT\n\nSTYLE\n::cue {{ color: red }}\n\nid\n00:00.300 --> 00:00.800 line:10%\n{}\n"

ON = "[input]\nsidecar_subtitles = true\n"


def make(context: StageContext, folder: Path) -> Path:
    """Make a clip with two tracks of kinds that ffmpeg does not know, by drapto's own muxer."""
    plain = clips.make_clip(context.ffmpeg, folder / "plain.mkv", frames=24, size=(160, 96))
    (folder / "own.vtt").write_text(VTT.format("its own"))
    vtt = [Sidecar(folder / "own.vtt", "eng", "Own"), Sidecar(folder / "own.vtt", "pt-BR")]
    info, _ = inspect(plain)
    copy_subtitles(plain, info, folder / "subtitles.mkv", context=context, sidecars=vtt)
    info = with_sidecars(info, folder / "subtitles.mkv", vtt)
    first, second = info.subtitles
    usf = second.model_copy(update={"foreign": ForeignCodec(id="S_TEXT/USF", private="3c2f3e")})
    info = info.model_copy(update={"subtitles": (first, usf)})
    mux(plain, [], folder / "subtitles.mkv", info, folder / "film.mkv", context=context)
    return folder / "film.mkv"


@pytest.fixture(scope="module")
def finished(shared_job: StageContext, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    folder = tmp_path_factory.mktemp("sidecars")
    project = new_project(folder / "project", make(shared_job, folder), settings=ON)
    beside = project.root / "source"
    (beside / "film.eng.forced.srt").write_text(SRT.format("forced"), encoding="utf-16")
    (beside / "film.rus.srt").write_text(SRT.format("Жизнь"), encoding="cp1251")
    (beside / "film.de.sdh.ass").write_text(ASS, encoding="cp1252")
    (beside / "film.pt-BR.vtt").write_text(VTT.format("olá"), encoding="utf-8-sig")
    project.doit()
    return project


def packets(path: Path) -> list[list[tuple[int | None, bytes, list[bytes]]]]:
    """Return the time, the payload and the additions of each packet of each subtitle track."""
    with av.open(str(path)) as container:
        streams = container.streams.subtitles
        found: dict[int, list[tuple[int | None, bytes, list[bytes]]]] = {one.index: [] for one in streams}
        for packet in container.demux(streams):
            if packet.size:
                added = [bytes(data) for data in packet.iter_sidedata()]
                found[packet.stream_index].append((packet.pts, bytes(packet), added))
        return list(found.values())


def output(project: ProjectDir) -> SourceInfo:
    return inspect(project.root / "output" / "film.mkv")[0]


def test_what_ffmpeg_does_not_know_is_kept(finished: ProjectDir) -> None:
    source, _ = inspect(finished.root / "source" / "film.mkv")
    made = output(finished)
    assert [track.codec for track in source.subtitles] == ["webvtt", "usf"]
    for given, kept in zip(source.subtitles, made.subtitles, strict=False):
        assert (kept.codec, kept.foreign, kept.digest) == (given.codec, given.foreign, given.digest)
        assert (kept.language, kept.title) == (given.language, given.title)
    given_packets = packets(finished.root / "source" / "film.mkv")
    assert packets(finished.root / "output" / "film.mkv")[:2] == given_packets
    assert given_packets[0][0][2][0].endswith(b"line:10%\nid\n")
    assert any("S_TEXT/USF" in note for note in source.notes)


def test_files_beside_the_source_become_tracks(finished: ProjectDir) -> None:
    made = output(finished).subtitles[2:]
    assert [(track.codec, track.language, track.dispositions) for track in made] == [
        ("ass", "ger", ("hearing_impaired",)),
        ("subrip", "eng", ("forced",)),
        ("webvtt", "pt-BR", ()),
        ("subrip", "rus", ()),
    ]
    texts = [track[0][1].decode() for track in packets(finished.root / "output" / "film.mkv")[2:]]
    assert "Größe" in texts[0]
    assert texts[1:] == ["forced", "olá", "Жизнь"]


def test_a_change_beside_the_source_makes_the_subtitles_again(finished: ProjectDir) -> None:
    again = {"subtitles:film", "mux:film", "validate:film"}
    beside = finished.root / "source"
    (beside / "film.rus.srt").write_text(SRT.format("Юля"), encoding="cp1251")
    assert finished.executed() == again
    assert "Юля" in str(packets(finished.root / "output" / "film.mkv")[-1][0][1], "utf-8")
    for path in beside.glob("film.*t"):
        path.unlink()
    (beside / "film.de.sdh.ass").unlink()
    assert finished.executed() == again
    assert len(output(finished).subtitles) == 2
    finished.configure("")
    assert finished.executed() == set(), "where there is none, the setting is of no concern"


def test_a_file_that_is_none_is_named(finished: ProjectDir, tmp_path: Path) -> None:
    project = ProjectDir(tmp_path / "project")
    shutil.copytree(finished.root, project.root, symlinks=True)
    project.configure(ON)
    (project.root / "source" / "film.vtt").write_text("nothing")
    said = project.doit(status=1).output
    assert "film.vtt: does not begin with WEBVTT; put it right, or elsewhere" in said


@pytest.mark.media
def test_bitmaps_beside_the_source(
    shared_job: StageContext, media: Callable[[str], Path], tmp_path: Path
) -> None:
    source = media("vobsub_pgs_no_audio.mkv")
    info, _ = inspect(source)
    number = next(track.index for track in info.subtitles if "pgs" in track.codec)
    wanted = ["-map", f"0:{number}", "-c", "copy"]
    clips.run_ffmpeg(shared_job.ffmpeg, "-i", source, *wanted, tmp_path / "film.fin.sup")
    beside = [Sidecar(tmp_path / "film.fin.sup", "fin")]
    copy_subtitles(source, info, tmp_path / "s.mkv", context=shared_job, sidecars=beside)
    (*_, made) = with_sidecars(info, tmp_path / "s.mkv", beside).subtitles
    given = next(track for track in info.subtitles if track.index == number)
    assert (made.codec, made.language, made.packets) == (given.codec, "fin", given.packets)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("film.srt", b"", "has no subtitles"),
        ("film.srt", b"no subtitles at all", "has no subtitles"),
        ("film.ass", b"[Script Info]", "has no subtitles"),
        ("film.vtt", b"WEBVTT", "has no subtitles"),
        ("film.vtt", b"00:00", "does not begin with WEBVTT"),
        ("film.sup", b"no pictures", "cannot be read as subtitles"),
        ("film.idx", b"id: en, index: 0", "has no subtitles"),
    ],
)
def test_what_is_no_subtitles_is_named(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    path.with_suffix(".sub").write_bytes(b"")
    with pytest.raises(SourceError, match=problem) as caught, prepared(Sidecar(path), tmp_path / "s.mkv"):
        pass
    assert str(path) in str(caught.value)
    assert {one.name for one in tmp_path.iterdir()} == {name, "film.sub"}
