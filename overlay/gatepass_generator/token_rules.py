"""The rules for the token extension: its places in schemas and examples, and how its fields fit together."""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

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

from .shape_rules import Problem
from .value_rules import environments, expiry, first_example

NOT_IN_OPENAPI = {
    "$request.basic.username",
    "$request.basic.password",
    "$request.header.Authorization",
}
"""Places that OpenAPI describes by security schemes, so that they are no parameters."""
SECRETS = {"access_token", "secret", "token", "from"}
"""Fields whose places are secrets; the places of all other fields but `credentials` may be shown."""
FAILED = {"error", "failure", "success"}
"""Fields whose places are in responses that are no success."""
ELSEWHERE = {"refresh", "alternative_headers", "also_send", "unauthorized", "wrong_token"}
"""Fields whose places are not in the token request and its responses."""
WHY = {
    "status": "it cannot be tested without a description; describe it with an example, or remove it",
    "rate-limited": "a client could not tell wrong credentials from too many requests; list it once",
    "place": "a client would find nothing there, or send it in vain; correct the place or the schema",
    "example": "the emulator and the tests use the examples; correct the place or the example",
    "secret-place": "it would be printed and logged; give its schema format: password, or correct the place",
    "no-secret": "credentials include a secret; give its schema format: password",
    "not-sent": "its value would never be used; name its place, or use it in composed or also_send",
    "basic": "the request would lack its Authorization header; name both parts, and a scheme in security",
    "crossed": "the provider would get the wrong credential; correct the place",
    "alternative-headers": "APIs would get something else; name a credential, and an apiKey scheme's header",
    "sent": "the request would be rejected; name it in credentials or constants, or do not require it",
    "required": "generated clients could leave it out; require it",
    "kind": "two classes would have one name; give each kind of token but one a kind of its own",
    "option": "the option would have no effect; name the place of one of the constants",
    "base64": "it would be encoded twice or never; give contentSchema a pattern that fits only the value",
    "secret-of": "the secret would belong to no account; write SCHEME.CREDENTIAL of an x-gatepass-token",
}

Operations = Mapping[str, Operation]


def normalized(name: str) -> str:
    """A name without case and punctuation: the same for `client_id`, `client-id` and `clientID`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def problems(spec: Spec, operations: Operations) -> Iterator[Problem]:
    """Problems of vendor keys whose shape is right."""
    extensions = spec.token_extensions
    for name, token in spec.tokens.items():
        extension = extensions[name]
        at: NodePath = ("components", "securitySchemes", name, "x-gatepass-token")
        operation = operations[token["operation"]]
        if [other.kind for other in extensions.values()].count(extension.kind) > 1:
            yield at, "kind", f"{name} has the same kind as another token, or both have none"
        fields = {key: field for key, field in token.items() if key not in ELSEWHERE}
        for id in extension.logins:
            yield from _places(spec, operations[id], fields, at)
            yield from _request_fields(spec, operations[id], token, at)
        if "refresh" in token:
            refreshing = operations[token["refresh"]["operation"]]
            yield from _places(spec, refreshing, token["refresh"], (*at, "refresh"))
        yield from _credentials(spec, operation, token, extension, at)
        yield from _encoded(spec, operation, token, at)
        for option, place in token.get("options", {}).items():
            if option in token["credentials"] or place not in token["constants"]:
                yield (*at, "options", option), "option", f"{option!r} at {place} is no constant of its own"
        yield from environments(spec, token, at)
        for status in set(token["rejected"]) & set(token.get("rate_limited", ())):
            yield (*at, "rate_limited"), "rate-limited", f"'{status}' is in rejected and in rate_limited"
        yield from expiry(token, at, jwt=extension.jwt)
        yield from first_example(operation, token, at, jwt=extension.jwt)
    for operation in operations.values():
        if secret := spec.secret_extension(operation):
            at = ("paths", operation.path, operation.method, "x-gatepass-secret")
            yield from _places(spec, operation, operation.document["x-gatepass-secret"], at)
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
                schema = place_schema(spec, operation, place, failed=field in FAILED)
            except LookupError:
                yield field_path, "place", f"{place} is not in the schemas of {operation.id}"
                continue
            hidden = schema.get("format") == "password"
            if field in SECRETS and schema and not hidden:
                yield field_path, "secret-place", f"{place} is a secret without format: password"
            elif field not in {*SECRETS, "credentials", "composed", "assertion"} and hidden:
                yield field_path, "secret-place", f"{place} is a secret, but {field} is shown to people"
        if set(alternatives) <= NOT_IN_OPENAPI:
            continue
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
    elif field in ("access_token", "secret"):
        messages = list(operation.response_examples.get(operation.success_status, {}).values())[:1]
    else:
        messages = [
            message
            for status, examples in operation.response_examples.items()
            if status[0] == "2" or field in FAILED
            for message in examples.values()
        ]
    for message in messages:
        yield from example_values(message, place)


def credential_places(token: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and place of each credential, as they are written; some have several places."""
    for name, node in token["credentials"].items():
        for place in places(node.get("places", []) if isinstance(node, Mapping) else node):
            yield name, place


def _credentials(
    spec: Spec, operation: Operation, token: Mapping[str, Any], extension: TokenExtension, at: NodePath
) -> Iterator[Problem]:
    """Credentials are placed and not mixed up, and at least one is a secret."""
    named = {normalized(name): name for name in token["credentials"]}
    used: dict[str, str] = {}
    secrets = sum(field.secret for field in extension.credentials.values()) + len(extension.assertions)
    for name, place in credential_places(token):
        # `client_id` belongs to a field called `clientID`; fields of other names are free.
        owner = named.get(normalized(split_place(place)[2][-1]), used.setdefault(place, name))
        if owner != name:
            yield (*at, "credentials", name), "crossed", f"{place} is the place of {owner}"
        try:
            secrets += place_schema(spec, operation, place).get("format") == "password"
        except LookupError:
            return
    composed = {name for value in extension.composed.values() for name in value.names}
    composed |= set(extension.also_send)
    composed |= {name for value in extension.assertions.values() for name in value.names}
    for name, field in extension.credentials.items():
        if not field.places and name not in composed:
            message = f"{name} goes into no part of {operation.id}, nor to APIs"
            yield (*at, "credentials", name), "not-sent", message
    schemes = [spec.schemes.get(name, {}) for requirement in operation.security for name in requirement]
    is_basic = any(scheme.get("scheme") == "basic" for scheme in schemes)
    parts = {path[1] for path in (*extension.credential_places, *extension.composed) if path[0] == "basic"}
    if is_basic != bool(parts) or len(parts) == 1:
        what = f"{operation.id} has {'' if is_basic else 'no '}security of the scheme basic"
        yield (*at, "credentials"), "basic", f"{what}, and {' and '.join(sorted(parts)) or 'nothing'} for it"
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
    if not secrets and spec.login(extension.scheme) is None:
        yield (*at, "credentials"), "no-secret", f"no credential of {operation.id} has format: password"


def _encoded(spec: Spec, operation: Operation, token: Mapping[str, Any], at: NodePath) -> Iterator[Problem]:
    """A pattern by which a client tells a credential from its base64 matches only the credential."""
    for name, place in credential_places(token):
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
    sent = {place for _, place in credential_places(token)}
    sent |= {
        place for key in ("composed", "assertion", "constants", "generated") for place in token.get(key, {})
    }
    sent -= NOT_IN_OPENAPI
    required = set(_required(spec, operation.body, "$request.body#"))
    required |= {
        f"$request.{parameter['in']}.{parameter['name']}"
        for parameter in operation.parameters
        if parameter.get("required")
    }
    for place in sorted(required - sent):
        yield (*at, "credentials"), "sent", f"{operation.id} requires {place}, but it is not sent"
    for place in sorted(sent - required) if "refresh" not in token else ():  # a refresh sends others
        yield (*at, "credentials"), "required", f"{operation.id} does not require {place}"
    place = token["access_token"]
    # Neither alternatives nor what a failure with the same status lacks can be required.
    if isinstance(place, str) and split_place(place).part == "body" and "failure" not in token:
        path = split_place(place).keys
        try:
            parent = spec.property_at(operation.responses.get(operation.success_status, {}), path[:-1])
        except LookupError:
            return
        if path and parent and path[-1] not in parent.get("required", ()):
            yield (
                (*at, "access_token"),
                "required",
                f"the response of {operation.id} does not require {token['access_token']}",
            )


def _required(spec: Spec, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    """The places of the fields that an object requires, and of those that objects in it require."""
    for name in schema.get("required", ()):
        field = spec.resolve(schema.get("properties", {}).get(name, {}))
        if field.get("properties"):
            yield from _required(spec, field, f"{at}/{name}")
        else:
            yield f"{at}/{name}"
