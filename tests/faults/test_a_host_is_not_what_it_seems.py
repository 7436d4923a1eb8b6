"""A host is not what it seems: an impostor, the wrong environment, a redirect, an endless reply."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Setu, Unavailable
from gatepass._call import BODY_LIMIT
from gatepass._network_options import tls_context
from gatepass_emulator import Emulator

from ..conftest import Time, Way, Wire, example

# Self-signed, for 127.0.0.1 alone, until 2199. Its private key is the number 1, so it is nobody's secret.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9mYWtlLCBm
b3IgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjE5OTEyMzEyMzU5NTlaMBoxGDAW
BgNVBAMMD2Zha2UsIGZvciB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+e
FivOM1drMV7Oy7ZAaDe/UfWjUDBOMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/
BAUwAwEB/zALBgNVHQ8EBAMCAoQwHQYDVR0OBBYEFLRno5mete+mcd4AMvCKnJ5e
/aDhMAoGCCqGSM49BAMCA0cAMEQCIC8ywgG38owxIGp/ki1X4t8CyodbBIQb6XCQ
BBDdUmhqAiA53MDM47ippDYAxzEqQF9/4V22sY204wtdosH7LvCHGw==
-----END CERTIFICATE-----
"""
KEY = bytes.fromhex(f"30310201010420{1:064x}a00a06082a8648ce3d030107")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    (tmp_path / "certificate.pem").write_text(CERTIFICATE)
    return tmp_path / "certificate.pem"


@contextmanager
def serving(certificate: Path) -> Iterator[tuple[int, list[str]]]:
    """Setu over TLS: its port, and the paths that were asked for."""
    asked: list[str] = []
    reply = json.dumps(example("setu", "generateToken")).encode()

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key, name = certificate.with_name("key.pem"), "EC PRIVATE KEY"
    key.write_text(f"-----BEGIN {name}-----\n{base64.b64encode(KEY).decode()}\n-----END {name}-----\n")
    context.load_cert_chain(certificate, key)

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[Any, Any]:
            connection, address = self.socket.accept()
            return context.wrap_socket(connection, server_side=True), address

        def handle_error(self, *_: object) -> None:
            pass  # a client that hangs up is what the tests want

    with Server(("127.0.0.1", 0), Provider) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine trusts the certificate, as its owner may have told it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


def setu_at(url: str, time: Time) -> Setu:
    return Setu("sandbox", client_id="fake", secret="fake", base_url=url, clock=time.clock)


@pytest.mark.parametrize("scheme", ["https", "HTTPS", "Https"])
def test_a_self_signed_certificate_is_refused(
    no_variables: None, time: Time, way: Way, certificate: Path, scheme: str
) -> None:
    with serving(certificate) as (port, asked), pytest.raises(Unavailable, match="certificate verify failed"):
        way.token(setu_at(f"{scheme}://127.0.0.1:{port}", time))

    assert asked == []


def test_a_certificate_of_another_host_is_refused(
    no_variables: None, time: Time, way: Way, certificate: Path, trusting: None
) -> None:
    with serving(certificate) as (port, asked), pytest.raises(Unavailable, match="certificate verify failed"):
        way.token(setu_at(f"https://localhost:{port}", time))

    assert asked == []


def test_the_same_certificate_is_good_where_it_is_trusted(
    no_variables: None, time: Time, way: Way, certificate: Path, trusting: None
) -> None:
    with serving(certificate) as (port, asked):
        assert way.token(setu_at(f"https://127.0.0.1:{port}", time)).value

    assert asked == ["/auth/token"]


@pytest.mark.parametrize("content", [None, "fake"], ids=["missing", "without a certificate"])
def test_a_file_of_certificates_that_cannot_be_used_is_a_wrong_setting(
    content: str | None, no_variables: None, time: Time, way: Way, trusting: None, certificate: Path
) -> None:
    certificate.unlink()
    if content is not None:
        certificate.write_text(content)

    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        way.token(setu_at("https://127.0.0.1:9", time))


@pytest.mark.parametrize(
    "host", ["api.example", "10.0.0.1", "169.254.169.254", "localhost.example", "0.0.0.0"]
)
def test_plain_http_is_for_this_machine_alone(wire: Wire, way: Way, cls: Any, host: str) -> None:
    with pytest.raises(ConfigError, match="not encrypted"):
        wire.credential(cls, base_url=f"http://{host}/v1")
    with pytest.raises(ConfigError, match="not encrypted"):
        way.get(wire.credential(cls), f"http://{host}/v1", wire)

    assert wire.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_call_follows_no_redirect(emulator: Emulator, time: Time, way: Way, status: int) -> None:
    elsewhere = emulator.url("setu", "production") + "/auth/token"
    emulator.fault("setu", "sandbox", status=status, headers={"Location": elsewhere})

    with pytest.raises(Unavailable, match="not followed"):
        way.token(Setu("sandbox", clock=time.clock))

    assert (emulator.count("setu", "sandbox"), emulator.count("setu", "production")) == (1, 0)


def test_sandbox_token_sent_to_production_with_the_same_id_and_secret(
    wire: Wire, time: Time, way: Way, cls: Any
) -> None:
    sandbox = wire.credential(cls)
    base_url = cls.facts.servers["production"] or "https://bank.example"
    production = wire.credential(
        cls, wire.reply(cls), wire.reply(cls, "production"), environment="production", base_url=base_url
    )
    way.token(sandbox)
    way.token(production)
    assert len(wire.requests) == 2  # neither has the other's

    if cls.facts.servers["production"]:
        with pytest.raises(ConfigError, match="nothing was sent"):
            way.get(sandbox, f"{base_url}/data", wire)
    with pytest.raises(ConfigError, match="nothing was sent"):
        way.get(production, f"{cls.facts.servers['sandbox']}/data", wire)
    assert len(wire.requests) == 2


def test_a_redirect_of_an_api_to_another_environment_takes_no_token_along(wire: Wire, way: Way) -> None:
    seen: list[tuple[str, str | None]] = []

    def api(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("Authorization")))
        there = {"Location": "https://prod.setu.co/api/v2/data"}
        return (
            httpx.Response(307, headers=there) if request.url.host == "uat.setu.co" else httpx.Response(200)
        )

    credential = wire.credential(Setu)
    url = "https://uat.setu.co/api/v2/data"
    way.send(credential, "GET", url, httpx.MockTransport(api), follow_redirects=True)

    assert seen == [("uat.setu.co", "Bearer fake.setu.token"), ("prod.setu.co", None)]


def test_an_endless_reply_is_not_read_to_its_end(wire: Wire, time: Time, way: Way, cls: Any) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    with pytest.raises(Unavailable, match=f"longer than {BODY_LIMIT} bytes"):
        way.token(wire.credential(cls, lambda _request: httpx.Response(200, content=endless())))

    assert sent <= BODY_LIMIT + 65_536


def test_a_reply_of_10_mb_over_the_wire(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", body=b"x" * 10_000_000)

    with pytest.raises(Unavailable, match="longer than"):
        way.token(Setu("sandbox", clock=time.clock))

    assert emulator.count("setu") == 1


def test_headers_in_place_of_a_token_are_guarded_as_well(wire: Wire, way: Way) -> None:
    decentro = wire.credential(Decentro, send="credentials")
    for url in ("https://in.decentro.tech/v2/data", "http://api.example/"):
        with pytest.raises(ConfigError):
            way.get(decentro, url, wire)

    assert wire.requests == []
