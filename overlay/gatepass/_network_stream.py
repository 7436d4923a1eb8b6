"""A connection, plain or over TLS, on which every read and write ends at one deadline."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpcore

Remaining = Callable[[], float]
"""Seconds until the deadline; zero or less once it has passed."""
Result = TypeVar("Result")


class Stream(httpcore.NetworkStream):
    """A connection; the timeouts that httpcore passes do not count, for none is shorter than what is left."""

    def __init__(self, connection: socket.socket, remaining: Remaining) -> None:
        self._connection = connection
        self._remaining = remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with httpcore_errors(httpcore.ReadTimeout, httpcore.ReadError):
            return self.receive(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with httpcore_errors(httpcore.WriteTimeout, httpcore.WriteError):
            unsent = memoryview(buffer)
            while unsent:
                unsent = unsent[self.send(unsent) :]

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                return TlsStream(self, ssl_context, server_hostname)
            except BaseException:
                self.close()
                raise

    def get_extra_info(self, info: str) -> Any:
        """Before httpcore reuses a connection, it asks whether it is readable: then the server closed it.

        The other names are those of httpcore as well, for code that traces a request.
        """
        if info == "is_readable":
            return self.is_readable
        return self._connection.getpeername() if info == "server_addr" else None

    @property
    def is_readable(self) -> bool:
        """Whether there are bytes to receive, or the end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            return bool(selector.select(0))

    def receive(self, size: int) -> bytes:
        """At most so many bytes, none at the end; raises the errors of sockets, as `send` does."""
        self._connection.settimeout(time_left(self._remaining))
        return self._connection.recv(size)

    def send(self, data: memoryview) -> int:
        """Send a part of the data and return how many bytes that is."""
        self._connection.settimeout(time_left(self._remaining))
        return self._connection.send(data)

    def close(self) -> None:
        self._connection.close()


class TlsStream(Stream):
    """TLS over a connection or over the TLS of a proxy: each step of it ends at the deadline."""

    def __init__(self, under: Stream, context: ssl.SSLContext, hostname: str | None) -> None:
        self._under = under
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._run(self._tls.do_handshake)

    def get_extra_info(self, info: str) -> Any:
        if info in ("is_readable", "ssl_object"):
            return self.is_readable if info == "is_readable" else self._tls
        return self._under.get_extra_info(info)

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


def time_left(remaining: Remaining) -> float:
    """Seconds until the deadline; TimeoutError once it has passed."""
    seconds = remaining()
    if seconds <= 0:
        raise TimeoutError("the deadline has passed")
    return seconds


@contextlib.contextmanager
def httpcore_errors(
    late: type[httpcore.TimeoutException], failed: type[httpcore.NetworkError]
) -> Iterator[None]:
    """Raise a socket's errors as those that httpcore expects; their cause says what happened."""
    try:
        yield
    except TimeoutError as error:
        raise late(type(error).__name__) from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be encoded for DNS
        raise failed(type(error).__name__) from error
