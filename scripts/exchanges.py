"""The requests of a generated credential class on the typed client, as Python source."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from openapi_python_client.parser import GeneratorData

from credential import Credential, Parameter
from specs import Operation
from typed_client import VARIABLES, TypedClient, Value

GENERATED = {"now": "format_time(self._clock.time())", "uuid": "new_uuid()"}
"""Source of what the client makes for a request."""


class Exchange(NamedTuple):
    """A request, and what its response says."""

    imports: list[str]
    client: str
    response: str
    send: str
    arguments: str
    read: dict[str, str]
    refresh_send: str = ""
    refresh_arguments: str = ""


class SecretRequest(NamedTuple):
    """A secret request as the template reads it."""

    action: str
    account: str
    arguments: list[Parameter]
    text: str
    exchange: Exchange


def token_exchange(credential: Credential, data: GeneratorData) -> Exchange:
    """The token requests, and what their responses say."""
    client, token = TypedClient(credential.spec, data), credential.token
    values = {place: _credential(credential, name) for name, place in token["credentials"].items()}
    endpoint = client.endpoint(token["operation"])
    arguments, model = client.arguments(endpoint, values | _fixed(token)), client.response_class(endpoint)
    send = client.sync(endpoint)
    for method, id in credential.methods.items():
        alternative = client.endpoint(id)
        is_same = client.arguments(alternative, values | _fixed(token)) == arguments
        if not is_same or client.response_class(alternative) is not model:
            raise credential.error(f"{id} has another request or response than {token['operation']}")
        if id != token["operation"]:
            send = f"{client.sync(alternative)} if self._method == {method!r} else {send}"
    names = {"value": "access_token", "lifetime": "expires_in", "warning": "warning"}
    read = {name: client.read(model, token[key]) for key, name in names.items() if key in token}
    refresh_send, refresh_arguments = "", ""
    if "refresh" in token:
        words = token["refresh"]
        refresh = client.endpoint(words["operation"])
        if client.response_class(refresh) is not model:
            raise credential.error(f"{words['operation']} has another response than {token['operation']}")
        is_alternative = words["operation"] in (token["operation"], *token.get("alternatives", ()))
        refresh_send = send if is_alternative else client.sync(refresh)
        values = {words["token"]: Value("refresh_token.value")}
        refresh_arguments = client.arguments(refresh, values | _fixed(words))
        read["refresh_token"] = client.read(model, words["from"])
    return Exchange(
        sorted(client.imports),
        client.type_of(endpoint),
        model.class_info.name,
        send,
        arguments,
        read,
        refresh_send,
        refresh_arguments,
    )


def secret_requests(credential: Credential, data: GeneratorData) -> Iterator[SecretRequest]:
    """The requests for secrets that its tokens authorize."""
    for action, operation in credential.requests.items():
        client, words = TypedClient(credential.spec, data), operation.document["x-secret"]
        [(account, place)] = words["id"].items()
        if account in VARIABLES:
            raise credential.error(f"the id of {operation.id} must not be called {account!r}")
        values = _fixed(words) | {place: Value(account)}
        if "days" in words:
            values[words["days"]] = Value("UNSET if days is None else days", is_number=True)
            client.imports.add(f"from gatepass_clients.{credential.spec.name}.types import UNSET")
        endpoint = client.endpoint(operation.id)
        arguments, model = client.arguments(endpoint, values), client.response_class(endpoint)
        read = {"secret": client.read(model, words["value"])}
        expires = [client.read(model, words[key]) for key in ("expires", "expires_date") if key in words]
        if expires:
            read["expires"] = f"({', '.join(expires)}{',' if len(expires) == 1 else ''})"
        if "warning" in words:
            read["warning"] = client.read(model, words["warning"])
        exchange = Exchange(
            sorted(client.imports),
            client.type_of(endpoint),
            model.class_info.name,
            client.sync(endpoint),
            arguments,
            read,
        )
        yield SecretRequest(action, account, _arguments(credential, operation), _text(operation), exchange)


def _credential(credential: Credential, name: str) -> Value:
    source = f"self._settings.public_credentials[{name!r}]"
    if name in credential.secrets:
        source = f"secrets[{name!r}].value"
    schema = credential.schema(name)
    if schema.get("contentEncoding") == "base64":
        pattern = schema.get("contentSchema", {}).get("pattern")
        source = f"encode_base64({source}{f', {pattern!r}' if pattern else ''})"
    return Value(source)


def _fixed(words: Mapping[str, Any]) -> dict[str, Value]:
    """Place to source of what is in a request besides the credentials."""
    options = {place: name for name, place in words.get("options", {}).items()}
    constants = {
        place: Value(f"self._{options[place]}" if place in options else repr(value))
        for place, value in words.get("constants", {}).items()
    }
    return constants | {place: Value(GENERATED[kind]) for place, kind in words.get("generated", {}).items()}


def _arguments(credential: Credential, operation: Operation) -> list[Parameter]:
    words = operation.document["x-secret"]
    [(name, place)] = words["id"].items()
    arguments = [Parameter(name, "str", "", credential.description_of(place, operation))]
    if "days" in words:
        text = credential.description_of(words["days"], operation)
        arguments.append(Parameter("days", "int | None", "None", text))
    return arguments


def _text(operation: Operation) -> str:
    """The docstring of a secret request."""
    document, words = operation.document, operation.document["x-secret"]
    rule = "An unknown account is `Rejected`, which the first time may cost a new token."
    if words["rotates"]:
        rule = "The request is sent once and never again: after `Unavailable` its outcome is not known."
    title = document.get("summary", "The secret of an account")
    return f"{title}.\n\n{document.get('description', '')}\n\n{rule}"
