"""The credential: an environment, the settings to get tokens in it, and an `httpx.Auth` at once."""

import contextlib
import functools
import importlib
import os
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, TypeVar, Unpack

import httpx

from gatepass_clients.facts import TokenFacts

from ._call import CallClient, Repeat
from ._clock import SYSTEM_CLOCK, Clock
from ._errors import ConfigError, Rejected, Unavailable
from ._event import OnEvent
from ._flight import Flight, Steps, run_async, run_sync
from ._renewal import Held, Renewal, Status
from ._settings import SecretSource, read_settings
from ._token import Secret, Token, is_header_safe, lifetime

if TYPE_CHECKING:
    from ._network_options import Certificate, NetworkOptions, Verify
    from .stores import Store

TOKEN_LIMIT = 16_384
"""Characters of a token; a longer one fits into the headers of hardly any server."""
Result = TypeVar("Result")
Flow = Generator[httpx.Request | Flight[Any], Any, None]
"""Yields what to send and what to wait for, whoever drives it."""


class Options(TypedDict, total=False):
    """What every credential takes besides the provider's own credentials."""

    base_url: str | None
    """Another host, `https://` unless it is this machine; else the variable or the spec says it."""
    hosts: list[str] | tuple[str, ...] | None
    """More API hosts that tokens may be sent to, beside those of `base_url` and of the spec."""
    store: "Store | str | None"
    """Where tokens are shared: `FileStore()`, `RedisStore(url)`, "file:", "redis://…"; GATEPASS_STORE."""
    timeout: float
    """Seconds for one token, everything included; 10 if not given. A response that takes up to as long
    again is still awaited, for the next caller."""
    verify: "Verify | None"
    """Whose certificates are trusted, instead of the machine's: the path of a PEM file or of a directory of
    certificates, or an `ssl.SSLContext`. Verification cannot be switched off."""
    cert: "Certificate | None"
    """A client certificate: the path of a PEM file with certificate and key, `(certificate, key)` or
    `(certificate, key, password)`. Its files are read again for each token request."""
    proxy: str | None
    """URL of the proxy for token requests by `https://`, with its user and password if it wants them;
    if not given, HTTPS_PROXY, ALL_PROXY and NO_PROXY decide."""
    transport: httpx.BaseTransport | None
    """What carries the token requests, where `verify`, `cert` and `proxy` are not enough; `timeout` is then
    checked only between its reads. If it keeps connections open (HTTP/2, or requests of others), make it
    after a fork: processes that share a connection receive each other's tokens."""
    on_event: OnEvent | None
    """Is told what happens to the tokens; see `Event`."""
    clock: Clock
    """For tests."""


@dataclass(frozen=True, repr=False)
class Reply:
    """What an adapter found in a typed reply, as the provider wrote it."""

    value: object
    lifetime: object = None
    notice: object = None
    refresh: object = None


class Credential(httpx.Auth):
    """Hands out access tokens of one provider in one environment, and is an `httpx.Auth`.

    Make one for a program and keep it: it holds the token. It may be shared by threads, tasks and
    event loops, and the same object serves `httpx.Client` and `httpx.AsyncClient`.
    """

    facts: ClassVar[TokenFacts]
    """What the provider's spec says about this kind of token."""
    _arguments: dict[str, Any]
    """What it was made with, secrets hidden."""

    def __init_subclass__(cls) -> None:
        cls.__init__ = _discreet(cls.__init__)  # type: ignore[method-assign]

    def __init__(
        self,
        environment: str,
        given: Mapping[str, SecretSource | None],
        **options: Unpack[Options],
    ) -> None:
        _check_options(type(self), options)
        self._transport = options.get("transport")
        self._network_options = _network_options(options)
        self._clock = options.get("clock", SYSTEM_CLOCK)
        self._seconds = float(options.get("timeout", 10.0))
        self._settings = read_settings(
            self.facts,
            environment,
            given,
            options.get("base_url"),
            options.get("hosts"),
            options.get("store"),
            options.get("on_event"),
        )
        if isinstance(self._arguments.get("store"), Secret):
            self._arguments["store"] = self._settings.store  # for copies; it is not pickled
        self._renewal = Renewal(self._settings, self._ask, self._clock, self._seconds)
        self._boot = self._clock.boot
        _client_package(self.facts)  # here rather than in the first call, or in everybody's import
        self._stale_on = self.facts.stale_on
        self._known_hosts = self._settings.hosts.usual

    @property
    def environment(self) -> str:
        """The environment it was made for; there is no way to change it."""
        return self._settings.environment

    @property
    def base_url(self) -> str:
        """Where this environment is, without a slash at the end."""
        return self._settings.base_url

    def token(self) -> Token:
        """The access token, from memory unless there is none that is still good.

        Raises `Rejected`, `Limited` or `Unavailable` where the provider gives none.
        """
        held = self._renewal.held
        if held is not None and self._boot() < held.stale_at:
            return held.token
        return run_sync(self._renewal.steps())

    async def atoken(self) -> Token:
        """The same as `token()`, without ever blocking the event loop."""
        held = self._renewal.held
        if held is not None and self._boot() < held.stale_at:
            return held.token
        return await run_async(self._renewal.steps())

    def status(self) -> Status:
        """How the credential is, without asking anybody: for a health check."""
        return self._renewal.status()

    def forget(self, token: Token | None = None) -> None:
        """Drop the token (or only if it is the one given), and every remembered failure."""
        self._renewal.forget(token)

    def close(self) -> None:
        """Drop the token; nothing else is kept open between calls."""
        self.forget()

    def __repr__(self) -> str:
        if not hasattr(self, "_settings"):  # half made, in a traceback
            return f"{type(self).__name__}()"
        account = "".join(f", {name}={one!r}" for name, one in self._settings.account.items())
        return f"{type(self).__name__}({self.environment!r}{account})"

    def __reduce__(self) -> tuple[Any, ...]:
        """The constructor's arguments travel, a secret does not: it is read anew where the copy wakes."""
        if any(isinstance(value, Secret) for value in self._arguments.values()):
            how = "give it as a variable (a proxy as HTTPS_PROXY), or as a function that can be imported"
            raise TypeError(f"{self!r} is not pickled with its secret: {how}")
        if isinstance(self._arguments.get("verify"), ssl.SSLContext):
            raise TypeError(f"{self!r} is not pickled with its SSLContext: give verify= as a path")
        return functools.partial(type(self), **{**self._arguments, "environment": self.environment}), ()

    # What an adapter fills in.

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        """One token call on the generated client, and what its typed reply says."""
        raise NotImplementedError

    # The token call.

    def _ask(self, secrets: Mapping[str, Secret], refresh: Secret | None, **more: Any) -> Held:
        with self._connection() as connection:
            try:
                return self._fetch(connection, secrets, refresh, **more)
            except Rejected:
                if refresh is None:
                    raise
                # The lifetime of a refresh token is not documented; the credentials always serve.
                return self._fetch(connection, secrets, None, **more)

    def _fetch(
        self,
        connection: httpx.BaseTransport,
        secrets: Mapping[str, Secret],
        refresh: Secret | None,
        *,
        deadline: float,
        urgent: bool,
        leased: bool,
    ) -> Held:
        asked_at, wall = self._boot(), self._clock.wall()
        held = self._renewal.held
        live = held is not None and asked_at < held.dead_at  # then a second try can wait
        repeat: Repeat = "unsent" if self.facts.quota or live else "broken"
        reply = self._on_client(
            connection,
            lambda client: self._call(client, secrets, refresh),
            deadline,
            repeat,
            secrets=[*secrets.values(), *([refresh] if refresh else [])],
            ledger=None if leased else self._settings.ledger,
            urgent=urgent,
        )
        value, prefix = reply.value, self.facts.prefix.get(self.environment, "")
        if not isinstance(value, str) or not is_header_safe(value) or len(value) > TOKEN_LIMIT:
            reason = "the response has no token that a header can carry: visible ASCII, 16 KB at most"
            raise self._settings.error(Unavailable, reason, 200)
        if not value.startswith(prefix):
            reason = f"a token of another environment came: it should begin with {prefix}"
            raise self._settings.error(Rejected, reason, 200)
        seconds = lifetime(reply.lifetime, value if self.facts.jwt else None, self.facts.default_lifetime)
        notice = reply.notice if isinstance(reply.notice, str) else None
        refresh = Secret(reply.refresh) if isinstance(reply.refresh, str) and reply.refresh else None
        return Held.since(asked_at, seconds, Token(value, wall + seconds, notice), refresh)

    @contextlib.contextmanager
    def _connection(self, new: httpx.BaseTransport | None = None) -> Iterator[httpx.BaseTransport]:
        """What carries the requests of one piece of work: `new`, or else what `_open_connection` finds.

        They share a connection, and it is closed after them: until the next token is needed, the server, a
        firewall or a NAT would have dropped it, and a process that forks would share it with its children.
        """
        connection = new or self._open_connection()
        try:
            yield connection
        finally:
            self._close_connection(connection)

    def _open_connection(self) -> httpx.BaseTransport:
        return self._new_connection()

    def _new_connection(self) -> httpx.BaseTransport:
        if self._transport is not None:
            return self._transport
        from ._network import TokenNetwork

        return TokenNetwork(httpx.URL(self.base_url), self._network_options)

    def _close_connection(self, connection: httpx.BaseTransport) -> None:
        if connection is not self._transport:
            connection.close()

    def _on_client(
        self,
        connection: httpx.BaseTransport,
        call: Callable[[Any], Result],
        deadline: float,
        repeat: Repeat,
        **more: Any,
    ) -> Result:
        """Make one generated call: its result, or one of our errors."""
        http_client = CallClient(self._settings, self._clock, deadline, repeat, connection, **more)
        return http_client.call(_client_package(self.facts).Client(base_url=self.base_url), call)

    def _fly(self, work: Callable[[float], Result]) -> Steps[Result]:
        """Do work that may block, given its deadline, in a flight of its own."""
        flight: Flight[Result] = Flight(self._boot, self._seconds)
        work_now = functools.partial(work, flight.deadline)
        flight.start(work_now, self._settings.who, self._settings.max_concurrent_refreshes)
        yield flight
        flight.land(self._settings.error(Unavailable, "no answer in time"))
        return flight.result()

    # httpx.Auth: one flow, driven by threads and by event loops.

    def _check_host(self, url: httpx.URL) -> None:
        if (url.scheme, url.raw_host) not in self._known_hosts:
            self._settings.hosts.check(url)

    def _at_hand(self, request: httpx.Request) -> Token | None:
        """Put the token that is in memory on the request; None where that is not enough."""
        held = self._renewal.held
        if held is None or self._boot() >= held.stale_at:
            return None
        self._check_host(request.url)
        request.headers["Authorization"] = "Bearer " + held.token.value
        return held.token

    def _flow(self, request: httpx.Request) -> Flow:
        """A request for which memory was not enough."""
        self._check_host(request.url)
        token = yield from self._renewal.steps()
        request.headers["Authorization"] = "Bearer " + token.value
        response: httpx.Response = yield request
        if response.status_code in self._stale_on:
            yield from self._once_more(request, token)

    def _once_more(self, request: httpx.Request, dead: Token) -> Flow:
        """The API called its token dead: the request again with another one, if that may help."""
        other = (yield from self._renewal.replace(dead)) if _is_replayable(request) else None
        if other is None:
            return
        request.headers["Authorization"] = "Bearer " + other.value
        response: httpx.Response = yield request
        self._renewal.answered(other, refused=response.status_code in self._stale_on)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._at_hand(request)
        if token is not None:  # nearly always; one more generator would cost as much as all the rest
            response = yield request
            if response.status_code not in self._stale_on:
                return
        flow, reply = self._once_more(request, token) if token else self._flow(request), None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration:
                return
            reply = step.wait() if isinstance(step, Flight) else (yield step)  # type: ignore[func-returns-value]

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._at_hand(request)
        if token is not None:
            response = yield request
            if response.status_code not in self._stale_on:
                return
        flow, reply = self._once_more(request, token) if token else self._flow(request), None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration:
                return
            reply = await step.await_() if isinstance(step, Flight) else (yield step)  # type: ignore[func-returns-value]


def _client_package(facts: TokenFacts) -> Any:
    """The generated package of the provider."""
    return importlib.import_module(f"gatepass_clients.{facts.provider}")


def _is_replayable(request: httpx.Request) -> bool:
    """Whether the body can be sent twice: bytes can, a stream is used up."""
    return isinstance(request.stream, httpx.ByteStream)


_EXPECTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "base_url": (lambda value: value is None or isinstance(value, str), "a string"),
    "hosts": (
        lambda value: value is None or isinstance(value, (list, tuple, set, frozenset)),
        "a list of host names",
    ),
    "store": (lambda _value: True, "a store"),  # `open_store` says what is wrong with it
    "timeout": (
        lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
        "a number of seconds",
    ),
    "verify": (
        lambda value: value is None or isinstance(value, (str, os.PathLike, ssl.SSLContext)),
        "the path of a PEM file with the certificates to trust, or an ssl.SSLContext",
    ),
    "cert": (
        lambda value: value is None or isinstance(value, (str, os.PathLike, tuple)),
        "a path, (CERTIFICATE, KEY) or (CERTIFICATE, KEY, PASSWORD)",
    ),
    "proxy": (lambda value: value is None or isinstance(value, str), "the URL of a proxy"),
    "transport": (
        lambda value: (
            value is None
            or (not isinstance(value, type) and callable(getattr(value, "handle_request", None)))
        ),
        "an httpx transport that is not asyncio's",
    ),
    "on_event": (lambda value: value is None or callable(value), "a function that takes an Event"),
    "clock": (lambda value: isinstance(value, Clock), "a gatepass.Clock"),
}
"""What each option may be, and the words for it."""


def _check_options(kind: type[Credential], options: Mapping[str, Any]) -> None:
    """Names first: a misspelt `base_url` must not send the secret to the host of the spec."""
    for name in options:
        if name not in _EXPECTED:
            from ._suggestions import similar_keyword

            raise ConfigError(f"{kind.__name__} has no option {name}={similar_keyword(kind, name)}")
    for name, value in options.items():
        is_expected, words = _EXPECTED[name]
        if not is_expected(value):
            raise ConfigError(f"{name}= must be {words}, not {type(value).__name__}")
    if not 0 < options.get("timeout", 10.0) < 3600:
        raise ConfigError("timeout= is in seconds: more than 0, less than 3600")


def _network_options(options: Mapping[str, Any]) -> "NetworkOptions | None":
    """What `verify=`, `cert=` and `proxy=` ask for; None if nothing, which loads nothing."""
    given = {name: options.get(name) for name in ("verify", "cert", "proxy")}
    names = [f"{name}=" for name, value in given.items() if value is not None]
    if not names:
        return None
    if options.get("transport") is not None:
        raise ConfigError(f"{' and '.join(names)} would have no effect: transport= makes the connections")
    from ._network_options import NetworkOptions

    return NetworkOptions(**given)


def _hide(credential: Credential, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with each secret in a `Secret`, as is what may have a password in it."""
    secrets = credential.facts.secrets if hasattr(credential, "facts") else ()

    def is_secret(name: str, value: Any) -> bool:
        if name == "cert":
            return isinstance(value, tuple) and len(value) > 2
        if name in ("store", "proxy"):
            return isinstance(value, str) and ("@" in value or "?" in value)
        return name in secrets and isinstance(value, str)

    return {name: Secret(value) if is_secret(name, value) else value for name, value in arguments.items()}


def _discreet(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor whose `ConfigError` leaves no frame behind in which a secret is an argument."""

    @functools.wraps(init)
    def __init__(self: Credential, *environment: Any, **arguments: Any) -> None:
        vars(self).setdefault("_arguments", _hide(self, arguments))
        try:
            return init(self, *environment, **arguments)
        except ConfigError as error:
            failure = error.copied()
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # of the constructor itself; ours are of the call: a name or a place is wrong
            from ._suggestions import keywords

            names = ", ".join(f"{name}=" for name in keywords(type(self)))
            choices = " or ".join(self.facts.servers if hasattr(self, "facts") else ())
            first = f"first the environment ({choices}), then " if choices else ""
            failure = ConfigError(f"{error}: {first}by name {names}")
        vars(self).clear()  # what is half made stays in frames, and must not show what it was given
        del environment, arguments
        raise failure

    return __init__
