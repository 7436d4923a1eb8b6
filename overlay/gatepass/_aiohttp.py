"""Credentials as client middlewares of aiohttp."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, cast

from aiohttp import ClientRequest, ClientResponse
from aiohttp.payload import BytesPayload
from yarl import URL

from ._flight import Flight

if TYPE_CHECKING:
    from ._auth import TokenAuth

Handler = Callable[[ClientRequest], Awaitable[ClientResponse]]


class Redirect(NamedTuple):
    """A redirect that aiohttp may follow."""

    host: bytes
    without_token: bool
    """Whether it, or one before it, leads away from the hosts that are allowed."""


_redirect: ContextVar[Redirect | None] = ContextVar("gatepass_redirect", default=None)
"""That of the previous response in this task, which aiohttp does not tell a middleware."""


class AiohttpClient:
    """The `HttpClient` of aiohttp."""

    def origin(self, request: ClientRequest) -> tuple[str, bytes]:
        return request.url.scheme, (request.url.raw_host or "").encode()

    def set_parameter(self, request: ClientRequest, name: str, value: str) -> None:
        request.url = request.url.update_query({name: value})

    def can_repeat(self, request: ClientRequest) -> bool:
        return isinstance(request.body, (bytes, BytesPayload))

    def status(self, response: ClientResponse) -> int:
        return response.status

    def sent_headers(self, response: ClientResponse) -> Mapping[str, str]:
        return response.request_info.headers

    def body(self, response: ClientResponse) -> bytes:
        return response._body or b""


AIOHTTP = AiohttpClient()


async def send(auth: TokenAuth, request: ClientRequest, handler: Handler) -> ClientResponse:
    """Send a request with a token, and once more if the API rejects it.

    aiohttp calls this for each redirect that it follows too. From the first one to a host that is not allowed
    on, they are followed without the token; any other request to such a host is a `ConfigError`.
    """
    redirect, (scheme, host) = _redirect.get(), AIOHTTP.origin(request)
    without_token = False
    if redirect is not None and redirect.host == host:
        without_token = redirect.without_token or not auth._hosts.allows(scheme, host)
    response = await (handler(request) if without_token else _send(auth, request, handler))
    if 300 <= response.status < 400:
        _redirect.set(Redirect(_redirect_host(request, response), without_token))
    elif redirect is not None:  # not before, because aiohttp repeats a request whose connection was closed
        _redirect.set(None)
    return response


async def _send(auth: TokenAuth, request: ClientRequest, handler: Handler) -> ClientResponse:
    token = auth._authorize_from_cache(request, AIOHTTP)
    response: ClientResponse | None = None
    try:
        if token is not None:
            response = await handler(request)
            if response.status not in auth._unauthorized:
                return response
            flow = auth._retry_with_new_token(request, token, response, AIOHTTP)
        else:
            flow = auth._flow(request, AIOHTTP)
        result: ClientResponse | None = None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                break
            if isinstance(step, Flight):
                await step.wait_async()
            elif step is request:
                if response is not None:
                    await response.read()  # so that its connection can be used again
                result = response = await handler(request)
            else:
                await step.read()
        return cast(ClientResponse, response)
    except BaseException:
        if response is not None:
            response.close()
        raise
    finally:  # aiohttp shows the headers of a request in the `repr` of errors
        for name in ("Cookie" if auth._api[0] == "cookie" else auth._api[1], *auth._kept_headers):
            request.headers.pop(name, None)


def _redirect_host(request: ClientRequest, response: ClientResponse) -> bytes:
    location = response.headers.get("Location") or response.headers.get("URI") or ""
    try:
        return (request.url.join(URL(location)).raw_host or "").encode()
    except ValueError:
        return b""
