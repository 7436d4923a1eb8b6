"""SingleView: a 200 that is a rejection, a lifetime of 0, the spelling of the grant type, production."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gatepass import ConfigError, Rejected, SingleView

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner


def test_a_200_with_a_failure_is_a_rejection_with_its_code(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("singleview", "sandbox", times=1, status=200, example="rejected")
    with pytest.raises(Rejected) as caught:
        runner.token(SingleView("sandbox", clock=clock.clock))
    assert (caught.value.status, caught.value.code) == (200, "APIERR401")


@pytest.mark.parametrize("declared", [0, "0000", -5, None])
def test_a_lifetime_of_0_means_that_of_the_jwt(
    declared: object,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
    make_jwt: Callable[..., str],
) -> None:
    body = {"success": True, "payload": {"access_token": make_jwt(1200), "expires_in": declared}}
    assert runner.token(mock_provider.credential(SingleView, body)).expires_at == clock.now + 1200


def test_a_lifetime_of_0_with_an_opaque_token_means_an_hour(
    runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body = {"success": True, "payload": {"access_token": "fake-opaque", "expires_in": 0}}
    assert runner.token(mock_provider.credential(SingleView, body)).expires_at == clock.now + 3600


def test_an_emulated_lifetime_of_0_means_that_of_the_jwt(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.lifetime("singleview", "sandbox", 600)
    emulator.fault("singleview", "sandbox", example="undeclared")
    view = SingleView("sandbox", clock=clock.clock)
    assert runner.token(view).expires_at == clock.now + 600
    clock.advance(600)
    runner.token(view)
    assert emulator.count("singleview") == 2


@pytest.mark.parametrize("spelling", ["client_Credentials", "Client_Credentials"])
def test_the_spelling_of_the_grant_type_can_be_replaced(
    spelling: str, runner: Runner, mock_provider: MockProvider
) -> None:
    runner.token(mock_provider.credential(SingleView, grant_type=spelling))
    assert json.loads(mock_provider.requests[0].content)["grantType"] == spelling


def test_production_uses_the_base_url_of_the_variable(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    view = SingleView("production", clock=clock.clock)
    assert view.base_url == emulator.url("singleview", "production")
    runner.token(view)
    assert emulator.count("singleview", "production") == 1


def test_production_without_a_base_url_names_the_missing_variable(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SINGLEVIEW_PRODUCTION_BASE_URL")
    with pytest.raises(ConfigError, match=r"SINGLEVIEW_PRODUCTION_BASE_URL \(or give base_url=\)"):
        SingleView("production")
    assert emulator.count("singleview") == 0
