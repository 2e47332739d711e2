"""From a page's values to one HTML file that holds all that it shows, and asks nobody for more.

What comes from a file, such as a title's name, is text to jinja2, which escapes it. And should that fail: the
page's own policy lets no script run but the one whose digest it names, and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from drapto.about import VERSION
from drapto.engine import atomic
from drapto.terminal import shown

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.report.page import Index, Page, Picture

MOST_BYTES = 3_000_000
"""No page is larger; pictures are left out until it is not."""

TEMPLATES = "templates"


def write_page(page: Page, target: Path) -> int:
    """Write the page of a title, or of two files; return its size, bytes.

    Raises:
        OSError: It cannot be written.
    """
    text = page_html(page)
    atomic.write_text(target, text)
    return len(text.encode())


def page_html(page: Page) -> str:
    """Return a page as HTML, no larger than `MOST_BYTES` as long as there are pictures to leave out."""
    left_out = 0
    while True:
        text = _html("page.html.j2", page=page)
        if len(text.encode()) <= MOST_BYTES or not (page.scenes or page.strip):
            return text
        left_out += 1
        note = "Some pictures are left out, so that the page is not too large."
        notes = page.notes if left_out > 1 else (*page.notes, note)
        less = {"scenes": page.scenes[:-1]} if page.scenes else {"strip": page.strip[:-1]}
        page = replace(page, notes=notes, **less)


def write_index(index: Index, target: Path) -> None:
    """Write the overview of all titles.

    Raises:
        OSError: It cannot be written.
    """
    atomic.write_text(target, _html("index.html.j2", index=index))


def _html(name: str, **values: object) -> str:
    import jinja2  # noqa: PLC0415  for a page that is made

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("drapto.report", TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # a name that is no UTF-8, or turns the text round, is shown as a terminal would be given it
        finalize=lambda value: (
            shown(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
        ),
    )
    environment.filters["data"] = data_url
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{digest_of(style)}'; script-src '{digest_of(script)}'"
    )
    return environment.get_template(name).render(
        **values, style=style, script=script, policy=policy, version=VERSION
    )


def _asset(name: str) -> str:
    return (files("drapto.report") / TEMPLATES / name).read_text(encoding="utf-8")


def digest_of(text: str) -> str:
    """Return how a content security policy names what stands between a script's, or a style's, tags."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def data_url(picture: Picture) -> Any:  # noqa: ANN401  markupsafe's, which is loaded with jinja2
    """Return a picture as what stands in ``src``."""
    from markupsafe import Markup  # noqa: PLC0415  as above

    return Markup(f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}")  # noqa: S704  letters and digits
