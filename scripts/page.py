"""The content of a provider's reference page: fields, examples, callers and doubts."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from gatepass_generator.credentials import credentials_of
from gatepass_spec import Operation, Spec, SpecError, place_schema
from repository import ROOT

CALLERS = ROOT / "tests" / "languages"
LANGUAGES = {
    "curl": ("curl", "sh"),
    "python": ("Python", "py"),
    "go": ("Go", "go"),
    "typescript": ("TypeScript", "ts"),
    "java": ("Java", "java"),
    "kotlin": ("Kotlin", "kt"),
    "rust": ("Rust", "rs"),
    "ruby": ("Ruby", "rb"),
    "php": ("PHP", "php"),
}
NEEDED = ("curl", "python", "go", "typescript", "java")
FORM = "application/x-www-form-urlencoded"
MARKS = {
    "page": "the provider's own page about this endpoint",
    "docs": "other public documentation of the provider or of a partner, or a published specification",
    "code": "seen only in client code",
    "unknown": "no source was found",
}
MARK = re.compile(rf"\[({'|'.join(MARKS)})\]")
LEGEND = re.compile(rf"\*\*{MARK.pattern}\*\*")
ASSUMED = re.compile(r"\b(assumed|guessed|made up)\b", re.IGNORECASE)
LIMITS = {
    "enum": "One of {}",
    "default": "Default: {}",
    "minimum": "At least {}",
    "maximum": "At most {}",
    "contentEncoding": "The request carries the {} of the user's value",
}


class Field(NamedTuple):
    """A row in a table of fields; `notes` lists the limits of its values."""

    name: str
    type: str
    required: bool
    secret: bool
    notes: list[str]
    description: str


class Example(NamedTuple):
    """A request or a response as it is sent."""

    title: str
    media: str
    text: str


class Doubt(NamedTuple):
    """A sentence of a spec about something unknown or assumed, and where the page has it."""

    sentence: str
    where: str
    anchor: str


class Page:
    """A provider, in the form that the templates read."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.name = spec.name
        self.document = spec.document
        self.title = str(spec.document["info"]["title"]).removesuffix(" access tokens")
        self.operations = spec.operations()
        self.tokens = spec.token_extensions
        self.schemes = {name: spec.schemes[name] for name in self.tokens}
        self.classes = {credential.scheme: credential.name for credential in credentials_of(spec)}
        self.callers = callers(spec.name)
        self.doubts = list(self._doubts())

    @property
    def variables(self) -> list[str]:
        """The environment variables that the callers read."""
        name = re.compile(rf"\b{self.name.upper()}_[A-Z]+_[A-Z_]+\b")
        return sorted({variable for _, _, program in self.callers for variable in name.findall(program)})

    @property
    def counts(self) -> dict[str, int]:
        """The number of each mark outside the legend, and of sentences that assume something."""
        prose = LEGEND.sub("", "\n\n".join(description for _, description in descriptions(self.document)))
        marks = MARK.findall(prose)
        assumed = sum(bool(ASSUMED.search(sentence)) for sentence in sentences(prose))
        return {**{mark: marks.count(mark) for mark in MARKS if mark != "page"}, "assumed": assumed}

    def hosts(self, environment: str) -> list[str]:
        """The hosts of the provider's APIs in an environment, besides its server."""
        listed = [token.hosts.get(environment, []) for token in self.tokens.values()]
        shared = [token.shared_hosts for token in self.tokens.values()]
        own = urlsplit(self.spec.servers[environment] or "").hostname
        return list(dict.fromkeys(host for hosts in (*listed, *shared) for host in hosts if host != own))

    @property
    def shared(self) -> list[str]:
        """The hosts that serve every environment."""
        return sorted({host for token in self.tokens.values() for host in token.shared_hosts})

    def fields_of_parameters(self, operation: Operation) -> list[Field]:
        return [
            self._field(
                parameter["name"],
                {**self.spec.resolve(parameter["schema"]), "description": parameter.get("description", "")},
                parameter.get("required", False),
            )
            for parameter in operation.parameters
        ]

    def field_at(self, operation: Operation, expression: str) -> Mapping[str, Any]:
        """The schema of the field at a place in the request."""
        return place_schema(self.spec, operation, expression)

    def media(self, operation: Operation) -> str:
        """The media type of the request; empty without a body."""
        return next(iter(self._content(operation.document.get("requestBody", {}))), "")

    def requests(self, operation: Operation) -> list[Example]:
        """The examples of the request: its headers, and each of its bodies."""
        lines = [
            f"{parameter['name']}: {parameter['example']}"
            for parameter in operation.parameters
            if parameter["in"] == "header" and "example" in parameter
        ]
        headers = [Example("Headers", "", "\n".join(lines))] if lines else []
        return headers + self._examples("Request", operation.document.get("requestBody", {}))

    def responses(self, operation: Operation) -> Iterator[tuple[list[str], str, list[Example]]]:
        """Yield statuses, description and examples; statuses that share a response are grouped."""
        groups: dict[str, list[str]] = {}
        responses = operation.document["responses"]
        for status, response in responses.items():
            groups.setdefault(response.get("$ref", status), []).append(status)
        for statuses in groups.values():
            response = self.spec.resolve(responses[statuses[0]])
            yield statuses, response["description"], self._examples("Response", response)

    def response_fields(self, operation: Operation) -> Iterator[tuple[list[str], str, list[Field]]]:
        """Yield the statuses whose responses have the same fields, the description, and the fields."""
        groups: dict[int, list[str]] = {}
        for status, schema in operation.responses.items():
            groups.setdefault(id(schema), []).append(status)
        for statuses in groups.values():
            schema = operation.responses[statuses[0]]
            yield statuses, schema.get("description", ""), self.fields(schema)

    def fields(self, schema: Mapping[str, Any], before: str = "", depth: int = 0) -> list[Field]:
        """The fields of an object and of the objects in it, named by their path."""
        fields = []
        for name, property_ in schema.get("properties", {}).items():
            member = {**self.spec.resolve(property_), **property_}
            fields.append(self._field(before + name, member, name in schema.get("required", [])))
            inner = self.spec.resolve(member.get("items", member))
            if depth < 8:  # a schema may contain itself
                prefix = f"{before}{name}{'[]' if 'items' in member else ''}."
                fields += self.fields(inner, prefix, depth + 1)
        return fields

    def _field(self, name: str, schema: Mapping[str, Any], required: bool) -> Field:
        notes = [
            note.format(
                ", ".join(f"`{value}`" for value in schema[key]) if key == "enum" else f"`{schema[key]}`"
            )
            for key, note in LIMITS.items()
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
        examples = []
        for media, content in self._content(node).items():
            named = content.get(
                "examples", {"": {"value": content["example"]}} if "example" in content else {}
            )
            for example in map(self.spec.resolve, named.values()):
                value = example["value"]
                body = json.dumps(value, indent=2, ensure_ascii=False, default=str)
                body = urlencode(value) if media == FORM else body
                examples.append(Example(example.get("summary", title).removesuffix("."), media, body))
        return examples

    def _doubts(self) -> Iterator[Doubt]:
        """Yield the doubts in the order of the page, each sentence once."""
        seen: set[str] = set()
        parts = [
            ("About", "about", self.document["info"]),
            ("Environments", "environments", self.document["servers"]),
            *((name, name, scheme) for name, scheme in self.schemes.items()),
            *((name, name, operation.document) for name, operation in self.operations.items()),
        ]
        for where, anchor, node in parts:
            for subject, description in descriptions(node, self.spec):
                for sentence in sentences(LEGEND.sub("", description)):
                    if sentence not in seen and ("[unknown]" in sentence or ASSUMED.search(sentence)):
                        seen.add(sentence)
                        yield Doubt(sentence, f"{where} {subject}".strip(), anchor)


def callers(provider: str) -> list[tuple[str, str, str]]:
    """Language, file name and source of each program; an empty list for a new provider.

    Raises `SpecError` if there are programs, but not in all the languages that a page needs.
    """
    files = {name: CALLERS / name / f"{provider}.{ext}" for name, (_, ext) in LANGUAGES.items()}
    present = {name: file for name, file in files.items() if file.exists()}
    missing = [str(files[name]) for name in NEEDED if name not in present]
    if present and missing:
        raise SpecError("\n".join(f"{file}:1: no such file: its page needs this caller" for file in missing))
    return [
        (LANGUAGES[name][0], file.name, file.read_text(encoding="utf-8")) for name, file in present.items()
    ]


def descriptions(
    node: Any, spec: Spec | None = None, path: tuple[str, ...] = (), above: tuple[int, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Yield every description and summary below a node, each with the status and field that it is about.

    With a spec, references are followed; a schema may contain itself.
    """
    node = spec.resolve(node) if spec else node
    if id(node) in above:
        return
    above = (*above, id(node))
    if isinstance(node, Mapping):
        for key, member in node.items():
            if key in ("description", "summary") and isinstance(member, str):
                named = [name for parent, name in pairwise(path) if parent in ("responses", "properties")]
                yield " ".join(named), member
            elif key not in ("example", "value"):
                yield from descriptions(member, spec, (*path, key), above)
    elif isinstance(node, list):
        for member in node:
            yield from descriptions(member, spec, path, above)


def sentences(markdown: str) -> Iterator[str]:
    """Yield the sentences of some Markdown, without the bullets of lists."""
    for paragraph in re.split(r"\n\s*\n|\n\s*[-*] ", markdown):
        flat = " ".join(paragraph.split()).removeprefix("- ")
        yield from filter(None, re.split(r"(?<=[.:])\s+(?=[A-Z`*])", flat))
