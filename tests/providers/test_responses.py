"""Where a token response has the token, its lifetime and the success flag, and what a token looks like."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from gatepass import Decentro, Rejected, Sahamati, SahamatiUser, Setu, SingleView, Su

from ..helpers import SYNC_AND_ASYNCIO, parametrize_credentials

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner

ENTITY = {
    "ver": "1.0.0",
    "timestamp": "2024-10-10T11:11:45.096203206Z",
    "txnId": "fake-1",
    "accessToken": "fake-token",
    "expiresIn": 60,
    "tokenType": "Bearer",
}
BODIES: dict[Any, Any] = {
    Setu: {"status": 200, "success": True, "data": {"expiresIn": 60, "token": "fake-token"}},
    Sahamati: ENTITY,
    SahamatiUser: ENTITY,
    Decentro: {"access_token": "fake-token", "expires_in": 60},
    Su: {"success": True, "data": {"token_type": "Bearer", "token": "sandbox_fake", "expire_in": "60"}},
    SingleView: {
        "success": True,
        "payload": {"access_token": "fake-token", "token_type": "Bearer", "expires_in": 60},
    },
}
LIFETIME_PATHS: dict[Any, tuple[str, ...]] = {
    Setu: ("data", "expiresIn"),
    Sahamati: ("expiresIn",),
    SahamatiUser: ("expiresIn",),
    Decentro: ("expires_in",),
    Su: ("data", "expire_in"),
    SingleView: ("payload", "expires_in"),
}
DEFAULT_LIFETIMES: dict[Any, int] = {
    Setu: 1800,
    Sahamati: 86400,
    SahamatiUser: 86400,
    Decentro: 900,
    Su: 3600,
    SingleView: 3600,
}
MISSING = object()


def body_with(credential_class: Any, lifetime: object) -> Any:
    body = copy.deepcopy(BODIES[credential_class])
    *parents, last = LIFETIME_PATHS[credential_class]
    node = body
    for part in parents:
        node = node[part]
    if lifetime is MISSING:
        del node[last]
    else:
        node[last] = lifetime
    return body


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_the_token_is_read_from_its_field(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    value = runner.token(mock_provider.credential(credential_class, BODIES[credential_class])).value
    assert value == ("sandbox_fake" if credential_class is Su else "fake-token")


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_the_lifetime_is_read_from_its_field(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    assert (
        runner.token(mock_provider.credential(credential_class, BODIES[credential_class])).expires_at
        == clock.now + 60
    )


@pytest.mark.parametrize(
    "lifetime",
    [
        pytest.param(MISSING, id="missing"),
        None,
        0,
        "0000",
        -1,
        "",
        "soon",
        True,
        pytest.param([60], id="list"),
    ],
)
@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_without_a_valid_lifetime_the_default_is_used(
    credential_class: Any, lifetime: object, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    token = runner.token(mock_provider.credential(credential_class, body_with(credential_class, lifetime)))
    assert token.expires_at == clock.now + DEFAULT_LIFETIMES[credential_class]


@parametrize_credentials(
    ("credential_class", "flag"),
    [
        (Setu, {"success": False}),
        (Setu, {"success": "false"}),
        (Su, {"success": False}),
        (SingleView, {"success": False}),
        (SingleView, {"success": 0}),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_a_false_success_flag_makes_a_200_a_rejection(
    credential_class: Any, flag: dict[str, object], runner: Runner, mock_provider: MockProvider
) -> None:
    credential = mock_provider.credential(credential_class, BODIES[credential_class] | flag)
    with pytest.raises(Rejected) as caught:
        runner.token(credential)
    assert caught.value.status == 200
    assert len(mock_provider.requests) == 1


def test_the_success_flag_of_su_may_be_a_word(runner: Runner, mock_provider: MockProvider) -> None:
    data = BODIES[Su]["data"]
    assert (
        runner.token(mock_provider.credential(Su, {"Status": "Success", "data": data})).value
        == "sandbox_fake"
    )
    with pytest.raises(Rejected):
        runner.token(mock_provider.credential(Su, {"Status": "Fail", "data": data}))


@parametrize_credentials(
    "credential_class", [Sahamati, SahamatiUser, Decentro], other_runners=SYNC_AND_ASYNCIO
)
def test_a_success_flag_is_ignored_where_the_spec_has_none(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    assert (
        runner.token(
            mock_provider.credential(credential_class, BODIES[credential_class] | {"success": False})
        ).value
        == "fake-token"
    )


@parametrize_credentials(
    "credential_class", [Setu, Sahamati, SahamatiUser, Decentro, SingleView], other_runners=SYNC_AND_ASYNCIO
)
def test_emulated_tokens_are_jwts_with_the_default_lifetime(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    token = runner.token(credential_class("sandbox", clock=clock.clock))
    assert token.value.count(".") == 2
    assert token.expires_at == clock.now + DEFAULT_LIFETIMES[credential_class]


@pytest.mark.parametrize(("environment", "prefix"), [("sandbox", "sandbox_"), ("production", "live_")])
def test_emulated_tokens_of_su_are_opaque_with_a_prefix(
    environment: Any, prefix: str, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    su = Su(environment, clock=clock.clock)
    value = runner.token(su).value
    assert value.startswith(prefix)
    assert value.endswith("=")
    assert runner.get(su, emulator.url("su", environment) + "/echo").status_code == 200


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_token_is_sent_unchanged_as_bearer(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    credential = mock_provider.credential(credential_class)
    token = runner.token(credential)
    mock_provider.responses = [{}]
    runner.get(credential, f"{credential.base_url}/data", mock_provider)
    assert mock_provider.requests[-1].headers["authorization"] == "Bearer " + token.value
