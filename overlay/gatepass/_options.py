"""The options that every credential takes, and the checks of a constructor's arguments."""

from __future__ import annotations

import functools
import os
import ssl
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, runtime_checkable

import httpx

from ._clock import SYSTEM_CLOCK, Clock
from ._errors import ConfigError
from ._token import Secret

if TYPE_CHECKING:
    from ._credential import Credential
    from ._event import OnEvent
    from ._network_options import Certificate, NetworkOptions, Verify
    from .stores import Store


class Options(TypedDict, total=False):
    """The generator copies names, types and texts from here into each credential class."""

    prefix: str | None
    """For several accounts of a provider: `SHOP_A` puts SHOP_A_ before the names of all variables of this
    credential. Only `base_url` and `hosts` are read without it too, if no variable with it is set."""
    base_url: str | None
    """Another address of the provider; if not given, the variable or the spec has it. It must be `https://`,
    unless it is on this machine."""
    hosts: list[str] | tuple[str, ...] | None
    """More API hosts that tokens may be sent to, besides those of `base_url` and of the spec."""
    store: Store | str | None
    """Where tokens are shared: `FileStore()`, `RedisStore(url)`, "file:" or "redis://…". If not given, the
    variable GATEPASS_STORE has it; without either, each credential keeps its own."""
    timeout: float
    """Seconds for one token, everything included. A response that takes up to as long again is still
    awaited, for the next caller."""
    verify: Verify | None
    """The certificates to trust instead of the machine's: the path of a PEM file or of a directory of
    certificates, or an `ssl.SSLContext`. Verification cannot be switched off."""
    cert: Certificate | None
    """A client certificate: the path of a PEM file with certificate and key, `(certificate, key)` or
    `(certificate, key, password)`. Its files are read again for each token request."""
    proxy: str | None
    """URL of the proxy for token requests by `https://`, with user and password if it needs them; if not
    given, HTTPS_PROXY, ALL_PROXY and NO_PROXY decide."""
    transport: httpx.BaseTransport | None
    """What carries the token requests, where `verify`, `cert` and `proxy` are not enough; `timeout` is then
    checked only between its reads. If it keeps connections open (HTTP/2, or other requests), make it
    after a fork: processes that share a connection receive each other's tokens."""
    on_event: OnEvent | None
    """Called with each `Event` that happens to the tokens."""
    clock: Clock
    """For tests."""


DEFAULTS: Options = {"timeout": 10.0, "clock": SYSTEM_CLOCK}
"""What an option is that is not given; None for all others."""


@runtime_checkable
class _Transport(Protocol):
    def handle_request(self, request: httpx.Request) -> httpx.Response: ...


_EXPECTED: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "prefix": ((str,), "a string"),
    "base_url": ((str,), "a string"),
    "hosts": ((list, tuple, set, frozenset), "a list of host names"),
    "store": ((object,), "a store"),  # `open_store` checks it
    "timeout": ((int, float), "a number of seconds"),
    "verify": (
        (str, os.PathLike, ssl.SSLContext),
        "the path of a PEM file with the certificates to trust, or an ssl.SSLContext",
    ),
    "cert": ((str, os.PathLike, tuple), "a path, (CERTIFICATE, KEY) or (CERTIFICATE, KEY, PASSWORD)"),
    "proxy": ((str,), "the URL of a proxy"),
    "transport": ((_Transport,), "an httpx transport that is not asyncio's"),
    "on_event": ((Callable,), "a function that takes an Event"),
    "clock": ((Clock,), "a gatepass.Clock"),
}
"""The types of each option, and the words for them."""


def check_options(options: Mapping[str, Any]) -> None:
    """Raise ConfigError for an option of a wrong type; None means that it is not given."""
    for name, value in options.items():
        types, words = _EXPECTED[name]
        is_expected = isinstance(value, types) and not isinstance(value, (bool, type))
        if not is_expected and (value is not None or name in DEFAULTS):
            raise ConfigError(f"{name}= must be {words}, not {type(value).__name__}")
    check_prefix(options.get("prefix"))
    if not 0 < options["timeout"] < 3600:
        raise ConfigError("timeout= is in seconds: more than 0, less than 3600")


def check_prefix(prefix: str | None) -> None:
    """Raise `ConfigError` unless variables can begin with it; None means that it is not given."""
    if prefix is not None and not (prefix.isascii() and prefix.isidentifier() and not prefix.endswith("_")):
        raise ConfigError("prefix= is letters, digits and _, such as 'SHOP_A'")


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise `ConfigError` unless the value of an option is one of the choices."""
    if value not in list(choices):
        raise ConfigError(f"{name}=: use {' or '.join(map(repr, choices))}")


def network_options(options: Mapping[str, Any]) -> NetworkOptions | None:
    """What `verify=`, `cert=` and `proxy=` ask for; None if nothing, which loads nothing."""
    values = {name: options.get(name) for name in ("verify", "cert", "proxy")}
    names = [f"{name}=" for name, value in values.items() if value is not None]
    if not names:
        return None
    if options.get("transport") is not None:
        raise ConfigError(f"{' and '.join(names)} would have no effect: transport= makes the connections")
    from ._network_options import NetworkOptions

    return NetworkOptions(**values)


def mask_arguments(credential: Credential | type[Credential], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with what is or may contain a secret in a `Secret`."""
    secrets = credential.spec.secrets if hasattr(credential, "spec") else ()

    def is_secret(name: str, value: Any) -> bool:
        if name == "cert":
            return isinstance(value, tuple) and len(value) > 2
        if name in ("store", "proxy"):
            return isinstance(value, str) and ("@" in value or "?" in value)
        return name in secrets and isinstance(value, str)

    return {name: Secret(value) if is_secret(name, value) else value for name, value in arguments.items()}


def check_picklable(credential: Credential, arguments: Mapping[str, Any]) -> None:
    """Raise TypeError if masked arguments have a secret, or what only this process has."""
    if any(isinstance(value, Secret) for value in arguments.values()):
        advice = "give it as a variable (a proxy as HTTPS_PROXY), or as a function that can be imported"
        raise TypeError(f"{credential!r} is not pickled with its secret: {advice}")
    if isinstance(arguments.get("verify"), ssl.SSLContext):
        raise TypeError(f"{credential!r} is not pickled with its SSLContext: give verify= as a path")


def scrub_traceback(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor whose ConfigError has no frame in its traceback that holds a secret argument."""

    @functools.wraps(init)
    def __init__(self: Credential, *environment: Any, **arguments: Any) -> None:
        vars(self).setdefault("_arguments", mask_arguments(self, arguments))
        try:
            return init(self, *environment, **arguments)
        except ConfigError as error:
            failure = error.copied()
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # from inside the constructor; without a next frame it is the call that is wrong
            from ._suggestions import wrong_arguments

            failure = ConfigError(wrong_arguments(type(self), arguments, error))
        vars(self).clear()  # a half made object stays in frames, and must not show what it was given
        del environment, arguments
        raise failure

    return __init__
