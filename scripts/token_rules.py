"""What x-token and x-secret must keep to: shape, places in schemas and examples, and values."""

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from spec import Operation, Spec, Way, place_schema, places, shown, split_place

SCHEMA = Path(__file__).resolve().parent.parent / "specs" / "x-token.schema.json"
SECRETS = {"value", "token", "from"}
"""Fields that name a secret; what other fields name, but for credentials, may be shown."""
SETTINGS = {"environment", "base_url", "hosts", "store", "timeout", "on_event", "clock"}
SETTINGS |= {"verify", "cert", "proxy", "transport"}
"""What every credential class takes besides the provider's own credentials."""
GOOD_WORD = re.compile(r"(?!no$|fail|error|false)[a-z]+", re.IGNORECASE)
WHY = {
    "shape": "clients in every language read it by that; see specs/README.md",
    "name": "it becomes a name in Python and in environment variables; choose another",
    "operation": "a token could never be asked for; name a call of this file",
    "status": "nobody can try what nobody has described; describe it with an example, or take it out",
    "limited": "a client could not tell wrong credentials from too many calls; take it from one of the two",
    "place": "a client would look or write in vain; correct the place or the schema",
    "example": "the emulator and the tests speak by the examples; correct the place or the example",
    "secret-place": "it would be printed and logged; give its schema format: password, or correct the place",
    "no-secret": "what people may see opens nothing; give the schema of the secret format: password",
    "crossed": "the provider would get the one for the other; correct the place",
    "instead": "the APIs would be sent something else; name a credential, and the header of an apiKey scheme",
    "sent": "the call would be refused; name it in credentials or constants, or do not require it",
    "required": "clients would be made that may leave it out; require it",
    "environment": "a token could not be told from one of another environment; write each as in servers",
    "bearer-format": "it tells a client whether to look into a token; only a JWT has two dots; correct one",
    "prefix": "a client would refuse it as of another environment; correct the prefix or the example",
    "success": "a good token would be taken for a refusal; the place of a flag, or its example, is wrong",
    "lifetime": "default_lifetime and the first example both tell how long tokens usually live; correct one",
    "secret-of": "the secret would be read for nobody; write scheme.credential as in x-token.credentials",
}

Problem = tuple[Way, str, str]
Operations = Mapping[str, Operation]


def calls_of(token: Mapping[str, Any]) -> list[str]:
    """The operationIds of all calls that issue a token."""
    refresh = [token["refresh"]["operation"]] if "refresh" in token else []
    return [token["operation"], *token.get("also", ()), *refresh]


def bare(name: str) -> str:
    """`client_id`, `client-id` and `clientID` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def host_of(url: str) -> str:
    """The host of a server, without its port: a client keeps tokens apart by that."""
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def shapes(spec: Spec) -> Iterator[Problem]:
    """Whether both keys are as their JSON Schema says, and the calls that they name exist."""
    operations = spec.operations()
    for name, token in spec.tokens.items():
        at = ("components", "securitySchemes", name)
        errors = list(_schema().iter_errors({"x-token": token}))
        yield from (((*at, *error.absolute_path), "shape", error.message) for error in errors)
        if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name) or name in ("servers", "environment"):
            yield at, "name", f"{name!r} is no name of a token like setuToken"
        for credential in [] if errors else token["credentials"]:
            taken = {"self", "cls", *SETTINGS, *keyword.kwlist}
            if not credential.isidentifier() or credential in taken or credential.endswith("_file"):
                what = f"{credential!r} is a word of Python or a setting, or ends in _file"
                yield (*at, "x-token", "credentials", credential), "name", what
        for id in [] if errors else calls_of(token):
            if id not in operations:
                yield (*at, "x-token", "operation"), "operation", f"no operation has the operationId {id!r}"
    for one in operations.values():
        secret = {key: value for key, value in one.document.items() if key == "x-secret"}
        for error in _schema().iter_errors(secret):
            yield ("paths", one.path, one.method, *error.absolute_path), "shape", error.message


def problems(spec: Spec, operations: Operations) -> Iterator[Problem]:
    """What is wrong with vendor keys of the right shape."""
    for name, token in spec.tokens.items():
        at: Way = ("components", "securitySchemes", name, "x-token")
        call = operations[token["operation"]]
        parts = {key: one for key, one in token.items() if key not in ("refresh", "instead")}
        for id in (token["operation"], *token.get("also", ())):
            yield from _places(spec, operations[id], parts, at)
            yield from _sent(spec, operations[id], token, at)
        if "refresh" in token:
            refreshing = operations[token["refresh"]["operation"]]
            yield from _places(spec, refreshing, token["refresh"], (*at, "refresh"))
        yield from _credentials(spec, call, token, at)
        yield from _environments(spec, token, at)
        for status in set(token["refused"]) & set(token.get("limited", ())):
            yield (*at, "limited"), "limited", f"'{status}' is in refused and in limited"
        yield from _usual_reply(call, spec.schemes[name], token, at)
    for operation in operations.values():
        if "x-secret" in operation.document:
            secret, at = (
                operation.document["x-secret"],
                ("paths", operation.path, operation.method, "x-secret"),
            )
            yield from _places(spec, operation, secret, at)
            scheme, _, credential = secret["of"].partition(".")
            for key, one in (("of", credential), *(("id", one) for one in secret["id"])):
                if one not in spec.tokens.get(scheme, {}).get("credentials", {}):
                    yield (*at, key), "secret-of", f"no credential is called {scheme + '.' + one!r}"


def _fields(value: Any, way: Way = ()) -> Iterator[tuple[Way, list[str]]]:
    """Every field that is a place, with its spellings; places are keys as well as values."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _fields(key, (*way, key))
            yield from _fields(one, (*way, key))
    elif isinstance(value, (str, list)):
        spelled = places(value)
        if spelled and all(str(one).startswith("$") for one in spelled):
            yield way, spelled


def _places(spec: Spec, call: Operation, value: Mapping[str, Any], at: Way) -> Iterator[Problem]:
    """Every status and place against the schemas and the examples of the call."""
    for key in ("refused", "limited"):
        for status in value.get(key, ()):
            if status not in call.replies:
                yield (*at, key), "status", f"{call.id} documents no response '{status}'"
    for way, spelled in _fields(value):
        here, field = (*at, *way), str(way[0])
        for place in spelled:
            try:
                schema = place_schema(spec, call, place, failed=field == "error")
            except LookupError:
                yield here, "place", f"{place} is not in the schemas of {call.id}"
                continue
            hidden = schema.get("format") == "password"
            if field in SECRETS and schema and not hidden:
                yield here, "secret-place", f"{place} is a secret without format: password"
            elif field not in {*SECRETS, "credentials"} and hidden:
                yield here, "secret-place", f"{place} is a secret, but {field} is shown to people"
        if not any(True for place in spelled for _ in _told(call, field, place)):
            yield here, "example", f"{' or '.join(spelled)} is in no example of {call.id}"
    for place, text in value.get("constants", {}).items():
        if text not in _told(call, "constants", place):
            yield (*at, "constants", place), "example", f"no example of {call.id} has {text!r} at {place}"


def _told(call: Operation, field: str, place: str) -> Iterator[Any]:
    """What the examples have at a place: of the request, the usual reply, good replies or all."""
    if place.startswith("$request"):
        messages = call.asked
    elif field == "value":
        messages = call.said.get("200", [])[:1]
    else:
        wanted = [one for status, one in call.said.items() if status[0] == "2" or field == "error"]
        messages = [message for one in wanted for message in one]
    for message in messages:
        yield from shown(message, place)


def _credentials(spec: Spec, call: Operation, token: Mapping[str, Any], at: Way) -> Iterator[Problem]:
    """Credentials that are crossed, or none of which is a secret."""
    named = {bare(name): name for name in token["credentials"]}
    used: dict[str, str] = {}
    secrets = 0
    for name, place in token["credentials"].items():
        # `client_id` belongs where the field is called `clientID`; a field of any other name is free.
        owner = named.get(bare(split_place(place)[2][-1]), used.setdefault(place, name))
        if owner != name:
            yield (*at, "credentials", name), "crossed", f"{place} is the place of {owner}"
        try:
            secrets += place_schema(spec, call, place).get("format") == "password"
        except LookupError:
            return
    headers = {f"$request.header.{one['name']}" for one in spec.schemes.values() if one.get("in") == "header"}
    for name, place in token.get("instead", {}).items():
        if name not in token["credentials"]:
            yield (*at, "instead", name), "instead", f"no credential is called {name!r}"
        if place not in headers:
            yield (*at, "instead", name), "instead", f"no apiKey scheme describes {place}"
    if not secrets:
        yield (*at, "credentials"), "no-secret", f"no credential of {call.id} has format: password"


def _sent(spec: Spec, call: Operation, token: Mapping[str, Any], at: Way) -> Iterator[Problem]:
    """What the call requires is sent, what is sent is required, and a token is sure to come out."""
    sent = {*token["credentials"].values(), *token.get("constants", {})}
    required = {f"$request.body#/{name}" for name in call.body.get("required", ())}
    parameters = [spec.resolve(one) for one in call.document.get("parameters", ())]
    required |= {f"$request.header.{one['name']}" for one in parameters if one.get("required")}
    for place in sorted(required - sent):
        yield (*at, "credentials"), "sent", f"{call.id} requires {place}, but nothing is sent there"
    for place in sorted(sent - required) if "refresh" not in token else ():  # else one of two sets is sent
        yield (*at, "credentials"), "required", f"{call.id} does not require {place}"
    if isinstance(token["value"], str):  # else it may come out here or there
        way = split_place(token["value"])[2]
        try:
            parent = spec.property_at(call.replies.get("200", {}), way[:-1])
        except LookupError:
            return
        if parent and way[-1] not in parent.get("required", ()):
            yield (*at, "value"), "required", f"the reply of {call.id} does not require {token['value']}"


def _environments(spec: Spec, token: Mapping[str, Any], at: Way) -> Iterator[Problem]:
    """Prefixes and hosts speak of servers that exist, and tell them apart."""
    servers = {str(one.get("x-oai-name")): one["url"] for one in spec.document.get("servers", ())}
    prefix, hosts = token.get("prefix", {}), token.get("hosts", {})
    for key in ("prefix", "hosts"):
        for name in sorted(set(token.get(key, {})) - set(servers)):
            yield (*at, key, name), "environment", f"no server is called {name!r}"
    for name in sorted(set(servers) - set(prefix)) if prefix else ():
        yield (*at, "prefix"), "environment", f"there is no prefix for {name}"
    if any(one != other and prefix[one].startswith(prefix[other]) for one in prefix for other in prefix):
        yield (*at, "prefix"), "environment", "a token may begin like those of two environments"
    owners = {host_of(url): name for name, url in servers.items()}
    for name, listed in hosts.items():
        for host in listed:
            if owners.setdefault(host, name) != name:
                yield (*at, "hosts", name), "environment", f"{host} is a host of {owners[host]} too"


def _usual_reply(
    call: Operation, scheme: Mapping[str, Any], token: Mapping[str, Any], at: Way
) -> Iterator[Problem]:
    """The first example of the 200 is a granted token, in agreement with what x-token says of tokens."""
    first = next(iter(call.said.get("200", ())), {})

    def values(key: str) -> list[Any]:
        return [value for place in places(token.get(key, [])) for value in shown(first, place)]

    for value in values("value"):
        if (scheme.get("bearerFormat") == "JWT") != (str(value).count(".") == 2):
            yield at[:-1], "bearer-format", "the first example's token is not what bearerFormat says"
        prefixes = tuple(token.get("prefix", {}).values())
        if prefixes and not str(value).startswith(prefixes):
            yield (
                (*at, "prefix"),
                "prefix",
                f"the first example's token begins with none of {', '.join(prefixes)}",
            )
    for value in values("success"):
        if value is not True and (not isinstance(value, str) or not GOOD_WORD.fullmatch(value)):
            yield (*at, "success"), "success", f"the first example has {value!r} there"
    for value in values("lifetime"):
        if not re.fullmatch(r"\d+(\.0)?", str(value)) or float(value) != token["default_lifetime"]:
            said = token["default_lifetime"]
            yield (*at, "default_lifetime"), "lifetime", f"the first example says {value!r}, x-token {said}"
