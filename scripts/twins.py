"""OpenAPI 3.0.3 twins of the specs, for tools that read no 3.1."""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from gatepass_spec import Spec

INLINED = ("responses", "parameters", "examples", "headers")
"""Components that are copied to where they are used: two generators lose the response behind a `$ref`."""
HEADER = "# OpenAPI 3.0.3, made from {name}.yaml, which is OpenAPI 3.1. Do not edit.\n"


class _Dumper(yaml.SafeDumper):
    """Writes paragraphs as they are, line by line."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def dump(document: Mapping[str, Any]) -> str:
    """A document as YAML, with its keys in their order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def twin(spec: Spec) -> str:
    """The spec in OpenAPI 3.0.3, as YAML.

    Environments are `x-gatepass-environment`, because generators reserve `x-oai-name`. `contentEncoding` is
    the format `byte` only where the whole value is base64; a pattern for its decoded form is left out.
    """
    document = copy.deepcopy(dict(spec.document))
    document["openapi"] = "3.0.3"
    document["info"].pop("summary", None)
    document["info"].get("license", {}).pop("identifier", None)
    document["servers"] = [_server(server) for server in document["servers"]]
    document = _converted(document, spec)
    for kind in INLINED:
        document["components"].pop(kind, None)
    return HEADER.format(name=spec.name) + dump(document)


def twin_json(spec: Spec) -> bytes:
    """The same as JSON."""
    document = yaml.safe_load(twin(spec))
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _server(server: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {key: value for key, value in server.items() if key != "x-oai-name"}
    return {**renamed, "x-gatepass-environment": server["x-oai-name"]}


def _converted(node: Any, spec: Spec, key: str = "") -> Any:
    """A node as 3.0.3 has it, with the components of INLINED in place of references to them."""
    if isinstance(node, list):
        return [_converted(child, spec) for child in node]
    if not isinstance(node, dict):
        return node
    if re.match(rf"#/components/({'|'.join(INLINED)})/", str(node.get("$ref", ""))):
        return _converted(copy.deepcopy(spec.resolve(node)), spec, key)
    converted = {name: _converted(child, spec, name) for name, child in node.items()}
    is_schema = "type" in node and key not in ("securitySchemes", "properties")
    if is_schema and isinstance(node.get("examples"), list):
        converted.pop("examples")
        converted.setdefault("example", node["examples"][0])
    converted.pop("contentSchema", None)
    if converted.pop("contentEncoding", None) == "base64" and "format" not in converted:
        converted["format"] = "byte"
    return converted
