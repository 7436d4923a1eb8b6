"""A provider behind a private network: its own certificate authority, client certificates, a proxy."""

from __future__ import annotations

import copy
import json
import pickle
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Setu, Unavailable

from ..authority import Authority
from ..helpers import FakeClock, Runner, example_response
from .servers import Proxy

PASSWORD = "fake-password"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def serve_over_tls(
    authority: Authority,
    *,
    for_clients: bool = False,
    failures: int = 0,
    connections: list[Any] | None = None,
) -> Iterator[tuple[int, list[str]]]:
    """Setu over TLS: its port, and the name in the client certificate of each request.

    The first responses are failures; the addresses of new connections are added to `connections`.
    """
    clients: list[str] = []
    response = json.dumps(example_response("setu", "generateToken")).encode()

    class Provider(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            certificate: Any = self.connection.getpeercert() or {}
            clients.append(dict(part[0] for part in certificate.get("subject", ())).get("commonName", ""))
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503 if len(clients) <= failures else 200)
            self.send_header("Content-Length", str(len(response)))
            self.end_headers()
            self.wfile.write(response)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    if for_clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.path)

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[Any, Any]:
            connection, address = self.socket.accept()
            if connections is not None:
                connections.append(address)
            return context.wrap_socket(connection, server_side=True), address

        def handle_error(self, *_: object) -> None:
            pass  # a client without a certificate

    with Server(("127.0.0.1", 0), Provider) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port, clients
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def setu(clean_environment: None, clock: FakeClock) -> Callable[..., Setu]:
    def make(port: int = 9, **options: Any) -> Setu:
        url = f"https://127.0.0.1:{port}"
        arguments: dict[str, Any] = {"base_url": url, "clock": clock.clock} | options
        return Setu("sandbox", client_id="fake", secret="fake-secret", **arguments)

    return make


def test_a_private_certificate_authority_is_trusted_by_path_or_context(
    authority: Authority, setu: Callable[..., Setu], runner: Runner
) -> None:
    with serve_over_tls(authority) as (port, clients):
        with pytest.raises(Unavailable, match="certificate verify failed"):
            setu(port).token()
        for trusted in (
            authority.path,
            Path(authority.path),
            ssl.create_default_context(cafile=authority.path),
        ):
            assert runner.token(setu(port, verify=trusted)).value

    assert clients == ["", "", ""]


def test_the_second_try_uses_the_connection_of_the_first(
    authority: Authority, setu: Callable[..., Setu], runner: Runner
) -> None:
    connections: list[Any] = []
    with serve_over_tls(authority, failures=1, connections=connections) as (port, requests):
        assert runner.token(setu(port, verify=authority.path)).value
    assert (len(requests), len(connections)) == (2, 1)


def test_a_client_certificate_is_sent_from_files_with_password_or_context(
    authority: Authority, setu: Callable[..., Setu], runner: Runner
) -> None:
    certificate, key = authority.issue("client-1")
    both = Path(certificate).with_name("both.pem")
    both.write_text(Path(certificate).read_text() + Path(key).read_text())
    with_password = authority.issue("client-2", PASSWORD)
    own_context = ssl.create_default_context(cafile=authority.path)
    own_context.load_cert_chain(certificate, key)
    with serve_over_tls(authority, for_clients=True) as (port, clients):
        for options in (
            {"cert": (certificate, key)},
            {"cert": both},
            {"cert": (*with_password, PASSWORD)},
            {"verify": own_context},
        ):
            assert runner.token(setu(port, **{"verify": authority.path} | options)).value

    assert clients == ["client-1", "client-1", "client-2", "client-1"]


def test_a_client_certificate_is_read_again_after_its_files_change(
    authority: Authority, setu: Callable[..., Setu]
) -> None:
    files = authority.issue("client-1")
    with serve_over_tls(authority, for_clients=True) as (port, clients):
        credential = setu(port, verify=authority.path, cert=files)
        credential.token()
        for file, renewed in zip(files, authority.issue("client-2"), strict=True):
            Path(file).write_bytes(Path(renewed).read_bytes())
        credential.invalidate()
        credential.token()

    assert clients == ["client-1", "client-2"]


def test_the_proxy_argument_overrides_the_environment_variable(
    authority: Authority,
    setu: Callable[..., Setu],
    proxy: Proxy,
    refusing_proxy: Proxy,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{refusing_proxy.address}")
    with serve_over_tls(authority, for_clients=True) as (port, clients):
        credential = setu(
            port,
            verify=authority.path,
            cert=authority.issue("client"),
            proxy=f"http://fake-user:{PASSWORD}@{proxy.address}",
        )
        assert runner.token(credential).value

    assert (len(proxy.requests), len(refusing_proxy.requests), clients) == (1, 0, ["client"])
    assert "Proxy-Authorization: Basic " in proxy.requests[0]


def wrong_options(authority: Authority) -> dict[str, tuple[dict[str, Any], str]]:
    """Unusable options by situation, and a pattern of the error message."""
    certificate, key = authority.issue("client")
    hidden = authority.issue("hidden", PASSWORD)
    accepting_all = ssl.create_default_context()
    accepting_all.check_hostname, accepting_all.verify_mode = False, ssl.CERT_NONE
    return {
        "verification off": (
            {"verify": False},
            "verify= must be the path of a PEM file with the certificates",
        ),
        "a context that verifies nothing": ({"verify": accepting_all}, "accepts any certificate"),
        "no such file": ({"verify": "/fake/missing.pem"}, "verify=: the file cannot be read: No such file"),
        "no path": ({"verify": ""}, "verify=: the file cannot be read: No such file"),
        "a key in place of a certificate": ({"verify": key}, "verify=: the file holds no certificate"),
        "no such certificate": (
            {"cert": "/fake/missing.pem"},
            "cert=: the file of the certificate cannot be",
        ),
        "no such key": ({"cert": (certificate, "\0")}, "cert=: the file of the key cannot be read"),
        "a certificate without its key": ({"cert": certificate}, r"in PEM format: cert=\(CERTIFICATE, KEY\)"),
        "the key of another": ({"cert": (certificate, authority.issue("other")[1])}, "does not belong to"),
        "a key without its password": ({"cert": hidden}, r"cert=\(CERTIFICATE, KEY, PASSWORD\)"),
        "a wrong password": ({"cert": (*hidden, f"{PASSWORD}-2")}, "the key needs a password"),
        "too many parts": ({"cert": (certificate, key, PASSWORD, "")}, "cert= must be a path"),
        "bytes": ({"cert": (certificate, key, PASSWORD.encode())}, "cert= must be a path"),
        "a certificate beside a context": (
            {"verify": ssl.create_default_context(), "cert": (certificate, key)},
            "load_cert_chain",
        ),
        "no proxy": ({"proxy": f"ftp://user:{PASSWORD}@h"}, "proxy= is not the URL of a proxy"),
        "a number": ({"proxy": 3128}, "proxy= must be the URL of a proxy, not int"),
        "a transport as well": (
            {"transport": httpx.MockTransport(lambda _: httpx.Response(200)), "cert": (certificate, key)},
            "cert= would have no effect: transport=",
        ),
    }


def test_unusable_network_options_are_config_errors_without_the_password(
    authority: Authority, setu: Callable[..., Setu]
) -> None:
    for situation, (options, message) in wrong_options(authority).items():
        with pytest.raises(ConfigError, match=message) as caught:
            setu(**options)
        assert PASSWORD not in str(caught.value), situation


def test_network_options_are_pickled_unless_they_hold_a_secret(
    authority: Authority, setu: Callable[..., Setu], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETU_SANDBOX_CLIENT_ID", "fake")
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-secret")
    files = authority.issue("client")
    with serve_over_tls(authority, for_clients=True) as (port, clients):
        url = f"https://127.0.0.1:{port}"
        credential = Setu("sandbox", base_url=url, verify=authority.path, cert=files)
        assert pickle.loads(pickle.dumps(credential)).token().value
        own_context = ssl.create_default_context(cafile=authority.path)
        own_context.load_cert_chain(*files)
        assert Setu("sandbox", base_url=url, verify=own_context).token().value
    assert clients == ["client", "client"]

    for options, reason in (
        ({"verify": own_context}, "give verify= as a path"),
        ({"cert": (*authority.issue("hidden", PASSWORD), PASSWORD)}, "is not pickled with its secret"),
        ({"proxy": f"http://user:{PASSWORD}@h:1"}, "a proxy as HTTPS_PROXY"),
    ):
        credential = Setu("sandbox", **options)
        for copy_or_pickle in (pickle.dumps, copy.copy):
            with pytest.raises(TypeError, match=reason) as caught:
                copy_or_pickle(credential)
            assert PASSWORD not in str(caught.value)
        assert PASSWORD not in repr(credential) + repr(vars(credential)) + repr(
            vars(credential._exchange.connections.options)
        )
