"""The rules for x-token and x-secret: their shape, their places in schemas and examples, and their values."""

import base64
import json
import keyword
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from gatepass_spec import (
    NodePath,
    Operation,
    Spec,
    TokenExtension,
    decoded_pattern,
    example_values,
    place_schema,
    places,
    split_place,
)

SCHEMA = Path(__file__).resolve().parent.parent / "specs" / "x-token.schema.json"
SECRETS = {"value", "token", "from"}
"""Fields whose places are secrets; the places of all other fields but `credentials` may be shown."""
SETTINGS = {"environment", "base_url", "hosts", "store", "timeout", "verify", "cert", "proxy", "transport"}
SETTINGS |= {"on_event", "clock", "method", "authenticate_with"}
"""The arguments of every credential class besides the credentials."""
SUCCESS_WORD = re.compile(r"(?!no$|fail|error|false)[a-z]+", re.IGNORECASE)
WHY = {
    "shape": "clients in every language rely on it; see specs/README.md",
    "name": "it becomes a name in Python and in environment variables; choose another name",
    "operation": "clients could not request a token; name an operation of this file",
    "status": "it cannot be tested without a description; describe it with an example, or remove it",
    "rate-limited": "a client could not tell wrong credentials from too many requests; list it once",
    "place": "a client would find nothing there, or send it in vain; correct the place or the schema",
    "example": "the emulator and the tests use the examples; correct the place or the example",
    "secret-place": "it would be printed and logged; give its schema format: password, or correct the place",
    "no-secret": "credentials include a secret; give its schema format: password",
    "crossed": "the provider would get the wrong credential; correct the place",
    "alternative-headers": "APIs would get something else; name a credential, and an apiKey scheme's header",
    "sent": "the request would be rejected; name it in credentials or constants, or do not require it",
    "required": "generated clients could leave it out; require it",
    "environment": "tokens of two environments could be mixed up; write each environment as in servers",
    "bearer-format": "clients decode a token only if it is a JWT, which has two dots; correct one of them",
    "prefix": "a client would reject it as a token of another environment; correct the prefix or the example",
    "success": "a client would treat a token as a rejection; correct the place of the flag or its example",
    "lifetime": "default_lifetime and the first example state the usual lifetime; correct one of them",
    "kind": "two classes would have one name; give each kind of token but one a kind of its own",
    "option": "the option would have no effect; name the place of one of the constants",
    "base64": "it would be encoded twice or never; give contentSchema a pattern that fits only the value",
    "secret-of": "the secret would belong to no account; write scheme.credential as in x-token.credentials",
}

Problem = tuple[NodePath, str, str]
Operations = Mapping[str, Operation]


def normalized(name: str) -> str:
    """A name without case and punctuation: the same for `client_id`, `client-id` and `clientID`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def host_of(url: str) -> str:
    """The host of a server without its port, by which clients keep tokens apart."""
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def shapes(spec: Spec) -> Iterator[Problem]:
    """Both keys match their JSON Schema, and the operations that they name exist."""
    operations = spec.operations()
    for name, token in spec.tokens.items():
        at = ("components", "securitySchemes", name)
        errors = list(_schema().iter_errors({"x-token": token}))
        yield from (((*at, *error.absolute_path), "shape", error.message) for error in errors)
        if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name) or name in ("servers", "environment"):
            yield at, "name", f"{name!r} is not a name of the form setuToken"
        for credential in [] if errors else [*token["credentials"], *token.get("options", ())]:
            reserved = {"self", "cls", *SETTINGS, *keyword.kwlist}
            if not credential.isidentifier() or credential in reserved or credential.endswith("_file"):
                message = f"{credential!r} is a keyword of Python or an option, or ends in _file"
                key = "credentials" if credential in token["credentials"] else "options"
                yield (*at, "x-token", key, credential), "name", message
        for id in [] if errors else TokenExtension.parse(name, spec.schemes[name]).operations:
            if id not in operations:
                yield (*at, "x-token", "operation"), "operation", f"no operation has the operationId {id!r}"
    for operation in operations.values():
        secret = {key: value for key, value in operation.document.items() if key == "x-secret"}
        for error in _schema().iter_errors(secret):
            at_operation = ("paths", operation.path, operation.method)
            yield (*at_operation, *error.absolute_path), "shape", error.message


def problems(spec: Spec, operations: Operations) -> Iterator[Problem]:
    """Problems of vendor keys whose shape is right."""
    extensions = spec.token_extensions
    for name, token in spec.tokens.items():
        extension = extensions[name]
        at: NodePath = ("components", "securitySchemes", name, "x-token")
        operation = operations[token["operation"]]
        if [other.kind for other in extensions.values()].count(extension.kind) > 1:
            yield at, "kind", f"{name} has the same kind as another token, or both have none"
        fields = {key: field for key, field in token.items() if key not in ("refresh", "alternative_headers")}
        for id in extension.logins:
            yield from _places(spec, operations[id], fields, at)
            yield from _request_fields(spec, operations[id], token, at)
        if "refresh" in token:
            refreshing = operations[token["refresh"]["operation"]]
            yield from _places(spec, refreshing, token["refresh"], (*at, "refresh"))
        yield from _credentials(spec, operation, token, at)
        yield from _encoded(spec, operation, token, at)
        for option, place in token.get("options", {}).items():
            if option in token["credentials"] or place not in token["constants"]:
                yield (*at, "options", option), "option", f"{option!r} at {place} is no constant of its own"
        yield from _environments(spec, token, at)
        for status in set(token["rejected"]) & set(token.get("rate_limited", ())):
            yield (*at, "rate_limited"), "rate-limited", f"'{status}' is in rejected and in rate_limited"
        yield from _first_example(operation, token, at, jwt=extension.jwt)
    for operation in operations.values():
        if secret := spec.secret_extension(operation):
            at = ("paths", operation.path, operation.method, "x-secret")
            yield from _places(spec, operation, operation.document["x-secret"], at)
            credentials = spec.tokens.get(secret.scheme, {}).get("credentials", {})
            for key, name in (("of", secret.credential), *(("id", name) for name in secret.id)):
                if name not in credentials:
                    yield (*at, key), "secret-of", f"no credential is called {secret.scheme + '.' + name!r}"


def _fields(value: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, list[str]]]:
    """Every field that is a place, with its alternative places; keys can be places too."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _fields(key, (*path, key))
            yield from _fields(child, (*path, key))
    elif isinstance(value, (str, list)):
        alternatives = places(value)
        if alternatives and all(str(place).startswith("$") for place in alternatives):
            yield path, alternatives


def _places(spec: Spec, operation: Operation, value: Mapping[str, Any], at: NodePath) -> Iterator[Problem]:
    """Every status and place is in the schemas and in the examples of the operation."""
    for key in ("rejected", "rate_limited"):
        for status in value.get(key, ()):
            if status not in operation.responses:
                yield (*at, key), "status", f"{operation.id} documents no response '{status}'"
    for path, alternatives in _fields(value):
        field_path, field = (*at, *path), str(path[0])
        for place in alternatives:
            try:
                schema = place_schema(spec, operation, place, failed=field == "error")
            except LookupError:
                yield field_path, "place", f"{place} is not in the schemas of {operation.id}"
                continue
            hidden = schema.get("format") == "password"
            if field in SECRETS and schema and not hidden:
                yield field_path, "secret-place", f"{place} is a secret without format: password"
            elif field not in {*SECRETS, "credentials"} and hidden:
                yield field_path, "secret-place", f"{place} is a secret, but {field} is shown to people"
        if not any(True for place in alternatives for _ in _examples(operation, field, place)):
            yield field_path, "example", f"{' or '.join(alternatives)} is in no example of {operation.id}"
    for place, constant in value.get("constants", {}).items():
        if constant not in _examples(operation, "constants", place):
            message = f"no example of {operation.id} has {constant!r} at {place}"
            yield (*at, "constants", place), "example", message


def _examples(operation: Operation, field: str, place: str) -> Iterator[Any]:
    """The values at a place in the examples of the request, or of the responses that have the field."""
    if place.startswith("$request"):
        messages = operation.request_examples
    elif field == "value":
        messages = list(operation.response_examples.get("200", {}).values())[:1]
    else:
        messages = [
            message
            for status, examples in operation.response_examples.items()
            if status[0] == "2" or field == "error"
            for message in examples.values()
        ]
    for message in messages:
        yield from example_values(message, place)


def _credentials(
    spec: Spec, operation: Operation, token: Mapping[str, Any], at: NodePath
) -> Iterator[Problem]:
    """Credentials are not mixed up, and at least one is a secret."""
    named = {normalized(name): name for name in token["credentials"]}
    used: dict[str, str] = {}
    secrets = 0
    for name, place in token["credentials"].items():
        # `client_id` belongs to a field called `clientID`; fields of other names are free.
        owner = named.get(normalized(split_place(place)[2][-1]), used.setdefault(place, name))
        if owner != name:
            yield (*at, "credentials", name), "crossed", f"{place} is the place of {owner}"
        try:
            secrets += place_schema(spec, operation, place).get("format") == "password"
        except LookupError:
            return
    headers = {
        f"$request.header.{scheme['name']}"
        for scheme in spec.schemes.values()
        if scheme.get("in") == "header"
    }
    for name, place in token.get("alternative_headers", {}).items():
        if name not in token["credentials"]:
            yield (
                (*at, "alternative_headers", name),
                "alternative-headers",
                f"no credential is called {name!r}",
            )
        if place not in headers:
            yield (
                (*at, "alternative_headers", name),
                "alternative-headers",
                f"no apiKey scheme describes {place}",
            )
    if not secrets:
        yield (*at, "credentials"), "no-secret", f"no credential of {operation.id} has format: password"


def _encoded(spec: Spec, operation: Operation, token: Mapping[str, Any], at: NodePath) -> Iterator[Problem]:
    """A pattern by which a client tells a credential from its base64 matches only the credential."""
    for name, place in token["credentials"].items():
        with suppress(LookupError):
            pattern = decoded_pattern(place_schema(spec, operation, place))
            examples = _examples(operation, "credentials", place)
            if pattern and not all(_matches_decoded(pattern, example) for example in examples):
                what = f"the pattern of {place} does not tell its example from the base64 of it"
                yield (*at, "credentials", name), "base64", what


def _matches_decoded(pattern: str, encoded: str) -> bool:
    try:
        value = base64.b64decode(encoded, validate=True).decode()
        return bool(re.search(pattern, value)) and not re.search(pattern, encoded)
    except (ValueError, re.error):
        return False


def _request_fields(
    spec: Spec, operation: Operation, token: Mapping[str, Any], at: NodePath
) -> Iterator[Problem]:
    """Required fields are sent, sent fields are required, and the response requires the token."""
    sent = {*token["credentials"].values(), *token.get("constants", {}), *token.get("generated", {})}
    required = set(_required(spec, operation.body, "$request.body#"))
    required |= {
        f"$request.header.{parameter['name']}"
        for parameter in operation.parameters
        if parameter.get("required")
    }
    for place in sorted(required - sent):
        yield (*at, "credentials"), "sent", f"{operation.id} requires {place}, but it is not sent"
    for place in sorted(sent - required) if "refresh" not in token else ():  # a refresh sends others
        yield (*at, "credentials"), "required", f"{operation.id} does not require {place}"
    if isinstance(token["value"], str):  # alternatives cannot be required
        path = split_place(token["value"])[2]
        try:
            parent = spec.property_at(operation.responses.get("200", {}), path[:-1])
        except LookupError:
            return
        if parent and path[-1] not in parent.get("required", ()):
            yield (
                (*at, "value"),
                "required",
                f"the response of {operation.id} does not require {token['value']}",
            )


def _required(spec: Spec, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    """The places of the fields that an object requires, and of those that objects in it require."""
    for name in schema.get("required", ()):
        field = spec.resolve(schema.get("properties", {}).get(name, {}))
        if field.get("properties"):
            yield from _required(spec, field, f"{at}/{name}")
        else:
            yield f"{at}/{name}"


def _environments(spec: Spec, token: Mapping[str, Any], at: NodePath) -> Iterator[Problem]:
    """Prefixes and hosts belong to existing servers, and to one of them each."""
    servers = {str(server.get("x-oai-name")): server["url"] for server in spec.document.get("servers", ())}
    prefix, hosts = token.get("prefix", {}), token.get("hosts", {})
    for key in ("prefix", "hosts"):
        for name in sorted(set(token.get(key, {})) - set(servers)):
            yield (*at, key, name), "environment", f"no server is called {name!r}"
    for name in sorted(set(servers) - set(prefix)) if prefix else ():
        yield (*at, "prefix"), "environment", f"there is no prefix for {name}"
    if any(prefix[first].startswith(prefix[second]) for first, second in permutations(prefix, 2)):
        yield (*at, "prefix"), "environment", "one token could have the prefixes of two environments"
    owners = {host_of(url): name for name, url in servers.items()}
    for name, listed in hosts.items():
        for host in listed:
            if owners.setdefault(host, name) != name:
                yield (*at, "hosts", name), "environment", f"{host} is a host of {owners[host]} too"


def _first_example(
    operation: Operation, token: Mapping[str, Any], at: NodePath, *, jwt: bool
) -> Iterator[Problem]:
    """The first example of the 200 has a token, and agrees with x-token."""
    first = next(iter(operation.response_examples.get("200", {}).values()), {})

    def values(key: str) -> list[Any]:
        return [value for place in places(token.get(key, [])) for value in example_values(first, place)]

    for value in values("value"):
        if jwt != (str(value).count(".") == 2):
            yield at[:-1], "bearer-format", "the token of the first example does not match bearerFormat"
        prefixes = tuple(token.get("prefix", {}).values())
        if prefixes and not str(value).startswith(prefixes):
            yield (
                (*at, "prefix"),
                "prefix",
                f"the token of the first example begins with none of {', '.join(prefixes)}",
            )
    for value in values("success"):
        if value is not True and (not isinstance(value, str) or not SUCCESS_WORD.fullmatch(value)):
            yield (*at, "success"), "success", f"the first example has {value!r} there"
    for value in values("lifetime"):
        if not re.fullmatch(r"\d+(\.0)?", str(value)) or float(value) != token["default_lifetime"]:
            message = f"the first example has {value!r}, x-token {token['default_lifetime']}"
            yield (*at, "default_lifetime"), "lifetime", message
