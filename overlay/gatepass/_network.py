"""The network of token requests: an httpx transport on which every read and write ends at one deadline."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any, TypeVar, cast

import httpcore
import httpx

from ._network_options import NetworkOptions

Remaining = Callable[[], float]
"""Seconds until the deadline; zero or less once it has passed."""
Result = TypeVar("Result")
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
        url = request.url
        content = cast(httpx.SyncByteStream, request.stream)
        with _httpx_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=content,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self._pool.close()


def _proxy_pool(
    proxy: httpx.Proxy, settings: NetworkOptions, options: dict[str, Any]
) -> httpcore.ConnectionPool:
    url = httpcore.URL(scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target="/")
    options |= {"proxy_url": url, "proxy_auth": proxy.raw_auth}
    if proxy.url.scheme.startswith("socks"):
        return httpcore.SOCKSProxy(**options)
    own_tls = settings.tls_context(for_proxy=True) if proxy.url.scheme == "https" else None
    return httpcore.HTTPProxy(proxy_ssl_context=own_tls, **options)


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

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the host; the arguments after `port` are not used."""
        with _httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            connection = _connect(_interleave(addresses), self._remaining)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Stream(connection, self._remaining)


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
                seconds = _time_left(remaining)
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


class _Stream(httpcore.NetworkStream):
    """A connection; the timeouts that httpcore passes do not count, for none is shorter than what is left."""

    def __init__(self, connection: socket.socket, remaining: Remaining) -> None:
        self._connection = connection
        self._remaining = remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _httpcore_errors(httpcore.ReadTimeout, httpcore.ReadError):
            return self.receive(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _httpcore_errors(httpcore.WriteTimeout, httpcore.WriteError):
            unsent = memoryview(buffer)
            while unsent:
                unsent = unsent[self.send(unsent) :]

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        with _httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                return _TlsStream(self, ssl_context, server_hostname)
            except BaseException:
                self.close()
                raise

    def get_extra_info(self, info: str) -> Any:
        """Before httpcore reuses a connection, it asks whether it is readable: then the server closed it."""
        return self.is_readable if info == "is_readable" else None

    @property
    def is_readable(self) -> bool:
        """Whether there are bytes to receive, or the end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            return bool(selector.select(0))

    def receive(self, size: int) -> bytes:
        """At most so many bytes, none at the end; raises the errors of sockets, as `send` does."""
        self._connection.settimeout(_time_left(self._remaining))
        return self._connection.recv(size)

    def send(self, data: memoryview) -> int:
        """Send a part of the data and return how many bytes that is."""
        self._connection.settimeout(_time_left(self._remaining))
        return self._connection.send(data)

    def close(self) -> None:
        self._connection.close()


class _TlsStream(_Stream):
    """TLS over a connection or over the TLS of a proxy: each step of it ends at the deadline."""

    def __init__(self, under: _Stream, context: ssl.SSLContext, hostname: str | None) -> None:
        self._under = under
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._run(self._tls.do_handshake)

    def _run(self, step: Callable[..., Result], *args: object) -> Result:
        """Do a step of TLS, moving the bytes that it writes and waits for."""
        while True:
            try:
                result = step(*args)
            except ssl.SSLWantReadError:
                self._flush()
                data = self._under.receive(65_536)
                self._incoming.write(data) if data else self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        unsent = memoryview(self._outgoing.read())
        while unsent:
            unsent = unsent[self._under.send(unsent) :]

    @property
    def is_readable(self) -> bool:
        return self._incoming.pending > 0 or self._under.is_readable

    def receive(self, size: int) -> bytes:
        try:
            data: bytes = self._run(self._tls.read, size)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # h11 knows whether it is complete
            return b""
        return data

    def send(self, data: memoryview) -> int:
        count: int = self._run(self._tls.write, data)
        return count

    def close(self) -> None:
        self._under.close()


def _time_left(remaining: Remaining) -> float:
    seconds = remaining()
    if seconds <= 0:
        raise TimeoutError("the deadline has passed")
    return seconds


@contextlib.contextmanager
def _httpcore_errors(
    late: type[httpcore.TimeoutException], failed: type[httpcore.NetworkError]
) -> Iterator[None]:
    """Raise a socket's errors as those that httpcore expects; their cause says what happened."""
    try:
        yield
    except TimeoutError as error:
        raise late(type(error).__name__) from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be encoded for DNS
        raise failed(type(error).__name__) from error
