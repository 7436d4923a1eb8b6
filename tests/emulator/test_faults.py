"""What can go wrong goes wrong on request."""

from __future__ import annotations

import time

import httpx
import pytest

from gatepass_emulator import Emulator

from .conftest import Desk


def test_a_fault_lasts_for_so_many_calls(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=2, status=503)
    assert [desk.setu().status_code for _ in range(3)] == [503, 503, 200]
    assert desk.setu("production").status_code == 200


def test_a_fault_lasts_until_it_is_cleared(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=500)
    assert [desk.setu().status_code for _ in range(3)] == [500] * 3
    emulator.clear_faults("setu", "production")
    assert desk.setu().status_code == 500
    emulator.clear_faults("setu", "sandbox")
    assert desk.setu().status_code == 200
    assert emulator.count("setu", "sandbox") == 5


def test_a_status_comes_with_the_headers_that_belong_to_it(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, status=302, headers={"Location": "/elsewhere"})
    moved = desk.setu()
    assert (moved.status_code, moved.headers["location"]) == (302, "/elsewhere")
    emulator.fault("setu", "sandbox", times=1, status=429, headers={"Retry-After": "7"})
    limited = desk.setu()
    assert limited.headers["retry-after"] == "7"
    assert limited.json()["error"]["detail"] == "Too many requests"


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "x" * 10_000_000])
def test_a_body_can_be_anything(desk: Desk, emulator: Emulator, body: str) -> None:
    emulator.fault("setu", "sandbox", times=1, status=502, body=body)
    reply = desk.setu()
    assert (reply.status_code, reply.text) == (502, body)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(("cut", "status"), [("before", 0), ("middle", 200)])
def test_a_connection_can_be_cut(desk: Desk, emulator: Emulator, cut: str, status: int) -> None:
    emulator.fault("setu", "sandbox", times=1, cut=cut)
    with pytest.raises(httpx.RemoteProtocolError):
        desk.setu()
    assert [call.status for call in emulator.calls] == [status]
    assert desk.setu().status_code == 200


def test_a_reply_can_be_late(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.05)
    start = time.monotonic()
    assert desk.setu().status_code == 200
    assert time.monotonic() - start >= 0.05


def test_a_body_can_drip(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, drip=0)
    assert desk.setu().json()["success"] is True


def test_a_200_can_be_a_refusal(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, success=False)
    reply = desk.setu()
    assert (reply.status_code, reply.json()["success"]) == (200, False)


@pytest.mark.parametrize("lifetime", ["10", 1.5, 0, -1, 1_800_000, [], {}])
def test_a_lifetime_can_be_odd(desk: Desk, emulator: Emulator, lifetime: object) -> None:
    emulator.fault("setu", "sandbox", times=1, lifetime=lifetime)
    assert desk.setu().json()["data"]["expiresIn"] == lifetime


def test_a_field_can_be_missing_or_another(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, lifetime="remove", patch={"/status": "remove"})
    reply = desk.setu().json()
    assert (list(reply), list(reply["data"])) == (["success", "data"], ["token"])
    emulator.fault("setu", "sandbox", times=1, patch={"/data": None, "/a/b": [1]})
    reply = desk.setu().json()
    assert (reply["data"], reply["a"]) == (None, {"b": [1]})


def test_a_token_can_be_any_and_is_good(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("su", "sandbox", times=1, token="live_wrong-prefix=")
    token = desk.su().json()["data"]["token"]
    assert token == "live_wrong-prefix="
    assert desk.echo("su", "sandbox", token).status_code == 200


def test_another_example_of_the_spec_can_be_had(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="generateEntityToken", times=1, example="gracePeriod")
    reply = desk.entity().json()
    assert "grace period" in reply["message"]
    assert desk.echo("sahamati", "uat", reply["accessToken"]).status_code == 200


def test_a_fault_of_the_echo_api_spares_the_token_call(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", operation="echo", times=1, status=403)
    token = desk.setu().json()["data"]["token"]
    assert [desk.echo("setu", "sandbox", token).status_code for _ in range(2)] == [403, 200]


def test_a_call_that_a_gateway_answered_is_not_on_the_quota(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("su", "sandbox", times=5, status=500)
    assert [desk.su().status_code for _ in range(36)] == [500] * 5 + [200] * 30 + [422]


def test_a_fault_that_cannot_be_says_so(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="there are decentro, sahamati, setu"):
        emulator.fault("acme", "sandbox", status=500)
    with pytest.raises(ValueError, match="there are sandbox, production"):
        emulator.fault("setu", "uat", status=500)
    with pytest.raises(ValueError, match="there are generateToken, echo"):
        emulator.fault("setu", "sandbox", operation="mint", status=500)
    with pytest.raises(ValueError, match="names no place for success"):
        emulator.fault("decentro", "sandbox", success=False)
    with pytest.raises(ValueError, match="has no example 'other'"):
        emulator.fault("setu", "sandbox", example="other")
    with pytest.raises(TypeError, match="speed"):
        emulator.fault("setu", "sandbox", speed=1)
