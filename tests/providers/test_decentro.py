"""Decentro: a GET with a body, refresh tokens, credential headers instead of a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from gatepass import ConfigError, Decentro, Unavailable

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner


def test_a_get_carries_a_json_body(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    runner.token(Decentro("sandbox", clock=clock.clock))
    assert [(call.method, call.status) for call in emulator.calls] == [("GET", 200)]


def test_the_method_can_be_switched_to_post(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    decentro = Decentro("sandbox", method="POST", clock=clock.clock)
    runner.token(decentro)
    clock.advance(900)
    runner.token(decentro)
    assert [(call.method, call.status) for call in emulator.calls] == [("POST", 200)] * 2


def test_a_post_has_the_body_of_the_get(runner: Runner, mock_provider: MockProvider) -> None:
    for method in ("GET", "POST"):
        runner.token(mock_provider.credential(Decentro, method=method))
    get, post = mock_provider.requests
    assert (get.method, post.method) == ("GET", "POST")
    assert (get.url, get.content) == (post.url, post.content)


def test_a_token_is_refreshed_with_the_refresh_token(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    decentro = Decentro("sandbox", clock=clock.clock)
    first = runner.token(decentro)
    clock.advance(900)
    assert runner.token(decentro).value != first.value
    assert [call.credentials.split("=")[0] for call in emulator.calls] == ["client_id", "refresh_token"]


def test_after_a_rejected_refresh_token_the_credentials_are_sent(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    decentro = Decentro("sandbox", clock=clock.clock)
    runner.token(decentro)
    emulator.revoke()
    clock.advance(900)
    assert runner.token(decentro).expires_at == clock.now + 900
    assert [call.status for call in emulator.calls] == [200, 401, 200]


def test_the_refresh_token_of_a_rejected_token_is_not_used(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    decentro = Decentro("sandbox", clock=clock.clock)
    emulator.revoke(runner.token(decentro).value)
    runner.get(decentro, emulator.url("decentro", "sandbox") + "/echo")
    sent = [call.credentials.split("=")[0] for call in emulator.calls if call.kind == "token"]
    assert sent == ["client_id", "client_id"]


@pytest.mark.parametrize("refresh_token", [None, "", 7, ["fake"]])
def test_an_invalid_refresh_token_is_not_used(
    refresh_token: object, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    decentro = mock_provider.credential(
        Decentro, mock_provider.example_response(Decentro) | {"refresh_token": refresh_token}
    )
    runner.token(decentro)
    clock.advance(900)
    runner.token(decentro)
    grants = [json.loads(sent.content)["grant_type"] for sent in mock_provider.requests]
    assert grants == ["client_credentials", "client_credentials"]


@pytest.mark.parametrize("declared", [{}, {"expires_in": None}], ids=["missing", "null"])
def test_without_a_declared_lifetime_the_jwt_s_is_used(
    declared: dict[str, Any],
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
    make_jwt: Callable[..., str],
) -> None:
    body = {"access_token": make_jwt(600)} | declared
    assert runner.token(mock_provider.credential(Decentro, body)).expires_at == clock.now + 600


def test_credentials_in_headers_replace_the_token(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    decentro = Decentro("sandbox", authenticate_with="credentials", clock=clock.clock)
    response = runner.get(decentro, emulator.url("decentro", "sandbox") + "/echo")
    assert response.status_code == 200
    assert "authorization" not in response.request.headers
    assert (emulator.count("decentro"), emulator.count("decentro", kind="echo")) == (0, 1)


def test_a_secret_for_headers_is_resolved_for_each_request(
    runner: Runner, mock_provider: MockProvider
) -> None:
    secrets = iter(["fake-first", "fake-second"])
    decentro = mock_provider.credential(
        Decentro, {}, authenticate_with="credentials", client_secret=lambda: next(secrets)
    )
    for _ in range(2):
        runner.get(decentro, "https://in.staging.decentro.tech/v2/data", mock_provider)
    assert [sent.headers["client_secret"] for sent in mock_provider.requests] == ["fake-first", "fake-second"]
    assert mock_provider.requests[0].headers["client_id"] == "fake-client"


def test_a_failing_secret_function_is_a_typed_error_and_nothing_is_sent(
    runner: Runner, mock_provider: MockProvider
) -> None:
    def vault() -> str:
        raise KeyError("fake-hidden-in-the-vault")

    decentro = mock_provider.credential(Decentro, {}, authenticate_with="credentials", client_secret=vault)
    with pytest.raises(Unavailable, match="client_secret= failed with KeyError") as caught:
        runner.get(decentro, "https://in.staging.decentro.tech/v2/data", mock_provider)
    assert "fake-hidden" not in repr(caught.value)
    assert mock_provider.requests == []


@pytest.mark.parametrize("send", ["token", "credentials"])
@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("sandbox", "in.decentro.tech"),
        ("sandbox", "api.decentro.tech"),
        ("production", "in.staging.decentro.tech"),
        ("production", "staging.api.decentro.tech"),
    ],
)
def test_nothing_is_sent_to_a_host_of_another_environment(
    send: str, environment: str, host: str, runner: Runner, mock_provider: MockProvider
) -> None:
    decentro = mock_provider.credential(Decentro, environment=environment, authenticate_with=send)
    with pytest.raises(ConfigError, match=host):
        runner.get(decentro, f"https://{host}/v2/data", mock_provider)
    assert mock_provider.requests == []


@pytest.mark.parametrize(
    ("environment", "host"), [("sandbox", "staging.api.decentro.tech"), ("production", "api.decentro.tech")]
)
def test_the_payments_host_of_the_same_environment_gets_the_token(
    environment: str, host: str, runner: Runner, mock_provider: MockProvider
) -> None:
    decentro = mock_provider.credential(Decentro, environment=environment)
    runner.get(decentro, f"https://{host}/v2/pay", mock_provider)
    assert [sent.url.host for sent in mock_provider.requests][1:] == [host]
