"""The judge of the odd sources, shown each fault that it is there for; the table of what became of them."""

from __future__ import annotations

import dataclasses

import pytest

from tests.oddities.judge import Content, Sound, faults
from tests.oddities.running import Outcome
from tests.oddities.table import read, table

SOURCE = Content(
    times=[0.0, 0.04, 0.08, 0.12],
    shape=(640, 272),
    sound=[Sound(6, -0.02, 0.16)],
    subtitles=[[(0.1, "a"), (0.5, "b")]],
    attached=["f"],
    chapters=[(0.0, "One")],
    title="Film",
)
OUTPUT = dataclasses.replace(SOURCE, sound=[Sound(6, 0.0, 0.17)], shape=(640, 200))


def test_nothing_is_wrong_with_a_right_output() -> None:
    assert faults(SOURCE, OUTPUT) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"times": [0.0, 0.04, 0.08]}, "3 frames, not 4"),
        ({"times": [0.0, 0.04, 0.083, 0.12]}, "1 frames at another time, the first at 0.083 s, not 0.080 s"),
        ({"shape": (854, 272)}, "shown at 854x272, not 640x272"),
        ({"sound": []}, "0 audio tracks, not 1"),
        ({"sound": [Sound(6)]}, "audio 0 is silent"),
        ({"sound": [Sound(2, 0.0, 0.17)]}, "audio 0 has 2 channels, not 6"),
        ({"sound": [Sound(6, 0.05, 0.17)]}, "audio 0 begins at 0.050 s, not 0.000 s"),
        ({"sound": [Sound(6, 0.0, 0.3)]}, "audio 0 ends at 0.300 s, not 0.160 s"),
        ({"subtitles": []}, "0 subtitle tracks, not 1"),
        ({"subtitles": [[(0.1, "a")]]}, "subtitle 0: 1 packets, not the 2 of the source"),
        ({"subtitles": [[(0.1, "a"), (0.6, "b")]]}, "subtitle 0: at other times"),
        ({"attached": []}, "0 attached files, not the 1 of the source"),
        ({"chapters": []}, "0 chapters, not the 1 of the source"),
        ({"chapters": [(1.0, "One")]}, "chapters at other times"),
        ({"title": ""}, "title '', not 'Film'"),
    ],
)
def test_each_fault_is_seen(changes: dict[str, object], said: str) -> None:
    assert faults(SOURCE, dataclasses.replace(OUTPUT, **changes)) == [said]


def test_a_copy_may_begin_before_0_as_its_source_does() -> None:
    early = dataclasses.replace(SOURCE, sound=[Sound(6, -0.2, 0.16)])
    assert faults(early, early) == []
    assert faults(early, dataclasses.replace(early, sound=[Sound(6, -0.1, 0.16)])) != []


def test_nobody_misses_sound_of_which_there_is_none() -> None:
    empty = dataclasses.replace(SOURCE, sound=[Sound(2), *SOURCE.sound])
    assert faults(empty, OUTPUT) == []


def test_of_deinterlaced_pictures_the_span_is_judged() -> None:
    doubled = [number * 0.02 for number in range(8)]
    assert faults(SOURCE, dataclasses.replace(OUTPUT, times=doubled), pictures=False) == []
    short = dataclasses.replace(OUTPUT, times=[0.0, 0.01])
    assert len(faults(SOURCE, short, pictures=False)) == 2


def test_the_table_counts_by_setting() -> None:
    refused = Outcome("b", "refused", ["/a/b.mkv: is | damaged"])
    text = table({"crf": [Outcome("a", "perfect"), refused], "default": [refused]})
    assert "| crf | 2 | 1 | 0 | 1 | 0 | 0 |" in text
    assert "| 1 | 1 | b.mkv: is \\| damaged |" in text


REFUSED = Outcome("b", "refused", ["/a/b.mkv: is | damaged"])


def test_what_is_not_run_again_is_taken_over_and_said() -> None:
    before = {
        "crf": [Outcome("a", "noted", ["said"]), REFUSED],
        "default": [Outcome("a", "perfect"), REFUSED],
    }
    names = ["a", "b", "c"]
    earlier = read(table(before, names), "version 1")
    assert earlier.missing == ["c"]
    now = {setting: [Outcome("c", "noted", ["said"])] for setting in before}
    text = table(now, names, earlier)
    together = {setting: [*before[setting], *now[setting]] for setting in before}
    told = [line for line in text.splitlines() if not line.startswith("Of those by")]
    for setting in before:
        assert f"Of those by `{setting}`, 2 were run with version 1" in text
    assert [line for line in told if line] == [line for line in table(together, names).splitlines() if line]
    with pytest.raises(ValueError, match="two versions"):
        read(text, "version 2")


def test_no_source_is_counted_twice() -> None:
    earlier = read(table({"crf": [REFUSED, Outcome("a", "perfect")]}, ["a", "b", "c"]), "version 1")
    with pytest.raises(ValueError, match="run again: b"):
        table({"crf": [REFUSED]}, ["a", "b", "c"], earlier)
    with pytest.raises(ValueError, match="not of these 3 sources"):
        table({"crf": []}, ["a", "b", "c", "d"], earlier)


def test_what_has_all_run_again_with_one_setting_is_taken_over_for_the_other_alone() -> None:
    before = {"crf": [Outcome("a", "wrong", ["before"])], "default": [Outcome("a", "noted", ["before"])]}
    earlier = read(table(before, ["a", "b"]), "version 1")
    now = {"crf": [Outcome("a", "perfect"), REFUSED], "default": [REFUSED]}
    text = table(now, ["a", "b"], earlier)
    assert "| crf | 2 | 1 | 0 | 1 | 0 | 0 |" in text
    assert "| default | 2 | 0 | 1 | 1 | 0 | 0 |" in text
    assert [line[:22] for line in text.splitlines() if line.startswith("Of those")] == [
        "Of those by `default`,"
    ]
