"""What is kept of a file that has everything: made here, small, and read by PyAV before and after."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
from av.sidedata.sidedata import Type as Side
from av.stream import Disposition

from drapto.media.hdr.dynamic import FrameMetadata
from tests import clips, dynamic

FRAMES, RATE = 72, 24

DELAY = 0.4
"""Seconds by which the second sound track starts later than the picture."""

NEAR = 0.03
"""Seconds that a track's start may be off: Opus packets are 20 ms long."""

SURROUND = (1,)
"""Which sound track, from 0, has 5.1 channels that stand at the sides, as AC-3 on discs has."""

MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"

VIDEO = (
    f"-c:v libx265 -preset ultrafast -x265-params hdr10=1:repeat-headers=1:master-display={MASTERING}"
    ":max-cll=1000,400:keyint=24:bframes=3:pools=none:frame-threads=1:log-level=none -pix_fmt yuv420p10le"
)

TRACKS = """
    -map 0:v -map 1:a -map 2:a -map 3:a -map 4:s -map 5:s -map 4:s -map_chapters 6 -map_metadata:g -1
    -c:v copy -c:a:0 aac -c:a:1 ac3 -c:a:2 flac -c:s:0 srt -c:s:1 ass -c:s:2 srt
    -metadata title=Everything -metadata DIRECTOR=Somebody -metadata COLLECTION=Shelf
    -metadata:s:v:0 language=und
    -metadata:s:a:0 language=eng -metadata:s:a:0 title=Main -disposition:a:0 default
    -metadata:s:a:1 language=fre -metadata:s:a:1 title=Surround -disposition:a:1 original
    -metadata:s:a:2 language=ger -metadata:s:a:2 title=Remarks -disposition:a:2 comment
    -metadata:s:s:0 language=eng -metadata:s:s:0 title=Full -disposition:s:0 default
    -metadata:s:s:1 language=jpn -metadata:s:s:1 title=Signs -disposition:s:1 forced
    -metadata:s:s:2 language=spa -metadata:s:s:2 title=SDH -disposition:s:2 hearing_impaired
"""

FLAGS = ("default", "forced", "comment", "original", "hearing_impaired")

ATTACHED = {"note.txt": "text/plain", "shapes.ttf": "font/ttf"}


@dataclass(frozen=True)
class Track:
    """A track of sound or of subtitles, as PyAV reads it."""

    kind: str
    language: str
    title: str
    flags: frozenset[str]
    start: float


@dataclass(frozen=True)
class Content:
    """What is in a file.

    Attributes:
        times: When each frame is shown, in milliseconds.
        tracks: Of sound and subtitles.
        chapters: Their starts in tenths of a second, and titles.
        attached: Names of the attached files.
        tags: Of the whole file, less what the writing program says of itself.
        static: What the first frame has of HDR10.
        dynamic: How many frames have HDR10+ metadata.
    """

    times: tuple[int, ...]
    tracks: tuple[Track, ...]
    chapters: frozenset[tuple[int, str]]
    attached: frozenset[str]
    tags: frozenset[tuple[str, str]]
    static: frozenset[str]
    dynamic: int


def make(ffmpeg: Path, folder: Path) -> Path:
    """Make the file: HDR10+, three tracks of sound and of subtitles, chapters, attachments, tags."""
    target = folder / "everything.mkv"
    if target.exists():
        return target
    seconds = FRAMES / RATE
    picture = f"{clips.moving_picture((320, 180), str(RATE))},{dynamic.PQ}"
    bare, video = folder / "bare.mkv", folder / "picture.mkv"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", picture, "-frames:v", str(FRAMES), *VIDEO.split(), bare)
    dynamic.add_metadata(bare, video, [FrameMetadata(hdr10plus=dynamic.hdr10plus(n)) for n in range(FRAMES)])
    texts = {
        "full.srt": LINES,
        "chapters.txt": CHAPTERS,
        "note.txt": "An attachment\n",
        "shapes.ttf": "not really a font\n",
    }
    with tempfile.TemporaryDirectory(dir=folder) as name:
        side = Path(name)
        for part, text in texts.items():
            (side / part).write_text(text)
        clips.run_ffmpeg(ffmpeg, "-i", side / "full.srt", side / "signs.ass")
        tones = [f"sine={tone}:d={seconds},aformat=channel_layouts={layout}" for tone, layout in SOUNDS]
        clips.run_ffmpeg(
            ffmpeg,
            *("-i", video, "-f", "lavfi", "-i", tones[0]),
            *("-itsoffset", str(DELAY), "-f", "lavfi", "-i", tones[1], "-f", "lavfi", "-i", tones[2]),
            *("-i", side / "full.srt", "-i", side / "signs.ass", "-i", side / "chapters.txt"),
            *(part for name in ATTACHED for part in ("-attach", side / name)),
            *TRACKS.split(),
            *(
                part
                for number, (name, kind) in enumerate(ATTACHED.items())
                for part in (
                    f"-metadata:s:t:{number}",
                    f"mimetype={kind}",
                    f"-metadata:s:t:{number}",
                    f"filename={name}",
                )
            ),
            target,
        )
    return target


LINES = "1\n00:00:00,500 --> 00:00:01,500\nA line\n\n2\n00:00:02,000 --> 00:00:02,800\nAnother\n"

CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1\nSTART={number}\nEND={number + 1}\ntitle={title}\n"
    for number, title in enumerate(("One", "Two", "Three"))
)

SOUNDS = ((440, "stereo"), (660, "5.1(side)"), (880, "mono"))


def read(path: Path) -> Content:
    """Return what is in a file."""
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        starts: dict[int, float] = {}
        times: list[int] = []
        for packet in file.demux():
            if packet.size and packet.pts is not None:
                at = float(packet.pts * packet.time_base)
                starts.setdefault(packet.stream.index, at)
                if packet.stream is video:
                    times.append(round(1000 * at))
        tracks = tuple(
            Track(
                one.type,
                one.language or "",
                one.metadata.get("title", ""),
                frozenset(flag for flag in FLAGS if one.disposition & Disposition[flag]),
                starts.get(one.index, 0.0),
            )
            for one in file.streams
            if one.type in ("audio", "subtitle")
        )
        chapters = frozenset(
            (round(10 * float(one["start"] * one["time_base"])), one["metadata"].get("title", ""))
            for one in file.chapters()
        )
        attached = frozenset(
            one.metadata.get("filename", "") for one in file.streams if one.type == "attachment"
        )
        wanted = {"title", "director", "collection"}
        tags = frozenset((key.lower(), text) for key, text in file.metadata.items() if key.lower() in wanted)
    static, counted = _hdr(path)
    return Content(tuple(sorted(times)), tracks, chapters, attached, tags, static, counted)


def _hdr(path: Path) -> tuple[frozenset[str], int]:
    """Return what the first frame has of HDR10, and how many frames have HDR10+ metadata."""
    static: set[str] = set()
    counted = 0
    with av.open(str(path)) as file:
        for number, frame in enumerate(file.decode(file.streams.video[0])):
            kinds = {Side(one.type) for one in frame.side_data}
            if number == 0:
                named = {
                    Side.MASTERING_DISPLAY_METADATA: "mastering display",
                    Side.CONTENT_LIGHT_LEVEL: "light",
                }
                static = {name for kind, name in named.items() if kind in kinds}
                if (int(frame.color_trc), int(frame.color_primaries)) == (16, 9):
                    static.add("colours")
                if "10" in frame.format.name:
                    static.add("10 bit")
            counted += Side.DYNAMIC_HDR_PLUS in kinds
    return frozenset(static), counted


def compare(source: Content, made: Content) -> dict[str, tuple[int, int]]:
    """Return of each kind of thing how many were kept, of how many."""
    pairs = list(_paired(source.tracks, made.tracks))
    kept = [(one, other) for one, other in pairs if other is not None]
    count = len(pairs)
    of = {kind: sum(one.kind == kind for one in source.tracks) for kind in ("audio", "subtitle")}
    have = {kind: sum(one.kind == kind for one, _ in kept) for kind in of}
    audio = [(one, other) for one, other in kept if one.kind == "audio"]
    return {
        "frames, at their times": (_at_times(source, made), len(source.times)),
        "sound tracks": (have["audio"], of["audio"]),
        "their starts": (sum(_starts_alike(one, other, source, made) for one, other in audio), of["audio"]),
        "subtitles": (have["subtitle"], of["subtitle"]),
        "languages": (sum(one.language == other.language for one, other in kept), count),
        "track names": (sum(one.title == other.title for one, other in kept), count),
        "track flags": (sum(one.flags == other.flags for one, other in kept), count),
        "chapters": (len(source.chapters & made.chapters), len(source.chapters)),
        "attachments": (len(source.attached & made.attached), len(source.attached)),
        "tags": (len(source.tags & made.tags), len(source.tags)),
        "HDR10": (len(source.static & made.static), len(source.static)),
        "HDR10+ frames": (min(source.dynamic, made.dynamic), source.dynamic),
    }


def _starts_alike(one: Track, other: Track, source: Content, made: Content) -> bool:
    """Return whether a track starts as long after the first frame as it did."""
    before = one.start - source.times[0] / 1000
    return abs(other.start - made.times[0] / 1000 - before) < NEAR


def _at_times(source: Content, made: Content) -> int:
    """Return how many frames are shown when they were, to a millisecond, from the first one on."""
    pairs = zip(source.times, made.times, strict=False)
    return sum(abs((one - source.times[0]) - (other - made.times[0])) <= 1 for one, other in pairs)


def _paired(source: tuple[Track, ...], made: tuple[Track, ...]) -> list[tuple[Track, Track | None]]:
    """Return each track with what became of it: the one of its language, else the next of its kind."""
    left = list(made)
    found: list[tuple[Track, Track | None]] = []
    for own in (True, False):
        for one in source:
            if any(one is before for before, other in found if other is not None):
                continue
            alike = [
                other
                for other in left
                if other.kind == one.kind and (not own or other.language == one.language)
            ]
            if alike:
                left.remove(alike[0])
                found.append((one, alike[0]))
            elif not own:
                found.append((one, None))
    return found
