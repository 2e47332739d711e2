"""One line for each failure."""

from __future__ import annotations

import pickle

import pytest

from drapto import errors
from drapto.errors import DraptoError, SourceError


def test_file_problem_remedy() -> None:
    error = SourceError("is not Matroska", path="/a/b.mkv", remedy="remux it")
    assert str(error) == "/a/b.mkv: is not Matroska; remux it"
    assert str(SourceError("no video")) == "no video"


def test_always_one_line_and_no_control_characters() -> None:
    error = SourceError("said\n  two lines", path="/a/new\nline\x1b[31m.mkv")
    assert str(error) == "/a/new\\nline\\x1b[31m.mkv: said two lines"


def test_crosses_processes() -> None:
    error = SourceError("is damaged", path="x.mkv", remedy="rip it again")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert type(again) is SourceError
    assert str(again) == str(error)


def kinds(kind: type[DraptoError] = DraptoError) -> list[type[DraptoError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in kinds(child))]


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_crosses_processes_with_all_that_it_carries(kind: type[DraptoError]) -> None:
    error = kind("is damaged", path="x.mkv", remedy="rip it again")
    error.first = "the cause"  # type: ignore[attr-defined]  # what ToolFailedError has, and others may
    error.add_note("seen twice")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is kind
    assert again.__dict__ == error.__dict__
    assert again.args == error.args
    assert str(again) == str(error)


def test_a_kind_that_is_made_in_another_way_crosses_processes() -> None:
    again = pickle.loads(pickle.dumps(CountedError(3)))  # noqa: S301
    assert (again.count, str(again)) == (3, "3 are missing")


class CountedError(DraptoError):
    def __init__(self, count: int) -> None:
        super().__init__(f"{count} are missing")
        self.count = count


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SourceError", 1),
        ("ToolFailedError", 1),
        ("ValidationError", 1),
        ("ConfigError", 3),
        ("LockedError", 3),
    ],
)
def test_exit_codes(name: str, code: int) -> None:
    assert getattr(errors, name).exit_code == code


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    def names(kind: type[DraptoError]) -> set[str]:
        return {kind.__name__}.union(
            *(names(child) for child in kind.__subclasses__() if child.__module__ == errors.__name__)
        )

    for name in names(DraptoError):
        assert name in (errors.__doc__ or "")
