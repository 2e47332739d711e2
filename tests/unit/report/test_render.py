"""Pages: a stranger's names are text, nothing is asked for, and none is too large."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from drapto.report.index import Known, index
from drapto.report.page import Fact, Page, Picture, Scene, Still, Table
from drapto.report.render import MOST_BYTES, page_html, write_index
from tests import known

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}\u202e\udcff"


def page(**more: object) -> Page:
    plain: dict[str, object] = {
        "heading": NASTY,
        "made": (NASTY, NASTY),
        "facts": (Fact(NASTY, NASTY, NASTY),),
        "notes": (NASTY,),
        "tables": (Table(NASTY, (NASTY, NASTY), ((NASTY, NASTY),), (NASTY,), folded=True),),
        "strip": (Still(NASTY, Picture(b"jpeg", 20, 10)),),
        "scenes": (Scene(NASTY, Picture(b"one", 20, 10), Picture(b"two", 20, 10)),),
    }
    return Page(**(plain | more))  # type: ignore[arg-type]


def test_a_strangers_names_are_text() -> None:
    text = page_html(page())
    assert text.count("<script>") == 1  # its own
    assert "<img src=x" not in text
    assert "onerror=alert(2)&gt;" in text
    assert "{{7*7}}" in text
    assert "\u202e" not in text
    assert "\udcff" not in text


def test_the_policy_lets_its_own_script_run_and_nothing_be_asked_for() -> None:
    text = page_html(page())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for kind, content in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;; img-src data:;")
    assert not re.search(r"""(src|href|action)=["'](?!data:|#)""", text)
    assert not re.search(r"https?://", text)


def test_it_is_the_same_again() -> None:
    assert page_html(page()) == page_html(page())


def test_pictures_are_left_out_of_one_that_is_too_large() -> None:
    large = Picture(bytes(400_000), 960, 540)
    rows = tuple((f"{number}", *("a value of some length",) * 13) for number in range(2000))
    table = Table("Segments", ("segment", *("column",) * 13), rows, folded=True)
    text = page_html(page(tables=(table,), scenes=(Scene("0:01", large, large),) * 4))
    assert len(text.encode()) <= MOST_BYTES
    assert "Some pictures are left out" in text
    assert 'class="scene"' in text  # not all of them
    assert text.count("<tr>") == 2001


def test_the_overview_has_all_titles_and_totals(tmp_path: Path) -> None:
    project = known.project_in(tmp_path, names=["<b>one", "two"])
    one, two = project.titles
    known.cut(project, one, info := known.probed(one))
    known.published(project, one, info)
    one.report.write_text("a page")
    from drapto.output.model import Validation  # noqa: PLC0415  for this test alone

    found = [Known(one, Validation.read(one.validation), 61.0), Known(two, None)]
    made = index(found, project.work_dir)
    assert [fact.value for fact in made.facts] == ["1", "1.0 kB", "8 B", "992 B", "1.0 s", "1:01"]
    assert [(entry.state, bool(entry.link)) for entry in made.entries] == [
        ("finished", True),
        ("not finished", False),
    ]
    write_index(made, project.index)
    text = project.index.read_text()
    assert "&lt;b&gt;one" in text
    assert f'href="./{one.name}/report.html"' in text
