"""One provider as its reference page reads it: fields, examples, callers, doubts."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode

from specs import ROOT, Operation, Spec, SpecError, place_schema

CALLERS = ROOT / "tests" / "languages"
LANGUAGES = {
    "curl": ("curl", "sh"),
    "python": ("Python", "py"),
    "go": ("Go", "go"),
    "typescript": ("TypeScript", "ts"),
    "java": ("Java", "java"),
    "ruby": ("Ruby", "rb"),
    "php": ("PHP", "php"),
}
NEEDED = ("curl", "python", "go", "typescript", "java")
FORM = "application/x-www-form-urlencoded"
MARKS = {
    "page": "the provider's own page about this call",
    "docs": "other public documentation of the provider or of a partner, or a published specification",
    "code": "seen only in somebody's client code",
    "unknown": "nobody found it",
}
MARK = re.compile(rf"\[({'|'.join(MARKS)})\]")
LEGEND = re.compile(rf"\*\*{MARK.pattern}\*\*")
ASSUMED = re.compile(r"\b(assumed|guessed|made up)\b", re.IGNORECASE)
LIMITS = {
    "enum": "One of {}",
    "default": "Default: {}",
    "minimum": "At least {}",
    "maximum": "At most {}",
    "contentEncoding": "The wire carries the {} of what the user knows",
}


class Field(NamedTuple):
    """A row in a table of fields; `notes` is what limits its values."""

    name: str
    type: str
    required: bool
    secret: bool
    notes: list[str]
    description: str


class Example(NamedTuple):
    """A message as it goes over the wire."""

    title: str
    media: str
    text: str


class Doubt(NamedTuple):
    """A sentence of a spec about something that is unknown or assumed, and where a page has it."""

    sentence: str
    where: str
    anchor: str


class Page:
    """One provider as a template reads it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.name = spec.name
        self.document = spec.document
        self.title = str(spec.document["info"]["title"]).removesuffix(" access tokens")
        self.operations = spec.operations()
        self.schemes = {name: spec.schemes[name] for name in spec.tokens}
        self.callers = callers(spec.name)
        self.doubts = list(self._doubts())

    @property
    def variables(self) -> list[str]:
        """The environment variables that the callers read."""
        name = re.compile(rf"\b{self.name.upper()}_[A-Z]+_[A-Z_]+\b")
        return sorted({one for _, _, text in self.callers for one in name.findall(text)})

    @property
    def counts(self) -> dict[str, int]:
        """How often the spec has each mark outside its legend, and how many sentences assume something."""
        text = LEGEND.sub("", "\n\n".join(text for _, text in texts(self.document)))
        found = MARK.findall(text)
        assumed = sum(bool(ASSUMED.search(one)) for one in sentences(text))
        return {**{mark: found.count(mark) for mark in MARKS if mark != "page"}, "assumed": assumed}

    def hosts(self, environment: str) -> list[str]:
        """The hosts of its APIs in an environment besides its server."""
        listed = [one["x-token"].get("hosts", {}).get(environment, []) for one in self.schemes.values()]
        return list(dict.fromkeys(host for hosts in listed for host in hosts))

    def parameters(self, operation: Operation) -> list[Mapping[str, Any]]:
        item = self.document["paths"][operation.path]
        both = [*item.get("parameters", []), *operation.document.get("parameters", [])]
        return [self.spec.resolve(one) for one in both]

    def fields_of_parameters(self, operation: Operation) -> list[Field]:
        return [
            self._field(
                one["name"],
                {**self.spec.resolve(one["schema"]), "description": one.get("description", "")},
                one.get("required", False),
            )
            for one in self.parameters(operation)
        ]

    def field_at(self, operation: Operation, expression: str) -> Mapping[str, Any]:
        """The schema of the field at a place of its request."""
        return place_schema(self.spec, operation, expression)

    def media(self, operation: Operation) -> str:
        """The media type of its request; empty without a body."""
        return next(iter(self._content(operation.document.get("requestBody", {}))), "")

    def requests(self, operation: Operation) -> list[Example]:
        """What to send: its headers, and each of its bodies."""
        lines = [
            f"{one['name']}: {one['example']}"
            for one in self.parameters(operation)
            if one["in"] == "header" and "example" in one
        ]
        headers = [Example("Headers", "", "\n".join(lines))] if lines else []
        return headers + self._examples("Request", operation.document.get("requestBody", {}))

    def replies(self, operation: Operation) -> Iterator[tuple[list[str], str, list[Example]]]:
        """Statuses, description and examples; statuses that share a response stand together."""
        groups: dict[str, list[str]] = {}
        responses = operation.document["responses"]
        for status, one in responses.items():
            groups.setdefault(one.get("$ref", status), []).append(status)
        for statuses in groups.values():
            one = self.spec.resolve(responses[statuses[0]])
            yield statuses, one["description"], self._examples("Reply", one)

    def fields_of_replies(self, operation: Operation) -> Iterator[tuple[list[str], str, list[Field]]]:
        """Statuses whose replies have the same fields, what is said of them, and the fields."""
        groups: dict[int, list[str]] = {}
        for status, schema in operation.replies.items():
            groups.setdefault(id(schema), []).append(status)
        for statuses in groups.values():
            schema = operation.replies[statuses[0]]
            yield statuses, schema.get("description", ""), self.fields(schema)

    def fields(self, schema: Mapping[str, Any], before: str = "", depth: int = 0) -> list[Field]:
        """The fields of an object and of the objects in it, by their way from the outermost."""
        found = []
        for name, one in schema.get("properties", {}).items():
            one = {**self.spec.resolve(one), **one}
            found.append(self._field(before + name, one, name in schema.get("required", [])))
            inner = self.spec.resolve(one.get("items", one))
            if depth < 8:  # a schema may contain itself
                found += self.fields(inner, f"{before}{name}{'[]' if 'items' in one else ''}.", depth + 1)
        return found

    def _field(self, name: str, schema: Mapping[str, Any], required: bool) -> Field:
        notes = [
            text.format(", ".join(f"`{one}`" for one in schema[key]) if key == "enum" else f"`{schema[key]}`")
            for key, text in LIMITS.items()
            if key in schema
        ]
        kind = schema.get("type", "any")
        return Field(
            name=name,
            type=" or ".join(kind) if isinstance(kind, list) else kind,
            required=required,
            secret=schema.get("format") == "password",
            notes=notes,
            description=schema.get("description", ""),
        )

    def _content(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        content: Mapping[str, Any] = self.spec.resolve(node).get("content", {})
        return content

    def _examples(self, title: str, node: Mapping[str, Any]) -> list[Example]:
        found = []
        for media, one in self._content(node).items():
            named = one.get("examples", {"": {"value": one["example"]}} if "example" in one else {})
            for example in map(self.spec.resolve, named.values()):
                value = example["value"]
                text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
                text = urlencode(value) if media == FORM else text
                found.append(Example(example.get("summary", title).removesuffix("."), media, text))
        return found

    def _doubts(self) -> Iterator[Doubt]:
        """In the order of the page; what several calls share is said once."""
        seen: set[str] = set()
        parts = [
            ("About", "about", self.document["info"]),
            ("Environments", "environments", self.document["servers"]),
            *((name, name, one) for name, one in self.schemes.items()),
            *((name, name, one.document) for name, one in self.operations.items()),
        ]
        for where, anchor, node in parts:
            for at, text in texts(node, self.spec):
                for one in sentences(LEGEND.sub("", text)):
                    if one not in seen and ("[unknown]" in one or ASSUMED.search(one)):
                        seen.add(one)
                        yield Doubt(one, f"{where} {at}".strip(), anchor)


def callers(provider: str) -> list[tuple[str, str, str]]:
    """Language, file name and text of the programs; none at all for a provider that is new."""
    files = {name: CALLERS / name / f"{provider}.{ext}" for name, (_, ext) in LANGUAGES.items()}
    there = {name: file for name, file in files.items() if file.exists()}
    missing = [str(files[name]) for name in NEEDED if name not in there]
    if there and missing:
        raise SpecError("\n".join(f"{file}:1: no such file: its page needs this caller" for file in missing))
    return [(LANGUAGES[name][0], file.name, file.read_text(encoding="utf-8")) for name, file in there.items()]


def texts(
    node: Any, spec: Spec | None = None, way: tuple[str, ...] = (), above: tuple[int, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Every description and summary below a node, after the status and the field that it is about.

    With a spec, also those behind its references; a schema may contain itself.
    """
    node = spec.resolve(node) if spec else node
    if id(node) in above:
        return
    above = (*above, id(node))
    if isinstance(node, Mapping):
        for key, one in node.items():
            if key in ("description", "summary") and isinstance(one, str):
                named = [to for at, to in pairwise(way) if at in ("responses", "properties")]
                yield " ".join(named), one
            elif key not in ("example", "value"):
                yield from texts(one, spec, (*way, key), above)
    elif isinstance(node, list):
        for one in node:
            yield from texts(one, spec, way, above)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text in Markdown, one by one, without the signs of a list."""
    for paragraph in re.split(r"\n\s*\n|\n\s*[-*] ", text):
        flat = " ".join(paragraph.split()).removeprefix("- ")
        yield from filter(None, re.split(r"(?<=[.:])\s+(?=[A-Z`*])", flat))
