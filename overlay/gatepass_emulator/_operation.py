"""One call of a spec: its request, its replies, what it does to a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ._document import Document
from ._place import MISSING, Json, Place
from ._request import RequestCheck
from ._scheme import Places, Reader

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Example:
    """A reply as the spec shows it."""

    status: int
    body: Json = field(default=MISSING, repr=False)
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    named: Mapping[str, Json] = field(default_factory=dict[str, Json], repr=False)


@dataclass(frozen=True)
class SecretCall:
    """An operation that reads or rotates the secret of another account."""

    scheme: str
    credential: str
    id_name: str
    id_place: Place
    value: Places
    expires: Places
    expires_date: Places
    rotates: bool


@dataclass(frozen=True)
class Operation:
    """One call of the spec."""

    id: str
    method: str
    path: str
    check: RequestCheck = field(repr=False)
    replies: Mapping[str, Example]
    security: frozenset[str]
    secret: SecretCall | None

    @property
    def where(self) -> str:
        """Its place in the file."""
        return f"#/paths/{self.path}/{self.method.lower()}"

    @property
    def good(self) -> tuple[str, ...]:
        """The statuses of a call that went well, the usual one first."""
        good = sorted(status for status in self.replies if status.startswith("2"))
        return (*good, "200")

    @property
    def granted(self) -> Example | None:
        """The reply of a call that went well."""
        return self.replies.get(self.good[0])

    def reply(self, *statuses: str) -> Example:
        """The spec's own reply for the first of these statuses that it documents."""
        for status in statuses:
            if status in self.replies:
                return self.replies[status]
        body = {"error": f"the spec has no example for {statuses[0]}"}
        return Example(int(statuses[0]), body)


def read_operations(document: Document) -> Iterator[Operation]:
    """Read all calls of a spec."""
    everywhere = document.root.get("security", [])
    for path, item in document.items(document.root, "paths"):
        for method in METHODS:
            if method not in item:
                continue
            node = item[method]
            where = f"#/paths/{path}/{method}"
            if "operationId" not in node:
                raise document.error(where, "operationId is missing")
            yield Operation(
                id=node["operationId"],
                method=method.upper(),
                path=path,
                check=RequestCheck(document, item, node),
                replies=dict(_replies(document, node)),
                security=frozenset(key for need in node.get("security", everywhere) for key in need),
                secret=_secret(document, where, node),
            )


def _replies(document: Document, operation: Json) -> Iterator[tuple[str, Example]]:
    for status, response in document.items(operation, "responses"):
        if not status.isdigit():
            continue
        headers = {
            name.lower(): str(document.example(header))
            for name, header in document.items(response, "headers")
            if document.example(header) is not MISSING
        }
        for media, content in document.items(response, "content"):
            body = document.example(content)
            if body is not MISSING:
                named = {name: found.get("value") for name, found in document.items(content, "examples")}
                yield status, Example(int(status), body, media, headers, named)
                break


def _secret(document: Document, where: str, operation: Json) -> SecretCall | None:
    if "x-secret" not in operation:
        return None
    reader = Reader(document, f"{where}/x-secret", operation["x-secret"])
    scheme, _, credential = str(reader.need("of")).partition(".")
    reader.need("id")
    [(id_name, id_place)] = reader.credentials("id").items()
    return SecretCall(
        scheme=scheme,
        credential=credential,
        id_name=id_name,
        id_place=id_place,
        value=reader.places("value"),
        expires=reader.places("expires"),
        expires_date=reader.places("expires_date"),
        rotates=reader.need("rotates") is True,
    )
