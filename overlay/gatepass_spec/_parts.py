"""What a token extension is made of: credentials, places, conditions and grants, as typed objects."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ._error import SpecError
from ._places import JsonPath, JsonPaths

SCHEMES = "#/components/securitySchemes"
Generated = Literal["now", "datetime", "now_s", "now_ms", "uuid", "id"]
"""What a client generates for each request: the time in ISO 8601 or as a number, or a random id."""
Scalar = str | int | float | bool
Constants = Mapping[JsonPath, Scalar]
NAME_IN_TEXT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Composed:
    """A value made of credentials: `prefix`, and then `text` in which each `{name}` is a credential."""

    text: str
    prefix: str
    base64: bool
    """Whether the text, without the prefix, is encoded."""

    @property
    def names(self) -> list[str]:
        """The credentials in it."""
        return NAME_IN_TEXT.findall(self.text)

    def of(self, values: Mapping[str, str]) -> str:
        """The value for these credentials."""
        text = NAME_IN_TEXT.sub(lambda match: values[match[1]], self.text)
        return self.prefix + (base64.b64encode(text.encode()).decode() if self.base64 else text)


@dataclass(frozen=True)
class CredentialField:
    """A credential: where it goes in, and what no schema says about it."""

    places: tuple[JsonPath, ...]
    """None if it is only part of a composed value."""
    description: str
    secret: bool
    """Whether it is one in any case, also where no schema says so."""
    example: str | None


@dataclass(frozen=True)
class ApiScheme:
    """How APIs take the token: in a header, the query or a cookie, after a prefix or by itself."""

    part: str
    name: str
    prefix: str

    @classmethod
    def parse(cls, scheme: str, node: Mapping[str, Any], header_prefix: str) -> "ApiScheme":
        """Read a security scheme; SpecError if it is of another type."""
        if node.get("type") == "http":
            word = str(node.get("scheme", ""))
            return cls("header", "Authorization", f"{'Bearer' if word.lower() == 'bearer' else word} ")
        if node.get("type") == "apiKey" and node.get("in") in ("header", "query", "cookie"):
            return cls(node["in"], node["name"], header_prefix)
        raise SpecError(f"{SCHEMES}/{scheme}: an API takes a token by a scheme of the type http or apiKey")


@dataclass(frozen=True)
class Condition:
    """A value in a response that decides something: one of these values, or any if there are none."""

    paths: JsonPaths
    values: tuple[str, ...] = ()
    """As text, in lower case."""


NOTHING = Condition(())


@dataclass(frozen=True)
class WrongToken:
    """How an API says that it takes the tokens of other specs, and their names."""

    status: int
    condition: Condition
    use: tuple[str, ...]


def as_text(value: object) -> str:
    """A scalar as it is compared: in lower case, as a query or a form would have it."""
    return (str(value).lower() if isinstance(value, bool) else str(value)).strip().casefold()


@dataclass(frozen=True)
class Assertion:
    """A JWT that the client signs for each request (RFC 7523)."""

    key: str
    """The credential that is the private key in PEM format; the next three are credentials too."""
    issuer: str
    subject: str
    key_id: str | None
    algorithm: str
    audience: str | None
    """None for the URL of the token request."""
    expires_in: int
    """Seconds."""

    @property
    def names(self) -> list[str]:
        """The credentials in it."""
        return [self.key, self.issuer, self.subject, *([self.key_id] if self.key_id else [])]


@dataclass(frozen=True)
class RefreshGrant:
    """How a token is renewed with a refresh token."""

    operation: str
    token: JsonPath
    """Where the refresh token is sent."""
    source: JsonPaths
    """Where the refresh token is in a response."""
    constants: Constants
