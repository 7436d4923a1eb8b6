"""What the schemas and the examples of an operation have at a place."""

from collections.abc import Iterator, Mapping
from typing import Any

from ._operation import Message, Operation
from ._places import JsonPath, get_path, split_place
from ._references import MISSING
from ._spec import Spec


def place_schema(spec: Spec, operation: Operation, place: str, *, failed: bool = False) -> Mapping[str, Any]:
    """The schema of the field at a place of a request or a response; LookupError."""
    split = split_place(place)
    if split.side == "request":
        return request_schema(spec, operation, split.path)
    return response_schema(spec, operation, split.path, failed=failed)


def request_schema(spec: Spec, operation: Operation, path: JsonPath) -> Mapping[str, Any]:
    """The schema of the field at a path of the request; LookupError."""
    if path[0] == "body":
        return spec.property_at(operation.body, path[1:])
    if path[0] == "basic" or path == ("header", "authorization"):  # OpenAPI has no parameters for these
        return {}
    return operation.parameter_schemas[path]


def response_schema(
    spec: Spec, operation: Operation, path: JsonPath, *, failed: bool = False
) -> Mapping[str, Any]:
    """The schema of the field at a path of a successful response, or of any if `failed`; LookupError."""
    part, *keys = path
    if part != "body":
        return {}
    success = [schema for status, schema in operation.responses.items() if status.startswith("2")]
    failure = [schema for status, schema in operation.responses.items() if not status.startswith("2")]
    # A 200 may be a rejection too, and then state its error there.
    for schema in failure + success if failed else success:
        try:
            return spec.property_at(schema, tuple(keys))
        except LookupError:
            continue
    raise LookupError(path)


def is_base64(schema: Mapping[str, Any]) -> bool:
    """Whether a request carries the base64 of the user's value there."""
    return schema.get("contentEncoding") == "base64"


def decoded_pattern(schema: Mapping[str, Any]) -> str | None:
    """The pattern that only the unencoded value matches, by which a client tells it from its base64."""
    pattern: str | None = schema.get("contentSchema", {}).get("pattern")
    return pattern


def example_values(message: Message, place: str) -> Iterator[Any]:
    """The value at a place of an example: one value, or none."""
    value = get_path(message, (split_place(place).path,), MISSING)
    if value is not MISSING:
        yield value
