"""Credentials as `auth=` of requests, and of its fork niquests; neither is imported."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlencode, urljoin, urlsplit

from ._flight import Flight, run_sync

if TYPE_CHECKING:
    from ._auth import TokenAuth
    from ._token import Token


class RequestsClient:
    """The `HttpClient` of requests: prepared requests, and responses."""

    def origin(self, request: Any) -> tuple[str, bytes]:
        return _origin(request.url)

    def set_parameter(self, request: Any, name: str, value: str) -> None:
        url = urlsplit(request.url)
        others = [part for part in url.query.split("&") if unquote_plus(part.partition("=")[0]) != name]
        query = "&".join(filter(None, [*others, urlencode({name: value})]))
        request.url = url._replace(query=query).geturl()

    def can_repeat(self, request: Any) -> bool:
        return request.body is None or isinstance(request.body, (str, bytes))

    def status(self, response: Any) -> int:
        status: int = response.status_code
        return status

    def sent_headers(self, response: Any) -> Mapping[str, str]:
        headers: Mapping[str, str] = response.request.headers
        return headers

    def body(self, response: Any) -> bytes:
        content: bytes | None = response.content
        return content or b""


REQUESTS = RequestsClient()


def authorize(auth: TokenAuth, request: Any) -> Any:
    """The prepared request with a token, and a hook that repeats it if the API rejects the token."""
    if not hasattr(request, "register_hook"):
        raise TypeError(f"a credential cannot authorize {type(request).__module__}.{type(request).__name__}")
    token = auth._authorize_from_cache(request, REQUESTS)
    if token is None:
        token = run_sync(auth._prepare(request, REQUESTS))
    request.register_hook("response", functools.partial(_on_response, auth, token))
    return request


def _on_response(auth: TokenAuth, token: Token | None, response: Any, **options: Any) -> Any:
    """The response, or that of the repeated request; requests calls this for each redirect too."""
    status = response.status_code
    if 300 <= status < 400 and response.is_redirect:
        _before_redirect(auth, response)
    if token is None or status not in auth._unauthorized:
        return response
    if not auth._hosts.allows(*REQUESTS.origin(response.request)):  # requests was redirected there
        return response
    return _repeat(auth, token, response, options)


def _repeat(auth: TokenAuth, token: Token, response: Any, options: dict[str, Any]) -> Any:
    request = response.request
    flow = auth._retry_with_new_token(request, token, response, REQUESTS)
    result: Any = None
    while True:
        try:
            step = flow.send(result)
        except StopIteration:
            return response
        if isinstance(step, Flight):
            step.wait()
        elif step is request:
            rejected = response
            rejected.content  # read, so that the connection can be used again  # noqa: B018
            rejected.close()
            result = response = rejected.connection.send(request, **options)
            response.history.append(rejected)
        # else the body is to be read, which `content` does


def _before_redirect(auth: TokenAuth, response: Any) -> None:
    """Remove the headers that requests would copy into a request to a host that must not have them."""
    headers = response.request.headers
    try:
        origin = _origin(urljoin(response.url, response.headers["Location"]))
    except ValueError:
        origin = ("", b"")
    if any(name in headers for name in auth._kept_headers) and not auth._hosts.allows(*origin):
        for name in auth._kept_headers:
            headers.pop(name, None)


def _origin(url: str) -> tuple[str, bytes]:
    """Scheme and host, read by the function with which requests reads them."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").encode()
