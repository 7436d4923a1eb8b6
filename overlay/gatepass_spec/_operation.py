"""The operations of a spec, with everything about them resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._error import SpecError
from ._places import JsonPath

if TYPE_CHECKING:
    from ._spec import Spec

Message = dict[str, Any]
"""An example, `{"header": {...}, "body": ...}`; without a body there is no `body`."""


@dataclass(frozen=True)
class Operation:
    """One operation of a spec, with everything about it resolved."""

    id: str
    path: str
    method: str
    """In lower case."""
    document: Mapping[str, Any]
    """The operation as it is written."""
    parameters: list[Mapping[str, Any]]
    """Those of its path first."""
    security: list[Mapping[str, Any]]
    """Its own security requirements, else those of the document."""
    request_body: Mapping[str, Any]
    body: Mapping[str, Any]
    """The schema of the request body in its first media type."""
    parameter_schemas: Mapping[JsonPath, Mapping[str, Any]]
    """Path in a request, such as `("query", "page")`, to schema of each parameter."""
    responses: Mapping[str, Mapping[str, Any]]
    """Status to schema of the body in its first media type."""
    request_examples: list[Message]
    response_examples: Mapping[str, Mapping[str, Message]]
    """Status to examples by name; an example without a name is called ""."""

    @property
    def success_status(self) -> str:
        """The lowest documented 2xx."""
        return min((status for status in self.responses if status.startswith("2")), default="200")


def read_operation(spec: "Spec", path: str, method: str) -> Operation:
    """The operation of a path and a method; SpecError if it has no operationId."""
    item = spec.document["paths"][path]
    node = item[method]
    if "operationId" not in node:
        raise SpecError(f"#/paths/{path}/{method}: operationId is missing")
    body = spec.resolve(node.get("requestBody", {}))
    parameters = [*item.get("parameters", []), *node.get("parameters", [])]
    parameters = [spec.resolve(parameter) for parameter in parameters]
    headers = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "header"}
    parts = _parameter_examples(spec, parameters)
    responses = {str(status): spec.resolve(response) for status, response in node["responses"].items()}
    return Operation(
        id=node["operationId"],
        path=path,
        method=method,
        document=node,
        parameters=parameters,
        security=list(node.get("security", spec.document.get("security", []))),
        request_body=body,
        body=_body_schema(spec, body),
        parameter_schemas={parameter_path(node): _schema(spec, node) for node in parameters},
        responses={status: _body_schema(spec, response) for status, response in responses.items()},
        request_examples=[parts | message for message in _messages(spec, body, headers).values()],
        response_examples={
            status: _messages(spec, response, response.get("headers", {}))
            for status, response in responses.items()
        },
    )


def parameter_path(parameter: Mapping[str, Any]) -> JsonPath:
    """The path of a parameter in a request."""
    name: str = parameter["name"]
    return parameter["in"], name.lower() if parameter["in"] == "header" else name


def _parameter_examples(spec: "Spec", parameters: list[Mapping[str, Any]]) -> Message:
    """The examples of the parameters in the query and the path."""
    message: Message = {}
    for parameter in parameters:
        if parameter["in"] in ("query", "path"):
            for value in _examples(spec, parameter).values():
                message.setdefault(parameter["in"], {}).setdefault(parameter["name"], value)
    return message


def _body_schema(spec: "Spec", message: Mapping[str, Any]) -> Mapping[str, Any]:
    return _schema(spec, next(iter(message.get("content", {}).values()), {}))


def _schema(spec: "Spec", node: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = spec.resolve(node.get("schema", {}))
    return schema if isinstance(schema, Mapping) else {}


def _messages(spec: "Spec", message: Mapping[str, Any], headers: Mapping[str, Any]) -> dict[str, Message]:
    """The examples of the first media type that has any, by name; else one without a body."""
    header: dict[str, Any] = {}
    for name, node in headers.items():
        for value in _examples(spec, spec.resolve(node)).values():
            header.setdefault(name.lower(), value)
    for media, content in message.get("content", {}).items():
        if examples := _examples(spec, content):
            header = {"content-type": media, **header}
            return {name: {"header": header, "body": body} for name, body in examples.items()}
    return {"": {"header": header}}


def _examples(spec: "Spec", node: Mapping[str, Any]) -> dict[str, Any]:
    """The examples of a media type, a parameter or a header by name, else the first of its schema."""
    named = {name: spec.resolve(example) for name, example in node.get("examples", {}).items()}
    examples = {name: example["value"] for name, example in named.items() if "value" in example}
    if "example" in node:
        examples[""] = node["example"]
    schema = _schema(spec, node)
    values = [*schema.get("examples", []), *([schema["example"]] if "example" in schema else [])]
    return examples or dict(zip([""], values, strict=False))
