"""What a page says, as values; `drapto.report.render` makes HTML of it."""

from __future__ import annotations

from dataclasses import dataclass, field

NOTHING = "\u2013"
"""What stands where nothing is known."""


@dataclass(frozen=True)
class Fact:
    """A number that matters, with what it means.

    Attributes:
        name: What it is.
        value: As people read it.
        more: In a few words, what it is to be held against.
    """

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: Its heading.
        head: The columns' names; the first column names its row.
        rows: As many cells each.
        said: What goes before it, a paragraph each.
        folded: It is opened on request, since it is long.
        marks: Where a row is marked: its number, and ``ok``, ``differs`` or ``broken``.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    said: tuple[str, ...] = ()
    folded: bool = False
    marks: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """A line of a plot: its name, and how it is drawn, ``main``, ``second`` or ``bound``."""

    name: str
    kind: str


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        title: Its heading.
        said: What it shows, for those who do not see it.
        series: What its lines are.
        wide, narrow: The drawing for a screen and for a telephone: SVG that holds no text of a stranger's.
    """

    title: str
    said: str
    series: tuple[Series, ...]
    wide: str
    narrow: str


@dataclass(frozen=True)
class Picture:
    """A picture: JPEG, and its size as it is shown, pixels."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True)
class Scene:
    """A moment of both files.

    Attributes:
        name: When it is shown, and what it scored.
        before, after: The picture of the source, and of what was made of it.
    """

    name: str
    before: Picture
    after: Picture


@dataclass(frozen=True)
class Still:
    """A picture of a moment, which ``name`` tells."""

    name: str
    picture: Picture


@dataclass(frozen=True)
class Page:
    """A page about one title, or about two files.

    Attributes:
        heading: What it is about.
        made: Of what, and what was made: names of files.
        facts: The numbers.
        notes: What a reader should know, a line each.
        plots: Over time.
        strip: What the film looks like in between.
        scenes: To be looked at closely.
        scenes_said: Which ones these are.
        tables: All the rest, in order.
    """

    heading: str
    made: tuple[str, str]
    facts: tuple[Fact, ...]
    notes: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()
    strip: tuple[Still, ...] = ()
    scenes: tuple[Scene, ...] = ()
    scenes_said: str = ""
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A title in the overview of all.

    Attributes:
        name: What people call it.
        link: Its page, from that of the overview; empty where it has none.
        state: In a word or two.
        cells: What is known of it, one for each column after its name and state.
    """

    name: str
    link: str
    state: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """The overview of all titles.

    Attributes:
        facts: The totals.
        head: The columns' names after name and state.
        entries: The titles.
    """

    facts: tuple[Fact, ...]
    head: tuple[str, ...]
    entries: tuple[Entry, ...]
