"""One provider's spec as a document: its calls with everything resolved, its lines, and places in it."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from yaml.nodes import MappingNode, SequenceNode

METHODS = ("get", "put", "post", "delete", "patch")
PLACE = re.compile(r"\$(?P<side>request|response)\.(?P<kind>body#|header\.)(?P<rest>.+)")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast, where there is one."""
HOPS = 10
"""References that lead to references, at most: more go in a circle."""

Place = tuple[str, str, tuple[str, ...]]
Way = tuple[str | int, ...]
"""How a node of a document is reached from its root."""


@frozen
class Operation:
    """One call of a spec, with everything about it resolved.

    Examples are messages, `{"header": {...}, "body": ...}`: of the request, and of each status.
    """

    id: str
    path: str
    method: str
    document: Mapping[str, Any]
    body: Mapping[str, Any]
    headers: Mapping[str, Mapping[str, Any]]
    replies: Mapping[str, Mapping[str, Any]]
    asked: list[dict[str, Any]]
    said: Mapping[str, list[dict[str, Any]]]


@frozen
class Spec:
    """One provider: the document as written, its name being the file's."""

    path: Path
    text: str
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def schemes(self) -> dict[str, Mapping[str, Any]]:
        """All security schemes by name."""
        schemes: Mapping[str, Any] = self.document.get("components", {}).get("securitySchemes", {})
        return {name: self.resolve(one) for name, one in schemes.items()}

    @property
    def tokens(self) -> dict[str, Mapping[str, Any]]:
        """Security scheme to its x-token."""
        return {name: one["x-token"] for name, one in self.schemes.items() if "x-token" in one}

    @property
    def servers(self) -> dict[str, str | None]:
        """Environment to base URL; None where only the user knows the host."""
        return {
            server["x-oai-name"]: None if server.get("variables") else server["url"]
            for server in self.document["servers"]
        }

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its `$ref` inside this document names; LookupError if that is nothing."""
        for _ in range(HOPS):
            if not isinstance(node, Mapping) or "$ref" not in node:
                return node
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        raise LookupError(node["$ref"])

    def operations(self) -> dict[str, Operation]:
        found = {}
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", [])
                    found[item[method]["operationId"]] = self._operation(path, method, item[method], shared)
        return found

    def _operation(self, path: str, method: str, call: Mapping[str, Any], shared: list[Any]) -> Operation:
        body = self.resolve(call.get("requestBody", {}))
        parameters = [self.resolve(one) for one in [*shared, *call.get("parameters", [])]]
        headers = [one for one in parameters if one["in"] == "header"]
        replies = {status: self.resolve(reply) for status, reply in call["responses"].items()}
        return Operation(
            id=call["operationId"],
            path=path,
            method=method,
            document=call,
            body=self._content(body),
            headers={one["name"]: self._schema(one) for one in headers},
            replies={status: self._content(reply) for status, reply in replies.items()},
            asked=self._messages(body, {one["name"]: one for one in headers}),
            said={status: self._messages(one, one.get("headers", {})) for status, one in replies.items()},
        )

    def _content(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._schema(next(iter(message.get("content", {}).values()), {}))

    def _schema(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        schema = self.resolve(node.get("schema", {}))
        return schema if isinstance(schema, Mapping) else {}

    def _messages(self, message: Mapping[str, Any], headers: Mapping[str, Any]) -> list[dict[str, Any]]:
        shown = {name: self._examples(self.resolve(one)) for name, one in headers.items()}
        header = {name: examples[0] for name, examples in shown.items() if examples}
        media: Mapping[str, Any] = next(iter(message.get("content", {}).values()), {})
        return [{"header": header, "body": body} for body in self._examples(media) or [None]]

    def _examples(self, node: Mapping[str, Any]) -> list[Any]:
        named = [self.resolve(one) for one in node.get("examples", {}).values()]
        alone = [node["example"]] if "example" in node else []
        return [one["value"] for one in named if "value" in one] + alone

    def property_at(self, schema: Mapping[str, Any], parts: tuple[str, ...]) -> Mapping[str, Any]:
        """The schema of a field, by its way through the properties; LookupError if there is none.

        Empty where the schema is open: it says nothing of its inside, or allows other fields aloud.
        """
        for part in parts:
            schema = self.resolve(schema)
            if not isinstance(schema, Mapping):
                return {}
            if part.isdigit() and "items" in schema:
                schema = schema["items"]
            elif part in schema.get("properties", {}):
                schema = schema["properties"][part]
            elif schema.get("additionalProperties") is True or not {"type", "properties"} & set(schema):
                return {}
            else:
                raise LookupError(part)
        schema = self.resolve(schema)
        return schema if isinstance(schema, Mapping) else {}

    def line(self, *place: str | int) -> int:
        """The line of a place in the document, or of the nearest place above it."""
        node = _tree(self.text)
        line: int = node.start_mark.line
        for part in place:
            if isinstance(node, MappingNode):
                pairs = [(k, v) for k, v in node.value if str(k.value) == str(part)]
                if not pairs:
                    break
                line, node = pairs[0][0].start_mark.line, pairs[0][1]
            elif isinstance(node, SequenceNode) and isinstance(part, int):
                node = node.value[part]
                line = node.start_mark.line
            else:
                break
        return line + 1


@lru_cache(maxsize=4)
def _tree(text: str) -> Any:
    # For lines alone; what a value means is up to YAML 1.2, which this does not read.
    return yaml.compose(text, Loader=LOADER)


def nodes(node: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Every part of a document, the whole first, with the way to it."""
    yield way, node
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, one in items:
        yield from nodes(one, (*way, key))


def split_place(place: str) -> Place:
    """`$response.body#/data/token` as ("response", "body", ("data", "token"))."""
    match = PLACE.fullmatch(place)
    if match is None:
        raise LookupError(place)
    if match["kind"] == "header.":
        return match["side"], "header", (match["rest"],)
    parts = match["rest"].removeprefix("/").split("/")
    return (
        match["side"],
        "body",
        tuple(part.replace("~1", "/").replace("~0", "~") for part in parts),
    )


def places(value: str | list[str]) -> list[str]:
    """One place or several spellings of it, as a list."""
    return [value] if isinstance(value, str) else list(value)


def place_schema(spec: Spec, operation: Operation, place: str, *, failed: bool = False) -> Mapping[str, Any]:
    """The schema of the field that a place names, in a good reply or first in a failed one; LookupError."""
    side, kind, parts = split_place(place)
    if side == "request" and kind == "header":
        return operation.headers[parts[0]]
    if side == "request":
        return spec.property_at(operation.body, parts)
    if kind == "header":
        return {}
    good = [schema for status, schema in operation.replies.items() if status.startswith("2")]
    bad = [schema for status, schema in operation.replies.items() if not status.startswith("2")]
    for schema in bad + good if failed else good:  # a 200 may be a refusal, and name itself there
        try:
            return spec.property_at(schema, parts)
        except LookupError:
            continue
    raise LookupError(place)


def shown(message: Any, place: str) -> Iterator[Any]:
    """What stands at a place in an example message: one value, or none."""
    _, kind, parts = split_place(place)
    for part in (kind, *parts):
        if isinstance(message, Mapping) and part in message:
            message = message[part]
        elif isinstance(message, list) and part.isdigit() and int(part) < len(message):
            message = message[int(part)]
        else:
            return
    yield message
