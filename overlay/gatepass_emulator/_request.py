"""What a caller sent, and whether the spec allows it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

from ._document import Check, Document
from ._place import MISSING, Json

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Received:
    """One request: header names are lower case, `body` is `MISSING` if it cannot be read."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    steps: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def rest(self) -> str:
        """What follows `/echo/` in the path."""
        return self.steps.get("rest", "")

    @property
    def media(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def body(self) -> Json:
        """The body as an object; a form is an object of texts."""
        try:
            if self.media == FORM:
                return dict(parse_qsl(self.raw.decode(), keep_blank_values=True))
            return json.loads(self.raw)
        except (ValueError, RecursionError):
            return MISSING

    @property
    def bearer(self) -> str:
        """The token of `Authorization: Bearer …`, or nothing."""
        word, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if word.lower() == "bearer" else ""


@dataclass(frozen=True)
class _Value:
    """A schema for a text from a header, a query, a path or a form, typed before it is checked."""

    check: Check
    type: Json

    def allows(self, text: str) -> bool:
        return self.check(typed(text, self.type))


def typed(text: str, kind: Json) -> Json:
    """A text as the type that the schema names; the text itself if it is none."""
    if kind in ("integer", "number", "boolean"):
        try:
            value = json.loads(text)
        except ValueError:
            return text
        return value if not isinstance(value, (dict, list, str)) else text
    return text


def step_name(name: str) -> str:
    """The name of a path parameter as the router can have it."""
    return "step_" + re.sub(r"\W", "_", name)


class RequestCheck:
    """The schemas of one operation's request, compiled once."""

    def __init__(self, document: Document, item: Json, operation: Json) -> None:
        parameters: dict[tuple[str, str], dict[str, Json]] = {}
        for owner in (item, operation):
            for parameter in cast(list[Json], owner.get("parameters", [])):
                found = document.follow(parameter)
                parameters[found["in"], found["name"]] = found
        self.parameters = parameters
        self._values = {
            key: _Value(
                document.check(found.get("schema", {})),
                document.follow(found, "schema").get("type"),
            )
            for key, found in parameters.items()
        }
        body = document.follow(operation, "requestBody")
        self._body_required = bool(body.get("required", False))
        self.media = dict(document.items(body, "content"))
        self._bodies = {
            media.lower(): document.check(found.get("schema", {})) for media, found in self.media.items()
        }
        form = document.follow(self.media.get(FORM, {}), "schema", "properties")
        self._form_types = {key: document.follow(form, key).get("type") for key in form}

    def allows(self, received: Received) -> bool:
        """Whether the request fits its schemas."""
        return self._parameters_fit(received) and self._body_fits(received)

    def _parameters_fit(self, received: Received) -> bool:
        for (where, name), found in self.parameters.items():
            if where == "header":
                text = received.headers.get(name.lower())
            elif where == "path":
                text = received.steps.get(step_name(name))
            elif where == "query":
                text = received.query.get(name)
            else:
                continue
            if text is None:
                if found.get("required", False):
                    return False
            elif not self._values[where, name].allows(text):
                return False
        return True

    def _body_fits(self, received: Received) -> bool:
        if not self._bodies or not (received.raw or self._body_required):
            return True
        check = self._bodies.get(received.media)
        body: Any = received.body
        if check is None or body is MISSING:
            return False
        if received.media == FORM:
            body = {key: typed(text, self._form_types.get(key)) for key, text in body.items()}
        return check(body)
