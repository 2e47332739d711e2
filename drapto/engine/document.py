"""A typed model that lives in a JSON file."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, ValidationError

from drapto.engine import atomic
from drapto.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path


def _fraction(value: object) -> Fraction:
    try:
        return Fraction(str(value))
    except ZeroDivisionError as error:
        raise ValueError(str(error)) from error


Rational = Annotated[
    Fraction,
    PlainValidator(_fraction),
    PlainSerializer(str, return_type=str),
]
"""A fraction written as ``"24000/1001"``."""


_NONE_GIVEN: set[str] = set()
"""Shared by all: pydantic copies it before it changes it."""


class Model(BaseModel):
    """A frozen value; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # a run reads few of them

    def model_post_init(self, _context: object, /) -> None:
        """Forget which fields were given, and which have their defaults.

        Nothing asks for it, and pydantic keeps a set of names with each value: of a segment's record 2.2 KB
        of 4.8, and a title may have 10,000.
        """
        object.__setattr__(self, "__pydantic_fields_set__", _NONE_GIVEN)


class Document(Model):
    """A value with a JSON file of its own. The same value always gives the same bytes."""

    def dumps(self) -> str:
        """Return the JSON text, indented, with a final newline."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"

    def write(self, path: Path, *, durable: bool = True) -> Self:
        """Write to ``path``, whole or not at all; return self. ``durable`` as for `atomic.replacing`."""
        atomic.write_text(path, self.dumps(), durable=durable)
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read from ``path``.

        Raises:
            ArtifactError: The file is missing, or not this document.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise ArtifactError("is missing", path=path, remedy="run again") from error
        except (ValidationError, ValueError, OSError) as error:
            raise ArtifactError(
                f"is damaged ({str(error).splitlines()[0]})", path=path, remedy="delete it and run again"
            ) from error

    @classmethod
    def read_if_whole(cls, path: Path) -> Self | None:
        """Return the document at ``path``, or None where it is missing or damaged."""
        try:
            return cls.read(path)
        except ArtifactError:
            return None


class Report(Document):
    """A document that is written again and again for who follows the work; no task reads it.

    What writes it is pydantic's own serialiser, which takes a twelfth of the time of Python's: it spells a
    float of less than 0.0001 in another way, and a task would take that for another content.
    """

    def dumps(self) -> str:
        """Return the JSON text, indented, with a final newline."""
        return self.model_dump_json(indent=1) + "\n"
