"""The rules for references: tools would fetch or open anything else that a spec or a flow names."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from gatepass_spec import NodePath, Spec, walk

FETCHED = {
    "externalValue",
    "operationRef",
    "jsonSchemaDialect",
    "$schema",
    "$id",
    "$vocabulary",
    "$dynamicRef",
    "$recursiveRef",
}
"""Keys besides `$ref` whose values name another document."""
LOCAL = re.compile(r"(\.\./)?[a-z][a-z0-9]*\.yaml")
WHY = {
    "fetch": "tools would fetch or open what it names; remove it, and write the content here",
    "source": "tools would open or fetch it; name a spec of this folder, as in url: ../setu.yaml",
}

Problem = tuple[NodePath, str, str]


def references(spec: Spec) -> Iterator[Problem]:
    """Everything that names another document, also in examples and vendor keys."""
    for path, node in walk(spec.document):
        if not isinstance(node, Mapping):
            continue
        if "$ref" in node and not str(node["$ref"]).startswith("#/"):
            yield (*path, "$ref"), "ref", f"{node['$ref']!r} is not of the form '#/components/…/NAME'"
        for key in FETCHED & set(node):
            yield (*path, key), "fetch", f"{key} is not allowed"
        if path[-1:] == ("discriminator",) and "mapping" in node:
            yield (*path, "mapping"), "fetch", "the mapping of a discriminator is not allowed"


def sources(flow: Spec, files: Collection[Path]) -> Iterator[Problem]:
    """Sources of a flow that are not among the files linted with it."""
    sources = flow.document.get("sourceDescriptions", [])
    if not isinstance(sources, list):
        yield ("sourceDescriptions",), "source", "this is not a list"
        return
    for index, source in enumerate(sources):
        url = source.get("url") if isinstance(source, Mapping) else None
        if not isinstance(url, str) or not LOCAL.fullmatch(url) or source_path(flow, url) not in files:
            yield ("sourceDescriptions", index, "url"), "source", f"{url!r} is not a spec of this folder"


def source_path(flow: Spec, url: str) -> Path:
    """The file that the URL of a source names."""
    return (flow.path.parent / url).resolve()
