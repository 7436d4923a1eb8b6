"""The environment guard: which hosts a credential and its tokens may be sent to."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import NamedTuple

import httpx

import gatepass_providers

from ._errors import ConfigError

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


HOSTS = dict(gatepass_providers.HOSTS)
"""Host to the providers and environments that it belongs to; imported packages of others add theirs."""


def register_hosts(hosts: Mapping[str, frozenset[tuple[str, str]]]) -> None:
    """Add the hosts of a package of providers."""
    if hosts is not gatepass_providers.HOSTS:
        for host, owners in hosts.items():
            HOSTS[host] = HOSTS.get(host, frozenset()) | owners


class ApiHosts(NamedTuple):
    """The hosts that tokens of one provider and environment may be sent to."""

    owner: tuple[str, str]
    """Provider and environment."""
    names: frozenset[str]
    loopback: bool
    """Whether this machine is allowed, under any of its names."""
    usual: frozenset[tuple[str, bytes]]
    """Scheme and host of URLs that are allowed without a closer check."""
    variable: str
    """Where a user allows more of them."""

    def check(self, scheme: str, host: bytes) -> None:
        """Raise `ConfigError` unless a token may be sent to this host, which is as the client sends it."""
        name = check_host(scheme, host, self.owner)
        if name in self.names or (self.loopback and _is_loopback(name)):
            return
        raise ConfigError(
            f"{' '.join(self.owner)}: {name} is not one of its API hosts, so nothing was sent there; "
            f"allow it with hosts=['{name}'] or {self.variable}={name}"
        )

    def allows(self, scheme: str, host: bytes) -> bool:
        """Whether a token may be sent to this host."""
        try:
            self.check(scheme, host)
        except ConfigError:
            return False
        return True


@functools.lru_cache(maxsize=256)
def api_hosts(owner: tuple[str, str], base_host: str, more: tuple[str, ...], variable: str) -> ApiHosts:
    """The API hosts: that of the base URL, those that the spec lists for the environment, and `more`."""
    names = {base_host, *more, *(host for host, owners in HOSTS.items() if owner in owners)}
    loopback = _is_loopback(base_host)
    plain = _LOOPBACK if loopback else [name for name in names if _is_loopback(name)]
    usual = {("https", name.encode()) for name in (*names, *plain)}
    usual |= {("http", name.encode()) for name in plain}
    return ApiHosts(owner, frozenset(names), loopback, frozenset(usual), variable)


def parse_url(url: str) -> httpx.URL | None:
    """The URL as the client will read it; None if it has no host, or one that is not a host name."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    host, port = parsed.raw_host.decode("ascii"), parsed.port
    good = parsed.scheme and _NAME.fullmatch(host) and (port is None or 0 < port < 65_536)
    return parsed if good and " " not in url and url.isprintable() else None


def check_host(scheme: str, raw_host: bytes, owner: tuple[str, str]) -> str:
    """The host of a URL; `ConfigError` if it is another environment's, or the URL is not encrypted."""
    label, host = " ".join(owner), raw_host.decode("ascii", "backslashreplace")[:253]
    if scheme != "https" and not (scheme == "http" and _is_loopback(host)):
        raise ConfigError(f"{label}: {scheme}://{host} is not encrypted: use https://")
    host = _plain(host)
    check_owner(host, owner, f"{label}: {host}")
    return host


def check_owner(host: str, owner: tuple[str, str], where: str) -> None:
    """Refuse the host of another environment or provider, and every host below it."""
    name = host
    while name and name not in HOSTS:
        name = name.partition(".")[2]
    owners = HOSTS.get(name, frozenset([owner]))
    if owner not in owners:
        whose = " and ".join(" ".join(other) for other in sorted(owners))
        # Perhaps it is an API of another product of the company, which takes only tokens of its own login.
        others = sorted(provider for provider, environment in owners if environment == owner[1])
        advice = f"; use {class_names(others)} for it" if others else ""
        raise ConfigError(f"{where} belongs to {whose}; nothing was sent there{advice}")


def class_names(providers: Iterable[str]) -> str:
    """The credential classes of providers, as a message names them."""
    classes = {name: kind for kind, name in sorted(gatepass_providers.MODULES.items(), reverse=True)}
    return " or ".join(classes.get(provider, provider) for provider in providers)


def read_hosts(entries: Iterable[object], owner: tuple[str, str], source: str) -> tuple[str, ...]:
    """Host names from an argument or a variable, as the client sends them."""
    names = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, str):
            raise ConfigError(f"{source}: entry {number} must be a string, not {type(entry).__name__}")
        name = _host_name(entry)
        if name is None:
            advice = "write it like api.example.com, without scheme, port and path"
            raise ConfigError(f"{source}: entry {number} is not a host name: {advice}")
        check_owner(name, owner, f"{source}: {name}")
        names.append(name)
    return tuple(sorted(names))


def _host_name(entry: str) -> str | None:
    is_address = _is_address(entry.strip("[]"))
    url = parse_url(f"https://[{entry.strip('[]')}]" if is_address and ":" in entry else f"https://{entry}")
    if url is None or (not is_address and any(mark in entry for mark in "/:@?#")):
        return None
    return _plain(url.raw_host.decode("ascii"))


def _plain(host: str) -> str:
    """The host in one spelling: no dot at the end, IPv6 in its short form."""
    return str(ip_address(host)) if _is_address(host) else host.rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    """Whether the host is this machine. Other names, `*.localhost` too, are resolved by DNS: not trusted."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
