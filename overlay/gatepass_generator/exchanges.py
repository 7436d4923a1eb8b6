"""The requests of a generated credential class on the typed client, as Python source."""

from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from openapi_python_client.parser import GeneratorData

from gatepass_spec import (
    NAME_IN_TEXT,
    Assertion,
    Composed,
    JsonPath,
    Operation,
    RefreshGrant,
    SecretExtension,
    TokenExtension,
    decoded_pattern,
    is_base64,
)

from .credential import Credential, Parameter
from .typed_client import VARIABLES, TypedClient, Value

GENERATED = {
    "now": Value("format_time(self._clock.time())"),
    "datetime": Value("format_datetime(self._clock.time())"),
    "now_s": Value("int(self._clock.time())", int),
    "now_ms": Value("int(1000 * self._clock.time())", int),
    "uuid": Value("new_uuid()"),
    "id": Value("new_id()"),
}
"""Source of what the client makes for a request."""


class Exchange(NamedTuple):
    """A request, and what its response says."""

    imports: list[str]
    client: str
    response: str
    send: str
    arguments: str
    read: dict[str, str]
    is_detailed: bool = False
    """Whether more of the response is read than its JSON object."""
    authorization: str = ""
    """Source of the Authorization header of the token request; empty if it has none."""
    refresh_send: str = ""
    refresh_arguments: str = ""


class SecretRequest(NamedTuple):
    """A secret request as the template reads it."""

    action: str
    account: str
    arguments: list[Parameter]
    text: str
    exchange: Exchange


def token_exchange(credential: Credential, data: GeneratorData, clients: str) -> Exchange:
    """The token requests, and what their responses say."""
    client, token = TypedClient(credential.spec, data, clients), credential.token
    sent = {path: _credential(credential, name, path) for path, name in token.credential_places.items()}
    sent |= {path: _composed(credential, value) for path, value in token.composed.items()} | _fixed(token)
    sent |= {path: _assertion(credential, value) for path, value in token.assertions.items()}
    authorization = _authorization(credential, sent)
    endpoint = client.endpoint(token.operation)
    arguments, model = client.arguments(endpoint, sent), client.response_class(endpoint)
    send = client.sync(endpoint)
    for method, id in credential.methods.items():
        other = client.endpoint(id)
        is_same = client.arguments(other, sent) == arguments
        if not is_same or client.response_class(other) is not model:
            raise credential.error(f"{id} has another request or response than {token.operation}")
        if id != token.operation:
            send = f"{client.sync(other)} if self._method == {method!r} else {send}"
    values = {
        "access_token": token.access_token,
        "expires_in": token.expires_in,
        "expires_at": token.expires_at,
        "warning": token.warning,
    }
    read = {name: client.read(model, paths) for name, paths in values.items() if paths}
    is_detailed = any("answer." in source for source in read.values())
    if is_detailed and (token.refresh or token.alternatives):
        raise credential.error("a token outside the JSON body goes with neither refresh nor alternatives")
    refresh_send, refresh_arguments = "", ""
    if grant := token.refresh:
        refresh = client.endpoint(grant.operation)
        if client.response_class(refresh) is not model:
            raise credential.error(f"{grant.operation} has another response than {token.operation}")
        refresh_send = send if grant.operation in token.logins else client.sync(refresh)
        sent = {grant.token: Value("refresh_token.value")}
        refresh_arguments = client.arguments(refresh, sent | _constants(grant))
        read["refresh_token"] = client.read(model, grant.source)
    return Exchange(
        sorted(client.imports),
        client.type_of(endpoint),
        model.class_info.name if model else "",
        f"{send}_detailed" if is_detailed else send,
        arguments,
        read,
        is_detailed,
        authorization,
        refresh_send,
        refresh_arguments,
    )


def secret_requests(credential: Credential, data: GeneratorData, clients: str) -> Iterator[SecretRequest]:
    """The requests for secrets that its tokens authorize."""
    for action, (operation, secret) in credential.requests.items():
        client = TypedClient(credential.spec, data, clients)
        [(account, path)] = secret.id.items()
        if account in VARIABLES:
            raise credential.error(f"the id of {operation.id} must not be called {account!r}")
        sent = _fixed(secret) | {path: Value(account)}
        if secret.days:
            sent[secret.days] = Value("UNSET if days is None else days", int)
            client.imports.add(f"from {client.package}.types import UNSET")
        endpoint = client.endpoint(operation.id)
        arguments, model = client.arguments(endpoint, sent), client.response_class(endpoint)
        if model is None:
            raise credential.error(f"the success of {operation.id} is no JSON object")
        read = {"secret": client.read(model, secret.secret)}
        expires = [client.read(model, paths) for paths in (secret.expires_at, secret.expires_date) if paths]
        if expires:
            read["expires"] = f"({', '.join(expires)}{',' if len(expires) == 1 else ''})"
        if secret.warning:
            read["warning"] = client.read(model, secret.warning)
        exchange = Exchange(
            sorted(client.imports),
            client.type_of(endpoint),
            model.class_info.name,
            client.sync(endpoint),
            arguments,
            read,
        )
        parameters = _arguments(credential, operation, secret)
        yield SecretRequest(action, account, parameters, _text(operation, secret), exchange)


def _authorization(credential: Credential, sent: dict[JsonPath, Value]) -> str:
    """Take what belongs into the Authorization header, which is no parameter; returns its source."""
    basic = [sent.pop(("basic", part), None) for part in ("username", "password")]
    header = sent.pop(("header", "authorization"), None)
    if not any(basic):
        return header.source if header else ""
    if not all(basic) or header:
        raise credential.error("HTTP Basic needs a user name and a password, and nothing else in its header")
    return f"basic_authorization({', '.join(value.source for value in basic if value)})"


def _source(credential: Credential, name: str) -> str:
    secret = name in credential.secrets
    return f"secrets[{name!r}].value" if secret else f"self._settings.public_credentials[{name!r}]"


def _composed(credential: Credential, value: Composed) -> Value:
    parts = [
        _source(credential, part) if is_name else repr(part)
        for part, is_name in zip(NAME_IN_TEXT.split(value.text), cycle((False, True)), strict=False)
        if part
    ]
    source = " + ".join(parts)
    source = f"encode_base64({source})" if value.base64 else source
    return Value(f"{value.prefix!r} + {source}" if value.prefix else source)


def _assertion(credential: Credential, value: Assertion) -> Value:
    arguments = {
        "name": repr(value.key),
        "algorithm": repr(value.algorithm),
        "issuer": _source(credential, value.issuer),
        "subject": _source(credential, value.subject),
        "audience": repr(value.audience) if value.audience else "self.base_url + self.spec.path",
        "seconds": repr(value.expires_in),
        "at": "self._clock.time()",
        **({"key_id": _source(credential, value.key_id)} if value.key_id else {}),
    }
    named = ", ".join(f"{name}={source}" for name, source in arguments.items())
    return Value(f"sign_assertion({_source(credential, value.key)}, {named})")


def _credential(credential: Credential, name: str, path: JsonPath) -> Value:
    source, schema = _source(credential, name), credential.schema(path)
    if is_base64(schema):
        pattern = decoded_pattern(schema)
        source = f"encode_base64({source}{f', {pattern!r}' if pattern else ''})"
    return Value(source)


def _fixed(extension: TokenExtension | SecretExtension) -> dict[JsonPath, Value]:
    """Path to source of what is in a request besides the credentials."""
    options = extension.options if isinstance(extension, TokenExtension) else {}
    chosen = {path: Value(f"self._{name}", type(extension.constants[path])) for name, path in options.items()}
    generated = {path: GENERATED[what] for path, what in extension.generated.items()}
    return _constants(extension) | chosen | generated


def _constants(extension: TokenExtension | SecretExtension | RefreshGrant) -> dict[JsonPath, Value]:
    return {path: Value(repr(value), type(value)) for path, value in extension.constants.items()}


def _arguments(credential: Credential, operation: Operation, secret: SecretExtension) -> list[Parameter]:
    [(name, path)] = secret.id.items()
    arguments = [Parameter(name, "str", "", credential.description_of(path, operation))]
    if secret.days:
        text = credential.description_of(secret.days, operation)
        arguments.append(Parameter("days", "int | None", "None", text))
    return arguments


def _text(operation: Operation, secret: SecretExtension) -> str:
    """The docstring of a secret request."""
    document = operation.document
    rule = "An unknown account is `Rejected`, which the first time may cost a new token."
    if secret.rotates:
        rule = "The request is sent once and never again: after `Unavailable` its outcome is not known."
    title = document.get("summary", "The secret of an account")
    return f"{title}.\n\n{document.get('description', '')}\n\n{rule}"
