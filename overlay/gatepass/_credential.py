"""The credential: an environment and the settings for it, which hands out tokens and authorizes requests."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, Unpack

from ._api_headers import ApiHeaders
from ._api_request import AUTHORIZATION, kept_headers
from ._cache import TokenCache
from ._connections import Connections
from ._environ import SecretSource
from ._errors import Unavailable
from ._exchange import TokenExchange, TokenResponse
from ._flight import Flight, Steps, run_async, run_sync
from ._hosts import register_hosts
from ._httpx import HttpxAuth
from ._options import DEFAULTS, Options, check_options, check_picklable, network_options, scrub_traceback
from ._settings import check_environment, read_settings
from ._status import Status, status_of
from ._token import Secret, Token

if TYPE_CHECKING:
    from ._api_request import HttpClient
    from ._token_spec import TokenSpec

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Credential(ApiHeaders, HttpxAuth):
    """Hands out access tokens of one provider in one environment, and authorizes API requests with them.

    It is the `auth=` of httpx, httpx2 and requests, for sync and async clients, and a middleware of aiohttp:
    `aiohttp.ClientSession(middlewares=[credential])`. Create one per program and keep it, because it caches
    the token. Threads, tasks and event loops may share it.
    """

    spec: ClassVar[TokenSpec]
    """What the provider's spec says about this kind of token."""
    _login_class: ClassVar[type[Credential] | None] = None
    """The credential whose tokens the token request needs."""
    _connections_type: ClassVar[type[Connections]] = Connections
    _arguments: dict[str, Any]
    """The constructor's arguments, secrets masked."""

    def __init_subclass__(cls) -> None:
        if "spec" in vars(cls):
            register_hosts(cls.spec.hosts)
        cls.__init__ = scrub_traceback(cls.__init__)  # type: ignore[method-assign]

    def __init__(
        self, environment: str, credentials: Mapping[str, SecretSource | None], **options: Unpack[Options]
    ) -> None:
        all_options: dict[str, Any] = {**DEFAULTS, **options}
        check_options(all_options)
        transport, network = options.get("transport"), network_options(options)
        self._clock = all_options["clock"]
        self._timeout = float(all_options["timeout"])
        self._settings = read_settings(self.spec, environment, credentials, options)
        if isinstance(self._arguments.get("store"), Secret):
            self._arguments["store"] = self._settings.store  # for copies; it is not pickled
        self._connections = self._connections_type(self.base_url, transport, network)
        self._login: Credential | None = None
        if self._login_class is not None:
            own = {name: credentials[name] for name in self._login_class.spec.credentials}
            self._login = self._login_class(environment, **own, **options)  # type: ignore[arg-type]
        login = self._login._cache if self._login else None
        self._exchange = TokenExchange(
            self._settings, self._clock, self._connections, self._request_token, login
        )
        self._cache = TokenCache(self._settings, self._exchange, self._clock, self._timeout)
        self._now = self._clock.monotonic
        self._hosts = self._settings.hosts
        self._unauthorized_if, self._wrong_token = self.spec.unauthorized_if, self.spec.wrong_token
        if self._wrong_token is not None and self._wrong_token.status not in self.spec.unauthorized:
            nothing = ((), frozenset[str]())  # a status to look at, which does not reject the token
            self._unauthorized_if = {self._wrong_token.status: nothing, **self.spec.unauthorized_if}
        self._unauthorized = self.spec.unauthorized | self._unauthorized_if.keys()
        self._api, self._is_plain = self.spec.api, self.spec.api == AUTHORIZATION and not self.spec.also_send
        self._kept_headers = kept_headers(self.spec)
        self._sent_beside: Mapping[str, Secret] = {}
        if self.spec.also_send and self._settings.has_dynamic_secrets:
            self._needs_only_token = False  # to read the secrets may take long
        elif self.spec.also_send:
            self._sent_beside = self._settings.resolve_secrets()

    @classmethod
    def lazy(
        cls: Callable[Arguments, Result], *environment: Arguments.args, **arguments: Arguments.kwargs
    ) -> Result:
        """A credential for a settings module: it reads no variable or file until it is first used.

        It takes the arguments of the class, and is an instance of it. The first use of it raises the
        `ConfigError` that the class would; `validate()` is such a use.
        """
        from ._lazy import lazy_credential  # few programs need it

        credential: Result = lazy_credential(cls, environment, arguments)
        return credential

    @classmethod
    def environment_of(cls, value: str) -> str:
        """The environment that a setting names; `ConfigError` if the provider does not have it."""
        environment: str = check_environment(cls.spec, value)
        return environment

    def validate(self) -> None:
        """Read the settings now, if it is `lazy()`: `ConfigError` says what is missing or wrong."""

    @property
    def environment(self) -> str:
        """The environment it was created for, which cannot be changed."""
        return self._settings.environment

    @property
    def base_url(self) -> str:
        """The base URL of this environment, without a slash at the end."""
        return self._settings.base_url

    def token(self) -> Token:
        """The access token, from the cache unless there is no valid one.

        Raises `Rejected`, `RateLimited` or `Unavailable` if the provider issues none.
        """
        cached = self._cache.cached
        if cached is not None and self._now() < cached.refresh_at:
            return cached.token
        return run_sync(self._cache.get())

    async def atoken(self) -> Token:
        """The same as `token()`, without blocking the event loop."""
        cached = self._cache.cached
        if cached is not None and self._now() < cached.refresh_at:
            return cached.token
        return await run_async(self._cache.get())

    def status(self) -> Status:
        """The state of the credential, without a request: for a health check."""
        return status_of(self._cache)

    def invalidate(self, token: Token | None = None) -> None:
        """Drop the cached token (or only if it is the one given), and every remembered failure."""
        self._cache.invalidate(token)
        if self._login is not None and token is None:
            self._login.invalidate()

    def close(self) -> None:
        """Drop the cached token; no connection is open between requests."""
        self.invalidate()

    def __repr__(self) -> str:
        if not hasattr(self, "_settings"):  # half made, in a traceback
            return f"{type(self).__name__}()"
        public = self._settings.public_credentials.items()
        return f"{type(self).__name__}({self.environment!r}{''.join(f', {k}={v!r}' for k, v in public)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments of the constructor, without a secret: the copy reads it where it is loaded."""
        check_picklable(self, self._arguments)
        return functools.partial(type(self), **{**self._arguments, "environment": self.environment}), ()

    def _request_token(
        self, client: Any, secrets: Mapping[str, Secret], refresh_token: Secret | None
    ) -> TokenResponse:
        """Make one token request with the typed client; generated for each provider."""
        raise NotImplementedError

    def _prepare(self, request: Any, client: HttpClient) -> Steps[Token | None]:
        if not self._needs_only_token:
            self._hosts.check(*client.origin(request))
            yield from self._read_sent_beside()
        return (yield from super()._prepare(request, client))

    def _put_credentials(self, request: Any) -> None:
        request.headers.update(self._credential_headers())

    def _run_in_background(self, work: Callable[[float], Result]) -> Steps[Result]:
        """Do work that may block, given its deadline, on another thread."""
        flight: Flight[Result] = Flight(self._now, self._timeout)
        limit = self._settings.max_concurrent_refreshes
        flight.start(functools.partial(work, flight.deadline), self._settings.label, limit)
        yield flight
        flight.finish(self._settings.error(Unavailable, "no response in time"))
        return flight.result()
