"""The token extension as a typed object: `x-gatepass-token`; specs/token-extension.md defines it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ._fields import Fields, read_condition
from ._parts import (
    SCHEMES,
    ApiScheme,
    Assertion,
    Composed,
    Condition,
    Constants,
    CredentialField,
    Generated,
    RefreshGrant,
    WrongToken,
)
from ._places import JsonPath, JsonPaths

UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0}
"""Units of a lifetime in seconds."""


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
    wrong_token: WrongToken | None
    """How an API says that it takes the tokens of other specs."""
    probe: Mapping[str, str]
    """Environment to the URL of a harmless GET that takes the token."""
    host_bound: bool
    """Whether the token works only from the host that requested it."""
    margin: int | None
    """Seconds before its end in which it is not used; None for the usual margin."""
    renews_within: int | None
    """Seconds before its end, until which the provider issues the same token again."""
    quota: Mapping[str, int]
    prefix: Mapping[str, str]
    hosts: Mapping[str, list[str]]
    shared_hosts: tuple[str, ...]
    """Hosts that serve every environment."""
    also_send: Mapping[str, str]
    """Credential to the header in which APIs want it beside the token."""
    alternative_headers: Mapping[str, JsonPath]
    alternative_header_names: Mapping[str, str]
    """The same headers as they are written."""
    refresh: RefreshGrant | None

    @classmethod
    def parse(cls, scheme: str, node: Mapping[str, Any]) -> "TokenExtension":
        """Read the x-gatepass-token of a security scheme; SpecError names what is wrong."""
        fields = Fields(node["x-gatepass-token"], f"{SCHEMES}/{scheme}/x-gatepass-token").versioned()
        error = Fields(fields.node.get("error", {}), f"{fields.where}/error")
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
                entry["status"]: read_condition(entry, f"{fields.where}/unauthorized")
                for entry in unauthorized
                if isinstance(entry, Mapping)
            },
            wrong_token=fields.wrong_token(),
            probe=fields.node.get("probe", {}),
            host_bound=bool(fields.node.get("host_bound")),
            margin=fields.node.get("margin"),
            renews_within=fields.node.get("renews_within"),
            quota=fields.node.get("quota", {}),
            prefix=fields.node.get("prefix", {}),
            hosts=fields.node.get("hosts", {}),
            shared_hosts=tuple(fields.node.get("shared_hosts", ())),
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
