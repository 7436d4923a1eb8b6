"""Facts that are Setu's alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gatepass import Rejected, Setu

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire


def test_a_jwt_of_300_s_in_a_reply_of_1800_s_lives_300_s(
    way: Way, wire: Wire, time: Time, jwt: Callable[..., str]
) -> None:
    reply = {"status": 200, "success": True, "data": {"expiresIn": 1800, "token": jwt(300)}}
    setu = wire.credential(Setu, reply)
    assert way.token(setu).expires_at == time.now + 300
    time.pass_(299)
    way.token(setu)
    assert len(wire.requests) == 2


def test_a_403_is_a_dead_token(way: Way, emulator: Emulator, time: Time) -> None:
    emulator.fault("setu", "sandbox", operation="echo", times=1, status=403)
    setu = Setu("sandbox", clock=time.clock)
    assert way.get(setu, emulator.url("setu", "sandbox") + "/echo").status_code == 200
    assert emulator.count("setu") == 2


def test_an_error_has_code_and_trace_and_not_the_detail_that_echoes_the_client_id(
    way: Way, emulator: Emulator, time: Time
) -> None:
    with pytest.raises(Rejected) as refused:
        way.token(Setu("sandbox", secret="fake-and-wrong", clock=time.clock))
    error = refused.value
    assert (error.code, error.trace) == ("invalid-api-key", "00000000-0000-4000-8000-00000000face")
    assert "c11e" not in f"{error} {error!r} {error.args} {vars(error)}"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_each_documented_refusal_is_one(status: int, way: Way, emulator: Emulator, time: Time) -> None:
    emulator.fault("setu", "sandbox", times=1, status=status)
    with pytest.raises(Rejected) as refused:
        way.token(Setu("sandbox", clock=time.clock))
    assert refused.value.status == status


def test_a_header_of_the_product_stays_as_it_is(way: Way, wire: Wire) -> None:
    setu = wire.credential(Setu, wire.reply(Setu), {})
    headers = {"X-Setu-Product-Instance-ID": "fake-product"}
    way.send(setu, "POST", "https://uat.setu.co/api/v2/links", wire, headers=headers)
    assert wire.requests[1].headers["x-setu-product-instance-id"] == "fake-product"
    assert wire.requests[1].headers["authorization"] == "Bearer fake.setu.token"
