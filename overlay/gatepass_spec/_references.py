"""References inside a document."""

from collections.abc import Mapping
from typing import Any

from ._error import SpecError
from ._places import get_path, pointer_keys

MAX_HOPS = 10
"""References that lead to references; more than that are circular."""
MISSING: Any = object()
"""The default of a lookup that must tell a missing value from `null`."""


def resolve(document: Mapping[str, Any], node: Any) -> Any:
    """The node itself, or what its `$ref` names in the document; LookupError if there is no such node.

    Keys beside a `$ref` replace those of the node that it names.
    """
    siblings: dict[str, Any] = {}
    for _ in range(MAX_HOPS):
        if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
            return {**node, **siblings} if siblings else node
        reference = node["$ref"]
        siblings = {key: value for key, value in node.items() if key != "$ref"} | siblings
        keys = pointer_keys(reference.removeprefix("#"))
        node = get_path(document, (keys,), MISSING) if reference.startswith("#/") else MISSING
        if node is MISSING or (siblings and not isinstance(node, Mapping)):
            raise LookupError(reference)
    raise LookupError(f"{node['$ref']} is circular")


def inline(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with every `$ref` replaced by the object that it names; the copy may contain itself.

    SpecError if a reference names no object in the document.
    """
    copies: dict[int, Any] = {}
    originals: list[Any] = []  # kept, so that no other object gets the id of one of them

    def copy(node: Any) -> Any:
        try:
            target = resolve(document, node)
        except LookupError as error:
            target = error
        if target is not node and not isinstance(target, Mapping):
            raise SpecError(f"{node['$ref']}: this reference leads nowhere in the file")
        if not isinstance(target, (dict, list)):
            return target
        if id(target) not in copies:
            originals.append(target)
            if isinstance(target, dict):
                mapping: dict[Any, Any] = {}
                copies[id(target)] = mapping
                mapping.update((key, copy(value)) for key, value in target.items())
            else:
                items: list[Any] = []
                copies[id(target)] = items
                items.extend(map(copy, target))
        return copies[id(target)]

    copied: dict[str, Any] = copy(document)
    return copied
