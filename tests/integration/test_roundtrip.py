"""Files of mkvmerge's making, through elements and mux: mkvtoolnix sees the same in source and output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from drapto.output.element_checks import check_elements
from drapto.output.elements import copy_elements
from drapto.output.mux import mux
from tests import clips
from tests.integration.finished import Finished, finish
from tests.matroska import identified, mkvtoolnix

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def chapters(*editions: str) -> str:
    return f"<Chapters>{''.join(f'<EditionEntry>{one}</EditionEntry>' for one in editions)}</Chapters>"


def atom(uid: int, start: str, *inside: str) -> str:
    times = f"<ChapterUID>{uid}</ChapterUID><ChapterTimeStart>00:00:0{start}</ChapterTimeStart>"
    return f"<ChapterAtom>{times}{''.join(inside)}</ChapterAtom>"


def name(text: str, language: str = "eng", ietf: str = "en", country: str = "") -> str:
    where = f"<ChapterCountry>{country}</ChapterCountry>" if country else ""
    said = f"<ChapterLanguage>{language}</ChapterLanguage><ChapLanguageIETF>{ietf}</ChapLanguageIETF>"
    return f"<ChapterDisplay><ChapterString>{text}</ChapterString>{said}{where}</ChapterDisplay>"


def end(time: str) -> str:
    return f"<ChapterTimeEnd>00:00:0{time}</ChapterTimeEnd>"


def nested(depth: int) -> str:
    inner = nested(depth - 1) if depth else ""
    return atom(500 + depth, "0.000000000", name(f"Level {depth}"), inner)


def tags(*one: str) -> str:
    return f"<Tags>{''.join(f'<Tag>{inside}</Tag>' for inside in one)}</Tags>"


def simple(title: str, text: str, *inside: str, language: str = "") -> str:
    said = f"<TagLanguageIETF>{language}</TagLanguageIETF>" if language else ""
    return f"<Simple><Name>{title}</Name><String>{text}</String>{said}{''.join(inside)}</Simple>"


def target(value: int = 50, kind: str = "", *uids: str) -> str:
    word = f"<TargetType>{kind}</TargetType>" if kind else ""
    return f"<Targets><TargetTypeValue>{value}</TargetTypeValue>{word}{''.join(uids)}</Targets>"


EDITION = "<EditionUID>{}</EditionUID><EditionFlagDefault>{}</EditionFlagDefault>"
HIDDEN = "<EditionFlagHidden>1</EditionFlagHidden>"
ORDERED = "<EditionFlagOrdered>1</EditionFlagOrdered>"
BINARY = '<Simple><Name>BLOB</Name><Binary format="hex">00ff1080</Binary></Simple>'
THREE = name("One", "eng", "en-GB", "gb") + name("Eins", "ger", "de-CH", "ch") + name("一", "chi", "zh-Hant")


@dataclass(frozen=True)
class Made:
    """What mkvmerge is given beside the clip: chapters, tags, tags of track 1, options, attached files."""

    chapters: str = ""
    tags: str = ""
    track_tags: str = ""
    options: tuple[str, ...] = ()
    attached: tuple[tuple[str, str, str, bytes], ...] = ()
    segment: str = field(default="")


FONTS = tuple(
    (f"font {number}.ttf", "font/ttf", f"Schrift {number}", bytes([number]) * 9000) for number in range(5)
)

FILES = {
    "plain": Made(),
    "one edition": Made(chapters(atom(1, "0.000000000", name("A")))),
    "two editions, the second by default": Made(
        chapters(
            EDITION.format(11, 0) + HIDDEN + atom(1, "0.000000000", name("Hidden")),
            EDITION.format(12, 1) + atom(2, "0.000000000", name("Shown")) + atom(3, "1.000000000"),
        )
    ),
    "an ordered edition": Made(
        chapters(
            EDITION.format(11, 1)
            + ORDERED
            + atom(1, "0.000000000", end("0.500000000"))
            + atom(2, "1.000000000", end("1.250000001"))
        )
    ),
    "chapters six deep": Made(chapters(nested(5))),
    "chapters in three languages": Made(
        chapters(atom(1, "0.000000000", THREE), atom(2, "1.000000000", THREE))
    ),
    "hidden and disabled chapters": Made(
        chapters(
            atom(1, "0.000000000", "<ChapterFlagHidden>1</ChapterFlagHidden>", name("a &amp; b")),
            atom(2, "0.500000000", "<ChapterFlagEnabled>0</ChapterFlagEnabled>", name("c")),
            atom(3, "1.000000000", "<ChapterPhysicalEquiv>60</ChapterPhysicalEquiv>", name("Disc")),
        )
    ),
    "a chapter of another file": Made(
        chapters(
            EDITION.format(11, 1)
            + ORDERED
            + atom(
                1,
                "0.000000000",
                end("1.000000000"),
                '<ChapterSegmentUID format="hex">000102030405060708090a0b0c0d0e0f</ChapterSegmentUID>',
            )
        )
    ),
    "tags of every level": Made(
        tags=tags(
            target(70, "COLLECTION") + simple("TITLE", "All of them", language="en"),
            target(60, "SEASON") + simple("PART_NUMBER", "2"),
            target(50) + simple("TITLE", "Der Film", language="de-CH") + simple("TITLE", "The film"),
            target(30, "CHAPTER") + simple("TITLE", "a scene"),
        )
    ),
    "nested and repeated tags": Made(
        tags=tags(
            target()
            + simple("ACTOR", "First", simple("CHARACTER", "Hero", simple("URL", "https://x"), language="de"))
            + simple("ACTOR", "Second", simple("CHARACTER", "Villain"))
        )
    ),
    "binary tags": Made(tags=tags(target() + BINARY + simple("TEXT", "after it"))),
    "tags of a track": Made(track_tags=tags(target(30) + simple("ARTIST", "Nobody") + simple("BPM", "120"))),
    "tags of chapters and editions": Made(
        chapters(EDITION.format(12, 1) + atom(201, "0.000000000", name("A"))),
        tags(
            target(30, "", "<ChapterUID>201</ChapterUID>") + simple("COMMENT", "of a chapter"),
            target(50, "", "<EditionUID>12</EditionUID>") + simple("COMMENT", "of an edition"),
        ),
    ),
    "tags in three languages": Made(
        tags=tags(
            target() + "".join(simple("TITLE", one, language=one) for one in ("en", "pt-BR", "zh-Hant"))
        )
    ),
    "six attachments": Made(attached=(*FONTS, ("cover.jpg", "image/jpeg", "", b"\xff\xd8\xff" + bytes(400)))),
    "attachments of one name": Made(
        attached=(("a.ttf", "font/ttf", "one", b"1"), ("a.ttf", "application/x-font", "zwei äöü", b"22"))
    ),
    "flags": Made(
        options=(
            *("--default-track-flag", "1:no", "--forced-display-flag", "1:yes", "--original-flag", "1:no"),
            *(
                "--track-enabled-flag",
                "2:no",
                "--commentary-flag",
                "2:yes",
                "--visual-impaired-flag",
                "2:yes",
            ),
            *("--hearing-impaired-flag", "3:yes", "--text-descriptions-flag", "3:yes"),
        )
    ),
    "languages and names": Made(
        options=(
            *("--language", "0:zxx", "--language", "1:sr-Latn-RS", "--language", "2:es-419"),
            *("--language", "3:zh-Hant", "--track-name", "1:Ein Name", "--track-name", "0:Film"),
        )
    ),
    "shape and depth": Made(
        options=("--display-dimensions", "0:400x180", "--stereo-mode", "0:side_by_side_left_first")
    ),
    "title and links": Made(options=("--title", "Film, der"), segment="0102030405060708090a0b0c0d0e0f10"),
    "all of it": Made(
        chapters(
            EDITION.format(11, 0) + HIDDEN + atom(1, "0.000000000", THREE, nested(3)),
            EDITION.format(12, 1) + ORDERED + atom(2, "0.000000000", end("1.000000000"), THREE),
        ),
        tags(target(70, "COLLECTION") + simple("TITLE", "x", BINARY), target() + simple("ACTOR", "y")),
        tags(target(30) + simple("ARTIST", "z", language="fr")),
        ("--language", "1:de-AT", "--track-name", "2:Zwei", "--commentary-flag", "2:yes", "--title", "T"),
        FONTS,
    ),
}

CODED = (
    *("codec_id", "codec_private_data", "codec_private_length", "packetizer", "chroma_siting"),
    *("audio_bits_per_sample", "default_duration", "minimum_timestamp", "codec_delay", "codec_name"),
    *("num_index_entries", "color_range", "audio_channels", "audio_sampling_frequency"),
)
"""What is of a track's codec, or counted."""


@pytest.fixture(scope="module")
def done(shared_job: StageContext, clip_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    mkvtoolnix("mkvmerge", "--version")
    source = clips.make_tracks(shared_job.ffmpeg, clip_cache / "tracks-36.mkv", frames=36)
    return finish(shared_job, source, tmp_path_factory.mktemp("title"))


def merged(clip: Path, given: Made, folder: Path) -> Path:
    """Let mkvmerge make a file of a clip's tracks and what else is given."""
    options: list[str | Path] = ["--no-global-tags", "--no-track-tags", "--no-chapters", "--no-attachments"]
    options += given.options
    before: list[str | Path] = []
    for text, option in ((given.chapters, "--chapters"), (given.tags, "--global-tags")):
        if text:
            path = folder / f"{option[2:]}.xml"
            path.write_text(XML + text, encoding="utf-8")
            before += [option, path]
    if given.track_tags:
        (folder / "track.xml").write_text(XML + given.track_tags, encoding="utf-8")
        options += ["--tags", f"1:{folder / 'track.xml'}"]
    for number, (title, kind, description, content) in enumerate(given.attached):
        path = folder / f"attached-{number}"
        path.write_bytes(content)
        before += ["--attachment-name", title, "--attachment-mime-type", kind]
        before += ["--attachment-description", description, "--attach-file", path]
    if given.segment:
        before += ["--segment-uid", given.segment, "--link-to-next", "0x" + "9" * 32]
    mkvtoolnix("mkvmerge", "-q", "-o", folder / "source.mkv", *before, *options, clip)
    return folder / "source.mkv"


def seen(found: dict[str, Any]) -> dict[str, Any]:
    """Return what mkvmerge says of a file, but for what is of its codecs, counted, or of its writer."""
    container = {
        key: value
        for key, value in found["container"]["properties"].items()
        if key not in {"muxing_application", "writing_application", "duration", "next_segment_uid"}
    }
    tracks = [
        {
            key: value
            for key, value in track["properties"].items()
            if key not in CODED and not key.startswith("tag_")
        }
        for track in found["tracks"]
    ]
    return {**{key: found[key] for key in ("attachments", "global_tags")}, **container, "tracks": tracks}


def extracted(path: Path, folder: Path) -> list[list[str]]:
    """Return what mkvextract says of a file's chapters and tags, statistics left out."""
    files = [folder / f"{path.stem}.{what}" for what in ("chapters", "tags")]
    for one in files:
        one.write_text("")
    mkvtoolnix("mkvextract", path, "chapters", files[0], "tags", files[1])
    texts = ["\n".join(map(str.strip, one.read_text(encoding="utf-8").splitlines())) for one in files]
    return [[part for part in text.split("<Tag>") if "_STATISTICS_TAGS" not in part] for text in texts]


@pytest.mark.parametrize("kind", FILES)
def test_mkvtoolnix_sees_the_same(
    kind: str, done: Finished, shared_job: StageContext, tmp_path: Path
) -> None:
    source = merged(done.source, FILES[kind], tmp_path)
    elements, output = tmp_path / "elements.mkv", tmp_path / "out.mkv"
    copy_elements(source, elements)
    # as the probe of such a file says it
    mode = 1 if "--stereo-mode" in FILES[kind].options else 0
    video = done.info.video.model_copy(update={"stereo_mode": mode})
    info = done.info.model_copy(update={"video": video})
    mux(done.video, done.audio, done.subtitles, info, output, elements=elements, context=shared_job)
    said = extracted(source, tmp_path)
    assert extracted(output, tmp_path) == said
    assert (said[0] != [""]) == bool(FILES[kind].chapters)
    found = identified(output)
    assert seen(found) == seen(identified(source))
    assert not found["warnings"]
    assert "next_segment_uid" not in found["container"]["properties"]
    taken = [f"{number}:{tmp_path / str(number)}" for number in range(1, len(FILES[kind].attached) + 1)]
    if taken:
        mkvtoolnix("mkvextract", output, "attachments", *taken)
        contents = [(tmp_path / str(number)).read_bytes() for number in range(1, len(taken) + 1)]
        assert contents == [content for *_, content in FILES[kind].attached]
    assert [check for check in check_elements(elements, output, info) if not check.passed] == []
