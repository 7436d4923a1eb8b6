"""Facts that are Decentro's alone: a GET with a body, refresh tokens, headers in place of a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from gatepass import ConfigError, Decentro, Unavailable

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire


def test_a_get_carries_a_json_body(way: Way, emulator: Emulator, time: Time) -> None:
    way.token(Decentro("sandbox", clock=time.clock))
    assert [(call.method, call.status) for call in emulator.calls] == [("GET", 200)]


def test_the_method_can_be_switched_to_post(way: Way, emulator: Emulator, time: Time) -> None:
    decentro = Decentro("sandbox", method="POST", clock=time.clock)
    way.token(decentro)
    time.pass_(900)
    way.token(decentro)
    assert [(call.method, call.status) for call in emulator.calls] == [("POST", 200)] * 2


def test_a_post_has_the_body_of_the_get(way: Way, wire: Wire) -> None:
    for method in ("GET", "POST"):
        way.token(wire.credential(Decentro, method=method))
    get, post = wire.requests
    assert (get.method, post.method) == ("GET", "POST")
    assert (get.url, get.content) == (post.url, post.content)


def test_a_token_is_renewed_by_the_refresh_token(way: Way, emulator: Emulator, time: Time) -> None:
    decentro = Decentro("sandbox", clock=time.clock)
    first = way.token(decentro)
    time.pass_(900)
    assert way.token(decentro).value != first.value
    assert [call.credentials.split("=")[0] for call in emulator.calls] == ["client_id", "refresh_token"]


def test_a_refused_refresh_token_falls_back_to_the_credentials(
    way: Way, emulator: Emulator, time: Time
) -> None:
    decentro = Decentro("sandbox", clock=time.clock)
    way.token(decentro)
    emulator.revoke()
    time.pass_(900)
    assert way.token(decentro).expires_at == time.now + 900
    assert [call.status for call in emulator.calls] == [200, 401, 200]


def test_a_dead_token_s_refresh_token_is_not_used(way: Way, emulator: Emulator, time: Time) -> None:
    decentro = Decentro("sandbox", clock=time.clock)
    emulator.revoke(way.token(decentro).value)
    way.get(decentro, emulator.url("decentro", "sandbox") + "/echo")
    asked = [call.credentials.split("=")[0] for call in emulator.calls if call.kind == "token"]
    assert asked == ["client_id", "client_id"]


@pytest.mark.parametrize("odd", [None, "", 7, ["fake"]])
def test_a_refresh_token_that_is_none_is_not_used(odd: object, way: Way, wire: Wire, time: Time) -> None:
    decentro = wire.credential(Decentro, wire.reply(Decentro) | {"refresh_token": odd})
    way.token(decentro)
    time.pass_(900)
    way.token(decentro)
    grants = [json.loads(sent.content)["grant_type"] for sent in wire.requests]
    assert grants == ["client_credentials", "client_credentials"]


@pytest.mark.parametrize("declared", [{}, {"expires_in": None}], ids=["missing", "null"])
def test_a_life_that_is_not_declared_is_the_jwt_s(
    declared: dict[str, Any], way: Way, wire: Wire, time: Time, jwt: Callable[..., str]
) -> None:
    reply = {"access_token": jwt(600)} | declared
    assert way.token(wire.credential(Decentro, reply)).expires_at == time.now + 600


def test_credentials_in_headers_replace_the_token(way: Way, emulator: Emulator, time: Time) -> None:
    decentro = Decentro("sandbox", send="credentials", clock=time.clock)
    response = way.get(decentro, emulator.url("decentro", "sandbox") + "/echo")
    assert response.status_code == 200
    assert "authorization" not in response.request.headers
    assert (emulator.count("decentro"), emulator.count("decentro", kind="echo")) == (0, 1)


def test_credentials_in_headers_are_asked_for_each_time(way: Way, wire: Wire) -> None:
    secrets = iter(["fake-first", "fake-second"])
    decentro = wire.credential(Decentro, {}, send="credentials", client_secret=lambda: next(secrets))
    for _ in range(2):
        way.get(decentro, "https://in.staging.decentro.tech/v2/data", wire)
    assert [sent.headers["client_secret"] for sent in wire.requests] == ["fake-first", "fake-second"]
    assert wire.requests[0].headers["client_id"] == "fake-client"


def test_a_vault_that_fails_is_a_typed_error_and_nothing_is_sent(way: Way, wire: Wire) -> None:
    def vault() -> str:
        raise KeyError("fake-hidden-in-the-vault")

    decentro = wire.credential(Decentro, {}, send="credentials", client_secret=vault)
    with pytest.raises(Unavailable, match="client_secret= failed with KeyError") as failed:
        way.get(decentro, "https://in.staging.decentro.tech/v2/data", wire)
    assert "fake-hidden" not in repr(failed.value)
    assert wire.requests == []


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
def test_nothing_goes_to_a_host_of_another_environment(
    send: str, environment: str, host: str, way: Way, wire: Wire
) -> None:
    decentro = wire.credential(Decentro, environment=environment, send=send)
    with pytest.raises(ConfigError, match=host):
        way.get(decentro, f"https://{host}/v2/data", wire)
    assert wire.requests == []


@pytest.mark.parametrize(
    ("environment", "host"), [("sandbox", "staging.api.decentro.tech"), ("production", "api.decentro.tech")]
)
def test_the_payments_host_of_the_same_environment_is_served(
    environment: str, host: str, way: Way, wire: Wire
) -> None:
    decentro = wire.credential(Decentro, environment=environment)
    way.get(decentro, f"https://{host}/v2/pay", wire)
    assert [sent.url.host for sent in wire.requests][1:] == [host]
