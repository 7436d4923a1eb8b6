"""Setu: the lifetime of its JWT, a 403 of an API, and its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gatepass import Rejected, Setu

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner


def test_a_jwt_of_300_s_in_a_response_with_1800_s_expires_after_300_s(
    runner: Runner, mock_provider: MockProvider, clock: FakeClock, make_jwt: Callable[..., str]
) -> None:
    body = {"status": 200, "success": True, "data": {"expiresIn": 1800, "token": make_jwt(300)}}
    setu = mock_provider.credential(Setu, body)
    assert runner.token(setu).expires_at == clock.now + 300
    clock.advance(299)
    runner.token(setu)
    assert len(mock_provider.requests) == 2


def test_a_403_of_an_api_replaces_the_token(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    emulator.fault("setu", "sandbox", operation="echo", times=1, status=403)
    setu = Setu("sandbox", clock=clock.clock)
    assert runner.get(setu, emulator.url("setu", "sandbox") + "/echo").status_code == 200
    assert emulator.count("setu") == 2


def test_an_error_has_code_and_trace_but_not_the_detail_with_the_client_id(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    with pytest.raises(Rejected) as caught:
        runner.token(Setu("sandbox", secret="fake-and-wrong", clock=clock.clock))
    error = caught.value
    assert (error.code, error.trace) == ("invalid-api-key", "00000000-0000-4000-8000-00000000face")
    assert "c11e" not in f"{error} {error!r} {error.args} {vars(error)}"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_each_documented_rejection_status_is_a_rejection(
    status: int, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("setu", "sandbox", times=1, status=status)
    with pytest.raises(Rejected) as caught:
        runner.token(Setu("sandbox", clock=clock.clock))
    assert caught.value.status == status


def test_the_product_header_of_a_request_is_kept(runner: Runner, mock_provider: MockProvider) -> None:
    setu = mock_provider.credential(Setu, mock_provider.example_response(Setu), {})
    headers = {"X-Setu-Product-Instance-ID": "fake-product"}
    runner.send(setu, "POST", "https://uat.setu.co/api/v2/links", mock_provider, headers=headers)
    assert mock_provider.requests[1].headers["x-setu-product-instance-id"] == "fake-product"
    assert mock_provider.requests[1].headers["authorization"] == "Bearer fake.setu.token"
