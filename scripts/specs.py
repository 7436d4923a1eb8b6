"""Reads the provider specs, and says file, line and mend of what is wrong in one."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "specs"
METHODS = ("get", "put", "post", "delete", "patch")
PLACE = re.compile(r"\$(?P<side>request|response)\.(?P<kind>body#|header\.)(?P<rest>.+)")

Place = tuple[str, str, tuple[str, ...]]


class SpecError(Exception):
    """A spec that cannot be compiled; the text begins with its file and line."""


@frozen
class Operation:
    """One call of a spec, with everything about it resolved."""

    id: str
    path: str
    method: str
    document: Mapping[str, Any]
    body: Mapping[str, Any]
    headers: Mapping[str, Mapping[str, Any]]
    replies: Mapping[str, Mapping[str, Any]]


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
    def tokens(self) -> dict[str, Mapping[str, Any]]:
        """Security scheme to its x-token."""
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        return {name: one["x-token"] for name, one in schemes.items() if "x-token" in one}

    @property
    def servers(self) -> dict[str, str | None]:
        """Environment to base URL; None where only the user knows the host."""
        return {
            server["x-oai-name"]: None if server.get("variables") else server["url"]
            for server in self.document["servers"]
        }

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its `$ref` inside this document names."""
        while isinstance(node, Mapping) and "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operations(self) -> dict[str, Operation]:
        found = {}
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method not in item:
                    continue
                call = item[method]
                body = self.resolve(call.get("requestBody", {})).get("content", {})
                parameters = [
                    self.resolve(one) for one in [*item.get("parameters", []), *call.get("parameters", [])]
                ]
                found[call["operationId"]] = Operation(
                    id=call["operationId"],
                    path=path,
                    method=method,
                    document=call,
                    body=self._schema(body),
                    headers={
                        one["name"]: self.resolve(one["schema"])
                        for one in parameters
                        if one["in"] == "header"
                    },
                    replies={
                        status: self._schema(self.resolve(reply).get("content", {}))
                        for status, reply in call["responses"].items()
                    },
                )
        return found

    def _schema(self, content: Mapping[str, Any]) -> Mapping[str, Any]:
        media: Mapping[str, Any] = next(iter(content.values()), {})
        schema: Mapping[str, Any] = self.resolve(media.get("schema", {}))
        return schema

    def property_at(self, schema: Mapping[str, Any], parts: tuple[str, ...]) -> Mapping[str, Any]:
        """The schema of a field, by its way through the properties; LookupError if there is none.

        Empty where the schema is open: it says nothing of its inside, or allows other fields aloud.
        """
        for part in parts:
            schema = self.resolve(schema)
            if part.isdigit() and "items" in schema:
                schema = schema["items"]
            elif part in schema.get("properties", {}):
                schema = schema["properties"][part]
            elif schema.get("additionalProperties") is True or not {"type", "properties"} & set(schema):
                return {}
            else:
                raise LookupError(part)
        resolved: Mapping[str, Any] = self.resolve(schema)
        return resolved

    def line(self, *place: str | int) -> int:
        """The line of a place in the document, or of the nearest place above it."""
        node = YAML().compose(self.text)
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


def load(path: Path) -> Spec:
    """A checked spec; SpecError names every problem with file and line."""
    text = path.read_text(encoding="utf-8")
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SpecError(f"{path}:{line}: not YAML: {error.problem}") from None
    except YAMLError as error:
        raise SpecError(f"{path}:1: not YAML: {error}") from None
    version = document.get("openapi") if isinstance(document, dict) else None
    if not str(version).startswith("3.1."):
        raise SpecError(
            f"{path}:1: not OpenAPI 3.1: the file must begin with 'openapi: 3.1.0', not {version!r}"
        )
    spec = Spec(path, text, document)
    found = [
        f"{path}:{spec.line(*place)}: {'/'.join(map(str, place)) or 'document'}: {message}"
        for place, message in problems(spec)
    ]
    if found:
        raise SpecError("\n".join(found))
    return spec


def load_all(folder: Path = SPECS) -> list[Spec]:
    """Every spec of the folder in order of name."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise SpecError(f"{folder}: no *.yaml here; write a spec as {folder / 'README.md'} says")
    for path in paths:
        if not re.fullmatch(r"[a-z][a-z0-9]*", path.stem):
            raise SpecError(f"{path}:1: the file name becomes a package: use a-z and 0-9 only")
    return [load(path) for path in paths]


@cache
def _vendor_schema() -> Draft202012Validator:
    schema = json.loads((SPECS / "x-token.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


Problem = tuple[tuple[str | int, ...], str]


def problems(spec: Spec) -> Iterator[Problem]:
    """Where a document is wrong, and how to mend it; later checks wait for the earlier ones."""
    nowhere = list(_dangling(spec, spec.document))
    structure = nowhere or [
        (tuple(error.absolute_path), error.message)
        for error in OpenAPIV31SpecValidator(dict(spec.document)).iter_errors()
    ]
    structure = structure or list(_nameless(spec))
    if structure:
        yield from structure
        return
    yield from _server_problems(spec)
    if not spec.tokens:
        yield ("components", "securitySchemes"), "no scheme has an x-token: see specs/README.md"
    operations = spec.operations()
    for scheme, token in spec.tokens.items():
        where = ("components", "securitySchemes", scheme, "x-token")
        yield from _vendor_problems(spec, "x-token", token, where, operations)
    for operation in operations.values():
        if "x-secret" in operation.document:
            where = ("paths", operation.path, operation.method, "x-secret")
            secret = operation.document["x-secret"]
            yield from _vendor_problems(spec, "x-secret", secret, where, operations, operation)


def _dangling(spec: Spec, node: Any, way: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """References to nothing, or to another file: a spec stands alone."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            try:
                spec.resolve(node)
            except (LookupError, TypeError):
                yield (*way, "$ref"), f"{node['$ref']} is not in this file"
        for key, one in node.items():
            yield from _dangling(spec, one, (*way, key))
    elif isinstance(node, list):
        for index, one in enumerate(node):
            yield from _dangling(spec, one, (*way, index))


def _nameless(spec: Spec) -> Iterator[Problem]:
    """Operations without an operationId, by which x-token and every generator speak of them."""
    for path, item in spec.document["paths"].items():
        for method in METHODS:
            if method in item and "operationId" not in item[method]:
                yield ("paths", path, method), "name the call: operationId: generateToken"


def _server_problems(spec: Spec) -> Iterator[Problem]:
    servers = spec.document.get("servers", [])
    names = [server.get("x-oai-name") for server in servers]
    for index, name in enumerate(names):
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*", name):
            yield ("servers", index), "name the environment: x-oai-name: sandbox"
        elif name in names[:index]:
            yield ("servers", index, "x-oai-name"), f"{name!r} is the name of another server too"
    for name in {"sandbox", "production"} - set(names):
        yield ("servers",), f"no server has x-oai-name: {name}"


def _vendor_problems(
    spec: Spec,
    key: str,
    value: Mapping[str, Any],
    where: tuple[str, ...],
    operations: Mapping[str, Operation],
    operation: Operation | None = None,
) -> Iterator[Problem]:
    """Shape by the JSON Schema, then every place against the schemas of the calls it speaks of."""
    shape = [
        ((*where, *list(error.absolute_path)[1:]), error.message)
        for error in _vendor_schema().iter_errors({key: value})
    ]
    if shape:
        yield from shape
        return
    named = [value, value["refresh"]] if "refresh" in value else [value]
    for one in named:
        if operation is None and one.get("operation") not in operations:
            yield (*where, "operation"), f"no operation has the operationId {one['operation']!r}"
            return
    call = operation or operations[value["operation"]]
    for status in [*value.get("refused", []), *value.get("limited", [])]:
        if status not in call.replies:
            yield where, f"{call.id} documents no response '{status}'"
    if key == "x-secret":
        scheme, _, credential = value["of"].partition(".")
        if credential not in spec.tokens.get(scheme, {}).get("credentials", {}):
            yield (*where, "of"), f"no credential is called {value['of']!r}"
    for way, place in _strings(value):
        if place.startswith("$"):
            at = operations[value["refresh"]["operation"]] if way[0] == "refresh" else call
            if way[0] == "instead":  # a header of the APIs, not of the call that issues the token
                continue
            try:
                schema = _place_schema(spec, at, place, failed=way[0] == "error")
            except LookupError:
                yield (*where, *way), f"{place} is not in the schemas of {at.id}"
                continue
            if way[0] == "value" and schema and schema.get("format") != "password":
                yield (*where, *way), f"{place} is a secret: give its schema format: password"


def _strings(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Every text in a vendor key with its way there; places are keys as well as values."""
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key.startswith("$"):
                yield (*way, key), key
            yield from _strings(one, (*way, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _strings(one, (*way, index))


def _place_schema(spec: Spec, operation: Operation, place: str, *, failed: bool = False) -> Mapping[str, Any]:
    side, kind, parts = split_place(place)
    if side == "request" and kind == "header":
        return operation.headers[parts[0]]
    if side == "request":
        return spec.property_at(operation.body, parts)
    if kind == "header":
        return {}
    for status, schema in operation.replies.items():
        if status.startswith("2") != failed:
            try:
                return spec.property_at(schema, parts)
            except LookupError:
                continue
    raise LookupError(place)


def place_schema(spec: Spec, operation: Operation, place: str) -> Mapping[str, Any]:
    """The schema of the field that a place of a checked spec names."""
    return _place_schema(spec, operation, place)
