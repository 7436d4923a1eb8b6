"""What differs between a provider's response and its spec: paths, types and statuses, never a value."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ._safe_text import reveals

if TYPE_CHECKING:
    from ._settings import Settings

log = logging.getLogger("gatepass")

Types = Mapping[str, str]
Responses = Mapping[tuple[str, ...], Types]
"""As `TokenSpec.responses`: statuses to the JSON types of the fields."""
PLAIN_NAME = re.compile(r"(?!.*\d{4})[A-Za-z_][\w.$-]{0,39}", re.ASCII)
"""The names of fields that are shown; any other one may be an identifier of somebody."""
LIMIT = 20
"""Differences of one response, and responses that differ, that are reported."""
NEW = ", which the spec does not have"
_reported: set[tuple[str, ...]] = set()


def report_differences(
    settings: Settings, responses: Responses, status: int, document: Any, secrets: Collection[str]
) -> None:
    """Log what differs, and emit an event, but the same difference only once in a process.

    A field that is called like a secret is left out.
    """
    lines = differences(responses, status, document)
    found = [line for line in lines if not any(reveals(line, secret) for secret in secrets)]
    key = (*settings.label, *found)
    if not found or key in _reported or len(_reported) >= LIMIT:
        return
    _reported.add(key)
    # Providers add fields, which breaks nothing.
    warn = log.info if all(line.endswith(NEW) for line in found) else log.warning
    where = " ".join(settings.label)
    warn("%s: the response is not what the spec says: %s", where, "; ".join(found))
    settings.emit("response_differs", 0.0, status, *found)


def differences(responses: Responses, status: int, document: Any) -> tuple[str, ...]:
    """What differs, each as one line; nothing for a response that may not be the provider's own.

    `responses` is `TokenSpec.responses`, and `document` the body as JSON, or None if it is not JSON, as from
    a balancer or a firewall; those send a 5xx that no spec has, too.
    """
    if not isinstance(document, dict) or not responses:
        return ()
    names = str(status), f"{status // 100}XX", "default"
    types = next((types for name in names for statuses, types in responses.items() if name in statuses), None)
    if types is None:
        return () if status >= 500 else (f"{status}: a status that the spec does not have",)
    found = []
    for place, difference in _compare(document, "", "", types):
        line = f"{status}{' ' if place else ''}{place}: {difference}"
        if line not in found:  # each element of a list may have it
            found.append(line)
    return tuple(found[:LIMIT])


def _compare(node: Any, path: str, pattern: str, types: Types) -> Iterator[tuple[str, str]]:
    """Yield the place of each difference within a value, and the difference."""
    expected = types.get(pattern, "").removesuffix("?").split("|")
    kind = _type_of(node)
    if expected in ([""], ["any"]):
        return
    if kind not in expected and not (kind == "integer" and "number" in expected):
        yield path, f"{kind} instead of {' or '.join(expected)}"
        return
    within = {
        name: types[key]
        for key in types
        if (name := key.removeprefix(f"{pattern}/")) != key and "/" not in name
    }
    if not within or not isinstance(node, (dict, list)):
        return
    children = node.items() if isinstance(node, dict) else [("*", child) for child in node]
    names = set()
    for name, child in children:
        key = _escaped(name) if _escaped(name) in within else "*"
        names.add(key)
        shown = name if key != "*" else "*" if "*" in within else _shown(name)
        if key in within:
            yield from _compare(child, f"{path}/{shown}", f"{pattern}/{key}", types)
        else:
            yield f"{path}/{shown}", f"{_type_of(child)}{NEW}"
    for name, expected_type in within.items():
        if name != "*" and name not in names and not expected_type.endswith("?"):
            yield f"{path}/{name}", f"absent instead of {expected_type.replace('|', ' or ')}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _shown(name: str) -> str:
    return name if PLAIN_NAME.fullmatch(name) else "…"


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return "null" if value is None else names[type(value)]
