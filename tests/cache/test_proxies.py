"""The environment names a proxy: token requests use it for https, and never for plain http."""

from __future__ import annotations

import ssl
from importlib.util import find_spec
from pathlib import Path

import pytest

from gatepass import ConfigError, Setu, Su, Unavailable
from gatepass_emulator import Emulator

from ..helpers import FakeClock, Runner
from .servers import Proxy, serve_over_tls


def setu_at(port: int, clock: FakeClock) -> Setu:
    url = f"https://127.0.0.1:{port}"
    return Setu("sandbox", client_id="fake", secret="fake-secret", base_url=url, clock=clock.clock)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
def test_a_plain_http_token_request_never_uses_a_proxy(
    name: str,
    emulator: Emulator,
    refusing_proxy: Proxy,
    clock: FakeClock,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, f"http://{refusing_proxy.address}")

    assert runner.token(Setu("sandbox", clock=clock.clock)).value

    assert refusing_proxy.requests == []
    assert emulator.count("setu") == 1


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY", "https_proxy"])
def test_an_https_token_request_tunnels_through_the_proxy(
    name: str,
    proxy: Proxy,
    certificate: Path,
    trusted_certificate: None,
    clock: FakeClock,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, f"http://fake-user:fake-password@{proxy.address}")
    with serve_over_tls(certificate) as (port, paths):
        assert runner.token(setu_at(port, clock)).value

    assert paths == ["/auth/token"]
    (request,) = proxy.requests
    assert request.startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic ZmFrZS11c2VyOmZha2UtcGFzc3dvcmQ=\r\n" in request


def test_a_proxy_is_reached_over_https(
    certificate: Path,
    trusted_certificate: None,
    clean_environment: None,
    clock: FakeClock,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve_over_tls(certificate) as (port, paths):  # which writes the key
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        proxy = Proxy(tls=context)
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.address}")
        try:
            assert runner.token(setu_at(port, clock)).value
        finally:
            proxy.close()

    assert (len(proxy.requests), paths) == (1, ["/auth/token"])


@pytest.mark.parametrize("excluded", ["127.0.0.1", "*", "api.example, 127.0.0.1:{port}"])
def test_no_proxy_excludes_a_host(
    excluded: str,
    proxy: Proxy,
    certificate: Path,
    trusted_certificate: None,
    clock: FakeClock,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    with serve_over_tls(certificate) as (port, paths):
        monkeypatch.setenv("NO_PROXY", excluded.format(port=port))
        assert runner.token(setu_at(port, clock)).value

    assert (proxy.requests, paths) == ([], ["/auth/token"])


@pytest.mark.parametrize(
    "value", ["ftp://user:fake-password@h", "http://user:fake-password@", "http://h:fake-password", "http://"]
)
def test_a_variable_that_is_not_a_proxy_url_is_a_config_error(
    value: str, clean_environment: None, clock: FakeClock, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)

    with pytest.raises(ConfigError, match="HTTPS_PROXY is not the URL of a proxy") as caught:
        runner.token(setu_at(9, clock))

    assert "fake-password" not in str(caught.value)


@pytest.mark.skipif(find_spec("socksio") is not None, reason="SOCKS is installed")
def test_a_socks_proxy_without_its_package_is_a_config_error(
    clean_environment: None, clock: FakeClock, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")

    with pytest.raises(ConfigError, match=r"httpx\[socks\]"):
        runner.token(setu_at(9, clock))


@pytest.mark.posix
def test_an_invalid_proxy_variable_uses_no_shared_quota(
    emulator: Emulator, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"file:{tmp_path / 'store'}"
    monkeypatch.setenv("HTTPS_PROXY", "ftp://h")
    monkeypatch.setenv("SU_PRODUCTION_BASE_URL", "https://127.0.0.1:9")
    for _ in range(31):
        with pytest.raises(ConfigError):
            Su("production", store=store, clock=clock.clock).token()

    monkeypatch.delenv("HTTPS_PROXY")
    with pytest.raises(Unavailable):  # and not RateLimited
        Su("production", store=store, clock=clock.clock).token()
