"""What the schemas and the examples of an operation have at a place."""

from collections.abc import Iterator, Mapping
from typing import Any

from ._operation import Message, Operation
from ._places import get_path, split_place
from ._references import MISSING
from ._spec import Spec


def place_schema(spec: Spec, operation: Operation, place: str, *, failed: bool = False) -> Mapping[str, Any]:
    """The schema of the field at a place of a successful response, or of any if `failed`; LookupError."""
    side, part, keys = split_place(place)
    if side == "request" and part == "header":
        return operation.headers[keys[0]]
    if side == "request":
        return spec.property_at(operation.body, keys)
    if part == "header":
        return {}
    success = [schema for status, schema in operation.responses.items() if status.startswith("2")]
    failure = [schema for status, schema in operation.responses.items() if not status.startswith("2")]
    # A 200 may be a rejection too, and then state its error there.
    for schema in failure + success if failed else success:
        try:
            return spec.property_at(schema, keys)
        except LookupError:
            continue
    raise LookupError(place)


def example_values(message: Message, place: str) -> Iterator[Any]:
    """The value at a place of an example: one value, or none."""
    value = get_path(message, (split_place(place).path,), MISSING)
    if value is not MISSING:
        yield value
