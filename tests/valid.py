"""Hold records against a JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema.validators import validator_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def require_valid(records: Iterable[object], schema: Mapping[str, Any]) -> None:
    """Hold each record against a schema, which is made ready once: that takes longer than to use it.

    Raises:
        jsonschema.ValidationError: What does not fit.
    """
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    for record in records:
        validator.validate(record)
