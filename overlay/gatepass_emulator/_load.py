"""Loads providers from their specs, and checks what requests would fail on later."""

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

from jsonschema import Draft202012Validator

from gatepass_spec import (
    MISSING,
    JsonPath,
    Operation,
    Spec,
    SpecError,
    TokenExtension,
    installed_specs,
    is_base64,
    provider_files,
)

from ._message import Json, value_at
from ._provider import Credential, Endpoint, Provider, Response

SCHEMES = "#/components/securitySchemes"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# Other programs obey variables of this form, such as LD_LIBRARY_PATH and GIT_SSH_COMMAND.
RESERVED = {"bash", "dyld", "gatepass", "git", "java", "ld", "node", "npm", "perl", "pip", "python", "ruby"}


def load(specs: Path | None) -> dict[str, Provider]:
    """All providers of a folder of `*.yaml`, or all that are installed."""
    files = {file.stem: file for file in provider_files(specs)} if specs is not None else installed_specs()
    if not files:
        raise SpecError(f"no specs in {specs or 'the installed packages'}")
    return {name: _load(name, file) for name, file in sorted(files.items())}


def _load(name: str, file: Path) -> Provider:
    try:
        return _load_version(name, file, file.stat().st_mtime_ns)
    except OSError as error:
        raise SpecError(f"{file}: {error.strerror}") from error


@lru_cache(maxsize=64)
def _load_version(name: str, file: Path, _changed: int) -> Provider:
    """Each version of a spec is read once per process, so that many emulators start fast."""
    spec = Spec.read(file)
    try:
        return _provider(name, spec.inlined())
    except SpecError as error:
        raise SpecError(f"{file}: {error}") from error
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise SpecError(f"{file}: #: not what OpenAPI and x-gatepass-token allow ({error!r})") from error


def _provider(name: str, spec: Spec) -> Provider:
    _check_name(name, NAME, "the name of the file")
    if re.split("[_-]", name.lower())[0] in RESERVED:
        raise SpecError(f"{name}: other programs read variables of this name: rename the file")
    environments = tuple(server.get("x-oai-name") for server in spec.document.get("servers", []))
    if not environments or not all(isinstance(environment, str) for environment in environments):
        raise SpecError("#/servers: every server needs an x-oai-name")
    for environment in environments:
        _check_name(environment, NAME, "#/servers")
    tokens = spec.token_extensions
    if not tokens:
        raise SpecError(f"{SCHEMES}: no scheme has x-gatepass-token")
    operations = spec.operations()
    paths: dict[str, dict[str, Endpoint]] = {}
    for operation in operations.values():
        path = re.sub(r"\{([^}]+)\}", lambda match: f"{{{_identifier(match[1])}}}", operation.path)
        paths.setdefault(path, {})[operation.method.upper()] = _endpoint(spec, operation, tokens)
    provider = Provider(name, environments, tokens, {}, paths)
    credentials: dict[str, Credential] = {}
    for token in tokens.values():
        # A name is one variable, so kinds of token that share a name share the value of the first of them.
        credentials = credentials | _credentials(token, provider.endpoints) | credentials
    return Provider(name, environments, tokens, credentials, paths)


def _check_name(name: str, pattern: re.Pattern[str], where: str) -> None:
    """Names become parts of variables, which people let a shell evaluate, and of paths."""
    if not pattern.fullmatch(name):
        allowed = "letters, digits and _" if pattern is VARIABLE else "letters, digits, _ and -"
        raise SpecError(f"{where}: {name!r} is not a name: use at most 64 {allowed}, no digit first")


def _endpoint(spec: Spec, operation: Operation, tokens: dict[str, TokenExtension]) -> Endpoint:
    parts: dict[str, Json] = {}
    for parameter in operation.parameters:
        location = parameter["in"]
        name = {"header": str.lower, "path": _identifier}.get(location, str)(parameter["name"])
        part = parts.setdefault(location, {"properties": {}, "required": []})
        part["properties"][name] = parameter.get("schema", {})
        part["required"] += [name] if parameter.get("required") else []
    body = operation.request_body
    validators = {} if body.get("required") else {"": Draft202012Validator({"properties": parts})}
    for media, content in body.get("content", {}).items():
        schema = {"properties": {**parts, "body": content.get("schema", {})}, "required": ["body"]}
        validators[media.lower()] = Draft202012Validator(schema)
    return Endpoint(
        id=operation.id,
        tokens=[token for token in tokens.values() if operation.id in token.operations],
        secret=spec.secret_extension(operation),
        security=tokens.keys() & {name for requirement in operation.security for name in requirement},
        validators=validators,
        example=operation.request_examples[0],
        responses={
            status: responses
            for status in operation.responses
            if status.isdecimal() and (responses := _responses(operation, status))
        },
    )


def _responses(operation: Operation, status: str) -> dict[str, Response]:
    """The examples of a status by name."""
    return {
        name: Response(
            int(status),
            {
                "header": {header: str(value) for header, value in message["header"].items()},
                "body": message["body"],
            },
        )
        for name, message in operation.response_examples[status].items()
        if "body" in message
    }


def _credentials(token: TokenExtension, endpoints: dict[str, Endpoint]) -> dict[str, Credential]:
    """The credentials of a kind of token; SpecError if its operations are not as `x-gatepass-token` says."""
    where = f"{SCHEMES}/{token.scheme}/x-gatepass-token"
    for id in sorted(token.operations):
        if id not in endpoints:
            raise SpecError(f"{where}: there is no operation {id}")
    endpoint = endpoints[token.operation]
    success = endpoint.response(endpoint.success_status).message
    if all(path[0] != "cookie" and value_at(success, path) is MISSING for path in token.access_token):
        raise SpecError(f"{where}/access_token: not in the example of {endpoint.id}")
    for status in (*token.rejected[:1], *token.rate_limited[:1]):
        if status not in endpoint.responses:
            raise SpecError(f"{where}: {endpoint.id} has no example for {status}")
    credentials: dict[str, Credential] = {}
    for name, field in token.credentials.items():
        _check_name(name, VARIABLE, f"{where}/credentials")
        if name.lower() == "base_url":
            raise SpecError(f"{where}/credentials: base_url is the address of the provider: use another name")
        schemas = {path: _schema(endpoint, path, f"{where}/credentials/{name}") for path in field.places}
        candidates = [(field.example, False)]
        for path, schema in schemas.items():
            examples = [value_at(endpoint.example, path), *schema.get("examples", ()), schema.get("example")]
            candidates += [(example, is_base64(schema)) for example in examples]
        example, is_encoded = next(
            ((value, encoded) for value, encoded in candidates if isinstance(value, str)),
            (f"fake-{name}", False),
        )
        if is_encoded:
            example = base64.b64decode(example).decode()
        if not example.isprintable():
            raise SpecError(f"{where}/credentials/{name}: its example has a control character in it")
        algorithm = next((value.algorithm for value in token.assertions.values() if value.key == name), None)
        is_secret = (
            field.secret
            or bool(algorithm)
            or any(schema.get("format") == "password" for schema in schemas.values())
        )
        encoded = {path for path, schema in schemas.items() if is_base64(schema)}
        credentials[name] = Credential(is_secret, encoded, example, algorithm)
    return credentials


def _schema(endpoint: Endpoint, path: JsonPath, where: str) -> Mapping[str, Json]:
    """The schema of a field of the request; empty for the parts of HTTP Basic, which have none."""
    if path[0] == "basic":
        return {}
    keys = tuple(key for part in path for key in ("properties", part))
    schemas = [value_at(validator.schema, keys) for validator in endpoint.validators.values()]
    schema = next((schema for schema in schemas if schema is not MISSING), None)
    if schema is None:
        raise SpecError(f"{where}: leads nowhere in the request of {endpoint.id}")
    return cast(Mapping[str, Json], schema)


def _identifier(name: str) -> str:
    """The name of a path parameter as the router accepts it."""
    return re.sub(r"\W", "_", name)
