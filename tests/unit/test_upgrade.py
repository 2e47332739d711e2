"""What becomes of a title that another version of the encoder began."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drapto.state.explain import Reason
from drapto.state.settings import MADE_WITH, MadeByVersion
from drapto.upgrade import MadeBy, Redo, Use, agree, difference, same, which_program
from drapto.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.upgrade import Kind, OnUpgrade


def made(program: str, svt_av1: str = "4.2", ffmpeg: str = "9.0", **more: str) -> MadeBy:
    return MadeBy(Path(program), Versions(ffmpeg=ffmpeg, svt_av1=svt_av1, **more))


OLD, NEW = made("/old", "4.1"), made("/new", "4.2")


def there(*programs: MadeBy) -> Callable[[Path], Versions | None]:
    return {one.program: one.versions for one in programs}.get


def ask(
    *records: MadeBy | None,
    policy: OnUpgrade = "redo",
    now: tuple[MadeBy, ...] = (NEW,),
    kind: Kind = "picture",
) -> Use | Redo:
    return which_program(records, NEW, policy, kind=kind, now=there(*now))


def test_a_title_that_is_not_begun_is_made_by_what_there_is() -> None:
    assert ask() == Use(NEW)


def test_work_of_before_versions_were_recorded_goes_on() -> None:
    assert ask(None, None) == Use(NEW)
    assert ask(None, NEW) == Use(NEW)


def test_the_same_versions_elsewhere_are_the_same() -> None:
    assert ask(made("/moved")) == Use(NEW)
    assert ask(made("/moved", drapto="0.0.1", libvmaf="x", libopus="y")) == Use(NEW)


def test_an_upgrade_makes_the_title_again() -> None:
    assert ask(OLD, OLD, None) == Redo(NEW, "SVT-AV1 4.1 -> 4.2")
    both = made("/old", "4.1", "8.1")
    assert ask(both) == Redo(NEW, "ffmpeg 8.1 -> 9.0, SVT-AV1 4.1 -> 4.2")


def test_the_old_one_finishes_the_title_if_it_is_still_there() -> None:
    assert ask(OLD, None, OLD, now=(OLD, NEW)) == Use(OLD)


def test_another_one_in_its_place_does_not() -> None:
    assert isinstance(ask(OLD, now=(made("/old", "4.3"), NEW)), Redo)
    assert isinstance(ask(OLD, now=(made("/old", "", ""), NEW)), Redo)


def test_a_title_that_is_being_made_again_goes_on_with_the_new_one() -> None:
    assert ask(OLD, NEW, now=(OLD, NEW)) == Redo(NEW, "SVT-AV1 4.1 -> 4.2")
    older = made("/older", "4.0")
    assert isinstance(ask(OLD, older, now=(OLD, older, NEW)), Redo)


def test_mixing_is_allowed_where_it_is_asked_for() -> None:
    assert ask(OLD, policy="mix", now=(OLD, NEW)) == Use(NEW)
    assert ask(OLD, NEW, policy="mix") == Use(NEW)


def test_sound_goes_by_libopus() -> None:
    now = made("/new", libopus="1.6")
    assert which_program([made("/old", "4.1", libopus="1.6")], now, "redo", kind="sound", now=there()) == Use(
        now
    )
    found = which_program([made("/old", libopus="1.5")], now, "redo", kind="sound", now=there())
    assert found == Redo(now, "libopus 1.5 -> 1.6")


def test_a_version_that_is_not_known_is_no_difference() -> None:
    assert ask(made("/old", "")) == Use(NEW)
    assert same(("9.0", ""), ("9.0", "4.2"))
    assert not same(("8.0", ""), ("9.0", "4.2"))
    assert difference(("8.0", ""), ("9.0", "4.2"), "picture") == "ffmpeg 8.0 -> 9.0"
    assert agree([], "picture")
    assert agree([OLD, made("/x", "")], "picture")
    assert not agree([OLD, NEW], "picture")


@pytest.mark.parametrize(
    ("saved", "verdict", "stays"),
    [
        ({}, Redo(NEW, ""), True),
        ({MADE_WITH: ["9.0", "4.2"]}, Redo(NEW, ""), True),
        ({MADE_WITH: ["9.0", "4.1"]}, Redo(NEW, ""), False),
        ({MADE_WITH: ["9.0", "4.1"]}, Use(NEW), True),
    ],
)
def test_a_target_stays_or_is_made_again(
    saved: dict[str, list[str]], verdict: Use | Redo, stays: bool
) -> None:
    check = MadeByVersion("picture", lambda: ("9.0", "4.1"), lambda: ("9.0", "4.2"), lambda: verdict)
    assert check(None, saved) is stays
    reason = Reason("changed", "encoder version", "SVT-AV1 4.1 -> 4.2")
    assert check.reason(saved) == (None if stays else reason)
    assert check.values() == {MADE_WITH: ["9.0", "4.1"]}


def test_nothing_is_decided_where_nothing_differs() -> None:
    def decide() -> Use | Redo:
        raise AssertionError

    check = MadeByVersion("picture", tuple, lambda: ("9.0", "4.2"), decide)
    assert check(None, {MADE_WITH: ["9.0", "4.2"]})
    assert check.values() == {}
