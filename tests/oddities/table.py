"""The document that says what became of odd sources: written, and read where only some are run again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.oddities.running import Outcome

KINDS = ("perfect", "noted", "refused", "wrong", "error")

HEAD = """\
# Odd sources

What became of each source that `make odd` makes (see `tests/oddities`) and of the real clips, with
three settings, at preset 13. *Perfect* and *noted* outputs were held against their sources from
outside: every frame and its time, every track, its start and end, every subtitle packet, chapters,
attached files. *Wrong* is one that was delivered though a viewer would miss something; *error*, a
failure that names neither the cause nor what to do. Below, how often each thing was said.
"""

REPORTED = """\
# Odd sources that users reported

What became of files made after what users reported of HandBrake, Av1an, ab-av1, mpv, jellyfin,
mkvtoolnix and others, a first set of 64 (`tests/oddities/reported.py`,
`tests/oddities/containers.py`), of a second set of 39 kinds that rips of discs, recordings and
old files have (`tests/oddities/rips.py`, `tests/oddities/boxes.py`), and of a third set of 62 that
are odd as test suites are (`tests/oddities/suites.py`, `tests/oddities/elements.py`), of a fourth set
of 78, relatives of all these (`tests/oddities/discs.py`, `tests/oddities/entries.py`,
`tests/oddities/relatives.py`), of a fifth set of 81 of further kinds (`tests/oddities/screens.py`,
`tests/oddities/speakers.py`, `tests/oddities/muxing.py`), and of a sixth set of 56 that people's libraries
hold, most of them combinations (`tests/oddities/releases.py`, `tests/oddities/recordings.py`,
`tests/oddities/libraries.py`), judged as [those](oddities.md) are. `python -m tests.oddities DIR --reported`
makes and runs all six.

As each set was new to it, drapto was run on it once, before anything was mended: 55 of the 64 came
out right (86 %), and 35 of the 39 by `--crf` (90 %; by the default settings 34 of 38, one was not
run). What did not of the second set, and was mended:

- H.264 that is cropped on the left by a few pixels was refused, once all of it was encoded: the
  probe took it for two pixels wider than ffmpeg does.
- RealVideo was refused, with a remedy that works (`encoding.mode = "standard"`): ffmpeg writes none
  of it into Matroska. It is cut into segments now as other codecs of that kind are.
- Subtitles that are plain ASCII (`S_TEXT/ASCII`) were refused, as the output called them by the
  newer name.
- Of a title that is film at first and interlaced video then, the film was deinterlaced, too,
  without a word. It still is; a note says so.
- The film was right, but its report without a picture, where the index (Cues) leads nowhere.

The third set was chosen to be hostile: what a tool does that does it right was written down for each
source (its maker says so), every tone, frame and display size was looked at beside what the judge sees,
and a report without a picture, or a word that is not so, counts as wrong. Of the 62, 46 were right at
first by `--crf` (74 %); of the other 16, 5 had the film right, and 11 had not:

- Interlaced HuffYUV and ProRes stayed combed: fields were looked for in the codecs of discs and
  broadcasts only. Now they are in those of captures, archives and cameras as well, and in HEVC.
- MPEG-4 with packed B-frames (Xvid in AVI) came out with broken pictures at its cuts, and a note. It is
  no longer cut.
- The picture of a 3D disc (MVC, StereoMode 13), of which one eye is decoded, was still said to hold both.
- PixelHeight 256 of a stream of 240 lines, shown at 320x240, was shown a little too wide.
- Ambisonics in Opus were encoded as if they were four loudspeakers. They are copied.
- PCM of 20 bits was read as 16, which is noise; sound in bzip2 failed in the midst of the encode. Both
  are refused by the probe. (ffmpeg reads neither.)
- JPEG 2000 in XYZ was refused, once all of it was encoded; and so would grey with alpha and black and
  white of one bit have been.
- Files none of whose blocks is marked as a keyframe (one of H.264, one of VC-2) were refused as damaged
  ("Operation not permitted"), as the crop wanted to seek in them. They are read through.
- A picture attached as a JPEG that is a PNG made sound and film "damaged".
- A file without an Info "differed" in it.
- Three had a report without a picture: a film of a frame in ten seconds, and two whose every block is
  marked as a keyframe.

The fourth set was made and judged as the third. Of the 75 that were run before anything was mended, 64
were right by `--crf` (85 %; of 55 by the default settings, 46); three were added while its faults were
looked into. What was wrong, and was mended:

- Of blocks of a track that the head does not list, ffmpeg passes over all that follows in their cluster: 2
  of 36 frames were delivered, and nobody said so. The same comes of a lace whose sizes are wrong, and of a
  packet in zlib that does not inflate. All three are refused by the probe, with the place.
- H.264 with open GOPs, as Blu-rays have it, was said to be damaged where it was cut into segments, and so
  was a recording that begins at one, as its decoder names pictures that were there before. It is not.
- RPUs of Dolby Vision that no record in the container announces were dropped without a word. They are kept;
  those of profile 5 are refused. An enhancement layer in a track of its own is called so.
- A track that is compressed twice failed in the midst of the encode; a picture that is cropped away wholly
  was refused as damaged; clusters that say their time behind their blocks came out with times that go back.
  All are refused by the probe, with what to do.
- Of a picture whose size changes all the time (AV1), all came out as the first one, which was small.
- Nothing was said of an alpha channel in HEVC's second layer, of colours that the container and the stream
  call differently, and of a shape of pixels that only the stream tells.
- A display size of 0 was written as the source had it.

The fifth set was made and judged as the third. Of the 79 that were run before anything was mended, 63
were right by `--crf` (80 %); of the 48 of these that were run by the default settings, 40; two were
added while its faults were looked into. What was wrong, and was mended:

- A film was refused for one bad track of several: sound in bzip2, encrypted, of 20 bits or of a codec
  that nobody knows, and subtitles in bzip2. They are left out with a note where other sound of the film
  is left.
- PGS whose segments lie in blocks of their own was refused, as ffmpeg's muxer puts them together.
- A live recording that breaks off inside a block was refused, and so were two-eyed and turned pictures
  of which both container and stream tell, with ffmpeg's "File exists". The first is taken; the others
  are refused by the probe, with a remedy in one line.
- Ticks of half a millisecond, told behind the picture where ffmpeg does not look, came out as
  milliseconds: at half the speed. Such a file is refused.
- A picture of 2x2 pixels "ran out of memory". It is refused by the probe.
- Nothing was said of HDR Vivid that is lost, of channels above the head that are mixed down, and of a
  FLAC frame with a wrong checksum; damaged sound was noted without its time.
- Where a picture is measured block by block, ffmpeg decoded the source's sound, too, and failed where it
  knows no decoder for it.
- "Differs" was said of a StereoMode that only the stream tells, and of tags of a track behind the
  clusters, though both were right. TrackOverlay was lost.

The sixth set was made and judged as the third. Of the 53 that were run before anything was mended, 45 were
right by `--crf` (85 %); three were added while its faults were looked into. By the default settings 16 were
run, after the mends. What was wrong, and was mended:

- A file that lacks its last bytes, in its tags or its index, was refused as cut short, though all of the
  film was there. It is taken, with a note.
- Of two parts that were joined byte by byte, so that all times begin anew at 0, the frames came out one
  between the other, and the sound of the second part was lost. It is refused by the probe, with the
  commands that part and join them; sound alone of that kind is left out, where there is other sound.
- AAC with ADTS heads that goes from 2.0 to 5.1 came out as stereo, without a word: such heads, and those of
  LATM, were not looked at, and a first packet that is all encoder's delay told nothing.
- HDR10 metadata that begin half a second behind the beginning were found and then lost: neither the
  container nor the first segment had them.
- A track of measurements (M_GPMF), of which ffmpeg makes no stream, was counted as one: what MediaInfo says
  of the tracks behind it was taken for that of others, and its last blocks were "passed over".
- Sound of one packet that is all encoder's delay, and sound of which nothing decodes, made the encode fail.
- "The stream's word is kept" was said of a range that changes on the way, though the first one is kept; and
  nothing was said of half a second that a recording lacks.

The tables of the fifth and the sixth set are of each source's last run. Of the first four sets, 172 of the
243 were run again by `--crf` with the code after the sixth, and none came out worse: one has a new note,
which is true (half a second without a frame), and of four the words are those of after the fifth set. The
table has these sets as they were run before.
"""

MISSING = "Not run with each setting:"


@dataclass
class Counts:
    """How often each thing came of sources at one setting.

    Attributes:
        came: Of each of `KINDS`.
        said: For each of them, of each line.
    """

    came: Counter[str] = field(default_factory=Counter)
    said: dict[str, Counter[str]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Counts:
        """Count outcomes."""
        counts = cls()
        for one in outcomes:
            counts.came[one.came] += 1
            counts.said[one.came].update(_general(line) for line in one.said)
        return counts

    def __add__(self, other: Counts) -> Counts:
        said = {kind: self.said[kind] + other.said[kind] for kind in KINDS}
        return Counts(self.came + other.came, said)


@dataclass
class Earlier:
    """What a document says: of sources that are not run again.

    Attributes:
        counts: By setting.
        missing: The sources of which it knows nothing.
        made_with: The version that it is of.
    """

    counts: dict[str, Counts]
    missing: list[str]
    made_with: str


def read(text: str, made_with: str) -> Earlier:
    """Return what a document says.

    Args:
        text: As `table` has written it.
        made_with: The version that it is of, for people.

    Raises:
        ValueError: It holds such an earlier part itself.
    """
    if re.search(r"^Of (these|those by \S+), ", text, flags=re.MULTILINE):
        raise ValueError("a table that took rows over already: what it holds is of two versions")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    counts: dict[str, Counts] = {}
    for setting, _, *cells in _rows(head):
        counts[setting] = Counts(Counter(dict(zip(KINDS, map(int, cells), strict=True))))
    missing = re.findall(r"^- (\S+)$", head.partition(MISSING)[2], flags=re.MULTILINE)
    for section in sections:
        kind = section.split("\n", 1)[0].lower()
        settings = re.findall(r"\w+", section.split("\n")[2])[: len(counts)]
        for *numbers, line in _rows(section):
            for setting, number in zip(settings, numbers, strict=True):
                counts[setting].said[kind][line] += int(number)
    return Earlier(counts, missing, made_with)


def _rows(text: str) -> list[list[str]]:
    """Return the cells of a table's rows, but for its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def table(
    found: Mapping[str, Sequence[Outcome]],
    wanted: Sequence[str] = (),
    earlier: Earlier | None = None,
    *,
    head: str = HEAD,
) -> str:
    """Return the document, which names those ``wanted`` of which nothing is known.

    Args:
        found: What became of sources, by setting.
        wanted: Those that there are.
        earlier: What is known from before of those that are not in ``found``; of no use for a setting with
            which all of them have run again.
        head: What it says of them all.

    Raises:
        ValueError: Some sources are in both, or the earlier ones are others.
    """
    counts = {setting: Counts.of(outcomes) for setting, outcomes in found.items()}
    have = {setting: {one.name for one in outcomes} for setting, outcomes in found.items()}
    before: list[str] = []
    if earlier is not None:
        known = {name for name in wanted if name not in earlier.missing}
        kept = [setting for setting, names in have.items() if not known <= names]
        if twice := sorted(known & set().union(*(have[setting] for setting in kept))):
            raise ValueError(f"known from before, and run again: {', '.join(twice)}")
        if any(earlier.counts[setting].came.total() != len(known) for setting in kept):
            raise ValueError(f"the earlier table is not of these {len(known)} sources")
        for setting in kept:
            counts[setting] += earlier.counts[setting]
            have[setting] |= known
        before = [*([""] if kept else []), *(_not_again(len(known), one, earlier.made_with) for one in kept)]
    lines = [*head.splitlines(), "", f"| setting | sources | {' | '.join(KINDS)} |"]
    lines.append(f"|---|{'---|' * (len(KINDS) + 1)}")
    for setting, counted in counts.items():
        cells = " | ".join(str(counted.came[kind]) for kind in KINDS)
        lines.append(f"| {setting} | {counted.came.total()} | {cells} |")
    lines += before
    missing = [name for name in wanted if not all(name in names for names in have.values())]
    if missing:
        lines += ["", MISSING, *(f"- {name}" for name in missing)]
    for kind in reversed(KINDS[1:]):
        said = {setting: counted.said[kind] for setting, counted in counts.items()}
        texts = sorted(set().union(*said.values()), key=lambda text: (-_total(said, text), text))
        if texts:
            lines += ["", f"## {kind.capitalize()}", "", f"| {' | '.join(counts)} | what was said |"]
            lines += [f"|{'---|' * (len(counts) + 1)}"]
            lines += [f"| {' | '.join(str(said[one][text]) for one in counts)} | {text} |" for text in texts]
    return "\n".join(lines) + "\n"


def _not_again(count: int, setting: str, made_with: str) -> str:
    return (
        f"Of those by `{setting}`, {count} were run with {made_with}, and not again since; the others with "
        "versions up to the one that this document comes with."
    )


def _total(said: Mapping[str, Counter[str]], text: str) -> int:
    return sum(counted[text] for counted in said.values())


def _general(line: str) -> str:
    """Return a line without the names of its files, which differ, and without what a table cannot hold."""
    line = re.sub(r"^segment \d+ (does not reach VMAF [\d.]+).*\((.*?)\).*", r"a segment \1 (\2)", line)
    return re.sub(r"(?<!\S)/\S*/", "", line).replace("|", "\\|")
