"""The plan as lines."""

from __future__ import annotations

from dataclasses import dataclass

from drapto.cli.plan import Expected, brief, failure_text, render, summary
from drapto.rules.predicting import Prediction
from drapto.state.explain import Reason, changed_settings


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
    assert summary([cascade]) == "after probe"
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


def test_a_title_is_one_line_in_plain_words() -> None:
    first = (Reason("first run", "x"),)
    changed = (Reason("changed", "encoding.preset", "6 -> 8"),)
    cascade = (Reason("cascade", "segment:c"),)
    tasks = [
        Planned("probe:a", "a", "probe", "up-to-date"),
        Planned("probe:b", "b", "probe", "run", first),
        Planned("encode:b", "b", "encode", "run", cascade),
        Planned("probe:c-d", "c-d", "probe", "up-to-date"),
        *(Planned(f"encode:c-d:{number:04d}", "c-d", "encode", "run", changed) for number in range(12)),
        Planned("encode:c-d:0013", "c-d", "encode", "up-to-date"),
        Planned("mux:c-d", "c-d", "mux", "run", cascade),
    ]
    lines = brief(tasks, {"b": "every segment at VMAF 93"}, {"c-d": "C: D"})
    assert lines == [
        "✓ a: finished",
        "· b: to do (every segment at VMAF 93)",
        "… C: D: to do: 12 of 13 segments, mux, since encoding.preset changed (6 -> 8)",
        "2 titles to do, 1 finished; -v shows each task",
    ]
    assert not any(word in line for line in lines for word in ("cascade", "_before"))
    failed = Expected(failed={"b": failure_text({"stage": "probe", "error": "b.mkv: is cut short"})})
    assert brief(tasks, {}, {}, expected=failed)[1] == (
        "✗ b: failed: probe: b.mkv: is cut short; tried again by the next run"
    )
    assert render(tasks, {}, {"b": "B, the film"})[2:5] == [
        "B, the film",
        "  run   probe             first run",
        "  run   encode            after segment",
    ]


def test_what_one_run_made_with_settings_of_its_own_is_finished_and_would_be_done_again() -> None:
    changed = Reason("changed", "crf", "34 -> 25")
    tasks = [
        Planned("probe:a", "a", "probe", "up-to-date", ()),
        Planned("encode:a:1", "a", "encode", "run", (changed,)),
        Planned("probe:b", "b", "probe", "run", (Reason("first run", "x"),)),
    ]
    made = Expected(as_given={"a": "crf = 34"})
    said = "↻ a: finished, as made with crf = 34; without that, to do: encode, since crf changed (34 -> 25)"
    assert brief(tasks[:2], {}, {}, expected=made) == [said, "1 title to do again; -v shows each task"]
    assert brief(tasks, {}, {}, expected=made)[2] == "1 title to do, 1 again; -v shows each task"
    failed = Expected(failed={"a": "failed: no"}, as_given=made.as_given)
    assert brief(tasks[:2], {}, {}, expected=failed)[0].startswith("✗ a: failed: no"), "it failed since"


def test_what_is_small_is_shown_to_change() -> None:
    found = [str(one) for one in changed_settings({"a": 0.00004, "b": 1.0}, {"a": 0.00005, "b": 12.5})]
    assert found == ["changed: a (4e-05 -> 5e-05)", "changed: b (1 -> 12.5)"]


def test_a_value_is_shown_as_people_write_it() -> None:
    target = {"metric": "vmaf", "score": 93.0, "tolerance": 0.65}
    before = {"enabled": True, "target": None, "threshold": 24 / 255}
    now = {"enabled": False, "target": target, "threshold": 0.1}
    assert [str(one) for one in changed_settings(before, now)] == [
        "changed: enabled (true -> false)",
        "changed: target (unset -> VMAF 93)",
        "changed: threshold (0.09412 -> 0.1)",
    ]


def test_a_title_and_all_of_them_tell_time_and_size() -> None:
    tasks = [Planned(f"probe:{name}", name, "probe", "run", (Reason("first run", "x"),)) for name in "ab"]
    film, short = (
        Prediction(7500.0, 1_400_000_000, measured=True),
        Prediction(42.0, 9_000_000, measured=False),
    )
    expected = Expected({"a": film, "b": short}, Prediction(7542.0, 1_409_000_000, measured=False))
    assert brief(tasks, {}, {}, expected=expected) == [
        "· a: to do, about 2:05 h for about 1.4 GB",
        "· b: to do, about 42 s for about 9.0 MB",
        (
            "2 titles to do, about 2:05 h for about 1.4 GB (roughly: nothing like it was measured here yet)"
            "; -v shows each task"
        ),
    ]
