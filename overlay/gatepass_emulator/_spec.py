"""Reads providers from their specs, and checks once what a call would trip over."""

import base64
import importlib.util
import re
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from ._message import MISSING, Json, Place, find, steps
from ._provider import Credential, Operation, Provider, Reply, Scheme

EXPRESSION = re.compile(r"\$(request|response)\.(?:body#((?:/[^/]+)+)|header\.([A-Za-z0-9_-]+))")
REPLY = ("value", "lifetime", "success", "from", "expires", "expires_date", "notice")
MAPS = ("constants", "quota", "prefix", "instead", "refresh")
SCHEMES = "#/components/securitySchemes"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# Other programs obey variables of this form, such as LD_LIBRARY_PATH and GIT_SSH_COMMAND.
RESERVED = {"bash", "dyld", "gatepass", "git", "java", "ld", "node", "npm", "perl", "pip", "python", "ruby"}
DEFAULT_DAYS = 180
"""How long a secret lives where its spec does not say."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class SpecError(ValueError):
    """A spec that cannot be served; the text names the file and the place in it."""


def load(specs: Path | None) -> dict[str, Provider]:
    """All providers of a folder of `*.yaml`, or of the installed package `gatepass_clients`."""
    if specs is not None:
        files = {file.stem: file for file in specs.glob("*.yaml")}
    else:
        found = importlib.util.find_spec("gatepass_clients")
        folders = (found and found.submodule_search_locations) or ()
        files = {file.parent.name: file for one in folders for file in Path(one).glob("*/openapi.yaml")}
    if not files:
        raise SpecError(f"no specs in {specs or 'the package gatepass_clients'}")
    return {name: _read(name, file) for name, file in sorted(files.items())}


def _read(name: str, file: Path) -> Provider:
    try:
        return _parse(name, file, file.stat().st_mtime_ns)
    except OSError as error:
        raise SpecError(f"{file}: {error.strerror}") from error


@lru_cache(maxsize=64)
def _parse(name: str, file: Path, _changed: int) -> Provider:
    """A spec is read once per process and change, so that many emulators start fast."""
    try:
        # The fast twin of the SafeLoader, where there is one; the linter does not see that.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        root = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
        _resolve(root, root, set())
        return _provider(name, root)
    except SpecError as error:
        raise SpecError(f"{file}: {error}") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{file}: {' '.join(str(error).split())}") from error
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise SpecError(f"{file}: #: not what OpenAPI and x-token allow ({error!r})") from error


def _resolve(root: Json, node: Json, seen: set[int]) -> None:
    """Put what it names in the place of every reference; a tree may then contain itself."""
    if isinstance(node, (dict, list)) and id(node) not in seen:
        seen.add(id(node))
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            node[key] = _followed(root, node[key])
            _resolve(root, node[key], seen)


def _followed(root: Json, node: Json) -> Json:
    if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
        return node
    target = root
    for step in steps(node["$ref"].removeprefix("#")):
        target = _followed(root, find(target, (step,)))
    if not isinstance(target, dict):
        raise SpecError(f"{node['$ref']}: this reference leads nowhere in the file")
    return target | {key: value for key, value in node.items() if key != "$ref"}


def _provider(name: str, root: Json) -> Provider:
    _check_name(name, NAME, "the name of the file")
    if re.split("[_-]", name.lower())[0] in RESERVED:
        raise SpecError(f"{name}: other programs read variables of this name: rename the file")
    environments = tuple(server.get("x-oai-name") for server in root.get("servers", []))
    if not environments or not all(isinstance(environment, str) for environment in environments):
        raise SpecError("#/servers: every server needs an x-oai-name")
    for environment in environments:
        _check_name(environment, NAME, "#/servers")
    schemes = {
        key: _scheme(key, node)
        for key, node in root.get("components", {}).get("securitySchemes", {}).items()
        if "x-token" in node
    }
    if not schemes:
        raise SpecError(f"{SCHEMES}: no scheme has x-token")
    paths = {
        re.sub(r"\{([^}]+)\}", lambda name: f"{{{_word(name[1])}}}", path): {
            method.upper(): _operation(f"#/paths/{path}/{method}", item, item[method], schemes, root)
            for method in METHODS
            if method in item
        }
        for path, item in root["paths"].items()
    }
    provider = Provider(name, environments, schemes, {}, paths)
    credentials: dict[str, Credential] = {}
    for scheme in schemes.values():
        # One name is one variable, so two kinds of token that share a name share the first one's value.
        credentials = credentials | _credentials(scheme, provider.operations) | credentials
    return replace(provider, credentials=credentials)


def _check_name(name: str, pattern: re.Pattern[str], where: str) -> None:
    """Names become parts of variables, which people let a shell evaluate, and of paths."""
    if not pattern.fullmatch(name):
        signs = "letters, digits and _" if pattern is VARIABLE else "letters, digits, _ and -"
        raise SpecError(f"{where}: {name!r} is not a name: use at most 64 {signs}, no digit first")


def _scheme(name: str, node: Json) -> Scheme:
    where = f"{SCHEMES}/{name}/x-token"
    found = {"name": name, "jwt": node.get("bearerFormat") == "JWT", **_places(node["x-token"], where)}
    wanted = [field.name for field in fields(Scheme)]
    for key in wanted:
        if key not in found:
            raise SpecError(f"{where}: {key} is missing")
    return Scheme(**{key: found[key] for key in wanted})


def _places(node: Json, where: str) -> dict[str, Json]:
    """A vendor key with its runtime expressions as places, and with what may be left out."""
    if not isinstance(node, dict):
        raise SpecError(f"{where}: must be an object")
    absent: dict[str, Json] = {"days": None, "default_days": DEFAULT_DAYS, **{key: {} for key in MAPS}}
    found = {**dict.fromkeys(("also", "limited", *REPLY[1:]), ()), **absent, **node}
    for key, value in found.items():
        at = f"{where}/{key}"
        if key in ("credentials", "instead", "id"):
            found[key] = {name: _place(text, "request", f"{at}/{name}") for name, text in value.items()}
        elif key == "constants":
            found[key] = {_place(text, "request", at): str(said) for text, said in value.items()}
        elif key in REPLY:
            texts = [value] if isinstance(value, str) else value
            found[key] = tuple(_place(text, "response", at) for text in texts)
        elif key in ("refused", "limited"):
            found[key] = tuple(map(str, value))
        elif key == "token" or (key == "days" and value):
            found[key] = _place(value, "request", at)
        elif key == "refresh" and value:
            found[key] = _places(value, at)
    return found


def _place(text: Json, side: str, where: str) -> Place:
    match = EXPRESSION.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[1] != side:
        raise SpecError(f"{where}: {text!r} is not a place of the form ${side}.body#/… or .header.…")
    return ("header", match[3].lower()) if match[3] else ("body", *steps(match[2]))


def _operation(where: str, item: Json, node: Json, schemes: dict[str, Scheme], root: Json) -> Operation:
    if "operationId" not in node:
        raise SpecError(f"{where}: operationId is missing")
    parts: dict[str, Json] = {}
    example: dict[str, Json] = {}
    for one in [*item.get("parameters", []), *node.get("parameters", [])]:
        name = {"header": str.lower, "path": _word}.get(one["in"], str)(one["name"])
        part = parts.setdefault(one["in"], {"properties": {}, "required": []})
        part["properties"][name] = one.get("schema", {})
        part["required"] += [name] if one.get("required") else []
        example.setdefault(one["in"], {})[name] = _example(one)
    body = node.get("requestBody", {})
    requests = {} if body.get("required") else {"": Draft202012Validator({"properties": parts})}
    for media, content in body.get("content", {}).items():
        whole = {"properties": {**parts, "body": content.get("schema", {})}, "required": ["body"]}
        requests[media.lower()] = Draft202012Validator(whole)
        example.setdefault("body", _example(content))
    return Operation(
        id=node["operationId"],
        issues=[one for one in schemes.values() if node["operationId"] in one.operations],
        secret=_places(node["x-secret"], f"{where}/x-secret") if "x-secret" in node else {},
        security=schemes.keys()
        & {name for need in node.get("security", root.get("security", [])) for name in need},
        requests=requests,
        example=example,
        replies={
            str(status): replies
            for status, response in node["responses"].items()
            if str(status).isdecimal() and (replies := _replies(int(status), response))
        },
    )


def _replies(status: int, response: Json) -> dict[str, Reply]:
    """The examples of the first media type that has any, by name."""
    headers = {name.lower(): _example(header) for name, header in response.get("headers", {}).items()}
    told = {name: str(value) for name, value in headers.items() if value is not MISSING}
    for media, content in response.get("content", {}).items():
        named = {name: one.get("value") for name, one in content.get("examples", {}).items()}
        named = named or {"": _example(content)}
        if MISSING not in named.values():
            header = {"content-type": media, **told}
            return {name: Reply(status, {"header": header, "body": body}) for name, body in named.items()}
    return {}


def _example(node: Json) -> Json:
    """The first example of a media type, a parameter or a header, or `MISSING`."""
    schema = node.get("schema", {})
    found = [one.get("value", MISSING) for one in node.get("examples", {}).values()]
    found += [*schema.get("examples", []), schema.get("example", MISSING)]
    return node.get("example", found[0])


def _credentials(scheme: Scheme, operations: dict[str, Operation]) -> dict[str, Credential]:
    """The credentials of a kind of token; SpecError if its calls are not as `x-token` says."""
    where = f"{SCHEMES}/{scheme.name}/x-token"
    for id in sorted(scheme.operations):
        if id not in operations:
            raise SpecError(f"{where}: there is no operation {id}")
    call = operations[scheme.operation]
    if all(find(call.reply(call.good).message, place) is MISSING for place in scheme.value):
        raise SpecError(f"{where}/value: not in the example of {call.id}")
    for status in (*scheme.refused[:1], *scheme.limited[:1]):
        if status not in call.replies:
            raise SpecError(f"{where}: {call.id} has no example for {status}")
    found: dict[str, Credential] = {}
    for name, place in scheme.credentials.items():
        _check_name(name, VARIABLE, f"{where}/credentials")
        if name.lower() == "base_url":
            raise SpecError(f"{where}/credentials: base_url is the address of the provider: use another name")
        way = [step for key in place for step in ("properties", key)]
        schemas = [find(validator.schema, tuple(way)) for validator in call.requests.values()]
        schema = next((one for one in schemas if one is not MISSING), None)
        if schema is None:
            raise SpecError(f"{where}/credentials/{name}: leads nowhere in the request of {call.id}")
        encoded = schema.get("contentEncoding") == "base64"
        shown = [find(call.example, place), _example({"schema": schema})]
        example = next((one for one in shown if isinstance(one, str)), None)
        if example and encoded:
            example = base64.b64decode(example).decode()
        if example and not example.isprintable():
            raise SpecError(f"{where}/credentials/{name}: its example has a control character in it")
        found[name] = Credential(schema.get("format") == "password", encoded, example or f"fake-{name}")
    return found


def _word(name: str) -> str:
    """The name of a path parameter as the router can have it."""
    return re.sub(r"\W", "_", name)
