"""The rules for values of the token extension: environments, expiry, and what the first example has."""

import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

from gatepass._lifetime import parse_timestamp
from gatepass_spec import UNITS, NodePath, Operation, Spec, example_values, places

from .shape_rules import Problem

WHY = {
    "environment": "tokens of two environments could be mixed up; write each environment as in servers",
    "bearer-format": "clients decode a token only if it is a JWT, which has two dots; correct one of them",
    "prefix": "a client would reject it as a token of another environment; correct the prefix or the example",
    "success": "a client would treat a token as a rejection; correct the place of the flag or its example",
    "lifetime": "default_expires_in and the first example state the usual lifetime; correct one of them",
    "expiry": "clients would renew too early, too late or always; remove or correct one of the two",
}
SUCCESS_WORD = re.compile(r"(?!no$|fail|error|false)[a-z]+", re.IGNORECASE)


def host_of(url: str) -> str:
    """The host of a server without its port, by which clients keep tokens apart."""
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


def environments(spec: Spec, token: Mapping[str, Any], at: NodePath) -> Iterator[Problem]:
    """Prefixes and hosts belong to existing servers, and to one of them each, or to all."""
    servers = {str(server.get("x-oai-name")): server["url"] for server in spec.document.get("servers", ())}
    prefix, hosts = token.get("prefix", {}), token.get("hosts", {})
    shared = set(token.get("shared_hosts", ()))
    for key in ("prefix", "hosts", "probe"):
        for name in sorted(set(token.get(key, {})) - set(servers)):
            yield (*at, key, name), "environment", f"no server is called {name!r}"
    for name in sorted(set(servers) - set(prefix)) if prefix else ():
        yield (*at, "prefix"), "environment", f"there is no prefix for {name}"
    if any(prefix[first].startswith(prefix[second]) for first, second in permutations(prefix, 2)):
        yield (*at, "prefix"), "environment", "one token could have the prefixes of two environments"
    owners = {host_of(url): name for name, url in servers.items() if host_of(url) not in shared}
    for name, listed in hosts.items():
        for host in listed:
            owner = "every environment" if host in shared else owners.setdefault(host, name)
            if owner != name:
                yield (*at, "hosts", name), "environment", f"{host} is a host of {owner} too"
    served = [host_of(url) for url in servers.values()]
    for host in sorted(shared & set(served)):
        if served.count(host) < len(served):
            message = f"{host} is the server of some environments, so the others must not share it"
            yield (*at, "shared_hosts"), "environment", message
    for name, url in token.get("probe", {}).items():
        if owners.get(host_of(url), name) != name or host_of(url) not in {*owners, *shared}:
            yield (*at, "probe", name), "environment", f"{host_of(url)} is no host of {name}"


def first_example(
    operation: Operation, token: Mapping[str, Any], at: NodePath, *, jwt: bool
) -> Iterator[Problem]:
    """The first example of a success has a token, and agrees with x-gatepass-token."""
    first = next(iter(operation.response_examples.get(operation.success_status, {}).values()), {})

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
    default, unit = token["default_expires_in"], token.get("expires_in_unit", "s")
    for value in values("expires_in"):
        if not re.fullmatch(r"\d+(\.0)?", str(value)) or float(value) * UNITS[unit] != default:
            message = f"the first example has {value!r} {unit}, x-gatepass-token {default}"
            yield (*at, "default_expires_in"), "lifetime", message
    for value in values("expires_at"):
        if parse_timestamp(value) is None:
            message = f"{value!r} in the first example is no time: no epoch seconds and no ISO date"
            yield (*at, "expires_at"), "lifetime", message
        elif default == "never":
            message = "x-gatepass-token has never, and the first example a time"
            yield (*at, "default_expires_in"), "lifetime", message


def expiry(token: Mapping[str, Any], at: NodePath, *, jwt: bool) -> Iterator[Problem]:
    """No two fields say different things about when a token expires."""
    default = token["default_expires_in"]
    both = set(places(token.get("expires_in", []))) & set(places(token.get("expires_at", [])))
    for place in sorted(both):
        yield (*at, "expires_at"), "expiry", f"{place} is in expires_in too: a lifetime, or a point in time"
    if default == "never":
        for key in sorted({"expires_in_unit", "margin", "renews_within"} & token.keys()):
            yield (
                (*at, key),
                "expiry",
                f"default_expires_in is never, so {key} has no end to count from",
            )
        if jwt:
            yield (
                (*at, "default_expires_in"),
                "expiry",
                "a JWT declares when it expires, so this cannot be never",
            )
        return
    for key in ("margin", "renews_within"):
        if token.get(key, 0) >= default:
            yield (*at, key), "expiry", f"{key} is {token[key]} s, and default_expires_in {default} s"
