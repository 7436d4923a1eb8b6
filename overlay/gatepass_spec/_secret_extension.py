"""How the secret of an account is read or replaced: `x-gatepass-secret` as a typed object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._fields import Fields
from ._parts import Constants, Generated
from ._places import JsonPath, JsonPaths

DEFAULT_DAYS = 180
"""The lifetime of a secret whose spec states none."""


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
        fields = Fields(node, where).versioned()
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
