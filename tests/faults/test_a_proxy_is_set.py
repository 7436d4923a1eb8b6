"""The environment names a proxy: a token request uses it for https, and never for plain http."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from gatepass import ConfigError, Setu, Su, Unavailable
from gatepass_emulator import Emulator

from ..conftest import Time, Way
from .test_a_host_is_not_what_it_seems import certificate, serving, trusting

__all__ = ["certificate", "trusting"]  # fixtures


class Proxy:
    """Keeps the head of every request that reaches it, and opens the tunnel that it asks for.

    With `status` it refuses instead, with `tls` it is reached by https.
    """

    def __init__(self, status: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[str] = []
        self._status, self._tls = status, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._closed = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closed:
                connection.close()
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            self.requests.append(connection.recv(65_536).decode())
            method, target, _ = self.requests[-1].split(" ", 2)
            if self._status is not None or method != "CONNECT":
                connection.sendall(f"HTTP/1.1 {self._status}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            host, port = target.split(":")
            with socket.create_connection((host, int(port))) as server:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, connection))
                back.start()
                _copy(connection, server)
                back.join()

    def close(self) -> None:
        self._closed = True
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass everything on, and then the end."""
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def proxy(no_variables: None) -> Iterator[Proxy]:
    tunnel = Proxy()
    yield tunnel
    tunnel.close()


@pytest.fixture
def refusing(no_variables: None) -> Iterator[Proxy]:
    refusing = Proxy("407 Proxy Authentication Required")
    yield refusing
    refusing.close()


def setu_at(port: int, time: Time) -> Setu:
    url = f"https://127.0.0.1:{port}"
    return Setu("sandbox", client_id="fake", secret="fake-secret", base_url=url, clock=time.clock)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
def test_a_plain_http_token_request_never_uses_it(
    name: str,
    emulator: Emulator,
    refusing: Proxy,
    time: Time,
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, f"http://{refusing.address}")

    assert way.token(Setu("sandbox", clock=time.clock)).value

    assert refusing.requests == []
    assert emulator.count("setu") == 1


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY", "https_proxy"])
def test_an_https_token_request_uses_it_and_shows_it_nothing(
    name: str,
    proxy: Proxy,
    certificate: Path,
    trusting: None,
    time: Time,
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, f"http://fake-user:fake-password@{proxy.address}")
    with serving(certificate) as (port, paths):
        assert way.token(setu_at(port, time)).value

    assert paths == ["/auth/token"]
    (request,) = proxy.requests
    assert request.startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic ZmFrZS11c2VyOmZha2UtcGFzc3dvcmQ=\r\n" in request


def test_a_proxy_that_is_reached_by_https(
    certificate: Path,
    trusting: None,
    no_variables: None,
    time: Time,
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(certificate) as (port, paths):  # which writes the key
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        proxy = Proxy(tls=context)
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.address}")
        try:
            assert way.token(setu_at(port, time)).value
        finally:
            proxy.close()

    assert (len(proxy.requests), paths) == (1, ["/auth/token"])


@pytest.mark.parametrize("excluded", ["127.0.0.1", "*", "api.example, 127.0.0.1:{port}"])
def test_no_proxy_excludes_a_host(
    excluded: str,
    proxy: Proxy,
    certificate: Path,
    trusting: None,
    time: Time,
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    with serving(certificate) as (port, paths):
        monkeypatch.setenv("NO_PROXY", excluded.format(port=port))
        assert way.token(setu_at(port, time)).value

    assert (proxy.requests, paths) == ([], ["/auth/token"])


@pytest.mark.parametrize(
    "value", ["ftp://user:fake-password@h", "http://user:fake-password@", "http://h:fake-password", "http://"]
)
def test_a_variable_that_is_no_url_of_a_proxy(
    value: str, no_variables: None, time: Time, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)

    with pytest.raises(ConfigError, match="HTTPS_PROXY is not the URL of a proxy") as caught:
        way.token(setu_at(9, time))

    assert "fake-password" not in str(caught.value)


@pytest.mark.skipif(find_spec("socksio") is not None, reason="SOCKS is installed")
def test_a_socks_proxy_without_the_package_for_it(
    no_variables: None, time: Time, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")

    with pytest.raises(ConfigError, match=r"httpx\[socks\]"):
        way.token(setu_at(9, time))


def test_a_wrong_variable_costs_no_part_of_a_shared_quota(
    emulator: Emulator, tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"file:{tmp_path / 'store'}"
    monkeypatch.setenv("HTTPS_PROXY", "ftp://h")
    monkeypatch.setenv("SU_PRODUCTION_BASE_URL", "https://127.0.0.1:9")
    for _ in range(31):
        with pytest.raises(ConfigError):
            Su("production", store=store, clock=time.clock).token()

    monkeypatch.delenv("HTTPS_PROXY")
    with pytest.raises(Unavailable):  # and not Limited
        Su("production", store=store, clock=time.clock).token()
