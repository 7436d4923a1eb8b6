"""A token request gets no response: the error gives the reason in one line."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import Setu, Unavailable

from ..helpers import FakeClock, MockProvider
from ..timeouts import HANG_TIMEOUT
from .servers import Proxy, serve_over_tls


def read_request(connection: socket.socket) -> bytes:
    """A whole HTTP request, or the beginning of a TLS handshake."""
    data = connection.recv(65_536)
    while data and not data.startswith(b"\x16"):
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length is not None and len(body) >= int(length[1]):
            break
        data += connection.recv(65_536)
    return data


@contextmanager
def serve(act: Callable[[socket.socket], object]) -> Iterator[str]:
    """The address of a server that reads each request and then acts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if not read_request(connection):  # the end of the test
                        return
                    with suppress(OSError):  # the client has closed the connection
                        act(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            socket.create_connection(listener.getsockname()).close()
            thread.join()


@contextmanager
def refusing_address() -> Iterator[str]:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def failure_message(url: str, clock: FakeClock, **options: Any) -> str:
    credential = Setu(
        "sandbox",
        client_id="fake",
        secret="fake-secret",
        base_url=url,
        clock=clock.clock,
        timeout=10,  # on the clock that the tests advance
        **options,
    )
    with pytest.raises(Unavailable) as caught:
        credential.token()
    message = str(caught.value)
    assert message.startswith("setu sandbox: ")
    assert "\n" not in message
    assert "fake-" not in message
    return message.removeprefix("setu sandbox: ")


@pytest.fixture
def callers_without_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes callers wait for the end of the request, however far the test advances the clock."""
    monkeypatch.setattr("gatepass._flight.GRACE", 10 * HANG_TIMEOUT)


@pytest.fixture(params=[False, True], ids=["own connection", "transport="])
def options(request: pytest.FixtureRequest, clean_environment: None) -> Iterator[dict[str, Any]]:
    """Options with and without `transport=`: the reason must not depend on the transport."""
    if not request.param:
        yield {}
        return
    with httpx.HTTPTransport() as transport:
        yield {"transport": transport}


def test_the_connection_is_refused(options: dict[str, Any], clock: FakeClock) -> None:
    with refusing_address() as address:
        assert (
            failure_message(f"http://{address}", clock, **options)
            == f"cannot connect to {address}: connection refused"
        )


def test_the_host_name_has_no_address(
    options: dict[str, Any], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert (
        failure_message("https://api.example", clock, **options)
        == "cannot connect to api.example:443: the host name cannot be resolved"
    )


def test_the_certificate_is_not_trusted(options: dict[str, Any], certificate: Path, clock: FakeClock) -> None:
    with serve_over_tls(certificate) as (port, _):
        assert failure_message(f"https://127.0.0.1:{port}", clock, **options) in (
            f"cannot connect to 127.0.0.1:{port}: certificate verify failed: self-signed certificate",
            f"cannot connect to 127.0.0.1:{port}: certificate verify failed: self signed certificate",
        )


def test_the_certificate_is_for_another_host(
    certificate: Path, trusted_certificate: None, clean_environment: None, clock: FakeClock
) -> None:
    with serve_over_tls(certificate) as (port, _):
        message = failure_message(f"https://localhost:{port}", clock)

    assert message.startswith(
        f"cannot connect to localhost:{port}: certificate verify failed: Hostname mismatch"
    )


def test_https_to_a_port_that_speaks_plain_http(options: dict[str, Any], clock: FakeClock) -> None:
    with serve(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        message = failure_message(f"https://{address}", clock, **options)

    assert message.startswith(f"cannot connect to {address}: TLS failed: ")


def test_the_proxy_refuses(refusing_proxy: Proxy, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://fake-user:fake-password@{refusing_proxy.address}")

    assert (
        failure_message("https://api.example", clock)
        == f"the proxy at {refusing_proxy.address} refused to connect to api.example:443 (407)"
    )


def test_the_proxy_cannot_be_reached(
    clean_environment: None, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_address() as address:
        monkeypatch.setenv("ALL_PROXY", f"http://fake-user:fake-password@{address}")

        assert (
            failure_message("https://api.example", clock)
            == f"cannot connect to the proxy at {address}: connection refused"
        )


def test_the_connection_is_reset(options: dict[str, Any], clock: FakeClock) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serve(reset) as address:
        assert (
            failure_message(f"http://{address}", clock, **options)
            == "the connection broke: connection reset by peer"
        )


@pytest.mark.parametrize(
    "content", [b"", b"fake-banner\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
def test_the_response_is_incomplete_or_not_http(
    content: bytes, options: dict[str, Any], clock: FakeClock
) -> None:
    with serve(lambda connection: connection.sendall(content)) as address:
        assert (
            failure_message(f"http://{address}", clock, **options)
            == "the response is incomplete, or not HTTP"
        )


def test_no_response_in_time(
    clean_environment: None, clock: FakeClock, callers_without_timeout: None
) -> None:
    def late(connection: socket.socket) -> None:
        clock.advance(21)  # gatepass waits as long again for a response
        connection.sendall(b"H")
        connection.recv(1)

    with serve(late) as address:
        assert failure_message(f"http://{address}", clock) == "no response in time"


def test_no_connection_in_time(
    clean_environment: None, clock: FakeClock, callers_without_timeout: None
) -> None:
    def late(connection: socket.socket) -> None:
        clock.advance(11)
        connection.sendall(b"\x16")
        connection.recv(1)

    with serve(late) as address:
        assert failure_message(f"https://{address}", clock) == f"cannot connect to {address} in time"


def test_an_unknown_kind_of_error_is_named_but_its_message_is_not_shown(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    def fail(_request: httpx.Request) -> Any:
        raise httpx.DecodingError("fake-content")

    with pytest.raises(Unavailable, match=r"the request failed \(DecodingError\)$"):
        mock_provider.credential(Setu, fail).token()
