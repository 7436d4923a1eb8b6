"""The token extension: `x-gatepass-token` and `x-gatepass-secret` as typed objects; see specs/README.md."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ._error import SpecError
from ._places import JsonPath, JsonPaths, places, split_place

SCHEMES = "#/components/securitySchemes"
VERSION = 1
DEFAULT_DAYS = 180
"""The lifetime of a secret whose spec states none."""
Generated = Literal["now", "now_s", "now_ms", "uuid"]
"""What a client generates for each request: the time in ISO 8601 or as a number, or a random UUID."""
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

    @classmethod
    def parse(cls, node: Any, where: str) -> "Condition":
        """Read a place, several, or an object with `at` and `values`; SpecError names what is wrong."""
        fields = _Fields(node if isinstance(node, Mapping) else {"at": node}, where)
        values = tuple(as_text(value) for value in fields.node.get("values", ()))
        return cls(fields.alternatives("at", required=True), values)


NOTHING = Condition(())


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


@dataclass(frozen=True)
class TokenExtension:
    """The x-gatepass-token of a security scheme: one kind of token."""

    scheme: str
    kind: str
    """Distinguishes it from the other token of a provider that has two; else empty."""
    jwt: bool
    api: ApiScheme
    operation: str
    alternatives: tuple[str, ...]
    credentials: Mapping[str, CredentialField]
    composed: Mapping[JsonPath, Composed]
    """Values that are made of credentials."""
    assertions: Mapping[JsonPath, Assertion]
    constants: Constants
    options: Mapping[str, JsonPath]
    """The constants that a user may override."""
    generated: Mapping[JsonPath, Generated]
    access_token: JsonPaths
    expires_in: JsonPaths
    expires_in_unit: Literal["s", "ms", "min"] | None
    expires_at: JsonPaths
    default_expires_in: int | None
    """Seconds; None if a token is valid until an API rejects it."""
    success: Condition
    """A flag, or values of a success."""
    failure: Condition
    """What only a failure has."""
    warning: JsonPaths
    error_code: JsonPaths
    error_trace: JsonPaths
    rejected: tuple[str, ...]
    rate_limited: tuple[str, ...]
    unauthorized: tuple[int, ...]
    unauthorized_if: Mapping[int, Condition]
    """Statuses with which an API rejects the token if its response fulfils the condition."""
    host_bound: bool
    """Whether the token works only from the host that requested it."""
    margin: int | None
    """Seconds before its end in which it is not used; None for the usual margin."""
    renews_within: int | None
    """Seconds before its end, until which the provider issues the same token again."""
    quota: Mapping[str, int]
    prefix: Mapping[str, str]
    hosts: Mapping[str, list[str]]
    also_send: Mapping[str, str]
    """Credential to the header in which APIs want it beside the token."""
    alternative_headers: Mapping[str, JsonPath]
    alternative_header_names: Mapping[str, str]
    """The same headers as they are written."""
    refresh: RefreshGrant | None

    @classmethod
    def parse(cls, scheme: str, node: Mapping[str, Any]) -> "TokenExtension":
        """Read the x-gatepass-token of a security scheme; SpecError names what is wrong."""
        fields = _Fields(node["x-gatepass-token"], f"{SCHEMES}/{scheme}/x-gatepass-token").versioned()
        error = _Fields(fields.node.get("error", {}), f"{fields.where}/error")
        default, unauthorized = fields.required("default_expires_in"), fields.required("unauthorized")
        alternative_headers = fields.paths("alternative_headers")
        return cls(
            scheme=scheme,
            kind=fields.node.get("kind", ""),
            jwt=node.get("bearerFormat") == "JWT",
            api=ApiScheme.parse(scheme, node, fields.node.get("header_prefix", "")),
            operation=fields.required("operation"),
            alternatives=tuple(fields.node.get("alternatives", ())),
            credentials=fields.credentials(),
            composed=fields.composed(),
            assertions=fields.assertions(),
            constants=fields.constants(),
            options=fields.paths("options"),
            generated=fields.generated(),
            access_token=fields.alternatives("access_token", required=True),
            expires_in=fields.alternatives("expires_in"),
            expires_in_unit=fields.node.get("expires_in_unit"),
            expires_at=fields.alternatives("expires_at"),
            default_expires_in=None if default == "never" else default,
            success=fields.condition("success"),
            failure=fields.condition("failure"),
            warning=fields.alternatives("warning"),
            error_code=error.alternatives("code"),
            error_trace=error.alternatives("trace"),
            rejected=tuple(map(str, fields.required("rejected"))),
            rate_limited=tuple(map(str, fields.node.get("rate_limited", ()))),
            unauthorized=tuple(entry for entry in unauthorized if isinstance(entry, int)),
            unauthorized_if={
                entry["status"]: Condition.parse(entry, f"{fields.where}/unauthorized")
                for entry in unauthorized
                if isinstance(entry, Mapping)
            },
            host_bound=bool(fields.node.get("host_bound")),
            margin=fields.node.get("margin"),
            renews_within=fields.node.get("renews_within"),
            quota=fields.node.get("quota", {}),
            prefix=fields.node.get("prefix", {}),
            hosts=fields.node.get("hosts", {}),
            also_send=fields.headers("also_send"),
            alternative_headers=alternative_headers,
            alternative_header_names=fields.headers("alternative_headers"),
            refresh=fields.refresh(),
        )

    @property
    def credential_places(self) -> Mapping[JsonPath, str]:
        """Where the credentials are sent: path to name."""
        return {path: name for name, field in self.credentials.items() for path in field.places}

    @property
    def sent(self) -> Mapping[JsonPath, str]:
        """Where secrets may be in a request: path to the name of a credential or of the refresh token."""
        refresh = {self.refresh.token: self.refresh.token[-1]} if self.refresh else {}
        made = {path: path[-1] for path in (*self.composed, *self.assertions)}
        return {**self.credential_places, **refresh, **made}

    @property
    def logins(self) -> list[str]:
        """The operationIds of the operations that issue it for the credentials."""
        return [self.operation, *self.alternatives]

    @property
    def operations(self) -> list[str]:
        """The operationIds of all operations that issue it."""
        return [*self.logins, *([self.refresh.operation] if self.refresh else [])]


@dataclass(frozen=True)
class SecretExtension:
    """The x-gatepass-secret of an operation that reads or replaces a credential."""

    scheme: str
    """The security scheme whose credential it is."""
    credential: str
    """The name of the credential."""
    id: Mapping[str, JsonPath]
    constants: Constants
    generated: Mapping[JsonPath, Generated]
    secret: JsonPaths
    expires_at: JsonPaths
    expires_date: JsonPaths
    warning: JsonPaths
    days: JsonPath | None
    default_days: float
    rotates: bool

    @classmethod
    def parse(cls, node: Any, where: str) -> "SecretExtension":
        """Read an x-gatepass-secret; SpecError names what is wrong."""
        fields = _Fields(node, where).versioned()
        scheme, _, credential = fields.required("of").partition(".")
        return cls(
            scheme=scheme,
            credential=credential,
            id=fields.required_paths("id"),
            constants=fields.constants(),
            generated=fields.generated(),
            secret=fields.alternatives("secret", required=True),
            expires_at=fields.alternatives("expires_at"),
            expires_date=fields.alternatives("expires_date"),
            warning=fields.alternatives("warning"),
            days=fields.path("days", "request") if fields.node.get("days") else None,
            default_days=fields.node.get("default_days", DEFAULT_DAYS),
            rotates=fields.required("rotates"),
        )


class _Fields:
    """The fields of a vendor key, with its place in the document for the messages."""

    def __init__(self, node: Any, where: str) -> None:
        if not isinstance(node, Mapping):
            raise SpecError(f"{where}: must be an object")
        self.node = node
        self.where = where

    def versioned(self) -> "_Fields":
        """The fields themselves; SpecError if they are of a version that is not known."""
        version = self.required("version")
        if version != VERSION:
            raise SpecError(f"{self.where}/version: {version!r} is not known: write version: {VERSION}")
        return self

    def required(self, key: str) -> Any:
        if key not in self.node:
            raise SpecError(f"{self.where}: {key} is missing")
        return self.node[key]

    def path(self, key: str, side: str) -> JsonPath:
        return _path(self.required(key), side, f"{self.where}/{key}")

    def paths(self, key: str) -> Mapping[str, JsonPath]:
        """Name to path in the request."""
        where = f"{self.where}/{key}"
        return {
            name: _path(place, "request", f"{where}/{name}") for name, place in self.node.get(key, {}).items()
        }

    def headers(self, key: str) -> Mapping[str, str]:
        """Name to header as it is written."""
        for name, path in self.paths(key).items():
            if path[0] != "header":
                raise SpecError(f"{self.where}/{key}/{name}: is not a header")
        return {name: split_place(place).keys[0] for name, place in self.node.get(key, {}).items()}

    def required_paths(self, key: str) -> Mapping[str, JsonPath]:
        self.required(key)
        return self.paths(key)

    def alternatives(self, key: str, *, required: bool = False) -> JsonPaths:
        """Alternative paths of one value in the response."""
        value = self.required(key) if required else self.node.get(key, ())
        return tuple(_path(place, "response", f"{self.where}/{key}") for place in places(value))

    def credentials(self) -> Mapping[str, CredentialField]:
        where, credentials = f"{self.where}/credentials", {}
        for name, node in self.required("credentials").items():
            details = node if isinstance(node, Mapping) else {"places": node}
            paths = [_path(place, "request", f"{where}/{name}") for place in _listed(details.get("places"))]
            credentials[name] = CredentialField(
                tuple(paths),
                details.get("description", ""),
                bool(details.get("secret")) or ("basic", "password") in paths,
                details.get("example"),
            )
        return credentials

    def composed(self) -> Mapping[JsonPath, Composed]:
        where, composed = f"{self.where}/composed", {}
        for place, node in self.node.get("composed", {}).items():
            fields = _Fields(node, f"{where}/{place}")
            value = Composed(fields.required("text"), fields.node.get("prefix", ""), bool(node.get("base64")))
            self._check_names(value.names, f"{fields.where}/text")
            composed[_path(place, "request", where)] = value
        return composed

    def assertions(self) -> Mapping[JsonPath, Assertion]:
        where, assertions = f"{self.where}/assertion", {}
        for place, node in self.node.get("assertion", {}).items():
            fields = _Fields(node, f"{where}/{place}")
            assertion = Assertion(
                key=fields.required("key"),
                issuer=fields.required("issuer"),
                subject=fields.node.get("subject", fields.required("issuer")),
                key_id=fields.node.get("key_id"),
                algorithm=fields.required("algorithm"),
                audience=fields.node.get("audience"),
                expires_in=fields.node.get("expires_in", 60),
            )
            self._check_names(assertion.names, fields.where)
            assertions[_path(place, "request", where)] = assertion
        return assertions

    def _check_names(self, names: list[str], where: str) -> None:
        for name in names:
            if name not in self.node["credentials"]:
                raise SpecError(f"{where}: there is no credential {name}")

    def condition(self, key: str) -> Condition:
        node = self.node.get(key)
        return NOTHING if node is None else Condition.parse(node, f"{self.where}/{key}")

    def constants(self) -> Constants:
        where, constants = f"{self.where}/constants", self.node.get("constants", {})
        return {_path(place, "request", where): value for place, value in constants.items()}

    def generated(self) -> Mapping[JsonPath, Generated]:
        where = f"{self.where}/generated"
        generated = self.node.get("generated", {})
        for value in generated.values():
            if value not in get_args(Generated):
                raise SpecError(f"{where}: {value!r} is none of {', '.join(get_args(Generated))}")
        return {_path(place, "request", where): value for place, value in generated.items()}

    def refresh(self) -> RefreshGrant | None:
        if not self.node.get("refresh"):
            return None
        fields = _Fields(self.node["refresh"], f"{self.where}/refresh")
        return RefreshGrant(
            operation=fields.node.get("operation", self.node["operation"]),
            token=fields.path("token", "request"),
            source=fields.alternatives("from", required=True),
            constants=fields.constants(),
        )


def _listed(value: Any) -> list[Any]:
    """The places of a credential: none, one or several."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _path(place: Any, side: str, where: str) -> JsonPath:
    try:
        split = split_place(place)
    except (LookupError, TypeError):
        split = None
    if split is None or split.side != side:
        raise SpecError(f"{where}: {place!r} is not a place in a {side}, such as ${side}.body#/…")
    return split.path
