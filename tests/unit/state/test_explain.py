"""Why a task runs, as data and as words."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from drapto.state.explain import Reason, changed_settings
from drapto.state.settings import SettingsUnchanged

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
SLICES = st.dictionaries(st.text("abc", min_size=1, max_size=2), VALUES, max_size=4)


def test_each_changed_setting_is_named() -> None:
    before = {"crf": 25.0, "preset": 6, "crop": None, "audio": {"layout": "5.1"}}
    now = {
        "crf": 30.0,
        "preset": 6,
        "crop": {"width": 8, "height": 4, "x": 0, "y": 2},
        "audio": {"layout": "7.1"},
    }
    assert [str(reason) for reason in changed_settings(before, now)] == [
        "changed: audio.layout (5.1 -> 7.1)",
        "changed: crf (25 -> 30)",
        "changed: crop (unset -> 8:4:0:2)",
    ]


def test_reasons_in_words() -> None:
    assert str(Reason("first run", "probe:a")) == "first run"
    assert str(Reason("missing", "video.mkv")) == "missing: video.mkv"


@given(SLICES, SLICES)
def test_no_reason_only_where_nothing_changed(before: dict[str, object], now: dict[str, object]) -> None:
    same = SettingsUnchanged(now)(None, {"settings": before})
    assert same == (before == now)
    if same:
        assert changed_settings(before, now) == []
    else:
        # a key that comes with the value None reads as unset before, too
        assert changed_settings(before, now) or any(
            value is None for value in (*before.values(), *now.values())
        )


def test_a_task_saves_its_settings_when_it_succeeds() -> None:
    check = SettingsUnchanged({"crf": 25})
    task = SimpleNamespace(value_savers=[])
    check.configure_task(task)
    (saver,) = task.value_savers
    assert saver() == {"settings": {"crf": 25}}
    assert check(task, saver())
    assert not check(task, {})
    assert not SettingsUnchanged({"crf": 26})(task, saver())
