"""The headers of API requests, for programs whose HTTP client takes no credential."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ._api_request import token_headers
from ._errors import ConfigError
from ._flight import Steps, run_async, run_sync
from ._token import Secret, Token

if TYPE_CHECKING:
    from ._cache import TokenCache
    from ._settings import Settings
    from ._token_spec import TokenSpec

Result = TypeVar("Result")


class ApiHeaders:
    """The headers of API requests, and another token in place of one that an API rejected."""

    spec: ClassVar[TokenSpec]
    _cache: TokenCache
    _settings: Settings
    _sent_beside: Mapping[str, Secret]
    """The secrets that APIs want beside the token, where they are known."""

    def headers(self, token: Token | None = None) -> dict[str, str]:
        """The headers that a request to an API must have, with this token or else the current one.

        For an HTTP client that takes no credential as `auth=`. Send them only to the hosts of the API, over
        https and without following a redirect to another host: unlike with `auth=`, nothing checks that.
        Raises `ConfigError` if the API takes the token in the query, and what `token()` raises.
        """
        return run_sync(self._headers(token))

    async def aheaders(self, token: Token | None = None) -> dict[str, str]:
        """The same as `headers()`, without blocking the event loop."""
        return await run_async(self._headers(token))

    def replace_rejected(self, token: Token | str) -> Token | None:
        """Another token than this one, which an API rejected; None where another would not help.

        Call it once after a 401 and repeat the request once. It counts like a 401 to a request with `auth=`:
        if APIs reject the new token as well, no other one is requested for a while.
        """
        return run_sync(self._replace_rejected(token))

    async def areplace_rejected(self, token: Token | str) -> Token | None:
        """The same as `replace_rejected()`, without blocking the event loop."""
        return await run_async(self._replace_rejected(token))

    def _headers(self, token: Token | None) -> Steps[dict[str, str]]:
        part, name, _ = self.spec.api
        if part == "query":
            where = " ".join(self._settings.label)
            advice = f"pass the credential as auth= to httpx, or send token().value as the parameter {name!r}"
            raise ConfigError(f"{where}: APIs take the token in the query, not in a header: {advice}")
        if token is None:
            token = yield from self._cache.get()
        yield from self._read_sent_beside()
        return {**token_headers(token, self.spec.api), **self._credential_headers()}

    def _replace_rejected(self, token: Token | str) -> Steps[Token | None]:
        if isinstance(token, str):
            token = Token(token, 0.0)
        elif not isinstance(token, Token):
            raise ConfigError(f"token must be a Token or a string, not {type(token).__name__}")
        return (yield from self._cache.replace_rejected(token))

    def _read_sent_beside(self) -> Steps[None]:
        """Read the secrets that APIs want beside the token, if they may change."""
        if self.spec.also_send and self._settings.has_dynamic_secrets:
            self._sent_beside = yield from self._run_in_background(lambda _: self._settings.resolve_secrets())

    def _credential_headers(self) -> dict[str, str]:
        """The headers in which APIs want credentials beside the token."""
        return self._headers_of(self.spec.also_send, self._sent_beside)

    def _headers_of(self, headers: Mapping[str, str], secrets: Mapping[str, Secret]) -> dict[str, str]:
        """Headers with the credentials that they are for."""
        public = self._settings.public_credentials
        return {
            header: secrets[name].value if name in secrets else public[name]
            for name, header in headers.items()
        }

    def _run_in_background(self, work: Callable[[float], Result]) -> Steps[Any]:
        raise NotImplementedError


def credential_helper_answer(headers: Mapping[str, str], token: Token) -> dict[str, object]:
    """Headers, and when they expire, as the credential helpers of Bazel and uv print them."""
    expires = f"{datetime.fromtimestamp(int(token.expires_at), UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"headers": {name: [value] for name, value in headers.items()}, "expires": expires}
