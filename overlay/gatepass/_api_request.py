"""Puts a token into a request to an API, where the security scheme of the spec has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ._token import Token

if TYPE_CHECKING:
    from ._token_spec import TokenSpec

AUTHORIZATION = ("header", "Authorization", "Bearer ")


class HttpClient(Protocol):
    """What differs between the requests and responses of HTTP clients; all have `headers`."""

    def origin(self, request: Any) -> tuple[str, bytes]:
        """Scheme and host of the request's URL, as the client will use them."""
        ...

    def set_parameter(self, request: Any, name: str, value: str) -> None:
        """Set a parameter of the query, in place of an earlier one."""
        ...

    def can_repeat(self, request: Any) -> bool:
        """Whether the body can be sent again: it is in memory, or there is none."""
        ...

    def status(self, response: Any) -> int: ...

    def sent_headers(self, response: Any) -> Mapping[str, str]:
        """The headers of the request for it; the last one, if there were redirects."""
        ...

    def body(self, response: Any) -> bytes:
        """The body, which has been read."""
        ...


def token_headers(token: Token, api: tuple[str, str, str]) -> dict[str, str]:
    """The header that carries the token to APIs which do not take it in the query."""
    part, name, prefix = api
    return {name: prefix + token.value} if part == "header" else {"Cookie": f"{name}={token.value}"}


def put_token(request: Any, token: Token, api: tuple[str, str, str], client: HttpClient) -> None:
    """Put this token into the request in place of an earlier one: `api` is as in `TokenSpec`."""
    part, name, prefix = api
    if part == "header":
        request.headers[name] = prefix + token.value
    elif part == "query":
        client.set_parameter(request, name, token.value)
    else:
        from http.cookies import SimpleCookie  # here, because hardly any API takes tokens so

        cookies = SimpleCookie(request.headers.get("Cookie", ""))
        cookies.pop(name, None)
        others = [f"{cookie.key}={cookie.coded_value}" for cookie in cookies.values()]
        request.headers["Cookie"] = "; ".join([*others, f"{name}={token.value}"])


def kept_headers(spec: TokenSpec) -> tuple[str, ...]:
    """The headers that clients send to the target of a redirect: not Authorization, nor Cookie."""
    part, name, _ = spec.api
    own = [name] if part == "header" and name.lower() != "authorization" else []
    return (*own, *spec.also_send.values())
