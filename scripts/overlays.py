"""Overlays (OpenAPI Overlay 1.0.0) that lay the token extension on a provider's own OpenAPI document."""

import re
from collections.abc import Mapping

import twins
from gatepass_spec import NodePath, Spec, walk

EXTENSIONS = ("x-gatepass-token", "x-gatepass-secret")
HEADER = """\
# The token extension of {name}.yaml as an OpenAPI overlay. Do not edit.
# Targets, `operation`, `alternatives`, `of` and environments are names of {name}.yaml. Where a document has
# others, replace them in a copy: a target that names nothing is ignored without a message.
"""


def overlay(spec: Spec) -> str:
    """An overlay with every `x-gatepass-token` and `x-gatepass-secret` of a spec, as YAML."""
    actions = [
        {"target": json_path(path), "update": {key: node[key]}}
        for path, node in walk(spec.document)
        for key in EXTENSIONS
        if isinstance(node, Mapping) and key in node
    ]
    info = spec.document["info"]
    document = {
        "overlay": "1.0.0",
        "info": {"title": f"Token extension for {info['title']}", "version": info["version"]},
        "actions": actions,
    }
    return HEADER.format(name=spec.name) + twins.dump(document)


def json_path(path: NodePath) -> str:
    """A path as JSONPath (RFC 9535), such as `$.paths['/login'].post`."""
    return "$" + "".join(map(_segment, map(str, path)))


def _segment(key: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        return f".{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
