"""Reads the fields of a vendor key, and says where one is missing or wrong."""

from collections.abc import Mapping
from typing import Any, get_args

from ._error import SpecError
from ._parts import (
    NOTHING,
    Assertion,
    Composed,
    Condition,
    Constants,
    CredentialField,
    Generated,
    RefreshGrant,
    WrongToken,
    as_text,
)
from ._places import JsonPath, JsonPaths, places, split_place

VERSION = 1


class Fields:
    """Reads the fields of a vendor key, with its place in the document for the messages."""

    def __init__(self, node: Any, where: str) -> None:
        if not isinstance(node, Mapping):
            raise SpecError(f"{where}: must be an object")
        self.node = node
        self.where = where

    def versioned(self) -> "Fields":
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
            fields = Fields(node, f"{where}/{place}")
            value = Composed(fields.required("text"), fields.node.get("prefix", ""), bool(node.get("base64")))
            self._check_names(value.names, f"{fields.where}/text")
            composed[_path(place, "request", where)] = value
        return composed

    def assertions(self) -> Mapping[JsonPath, Assertion]:
        where, assertions = f"{self.where}/assertion", {}
        for place, node in self.node.get("assertion", {}).items():
            fields = Fields(node, f"{where}/{place}")
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
        return NOTHING if node is None else read_condition(node, f"{self.where}/{key}")

    def wrong_token(self) -> WrongToken | None:
        if "wrong_token" not in self.node:
            return None
        fields = Fields(self.node["wrong_token"], f"{self.where}/wrong_token")
        condition = read_condition(fields.node, fields.where)
        return WrongToken(fields.required("status"), condition, tuple(fields.required("use")))

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
        fields = Fields(self.node["refresh"], f"{self.where}/refresh")
        return RefreshGrant(
            operation=fields.node.get("operation", self.node["operation"]),
            token=fields.path("token", "request"),
            source=fields.alternatives("from", required=True),
            constants=fields.constants(),
        )


def read_condition(node: Any, where: str) -> Condition:
    """A place, several, or an object with `at` and `values`; SpecError names what is wrong."""
    fields = Fields(node if isinstance(node, Mapping) else {"at": node}, where)
    values = tuple(as_text(value) for value in fields.node.get("values", ()))
    return Condition(fields.alternatives("at", required=True), values)


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
