"""Looking values up in JSON documents."""

from collections.abc import Mapping

JsonPaths = tuple[tuple[str, ...], ...]
"""Alternative paths of one value, each as its keys from the root; a number is also an index of a list."""


def get_path(document: object, paths: JsonPaths, default: object = None) -> object:
    """The value at the first of the paths that exists in a JSON document, else the default."""
    for path in paths:
        node = document
        for key in path:
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, Mapping) and key in node:
                node = node[key]
            else:
                break
        else:
            return node
    return default
