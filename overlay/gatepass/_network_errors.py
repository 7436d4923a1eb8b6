"""Why a request got no response, in words that hold no part of the request or the response."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator

import httpx

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def reason_of(error: Exception, url: httpx.URL, proxy: httpx.URL | None) -> str:
    """One line for the error that httpx raised for a request to `url`, sent through the proxy if any.

    Only names, ports and what the system or TLS says are repeated, never the text of an error of httpx,
    which may quote what the server sent.
    """
    host = _address(url)
    peer = host if proxy is None else f"the proxy at {_address(proxy)}"
    if isinstance(error, httpx.ProxyError):
        status = re.match(r"\d{3}\b", str(error))
        who = "the proxy" if proxy is None else peer
        return f"{who} refused to connect to {host}" + (f" ({status[0]})" if status else "")
    if isinstance(error, httpx.ConnectTimeout):
        return f"cannot connect to {peer} in time"
    if isinstance(error, httpx.TimeoutException):
        return "no response in time"
    cause = next((cause for cause in _causes(error) if isinstance(cause, (OSError, UnicodeError))), None)
    if isinstance(error, httpx.ConnectError) and cause is not None:
        # TLS is spoken with the host, through a proxy as well.
        return f"cannot connect to {host if isinstance(cause, ssl.SSLError) else peer}: {_words(cause)}"
    if isinstance(error, httpx.NetworkError) and cause is not None:
        return f"the connection broke: {_words(cause)}"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the response is incomplete, or not HTTP"
    return f"the request failed ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):  # more than there are layers; a chain may be a ring
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _words(cause: OSError | UnicodeError) -> str:
    """What the system or TLS says; the text only where it cannot be somebody else's."""
    if isinstance(cause, (socket.gaierror, UnicodeError)):
        return "the host name cannot be resolved"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {cause.verify_message.rstrip('.')}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {(cause.reason or 'unknown').replace('_', ' ').lower()}"
    return os.strerror(cause.errno).lower() if cause.errno else type(cause).__name__


def _address(url: httpx.URL) -> str:
    """`host:port`, without a user name or password."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or PORTS.get(url.scheme, '')}"
