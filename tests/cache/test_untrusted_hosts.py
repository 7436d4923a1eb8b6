"""A host that must not be trusted: an impostor, another environment, a redirect, an endless response."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Setu, Unavailable
from gatepass._transport import SIZE_LIMIT
from gatepass_emulator import Emulator

from ..helpers import FakeClock, MockProvider, Runner, parametrize_credentials
from .servers import serve_over_tls


def setu_at(url: str, clock: FakeClock) -> Setu:
    return Setu("sandbox", client_id="fake", secret="fake", base_url=url, clock=clock.clock)


@pytest.mark.parametrize("scheme", ["https", "HTTPS", "Https"])
def test_a_self_signed_certificate_is_rejected(
    clean_environment: None, clock: FakeClock, runner: Runner, certificate: Path, scheme: str
) -> None:
    with (
        serve_over_tls(certificate) as (port, paths),
        pytest.raises(Unavailable, match="certificate verify failed"),
    ):
        runner.token(setu_at(f"{scheme}://127.0.0.1:{port}", clock))

    assert paths == []


def test_a_certificate_for_another_host_is_rejected(
    clean_environment: None, clock: FakeClock, runner: Runner, certificate: Path, trusted_certificate: None
) -> None:
    with (
        serve_over_tls(certificate) as (port, paths),
        pytest.raises(Unavailable, match="certificate verify failed"),
    ):
        runner.token(setu_at(f"https://localhost:{port}", clock))

    assert paths == []


def test_a_trusted_certificate_for_the_host_is_accepted(
    clean_environment: None, clock: FakeClock, runner: Runner, certificate: Path, trusted_certificate: None
) -> None:
    with serve_over_tls(certificate) as (port, paths):
        assert runner.token(setu_at(f"https://127.0.0.1:{port}", clock)).value

    assert paths == ["/auth/token"]


@pytest.mark.parametrize("content", [None, "fake"], ids=["missing", "without a certificate"])
def test_an_unusable_ssl_cert_file_is_a_config_error(
    content: str | None,
    clean_environment: None,
    clock: FakeClock,
    runner: Runner,
    trusted_certificate: None,
    certificate: Path,
) -> None:
    certificate.unlink()
    if content is not None:
        certificate.write_text(content)

    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        runner.token(setu_at("https://127.0.0.1:9", clock))


@pytest.mark.parametrize(
    "host", ["api.example", "10.0.0.1", "169.254.169.254", "localhost.example", "0.0.0.0"]
)
@parametrize_credentials()
def test_plain_http_is_allowed_only_for_this_machine(
    mock_provider: MockProvider, runner: Runner, credential_class: Any, host: str
) -> None:
    with pytest.raises(ConfigError, match="not encrypted"):
        mock_provider.credential(credential_class, base_url=f"http://{host}/v1")
    with pytest.raises(ConfigError, match="not encrypted"):
        runner.get(mock_provider.credential(credential_class), f"http://{host}/v1", mock_provider)

    assert mock_provider.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_request_follows_no_redirect(
    emulator: Emulator, clock: FakeClock, runner: Runner, status: int
) -> None:
    elsewhere = emulator.url("setu", "production") + "/auth/token"
    emulator.fault("setu", "sandbox", status=status, headers={"Location": elsewhere})

    with pytest.raises(Unavailable, match="not followed"):
        runner.token(Setu("sandbox", clock=clock.clock))

    assert (emulator.count("setu", "sandbox"), emulator.count("setu", "production")) == (1, 0)


@parametrize_credentials()
def test_no_token_is_sent_to_another_environment_with_the_same_id_and_secret(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, credential_class: Any
) -> None:
    sandbox = mock_provider.credential(credential_class)
    base_url = credential_class.spec.servers["production"] or "https://bank.example"
    production = mock_provider.credential(
        credential_class,
        mock_provider.example_response(credential_class),
        mock_provider.example_response(credential_class, "production"),
        environment="production",
        base_url=base_url,
    )
    runner.token(sandbox)
    runner.token(production)
    assert len(mock_provider.requests) == 2  # each environment has its own token

    if credential_class.spec.servers["production"]:
        with pytest.raises(ConfigError, match="nothing was sent"):
            runner.get(sandbox, f"{base_url}/data", mock_provider)
    with pytest.raises(ConfigError, match="nothing was sent"):
        runner.get(production, f"{credential_class.spec.servers['sandbox']}/data", mock_provider)
    assert len(mock_provider.requests) == 2


def test_an_api_redirect_to_another_environment_does_not_carry_the_token(
    mock_provider: MockProvider, runner: Runner
) -> None:
    api_requests: list[tuple[str, str | None]] = []

    def api(request: httpx.Request) -> httpx.Response:
        api_requests.append((request.url.host, request.headers.get("Authorization")))
        headers = {"Location": "https://prod.setu.co/api/v2/data"}
        return (
            httpx.Response(307, headers=headers) if request.url.host == "uat.setu.co" else httpx.Response(200)
        )

    credential = mock_provider.credential(Setu)
    url = "https://uat.setu.co/api/v2/data"
    runner.send(credential, "GET", url, httpx.MockTransport(api), follow_redirects=True)

    assert api_requests == [("uat.setu.co", "Bearer fake.setu.token"), ("prod.setu.co", None)]


@parametrize_credentials()
def test_an_endless_response_is_not_read_past_the_size_limit(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, credential_class: Any
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    with pytest.raises(Unavailable, match=f"longer than {SIZE_LIMIT} bytes"):
        runner.token(
            mock_provider.credential(
                credential_class, lambda _request: httpx.Response(200, content=endless())
            )
        )

    assert sent <= SIZE_LIMIT + 65_536


def test_a_response_of_10_mb_from_the_emulator_is_too_long(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", body=b"x" * 10_000_000)

    with pytest.raises(Unavailable, match="longer than"):
        runner.token(Setu("sandbox", clock=clock.clock))

    assert emulator.count("setu") == 1


def test_credential_headers_are_not_sent_to_other_environments_or_plain_http(
    mock_provider: MockProvider, runner: Runner
) -> None:
    decentro = mock_provider.credential(Decentro, authenticate_with="credentials")
    for url in ("https://in.decentro.tech/v2/data", "http://api.example/"):
        with pytest.raises(ConfigError):
            runner.get(decentro, url, mock_provider)

    assert mock_provider.requests == []
