"""One kind of token of a spec, as its generated class has it: names, arguments, texts and constants."""

import ast
import re
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from openapi_python_client.strings import kebab_case, pascal_case

import gatepass
from gatepass_spec import (
    UNITS,
    Condition,
    JsonPath,
    JsonPaths,
    Operation,
    SecretExtension,
    Spec,
    SpecError,
    WrongToken,
    parameter_path,
    request_schema,
    response_schema,
)

from .response_types import response_types

OPTIONS = Path(gatepass.__file__).with_name("_options.py")


class Parameter(NamedTuple):
    """An argument of a constructor; an option of the provider is kept in an attribute."""

    name: str
    type: str
    default: str
    text: str


def options() -> list[Parameter]:
    """The options that each class takes, as `gatepass._options` has them."""
    tree = ast.parse(OPTIONS.read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Options")
    values = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "DEFAULTS"
    )
    defaults = {}
    if isinstance(values, ast.Dict):
        for key, value in zip(values.keys, values.values, strict=True):
            defaults[ast.literal_eval(key or "")] = ast.unparse(value)
    parameters = []
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            name, kind = ast.unparse(field.target), ast.unparse(field.annotation)
            if re.search(r"\b(Store|Verify|Certificate)\b", kind):  # imported for type checkers alone
                kind = f'"{kind}"'
            parameters.append(Parameter(name, kind, defaults.get(name, "None"), ast.literal_eval(text.value)))
    return parameters


class Credential:
    """One kind of token as the template reads it."""

    def __init__(self, spec: Spec, scheme: str) -> None:
        self.spec, self.scheme = spec, scheme
        self.token = spec.token_extensions[scheme]
        self.operations = spec.operations()
        self.title = str(spec.document["info"]["title"]).removesuffix(" access tokens")
        self.description = spec.schemes[scheme].get("description", "")

    @property
    def name(self) -> str:
        """`SingleView` or `SahamatiUser`: the provider as its title spells it, and the kind of token."""
        title, stem = pascal_case(self.title), self.spec.name
        return (title if title.lower() == stem else stem.capitalize()) + pascal_case(self.token.kind)

    @property
    def command(self) -> str:
        """Its name on the command line."""
        return "-".join(filter(None, (self.spec.name, kebab_case(self.token.kind))))

    @cached_property
    def login(self) -> "Credential | None":
        """The kind of token that its token request needs."""
        logins = self.spec.logins(self.scheme)
        return Credential(self.spec, logins[0]) if logins else None

    @property
    def operation(self) -> Operation:
        return self.operations[self.token.operation]

    def schema(self, path: JsonPath) -> Mapping[str, Any]:
        """The schema of a field of the token request."""
        return request_schema(self.spec, self.operation, path)

    @property
    def secrets(self) -> list[str]:
        """The names of its secrets, and then of those of its login."""
        own = [
            name
            for name, field in self.token.credentials.items()
            if field.secret
            or name in [assertion.key for assertion in self.token.assertions.values()]
            or any(self.schema(path).get("format") == "password" for path in field.places)
        ]
        return [*own, *(name for name in (self.login.secrets if self.login else []) if name not in own)]

    @property
    def names(self) -> list[str]:
        """The names of its credentials, and then of those of its login."""
        own = list(self.token.credentials)
        return [*own, *(name for name in (self.login.names if self.login else []) if name not in own)]

    @property
    def requests(self) -> dict[str, tuple[Operation, SecretExtension]]:
        """The secret requests that its tokens authorize, by what they do: read or reset."""
        requests: dict[str, tuple[Operation, SecretExtension]] = {}
        for operation in self.operations.values():
            secret = self.spec.secret_extension(operation)
            if secret and any(self.scheme in need for need in operation.security):
                action = "reset" if secret.rotates else "read"
                if action in requests:
                    raise self.error(f"{requests[action][0].id} and {operation.id} both {action} a secret")
                requests[action] = operation, secret
        return requests

    @property
    def text(self) -> str:
        """The docstring of the class."""
        kind = f"{self.token.kind} access tokens".strip().capitalize()
        paragraphs = [f"{kind} of {self.title}.", self.description]
        if self.operation.document.get("deprecated"):
            paragraphs.insert(1, "Deprecated by the provider: use it only where nothing else works yet.")
        if quota := self.token.quota:
            paragraphs.append(
                f"The provider grants {quota['tokens']} tokens in {quota['seconds']} seconds, so one "
                "credential should serve the whole program."
            )
        for path in self.token.warning[:1]:
            text = response_schema(self.spec, self.operation, path).get("description", "")
            paragraphs.append(f"`warning` of a token: {text}")
        for environment, url in self.spec.servers.items():
            if url is None:
                variable = f"{self.spec.name}_{environment}_base_url".upper()
                paragraphs.append(
                    f"The environment {environment} has no public host: give `base_url` or set `{variable}`."
                )
        return "\n\n".join(paragraphs)

    @property
    def bases(self) -> str:
        bases = ["HeaderCredential"] if self.token.alternative_headers else []
        bases += ["SecretCredential"] if self.requests else []
        return ", ".join(bases or ["Credential"])

    @property
    def methods(self) -> dict[str, str]:
        """HTTP method to the operation that issues the token by it; empty if there is only one method."""
        operations = [self.operations[id] for id in self.token.logins]
        methods = {operation.method.upper(): operation.id for operation in operations}
        if len(methods) < len(operations):
            raise self.error("two calls of operation and alternatives have the same HTTP method")
        return methods if len(methods) > 1 else {}

    # The constructor.

    @cached_property
    def credentials(self) -> list[Parameter]:
        parameters = []
        for name, field in self.token.credentials.items():
            texts = [field.description, *(self.description_of(path) for path in field.places)]
            text = _sentence(next(filter(None, texts), ""))
            variables = [
                "_".join((self.spec.name, environment, name)).upper() for environment in self.spec.servers
            ]
            if name in self.secrets:
                text += " A function that returns it is called for each token request."
            kind = "SecretSource | None" if name in self.secrets else "str | None"
            parameters.append(Parameter(name, kind, "None", f"{text} Variable: {' or '.join(variables)}."))
        own = {parameter.name for parameter in parameters}
        inherited = self.login.credentials if self.login else []
        return [*parameters, *(parameter for parameter in inherited if parameter.name not in own)]

    @cached_property
    def options(self) -> list[Parameter]:
        """The options of this provider alone that the class keeps."""
        parameters = [
            Parameter(
                name,
                type(self.token.constants[path]).__name__,
                repr(self.token.constants[path]),
                self.description_of(path),
            )
            for name, path in self.token.options.items()
        ]
        if self.methods:
            types = ", ".join(map(repr, self.methods))
            text = " ".join(
                f"`{method}`: {self.operations[id].document.get('description', '')}"
                for method, id in self.methods.items()
            )
            parameters.append(Parameter("method", f"Literal[{types}]", repr(next(iter(self.methods))), text))
        return parameters

    @cached_property
    def base_options(self) -> list[Parameter]:
        """The options that it passes on."""
        headers = self.token.alternative_header_names.values()
        own = []
        if headers:
            names = " and ".join(f"`{header}`" for header in headers)
            text = f"`credentials` to put the credentials themselves into the headers {names} of each "
            text += "request to an API; then no token is requested."
            own = [Parameter("authenticate_with", 'Literal["token", "credentials"]', '"token"', text)]
        return [*own, *options()]

    def description_of(self, path: JsonPath, operation: Operation | None = None) -> str:
        """The description of a field or a header of a request, if not another one of the token request."""
        operation = operation or self.operation
        if path[0] == "basic":
            return f"The {'user name' if path[1] == 'username' else 'password'} of HTTP Basic."
        field = request_schema(self.spec, operation, path)
        if path[0] != "body":
            field = next((node for node in operation.parameters if parameter_path(node) == path), {})
        return _sentence(field.get("description", ""))

    # Constants.

    @property
    def constants(self) -> dict[str, str]:
        """Arguments of TokenSpec as Python source, but for those that are as if not given."""
        token, quota = self.token, self.token.quota
        statuses = sorted(status for status in self.operation.responses if status.startswith("2"))
        api = (token.api.part, token.api.name, token.api.prefix)
        in_headers = ("header", "basic")
        headers = [
            name
            for name, field in token.credentials.items()
            if any(path[0] in in_headers for path in field.places)
        ]
        headers += token.also_send
        headers += [name for value in token.composed.values() for name in value.names]
        headers += [name for name, path in token.options.items() if path[0] == "header"]
        arguments = {
            "provider": repr(self.spec.name),
            "scheme": repr(self.scheme),
            "servers": f"SERVERS[{self.spec.name!r}]",
            "path": repr(self.operation.path),
            "credentials": repr(tuple(self.names)),
            "secrets": set_source(self.secrets),
            "headers": set_source(dict.fromkeys(headers)),
            "jwt": repr(token.jwt),
            "default_lifetime": repr(token.default_expires_in),
            "rejected": set_source(token.rejected, int),
            "rate_limited": set_source(token.rate_limited, int),
            "unauthorized": set_source(token.unauthorized, int) or "frozenset()",
            "statuses": set_source(statuses, int) if statuses != ["200"] else "",
            "expires_in_unit": repr(UNITS[token.expires_in_unit]) if token.expires_in_unit else "",
            "success": _paths(token.success.paths),
            "success_values": set_source(token.success.values),
            "failure": _paths(token.failure.paths),
            "failure_values": set_source(token.failure.values),
            "is_json": "" if any(path[0] == "body" and path[1:] for path in token.access_token) else "False",
            "unauthorized_if": _conditions(token.unauthorized_if),
            "wrong_token": _wrong_token(token.wrong_token),
            "probe": repr(dict(token.probe)) if token.probe else "",
            "host_bound": "True" if token.host_bound else "",
            "margin": repr(token.margin) if token.margin else "",
            "renews_within": repr(token.renews_within) if token.renews_within else "",
            "error_code": _paths(token.error_code),
            "error_trace": _paths(token.error_trace),
            "quota": repr((quota["tokens"], quota["seconds"])) if quota else "",
            "prefix": repr(dict(token.prefix)) if token.prefix else "",
            "keys": set_source(value.key for value in token.assertions.values()) if token.assertions else "",
            "api": "" if api == ("header", "Authorization", "Bearer ") else repr(api),
            "also_send": repr(dict(token.also_send)) if token.also_send else "",
            "alternative_headers": repr(token.alternative_header_names) if token.alternative_headers else "",
            "responses": repr(response_types(self.spec, self.operation, self.places)),
        }
        return {name: source for name, source in arguments.items() if source}

    @property
    def places(self) -> list[JsonPath]:
        """Where the token extension reads a response."""
        token = self.token
        paths = token.access_token + token.expires_in + token.expires_at + token.warning
        return [*paths, *token.success.paths, *token.failure.paths, *token.error_code, *token.error_trace]

    def error(self, what: str) -> SpecError:
        line = self.spec.line("components", "securitySchemes", self.scheme, "x-gatepass-token")
        return SpecError(f"{self.spec.path}:{line}: no typed credential can be made: {what}")


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "].")) else f"{text}."


def set_source(values: Any, kind: type = str) -> str:
    return f"frozenset({{{', '.join(repr(kind(value)) for value in values)}}})" if values else ""


def _conditions(conditions: Mapping[int, Condition]) -> str:
    """A mapping of statuses as Python source; empty if there are none."""
    entries = [
        f"{status}: ({_paths(condition.paths)}, {set_source(condition.values) or 'frozenset()'})"
        for status, condition in conditions.items()
    ]
    return f"{{{', '.join(entries)}}}" if entries else ""


def _wrong_token(wrong: WrongToken | None) -> str:
    if wrong is None:
        return ""
    at, values = _paths(wrong.condition.paths), set_source(wrong.condition.values)
    return f"WrongToken({wrong.status}, {at}, {values}, {wrong.use!r})"


def _paths(paths: JsonPaths) -> str:
    return repr(tuple(path[1:] for path in paths)) if paths else ""
