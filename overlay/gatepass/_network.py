"""The network of token requests: an httpx transport on which every read and write ends at one deadline."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, cast

import httpcore
import httpx

from ._network_options import NetworkOptions
from ._network_stream import Remaining, Stream, httpcore_errors, time_left

ATTEMPT_DELAY = 0.25
"""Seconds for which an address may not answer before the next one is tried as well."""


class TokenNetwork(httpx.BaseTransport):
    """Carries one token request or a few in a row, which share a connection until `close`.

    All of them time out once `remaining()` is zero, whatever the server still sends. Each request sets its
    own function there, whose result may grow again, as it does for a response. Only the lookup of a host
    name may take longer: the system's resolver has timeouts of its own.
    `https://` goes through the proxy that the options or the environment name, `http://` never through any.
    """

    def __init__(self, url: httpx.URL, network_options: NetworkOptions | None = None) -> None:
        self.remaining: Remaining = lambda: 0.0
        settings = network_options or NetworkOptions(None, None, None)
        self.proxy = settings.proxy_for(url)
        options: dict[str, Any] = {
            "network_backend": _Backend(lambda: self.remaining()),
            # `http://` is for this machine alone and needs no TLS context, which costs more than a request.
            "ssl_context": settings.tls_context() if url.scheme == "https" else None,
        }
        if self.proxy is None:
            self._pool = httpcore.ConnectionPool(**options)
        else:
            self._pool = _proxy_pool(self.proxy, settings, options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = _httpcore_url(request.url, request.url.raw_path)
        content, headers = cast(httpx.SyncByteStream, request.stream), request.headers.raw
        sent = httpcore.Request(
            request.method, target, headers=headers, content=content, extensions=request.extensions
        )
        with _httpx_errors():
            response = self._pool.handle_request(sent)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self._pool.close()


def _proxy_pool(
    proxy: httpx.Proxy, settings: NetworkOptions, options: dict[str, Any]
) -> httpcore.ConnectionPool:
    options |= {"proxy_url": _httpcore_url(proxy.url, "/"), "proxy_auth": proxy.raw_auth}
    if proxy.url.scheme.startswith("socks"):
        return httpcore.SOCKSProxy(**options)
    own_tls = settings.tls_context(for_proxy=True) if proxy.url.scheme == "https" else None
    return httpcore.HTTPProxy(proxy_ssl_context=own_tls, **options)


def _httpcore_url(url: httpx.URL, target: bytes | str) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target)


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextlib.contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise what httpcore raises as the error of the same name in httpx."""
    try:
        yield
    except Exception as error:
        name = type(error).__name__
        if getattr(httpcore, name, None) is not type(error):
            raise
        kind: type[httpx.TransportError] = getattr(httpx, name, httpx.TransportError)
        raise kind(str(error)) from error


class _Backend(httpcore.NetworkBackend):
    def __init__(self, remaining: Remaining) -> None:
        self._remaining = remaining

    def connect_tcp(self, host: str, port: int, *_unused: Any, **_options: Any) -> httpcore.NetworkStream:
        with httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            connection = _connect(_interleave(addresses), self._remaining)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Stream(connection, self._remaining)


def _interleave(addresses: list[Any]) -> list[Any]:
    """The addresses in their order, but IPv6 and IPv4 alternating, as RFC 8305 asks."""
    family = addresses[0][0]
    first = [address for address in addresses if address[0] == family]
    others = [address for address in addresses if address[0] != family]
    return [address for pair in zip_longest(first, others) for address in pair if address is not None]


def _connect(addresses: list[Any], remaining: Remaining) -> socket.socket:
    """A connection to the first address that accepts one.

    The next address is tried when one has failed, or has not accepted for a while; the attempts go on
    beside each other (RFC 8305, "happy eyeballs").
    """
    failure, waiting = OSError("the host name has no address"), list(addresses)
    attempts: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                seconds = time_left(remaining)
                if waiting:
                    try:
                        selector.register(_attempt(waiting.pop(0), attempts), selectors.EVENT_WRITE)
                    except OSError as error:
                        failure = error
                        continue
                for key, _ in selector.select(min(seconds, ATTEMPT_DELAY) if waiting else seconds):
                    attempt = cast(socket.socket, key.fileobj)
                    number = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if number == 0:
                        attempts.remove(attempt)
                        return attempt
                    failure = OSError(number, os.strerror(number))
                    selector.unregister(attempt)
        finally:
            for attempt in attempts:
                attempt.close()
    raise failure


def _attempt(address: Any, attempts: list[socket.socket]) -> socket.socket:
    """A socket that begins to connect to an address, added to the attempts."""
    attempt = socket.socket(*address[:3])
    attempts.append(attempt)
    attempt.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        attempt.connect(address[4])
    return attempt
