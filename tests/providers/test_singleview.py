"""Facts that are SingleView's alone: a refusal with 200, a life of 0, three spellings of a word."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gatepass import ConfigError, Rejected, SingleView

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire


def test_a_200_with_a_failure_is_a_refusal_with_its_code(way: Way, emulator: Emulator, time: Time) -> None:
    emulator.fault("singleview", "sandbox", times=1, status=200, example="refused")
    with pytest.raises(Rejected) as refused:
        way.token(SingleView("sandbox", clock=time.clock))
    assert (refused.value.status, refused.value.code) == (200, "APIERR401")


@pytest.mark.parametrize("said", [0, "0000", -5, None])
def test_a_life_of_0_means_the_jwt_s_own(
    said: object, way: Way, wire: Wire, time: Time, jwt: Callable[..., str]
) -> None:
    reply = {"success": True, "payload": {"access_token": jwt(1200), "expires_in": said}}
    assert way.token(wire.credential(SingleView, reply)).expires_at == time.now + 1200


def test_a_life_of_0_around_an_opaque_token_means_an_hour(way: Way, wire: Wire, time: Time) -> None:
    reply = {"success": True, "payload": {"access_token": "fake-opaque", "expires_in": 0}}
    assert way.token(wire.credential(SingleView, reply)).expires_at == time.now + 3600


def test_a_life_of_0_from_the_emulator_is_served_for_as_long_as_the_jwt_says(
    way: Way, emulator: Emulator, time: Time
) -> None:
    emulator.lifetime("singleview", "sandbox", 600)
    emulator.fault("singleview", "sandbox", example="undeclared")
    view = SingleView("sandbox", clock=time.clock)
    assert way.token(view).expires_at == time.now + 600
    time.pass_(600)
    way.token(view)
    assert emulator.count("singleview") == 2


@pytest.mark.parametrize("spelling", ["client_Credentials", "Client_Credentials"])
def test_the_spelling_of_the_grant_type_can_be_replaced(spelling: str, way: Way, wire: Wire) -> None:
    way.token(wire.credential(SingleView, grant_type=spelling))
    assert json.loads(wire.requests[0].content)["grantType"] == spelling


def test_production_is_at_the_host_in_the_variable(way: Way, emulator: Emulator, time: Time) -> None:
    view = SingleView("production", clock=time.clock)
    assert view.base_url == emulator.url("singleview", "production")
    way.token(view)
    assert emulator.count("singleview", "production") == 1


def test_production_without_a_host_says_which_variable_is_missing(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SINGLEVIEW_PRODUCTION_BASE_URL")
    with pytest.raises(ConfigError, match=r"SINGLEVIEW_PRODUCTION_BASE_URL \(or give base_url=\)"):
        SingleView("production")
    assert emulator.count("singleview") == 0
