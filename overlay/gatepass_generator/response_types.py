"""The types of the fields of an operation's responses, as `gatepass` compares them with real ones."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gatepass_spec import JsonPath, Operation, Spec

ALTERNATIVES = ("oneOf", "anyOf")
Types = dict[str, str]
"""Path of a field, such as `/data/expiresIn`, to its JSON types, such as `integer|string`, or `any`.

A `?` at the end: the field may be absent. `*` in a path stands for each element of an array, or each name.
"""


def response_types(
    spec: Spec, operation: Operation, places: Iterable[JsonPath]
) -> dict[tuple[str, ...], Types]:
    """Statuses to the types of their JSON bodies; statuses with the same types are together.

    The fields at these places of the token extension are known as well, where a schema leaves them out.
    """
    groups: list[tuple[list[str], Types]] = []
    for status, schema in operation.responses.items():
        types = dict(_types(spec, schema, "", required=True))
        if types.get("") == "object" and len(types) > 1:
            for part, *names in places:
                if part == "body" and names:
                    types.setdefault(f"/{names[0]}", "any?")
        for statuses, known in groups:
            if known == types:
                statuses.append(status)
                break
        else:
            groups.append(([status], types))
    return {tuple(statuses): types for statuses, types in groups}


def _types(spec: Spec, schema: Any, path: str, *, required: bool) -> Iterator[tuple[str, str]]:
    """Yield the path and the types of a field and of all within it."""
    parts = list(_parts(spec, schema))
    types = list(dict.fromkeys(kind for part in parts for kind in _own_types(part)))
    if not types and not path:
        return
    yield path, "|".join(types or ["any"]) + ("" if required else "?")
    is_alternative = any(word in part for part in parts for word in ALTERNATIVES)
    fields: dict[str, tuple[Any, bool]] = {}
    for part in parts:
        names = part.get("required", []) if not is_alternative else []
        for name, field in part.get("properties", {}).items():
            fields.setdefault(name.replace("~", "~0").replace("/", "~1"), (field, name in names))
        others = part.get("additionalProperties")
        if isinstance(others, Mapping) and others:
            fields.setdefault("*", (others, False))
        if "items" in part:
            fields.setdefault("*", (part["items"], False))
    for name, (field, is_required) in fields.items():
        yield from _types(spec, field, f"{path}/{name}", required=is_required)


def _parts(spec: Spec, schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and all that it is composed of."""
    resolved = spec.resolve(schema)
    if isinstance(resolved, Mapping):
        yield resolved
        for word in ("allOf", *ALTERNATIVES):
            for part in resolved.get(word, []):
                yield from _parts(spec, part)


def _own_types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    if types:
        return [types] if isinstance(types, str) else list(types)
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if values:
        return list(dict.fromkeys(_type_of(value) for value in values))
    return ["object"] if "properties" in schema else []


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return "null" if value is None else names[type(value)]
