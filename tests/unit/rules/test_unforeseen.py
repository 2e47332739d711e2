"""What a library raises on a file that it does not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest
from doit.exceptions import TaskFailed

from drapto.rules.task import perform
from drapto.rules.unforeseen import unforeseen
from tests import known

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.rules.work import Work


def test_a_number_that_no_field_holds_is_the_file_s(tmp_path: Path) -> None:
    project = known.project_in(tmp_path)
    (title,) = project.titles

    def action(work: Work) -> str:
        del work
        raise OverflowError("value too large to convert to int")

    failed = perform("video:film", action, project, title, {}, ([], []), {"title": "film", "stage": "video"})
    assert isinstance(failed, TaskFailed)
    assert str(failed.message) == (
        f"{title.source}: has something in it that cannot be made sense of (value too large to convert to "
        "int, in video); rip it again, or remux it with mkvmerge: `mkvmerge -o new.mkv it.mkv`"
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (title,) = known.project_in(tmp_path).titles
    source = av.error.InvalidDataError(1094995529, "Invalid data found", f"file:{title.source}")
    assert str(unforeseen(source, title, "probe")).startswith(
        f"{title.source}: cannot be read (Invalid data found); rip"
    )
    made = av.error.EOFError(541478725, "End of file", f"file:{title.work}/subtitles.mkv")
    assert str(unforeseen(made, title, "mux")) == (
        f"{title.work}/subtitles.mkv: cannot be used (End of file); delete it and run again"
    )
    partial = av.error.EOFError(541478725, "End of file", f"file:{title.work}/.subtitles.mkv.1-2.partial")
    told = f"{title.source}: what was made of it cannot be read back (End of file); rip it again"
    assert str(unforeseen(partial, title, "mux")).startswith(told)


@pytest.mark.parametrize(
    ("error", "stage", "known_kind"),
    [
        (ValueError("29 is not a valid Type"), "probe", True),
        (ValueError("29 is not a valid Type"), "mux", False),
        (TypeError("no"), "probe", False),
        (LookupError("no"), "crop", False),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "no"), "mux", True),
    ],
)
def test_a_fault_of_its_own_stays_one(error: Exception, stage: str, known_kind: bool, tmp_path: Path) -> None:
    (title,) = known.project_in(tmp_path).titles
    assert (unforeseen(error, title, stage) is not None) == known_kind
