"""Rows of the table: token at, lifetime at, default life, success flag, token shape."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from gatepass import Decentro, Rejected, Sahamati, SahamatiUser, Setu, SingleView, Su

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire

ENTITY = {
    "ver": "1.0.0",
    "timestamp": "2024-10-10T11:11:45.096203206Z",
    "txnId": "fake-1",
    "accessToken": "fake-token",
    "expiresIn": 60,
    "tokenType": "Bearer",
}
REPLIES: dict[Any, Any] = {
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
LIFETIMES: dict[Any, tuple[str, ...]] = {
    Setu: ("data", "expiresIn"),
    Sahamati: ("expiresIn",),
    SahamatiUser: ("expiresIn",),
    Decentro: ("expires_in",),
    Su: ("data", "expire_in"),
    SingleView: ("payload", "expires_in"),
}
DEFAULTS: dict[Any, int] = {
    Setu: 1800,
    Sahamati: 86400,
    SahamatiUser: 86400,
    Decentro: 900,
    Su: 3600,
    SingleView: 3600,
}
MISSING = object()


def reply_with(cls: Any, lifetime: object) -> Any:
    reply = copy.deepcopy(REPLIES[cls])
    *way, last = LIFETIMES[cls]
    node = reply
    for part in way:
        node = node[part]
    if lifetime is MISSING:
        del node[last]
    else:
        node[last] = lifetime
    return reply


def test_token_at(cls: Any, way: Way, wire: Wire) -> None:
    value = way.token(wire.credential(cls, REPLIES[cls])).value
    assert value == ("sandbox_fake" if cls is Su else "fake-token")


def test_lifetime_at(cls: Any, way: Way, wire: Wire, time: Time) -> None:
    assert way.token(wire.credential(cls, REPLIES[cls])).expires_at == time.now + 60


@pytest.mark.parametrize(
    "said",
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
def test_default_life_where_nothing_is_declared(
    cls: Any, said: object, way: Way, wire: Wire, time: Time
) -> None:
    token = way.token(wire.credential(cls, reply_with(cls, said)))
    assert token.expires_at == time.now + DEFAULTS[cls]


@pytest.mark.parametrize(
    ("cls", "flag"),
    [
        (Setu, {"success": False}),
        (Setu, {"success": "false"}),
        (Su, {"success": False}),
        (SingleView, {"success": False}),
        (SingleView, {"success": 0}),
    ],
)
def test_success_flag_that_is_false_makes_a_200_a_refusal(
    cls: Any, flag: dict[str, object], way: Way, wire: Wire
) -> None:
    credential = wire.credential(cls, REPLIES[cls] | flag)
    with pytest.raises(Rejected) as refused:
        way.token(credential)
    assert refused.value.status == 200
    assert len(wire.requests) == 1


def test_success_flag_of_su_may_be_a_word(way: Way, wire: Wire) -> None:
    data = REPLIES[Su]["data"]
    assert way.token(wire.credential(Su, {"Status": "Success", "data": data})).value == "sandbox_fake"
    with pytest.raises(Rejected):
        way.token(wire.credential(Su, {"Status": "Fail", "data": data}))


@pytest.mark.parametrize("cls", [Sahamati, SahamatiUser, Decentro])
def test_no_success_flag_is_needed_where_there_is_none(cls: Any, way: Way, wire: Wire) -> None:
    assert way.token(wire.credential(cls, REPLIES[cls] | {"success": False})).value == "fake-token"


@pytest.mark.parametrize("cls", [Setu, Sahamati, SahamatiUser, Decentro, SingleView])
def test_token_shape_jwt(cls: Any, way: Way, emulator: Emulator, time: Time) -> None:
    token = way.token(cls("sandbox", clock=time.clock))
    assert token.value.count(".") == 2
    assert token.expires_at == time.now + DEFAULTS[cls]


@pytest.mark.parametrize(("environment", "prefix"), [("sandbox", "sandbox_"), ("production", "live_")])
def test_token_shape_opaque(environment: Any, prefix: str, way: Way, emulator: Emulator, time: Time) -> None:
    su = Su(environment, clock=time.clock)
    value = way.token(su).value
    assert value.startswith(prefix)
    assert value.endswith("=")
    assert way.get(su, emulator.url("su", environment) + "/echo").status_code == 200


def test_a_token_goes_out_as_it_came(cls: Any, way: Way, wire: Wire) -> None:
    credential = wire.credential(cls)
    token = way.token(credential)
    wire.answers = [{}]
    way.get(credential, f"{credential.base_url}/data", wire)
    assert wire.requests[-1].headers["authorization"] == "Bearer " + token.value
