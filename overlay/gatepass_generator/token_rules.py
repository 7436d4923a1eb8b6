"""The rules for the token extension: its shape, its places in schemas and examples, and its values."""

import base64
import json
import keyword
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any, get_args

from jsonschema import Draft202012Validator

from gatepass_spec import (
    Generated,
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

SCHEMA = next(
    folder / "token-extension.schema.json"
    for folder in (Path(__file__).parent, Path(__file__).resolve().parents[2] / "specs")
    if (folder / "token-extension.schema.json").exists()
)
"""In the wheel it lies here, in the repository beside the specs."""
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
ELSEWHERE = {"refresh", "alternative_headers", "also_send", "unauthorized"}
"""Fields whose places are not in the token request and its responses."""
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
    "computed": "signatures, digests and encryption are out of scope; such a token needs code of your own",
    "not-sent": "its value would never be used; name its place, or use it in composed",
    "basic": "the request would lack its Authorization header; name both parts, and a scheme in security",
    "crossed": "the provider would get the wrong credential; correct the place",
    "alternative-headers": "APIs would get something else; name a credential, and an apiKey scheme's header",
    "sent": "the request would be rejected; name it in credentials or constants, or do not require it",
    "required": "generated clients could leave it out; require it",
    "environment": "tokens of two environments could be mixed up; write each environment as in servers",
    "bearer-format": "clients decode a token only if it is a JWT, which has two dots; correct one of them",
    "prefix": "a client would reject it as a token of another environment; correct the prefix or the example",
    "success": "a client would treat a token as a rejection; correct the place of the flag or its example",
    "lifetime": "default_expires_in and the first example state the usual lifetime; correct one of them",
    "kind": "two classes would have one name; give each kind of token but one a kind of its own",
    "option": "the option would have no effect; name the place of one of the constants",
    "base64": "it would be encoded twice or never; give contentSchema a pattern that fits only the value",
    "secret-of": "the secret would belong to no account; write SCHEME.CREDENTIAL of an x-gatepass-token",
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
        yield from _computed(token, (*at, "x-gatepass-token"))
        errors = list(_schema().iter_errors({"x-gatepass-token": token}))
        yield from (((*at, *error.absolute_path), "shape", error.message) for error in errors)
        if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name) or name in ("servers", "environment"):
            yield at, "name", f"{name!r} is not a name of the form setuToken"
        for credential in [] if errors else [*token["credentials"], *token.get("options", ())]:
            reserved = {"self", "cls", *SETTINGS, *keyword.kwlist}
            if not credential.isidentifier() or credential in reserved or credential.endswith("_file"):
                message = f"{credential!r} is a keyword of Python or an option, or ends in _file"
                key = "credentials" if credential in token["credentials"] else "options"
                yield (*at, "x-gatepass-token", key, credential), "name", message
        for id in [] if errors else TokenExtension.parse(name, spec.schemes[name]).operations:
            if id not in operations:
                yield (
                    (*at, "x-gatepass-token", "operation"),
                    "operation",
                    f"no operation has the operationId {id!r}",
                )
    for operation in operations.values():
        secret = {key: value for key, value in operation.document.items() if key == "x-gatepass-secret"}
        for error in _schema().iter_errors(secret):
            at_operation = ("paths", operation.path, operation.method)
            yield (*at_operation, *error.absolute_path), "shape", error.message


def _computed(token: Any, at: NodePath) -> Iterator[Problem]:
    """Values that a client would have to compute from the request or from a key."""
    generated = token.get("generated", {}) if isinstance(token, Mapping) else {}
    known = get_args(Generated)
    for place, value in generated.items() if isinstance(generated, Mapping) else ():
        if value not in known:
            yield (*at, "generated", place), "computed", f"{value!r} is none of {', '.join(known)}"


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
        yield from _environments(spec, token, at)
        for status in set(token["rejected"]) & set(token.get("rate_limited", ())):
            yield (*at, "rate_limited"), "rate-limited", f"'{status}' is in rejected and in rate_limited"
        yield from _first_example(operation, token, at, jwt=extension.jwt)
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
        messages = list(operation.response_examples.get(success_status(operation), {}).values())[:1]
    else:
        messages = [
            message
            for status, examples in operation.response_examples.items()
            if status[0] == "2" or field in FAILED
            for message in examples.values()
        ]
    for message in messages:
        yield from example_values(message, place)


def success_status(operation: Operation) -> str:
    """The lowest documented 2xx."""
    return min((status for status in operation.responses if status.startswith("2")), default="200")


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
    composed |= {name for value in extension.assertions.values() for name in value.names}
    for name, field in extension.credentials.items():
        if not field.places and name not in composed:
            yield (*at, "credentials", name), "not-sent", f"{name} goes into no part of {operation.id}"
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
            parent = spec.property_at(operation.responses.get(success_status(operation), {}), path[:-1])
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
    """The first example of a success has a token, and agrees with x-gatepass-token."""
    first = next(iter(operation.response_examples.get(success_status(operation), {}).values()), {})

    def values(key: str) -> list[Any]:
        listed = token.get(key, [])
        alternatives = [] if isinstance(listed, Mapping) else places(listed)
        return [value for place in alternatives for value in example_values(first, place)]

    for value in values("access_token"):
        if jwt != (str(value).count(".") == 2):
            yield at[:-1], "bearer-format", "the token of the first example does not match bearerFormat"
        prefixes = tuple(token.get("prefix", {}).values())
        if prefixes and not str(value).startswith(prefixes):
            yield (
                (*at, "prefix"),
                "prefix",
                f"the token of the first example begins with none of {', '.join(prefixes)}",
            )
    for value in values("success") if not isinstance(token.get("success"), Mapping) else ():
        if value is not True and (not isinstance(value, str) or not SUCCESS_WORD.fullmatch(value)):
            yield (*at, "success"), "success", f"the first example has {value!r} there"
    for value in values("expires_in") if "expires_in_unit" not in token else ():
        if not re.fullmatch(r"\d+(\.0)?", str(value)) or float(value) != token["default_expires_in"]:
            message = f"the first example has {value!r}, x-gatepass-token {token['default_expires_in']}"
            yield (*at, "default_expires_in"), "lifetime", message
