"""The settings of a credential: from arguments, environment variables and the spec."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ._environ import SecretSource, check_credential, env_name, read_variable, shared_env_name
from ._errors import ConfigError, GatepassError, TokenError, Unavailable
from ._event import Event, Kind, OnEvent, guarded
from ._hosts import ApiHosts, api_hosts, check_host, parse_url, read_hosts
from ._quota import WINDOWS, SlidingWindow
from ._token import Secret
from ._workers import refresh_limit

if TYPE_CHECKING:
    import httpx

    from ._options import Options
    from ._token_spec import TokenSpec
    from .stores import Store
    from .stores._safe_store import SafeStore

Error = TypeVar("Error", bound=TokenError)
Sources = Mapping[str, Secret | Callable[[], str]]


class Settings(NamedTuple):
    """What a token request needs to know. All of it was checked before any I/O."""

    spec: TokenSpec
    environment: str
    base_url: str
    hosts: ApiHosts
    """Where its tokens may be sent."""
    public_credentials: Mapping[str, str]
    """The credentials that are no secrets."""
    secret_sources: Sources
    store: Store | None
    on_event: OnEvent | None
    max_concurrent_refreshes: int
    """For its provider and environment, in this process."""

    @property
    def label(self) -> tuple[str, str]:
        """Provider and environment."""
        return self.spec.provider, self.environment

    @property
    def account_key(self) -> str:
        """Whose quota it is: `cache_key` without the secrets, because a new secret has the same quota."""
        return self.cache_key({})

    @property
    def window(self) -> SlidingWindow | None:
        """The account's quota as counted in this process."""
        quota = self.spec.quota
        return WINDOWS.get(self.account_key, quota, is_shared=self.store is not None) if quota else None

    @property
    def has_dynamic_secrets(self) -> bool:
        """Whether a secret is read anew for each request, so that it may have changed."""
        return any(callable(source) for source in self.secret_sources.values())

    def resolve_secrets(self) -> dict[str, Secret]:
        """Every secret as it is now."""
        return {name: self._resolve(name, source) for name, source in self.secret_sources.items()}

    def _resolve(self, name: str, source: Secret | Callable[[], str]) -> Secret:
        if isinstance(source, Secret):
            return source
        try:
            return Secret(check_credential(self.spec, source(), name, f"the result of {name}="))
        except GatepassError:
            raise
        except Exception as error:
            reason = f"the function given as {name}= failed with {type(error).__name__}"
            raise self.error(Unavailable, reason) from None

    def safe_store(self) -> SafeStore | None:
        """The store, if there is one, wrapped so that it never fails a request."""
        if self.store is None:
            return None
        from .stores._safe_store import SafeStore

        return SafeStore(self.store, self.label, self.account_key, self.spec.quota)

    def emit(self, kind: Kind, seconds: float = 0.0, status: int | None = None, *differences: str) -> None:
        """Pass an event on, if there is a listener."""
        if self.on_event is not None:
            self.on_event(Event(kind, *self.label, seconds, status, differences))

    def error(self, kind: type[Error], reason: str, *details: Any) -> Error:
        """An error that names provider and environment."""
        return kind(reason, *self.label, *details)

    def cache_key(self, secrets: Mapping[str, Secret]) -> str:
        """Identifies a token: a hash of provider, environment, URL, credentials and hashed secrets.

        A password can be guessed from it, so with secrets it does not leave this process.
        """
        spec = self.spec
        parts = [spec.provider, spec.scheme, self.environment, self.base_url + spec.path]
        parts += [json.dumps(dict(self.public_credentials), sort_keys=True)]
        if spec.host_bound and secrets:  # the account and its quota are not bound to the host
            parts.append(socket.gethostname())
        for name in sorted(secrets):
            parts.append(hashlib.sha256(f"{name}={secrets[name].value}".encode()).hexdigest())
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def check_environment(spec: TokenSpec, environment: object) -> Any:
    """The environment as a plain string; `ConfigError` with the choices if the provider does not have it."""
    if not isinstance(environment, str) or environment not in spec.servers:
        from ._suggestions import no_environment

        raise ConfigError(no_environment(spec, environment))
    return str.__str__(environment)


def read_settings(
    spec: TokenSpec, environment: str, credentials: Mapping[str, SecretSource | None], options: Options
) -> Settings:
    """Settings from the arguments and the variables of this process."""
    check_environment(spec, environment)
    prefix = options.get("prefix")
    missing: list[tuple[str, str]] = []  # variable, and what to say
    public: dict[str, str] = {}
    secrets: dict[str, Secret | Callable[[], str]] = {}
    for name in spec.credentials:
        value, source = credentials[name], f"{name}="
        if value is None:
            source = env_name(spec.provider, environment, name, prefix)
            value = read_variable(spec, source, name)
        if value is None:
            missing.append((source, f"set {source} (or {source}_FILE, or give {name}=)"))
        elif name not in spec.secrets:
            public[name] = check_credential(spec, value, name, source)
        elif callable(value) and not isinstance(value, str):
            secrets[name] = value
        else:
            secrets[name] = Secret(check_credential(spec, value, name, source))
    base_url, source = options.get("base_url"), "base_url="
    if base_url is None:
        source = shared_env_name((spec.provider, environment), "base_url", prefix)
        base_url = os.environ.get(source, spec.servers[environment])
    if base_url is None:
        advice = f"set {source} (or give base_url=) to the one you were given"
        missing.append((source, f"{spec.provider} {environment} has no public host: {advice}"))
    if base_url is None or missing:
        from ._suggestions import similar_variable  # only an error needs it

        raise ConfigError("; ".join(advice + similar_variable(variable) for variable, advice in missing))
    url = _check_base_url(spec, environment, base_url, source)
    allowed = _read_hosts(spec, environment, url, options)
    base = str(url).rstrip("/")  # as the client reads it, which is what was checked
    store, on_event = _open_store(options.get("store")), options.get("on_event")
    listener = guarded(on_event) if on_event is not None else None
    return Settings(spec, environment, base, allowed, public, secrets, store, listener, refresh_limit())


def _open_store(store: Store | str | None) -> Store | None:
    """The store that the argument or GATEPASS_STORE names; without either its code is not loaded."""
    if store is None and "GATEPASS_STORE" not in os.environ:
        return None
    from .stores import open_store

    return open_store(store)


def _check_base_url(spec: TokenSpec, environment: str, url: str, source: str) -> httpx.URL:
    parsed = parse_url(url)
    if parsed is None:
        raise ConfigError(f"{source}: not a URL; write https://HOST/PATH")
    if "?" in url or "#" in url:
        raise ConfigError(f"{source}: remove what follows the path ('?' or '#')")
    if parsed.userinfo:
        raise ConfigError(f"{source}: remove the user name and password before the host")
    check_host(parsed.scheme, parsed.raw_host, (spec.provider, environment))
    return parsed


def _read_hosts(spec: TokenSpec, environment: str, url: httpx.URL, options: Options) -> ApiHosts:
    """The API hosts: those of `hosts=` or the variable, beside those that need no mention."""
    source, owner, hosts = "hosts=", (spec.provider, environment), options.get("hosts")
    variable = shared_env_name(owner, "hosts", options.get("prefix"))
    if hosts is None:
        source = variable
        hosts = [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]
    base_host = check_host(url.scheme, url.raw_host, owner)
    return api_hosts(owner, base_host, read_hosts(hosts, owner, source), variable)
