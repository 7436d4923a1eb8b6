"""Credentials as `auth=` of httpx and of its successor httpx2, which have the same interface."""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from ._auth import TokenAuth
from ._flight import Flight
from ._hosts import ApiHosts


class HttpxClient:
    """The `HttpClient` of httpx and httpx2."""

    def origin(self, request: httpx.Request) -> tuple[str, bytes]:
        url = request.url
        return url.scheme, url.raw_host

    def set_parameter(self, request: httpx.Request, name: str, value: str) -> None:
        request.url = request.url.copy_set_param(name, value)
        hide_url(request)

    def can_repeat(self, request: httpx.Request) -> bool:
        return isinstance(request.stream, tuple(library.ByteStream for library in _libraries()))

    def status(self, response: httpx.Response) -> int:
        return response.status_code

    def sent_headers(self, response: httpx.Response) -> Mapping[str, str]:
        return response.request.headers

    def body(self, response: httpx.Response) -> bytes:
        return response.content


HTTPX = HttpxClient()


class HttpxAuth(TokenAuth, httpx.Auth):
    """An `httpx.Auth`, and an `httpx2.Auth` where httpx2 is imported."""

    if not TYPE_CHECKING:  # for a type checker it is one of the callables that httpx2 takes too

        @property
        def __class__(self):
            """Its class; once httpx2 is imported, one that is an `httpx2.Auth` too: `isinstance` asks for it.

            So httpx2 may be imported after the credential was made, and is not imported for anybody.
            """
            if "httpx2" not in sys.modules:  # for each request too: httpx asks whether its auth is a tuple
                return type(self)
            auth = getattr(sys.modules["httpx2"], "Auth", None)  # None while it is being imported
            return type(self) if auth is None else _with_base(type(self), auth)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._kept_headers:
            _follow(request, self._hosts, is_async=False)
        token = self._authorize_from_cache(request, HTTPX)
        if token is not None:  # nearly always; another generator would take as long as all the rest
            response = yield request
            if self._kept_headers:
                _check_history(response, self._hosts)
            if response.status_code not in self._unauthorized:
                return
            flow = self._retry_with_new_token(request, token, response, HTTPX)
        else:
            flow = self._flow(request, HTTPX)
        result: httpx.Response | None = None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                return
            if isinstance(step, Flight):
                step.wait()
            elif step is request:
                result = yield request
                if self._kept_headers:
                    _check_history(result, self._hosts)
            else:
                step.read()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if self._kept_headers:
            _follow(request, self._hosts, is_async=True)
        token = self._authorize_from_cache(request, HTTPX)
        if token is not None:
            response = yield request
            if self._kept_headers:
                _check_history(response, self._hosts)
            if response.status_code not in self._unauthorized:
                return
            flow = self._retry_with_new_token(request, token, response, HTTPX)
        else:
            flow = self._flow(request, HTTPX)
        result: httpx.Response | None = None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                return
            if isinstance(step, Flight):
                await step.wait_async()
            elif step is request:
                result = yield request
                if self._kept_headers:
                    _check_history(result, self._hosts)
            else:
                await step.aread()


def _libraries() -> list[Any]:
    """httpx, and httpx2 if it is imported."""
    return [module for module in map(sys.modules.get, ("httpx", "httpx2")) if module is not None]


@functools.cache
def _with_base(kind: type, base: type) -> type:
    """A subclass that has this base as well, and otherwise looks like the class."""
    if issubclass(kind, base):
        return kind
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind, base), names)


class SecretUrl:
    """A URL with a token or a secret in it, which `str` does not show: httpx logs each URL."""

    shown: str

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"URL({self.shown!r})"


@functools.cache
def _secret_url_class(url_class: Any) -> Any:
    return type("SecretUrl", (SecretUrl, url_class), {})


def hide_url(request: httpx.Request, *, hides_path: bool = False) -> None:
    """Keep the query of a request, and the path too where it has a secret, out of logs."""
    url = request.url
    url_class: Any = type(url)
    hidden = _secret_url_class(url_class)(url)
    hidden.shown = str(url.copy_with(raw_path=b"/***") if hides_path else url.copy_with(query=None))
    hidden.shown += "?***" if url.query else ""
    request.url = hidden


def _follow(request: httpx.Request, hosts: ApiHosts, *, is_async: bool) -> None:
    """Check each host that the request is redirected to, before anything is sent to it.

    A redirected request has the headers of the first one except Authorization and Cookie, and no auth flow of
    its own. It has the extensions of the first one: httpcore calls `trace` with each request that it sends.
    """
    user_trace = request.extensions.get("trace")

    def trace(event: str, info: Mapping[str, Any]) -> None:
        _check_sent(info.get("request"), hosts)
        if user_trace is not None:
            user_trace(event, info)

    async def atrace(event: str, info: Mapping[str, Any]) -> None:
        _check_sent(info.get("request"), hosts)
        if user_trace is not None:
            await user_trace(event, info)

    request.extensions = {**request.extensions, "trace": atrace if is_async else trace}


def _check_sent(request: Any, hosts: ApiHosts) -> None:
    """Check a request of httpcore; one that a proxy forwards has the whole URL as its target."""
    if request is None or request.method == b"CONNECT":
        return
    url, target = request.url, request.url.target
    if target.startswith(b"http") and "target" not in request.extensions:
        parsed = httpx.URL(target.decode("ascii"))
        hosts.check(parsed.scheme, parsed.raw_host)
    else:
        hosts.check(url.scheme.decode("ascii"), url.host)


def _check_history(response: httpx.Response, hosts: ApiHosts) -> None:
    """Check the hosts that a transport which calls no `trace` was redirected to, if only afterwards."""
    for sent in (*response.history, response):
        hosts.check(*HTTPX.origin(sent.request))
