"""Where a credential's settings come from: argument, variable, `_FILE` variable, the spec."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from gatepass_clients.facts import TokenFacts

from ._errors import ConfigError, GatepassError, TokenError, Unavailable
from ._event import Event, Kind, Listener, OnEvent
from ._hosts import ApiHosts, api_hosts, check_host, parse_url, read_hosts
from ._quota import Ledger, Quota, ledger, reduced
from ._token import Secret
from ._workers import DEFAULT_LIMIT, refresh_limit

if TYPE_CHECKING:
    from .stores import Store

Error = TypeVar("Error", bound=TokenError)
SecretSource = str | Callable[[], str]
"""A secret, or what to ask for it each time one is needed (a vault)."""


@dataclass(frozen=True)
class Settings:
    """Everything a token call needs to know; whatever is wrong was said before any I/O."""

    facts: TokenFacts
    environment: str
    base_url: str
    hosts: ApiHosts
    """Where its tokens may be sent."""
    account: Mapping[str, str]
    """The credentials that are no secrets."""
    sources: Mapping[str, Secret | Callable[[], str]] = field(repr=False)
    store: Store | None = None
    listener: Listener | None = None
    max_concurrent_refreshes: int = DEFAULT_LIMIT
    """For its provider and environment, in this process."""

    @property
    def ledger(self) -> Ledger | None:
        """The account's quota, which a rotated secret does not renew."""
        return ledger((self.quota_key, self.store is None), self.quota)

    @property
    def quota(self) -> Quota | None:
        """The provider's; where it is shared and the store is not to be had, only a part of it."""
        quota = self.facts.quota
        return quota if quota is None or self.store is None else reduced(quota)

    @property
    def quota_key(self) -> str:
        """Whose quota it is: `key` without the secrets."""
        return self.key({})

    def tell(self, kind: Kind, seconds: float = 0.0, status: int | None = None) -> None:
        """Pass an event on, if anybody listens."""
        if self.listener is not None:
            self.listener.tell(Event(kind, *self.who, seconds, status))

    @property
    def asks(self) -> bool:
        """Whether a secret is asked for anew each time, so that it may have changed."""
        return any(callable(source) for source in self.sources.values())

    def reveal(self) -> dict[str, Secret]:
        """Every secret as it is now."""
        return {name: self._ask(name, source) for name, source in self.sources.items()}

    def _ask(self, name: str, source: Secret | Callable[[], str]) -> Secret:
        if isinstance(source, Secret):
            return source
        try:
            return Secret(check_credential(self.facts, source(), name, f"what {name}= answers"))
        except GatepassError:
            raise
        except Exception as error:
            reason = f"the call given as {name}= failed with {type(error).__name__}"
            raise self.error(Unavailable, reason) from None

    @property
    def who(self) -> tuple[str, str]:
        return self.facts.provider, self.environment

    def error(self, kind: type[Error], reason: str, *more: Any) -> Error:
        """An error that says whose it is."""
        return kind(reason, *self.who, *more)

    def key(self, secrets: Mapping[str, Secret]) -> str:
        """One text for one token: provider, environment, URL, account and a print of the secrets.

        A password can be guessed from it, so with secrets it stays in this process.
        """
        parts = [self.facts.provider, self.facts.scheme, self.environment]
        parts += [self.base_url + self.facts.path, json.dumps(dict(self.account), sort_keys=True)]
        parts += [
            hashlib.sha256(f"{name}={secrets[name].value}".encode()).hexdigest() for name in sorted(secrets)
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_settings(
    facts: TokenFacts,
    environment: str,
    given: Mapping[str, SecretSource | None],
    base_url: str | None,
    hosts: Collection[str] | None,
    store: Store | str | None,
    on_event: OnEvent | None,
) -> Settings:
    """Settings from the arguments and the variables of this process."""
    if not isinstance(environment, str) or environment not in facts.servers:
        from ._suggestions import no_environment

        raise ConfigError(no_environment(facts, environment))
    missing: list[str] = []
    account: dict[str, str] = {}
    sources: dict[str, Secret | Callable[[], str]] = {}
    for name in facts.credentials:
        value, origin = given[name], f"{name}="
        if value is None:
            origin = variable(facts, environment, name)
            value = _from_variables(facts, origin, name)
        if value is None:
            missing.append(f"set {origin} (or {origin}_FILE, or give {name}=){_similar(origin)}")
        elif callable(value) and not isinstance(value, str) and name in facts.secrets:
            sources[name] = value
        elif name in facts.secrets:
            sources[name] = Secret(check_credential(facts, value, name, origin))
        else:
            account[name] = check_credential(facts, value, name, origin)
    origin, name = "base_url=", variable(facts, environment, "base_url")
    if base_url is None:
        origin, base_url = name, os.environ.get(name, facts.servers[environment])
    if base_url is None:
        where = f"set {name} (or give base_url=) to the one you were given{_similar(name)}"
        missing.append(f"{facts.provider} {environment} has no public host: {where}")
    if base_url is None or missing:
        raise ConfigError("; ".join(missing))
    url = _base_url(facts, environment, base_url, origin)
    listener = Listener(on_event) if on_event is not None else None
    allowed = _hosts(facts, environment, url, hosts)
    base = str(url).rstrip("/")  # as the client reads it, which is what was checked
    shared, limit = _shared(store), refresh_limit()
    return Settings(facts, environment, base, allowed, account, sources, shared, listener, limit)


def _shared(store: Store | str | None) -> Store | None:
    """The store that the argument or GATEPASS_STORE names; without either its code is not even loaded."""
    if store is None and "GATEPASS_STORE" not in os.environ:
        return None
    from .stores import open_store

    try:
        return open_store(store)
    except GatepassError:
        raise
    except Exception as error:
        origin = "GATEPASS_STORE" if store is None else "store="
        raise ConfigError(f"{origin}: cannot be opened ({type(error).__name__})") from None


def variable(facts: TokenFacts, environment: str, name: str) -> str:
    """`SETU_SANDBOX_CLIENT_ID`: provider, environment and name."""
    return f"{facts.provider}_{environment}_{name}".upper()


def _from_variables(facts: TokenFacts, wanted: str, name: str) -> SecretSource | None:
    path = os.environ.get(f"{wanted}_FILE")
    if wanted in os.environ:
        return os.environ[wanted]
    if path is None:
        return None

    def read() -> str:
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            if not os.path.exists(path):  # it may be the secret itself, which is not repeated
                how = f"put the value itself into {wanted}"
                raise ConfigError(f"{wanted}_FILE does not name a file that exists; {how}") from None
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"{wanted}_FILE names {path}, which cannot be read: {reason}") from None

    first = check_credential(facts, read(), name, f"{wanted}_FILE")
    return read if name in facts.secrets else first  # a mounted secret is rotated in its file


def _similar(wanted: str) -> str:
    from ._suggestions import similar_variable  # only an error needs it

    return similar_variable(wanted)


def check_credential(facts: TokenFacts, value: object, name: str, origin: str) -> str:
    """The value as a plain string, if it is one that a request can carry."""
    if not isinstance(value, str):
        raise ConfigError(f"{origin}: {name} must be a text, not {type(value).__name__}")
    if not value.strip():
        raise ConfigError(f"{origin}: {name} is empty")
    if value != value.strip() or not value.isprintable():
        raise ConfigError(
            f"{origin}: {name} has a line break, a control character or blanks around it: take them away"
        )
    if not value.isascii() and name in {*facts.headers, *facts.instead}:
        raise ConfigError(f"{origin}: {name} travels in a header, so it must be ASCII")
    return str.__str__(value)  # of a subclass, which may show itself in another way


def _base_url(facts: TokenFacts, environment: str, url: str, origin: str) -> httpx.URL:
    parsed = parse_url(url)
    if parsed is None:
        raise ConfigError(f"{origin}: not a URL; write https://HOST/PATH")
    if "?" in url or "#" in url:
        raise ConfigError(f"{origin}: take away what follows the path ('?' or '#')")
    if parsed.userinfo:
        raise ConfigError(f"{origin}: take away the user name and password before the host")
    check_host(parsed, (facts.provider, environment))
    return parsed


def _hosts(facts: TokenFacts, environment: str, url: httpx.URL, given: Collection[str] | None) -> ApiHosts:
    """The API hosts: those of `hosts=` or the variable beside those that need no mention."""
    origin, owner = "hosts=", (facts.provider, environment)
    if given is None:
        origin = variable(facts, environment, "hosts")
        given = [name.strip() for name in os.environ.get(origin, "").split(",") if name.strip()]
    return api_hosts(owner, check_host(url, owner), read_hosts(given, owner, origin))
