"""A token request gets no response: the error says why, in one line and in plain words."""

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

from ..conftest import Time, Wire
from ..patience import PATIENCE
from .test_a_host_is_not_what_it_seems import certificate, serving, trusting
from .test_a_proxy_is_set import Proxy, refusing

__all__ = ["certificate", "refusing", "trusting"]  # fixtures


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
def answering(act: Callable[[socket.socket], object]) -> Iterator[str]:
    """The address of a server that reads each request and then acts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if not read_request(connection):  # the end of the test
                        return
                    with suppress(OSError):  # the client has closed the connection
                        act(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            socket.create_connection(listener.getsockname()).close()
            thread.join()


@contextmanager
def nobody_listening() -> Iterator[str]:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def failure(url: str, time: Time, **options: Any) -> str:
    credential = Setu(
        "sandbox",
        client_id="fake",
        secret="fake-secret",
        base_url=url,
        clock=time.clock,
        timeout=10,  # of the clock that the tests move
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
def patient_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers wait until the request has ended, however far the clock has moved by then."""
    monkeypatch.setattr("gatepass._flight.GRACE", 10 * PATIENCE)


@pytest.fixture(params=[False, True], ids=["own connection", "transport="])
def options(request: pytest.FixtureRequest, no_variables: None) -> Iterator[dict[str, Any]]:
    """The reason does not depend on what carries the request."""
    if not request.param:
        yield {}
        return
    with httpx.HTTPTransport() as transport:
        yield {"transport": transport}


def test_the_connection_is_refused(options: dict[str, Any], time: Time) -> None:
    with nobody_listening() as address:
        assert (
            failure(f"http://{address}", time, **options)
            == f"cannot connect to {address}: connection refused"
        )


def test_the_host_name_has_no_address(
    options: dict[str, Any], time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert (
        failure("https://api.example", time, **options)
        == "cannot connect to api.example:443: the host name cannot be resolved"
    )


def test_the_certificate_is_not_trusted(options: dict[str, Any], certificate: Path, time: Time) -> None:
    with serving(certificate) as (port, _):
        assert failure(f"https://127.0.0.1:{port}", time, **options) in (
            f"cannot connect to 127.0.0.1:{port}: certificate verify failed: self-signed certificate",
            f"cannot connect to 127.0.0.1:{port}: certificate verify failed: self signed certificate",
        )


def test_the_certificate_is_for_another_host(
    certificate: Path, trusting: None, no_variables: None, time: Time
) -> None:
    with serving(certificate) as (port, _):
        message = failure(f"https://localhost:{port}", time)

    assert message.startswith(
        f"cannot connect to localhost:{port}: certificate verify failed: Hostname mismatch"
    )


def test_https_where_plain_http_is_spoken(options: dict[str, Any], time: Time) -> None:
    with answering(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        message = failure(f"https://{address}", time, **options)

    assert message.startswith(f"cannot connect to {address}: TLS failed: ")


def test_the_proxy_refuses(refusing: Proxy, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://fake-user:fake-password@{refusing.address}")

    assert (
        failure("https://api.example", time)
        == f"the proxy at {refusing.address} refused to connect to api.example:443 (407)"
    )


def test_the_proxy_cannot_be_reached(no_variables: None, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    with nobody_listening() as address:
        monkeypatch.setenv("ALL_PROXY", f"http://fake-user:fake-password@{address}")

        assert (
            failure("https://api.example", time)
            == f"cannot connect to the proxy at {address}: connection refused"
        )


def test_the_connection_is_reset(options: dict[str, Any], time: Time) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with answering(reset) as address:
        assert (
            failure(f"http://{address}", time, **options) == "the connection broke: connection reset by peer"
        )


@pytest.mark.parametrize(
    "content", [b"", b"fake-banner\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
def test_the_response_is_not_whole(content: bytes, options: dict[str, Any], time: Time) -> None:
    with answering(lambda connection: connection.sendall(content)) as address:
        assert failure(f"http://{address}", time, **options) == "the response is incomplete, or not HTTP"


def test_no_response_comes_in_time(no_variables: None, time: Time, patient_callers: None) -> None:
    def late(connection: socket.socket) -> None:
        time.pass_(21)  # a response is awaited for as long again
        connection.sendall(b"H")
        connection.recv(1)

    with answering(late) as address:
        assert failure(f"http://{address}", time) == "no response in time"


def test_no_connection_comes_about_in_time(no_variables: None, time: Time, patient_callers: None) -> None:
    def late(connection: socket.socket) -> None:
        time.pass_(11)
        connection.sendall(b"\x16")
        connection.recv(1)

    with answering(late) as address:
        assert failure(f"https://{address}", time) == f"cannot connect to {address} in time"


def test_an_error_of_a_kind_that_is_not_known_is_named_and_not_quoted(wire: Wire, time: Time) -> None:
    def fail(_request: httpx.Request) -> Any:
        raise httpx.DecodingError("fake-content")

    with pytest.raises(Unavailable, match=r"the request failed \(DecodingError\)$"):
        wire.credential(Setu, fail).token()
