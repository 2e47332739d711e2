"""The plan as lines."""

from __future__ import annotations

from dataclasses import dataclass

from drapto.cli.plan import render, summary
from drapto.state.explain import Reason


@dataclass(frozen=True)
class Planned:
    """As `rules.PlannedTask`, whose import would load the graph."""

    name: str
    title: str
    stage: str
    action: str
    reasons: tuple[Reason, ...] = ()


def test_what_follows_from_another_reason_is_left_out() -> None:
    cascade = Reason("cascade", "probe:t")
    missing = [Reason("missing", f"work/t/{number}.mkv") for number in range(5)]
    assert summary([Reason("first run", "probe:t"), *missing, cascade]) == "first run"
    assert summary([Reason("forced", "probe:t"), cascade]) == "forced"
    assert summary([cascade]) == "cascade: probe:t"
    changed = Reason("changed", "encoding.crf.hd", "25 -> 30")
    assert summary([changed, cascade]) == "changed: encoding.crf.hd (25 -> 30)"
    assert (
        summary(missing) == "missing: work/t/0.mkv; missing: work/t/1.mkv; missing: work/t/2.mkv and 2 more"
    )


def test_like_tasks_are_counted_together() -> None:
    why = (Reason("changed", "encoding.preset", "6 -> 8"),)
    tasks = [
        Planned("probe:t", "t", "probe", "up-to-date"),
        *(Planned(f"encode:t:{number:04d}", "t", "encode", "run", why) for number in range(12)),
        Planned("encode:t:0013", "t", "encode", "up-to-date"),
        Planned("probe:u", "u", "probe", "up-to-date"),
    ]
    assert render(tasks) == [
        "t",
        "  keep  probe             up to date",
        "  run   encode x 12       changed: encoding.preset (6 -> 8)",
        "  keep  encode            up to date",
        "u",
        "  keep  probe             up to date",
        "12 to run, 3 up to date",
    ]
