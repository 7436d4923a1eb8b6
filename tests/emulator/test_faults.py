"""Faults affect the requests that they are set for, and no others."""

from __future__ import annotations

import time

import httpx
import pytest

from gatepass_emulator import Emulator

from .conftest import ProviderApis


def test_a_fault_applies_to_a_number_of_requests(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=2, status=503)
    assert [api.setu().status_code for _ in range(3)] == [503, 503, 200]
    assert api.setu("production").status_code == 200


def test_a_fault_applies_until_it_is_cleared(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=500)
    assert [api.setu().status_code for _ in range(3)] == [500] * 3
    emulator.clear_faults("setu", "production")
    assert api.setu().status_code == 500
    emulator.clear_faults("setu", "sandbox")
    assert api.setu().status_code == 200
    assert emulator.count("setu", "sandbox") == 5


def test_a_status_fault_has_its_headers_and_the_spec_s_example(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, status=302, headers={"Location": "/elsewhere"})
    redirect = api.setu()
    assert (redirect.status_code, redirect.headers["location"]) == (302, "/elsewhere")
    emulator.fault("setu", "sandbox", times=1, status=429, headers={"Retry-After": "7"})
    rate_limited = api.setu()
    assert rate_limited.headers["retry-after"] == "7"
    assert rate_limited.json()["error"]["detail"] == "Too many requests"


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "x" * 10_000_000])
def test_a_body_fault_replaces_the_body(api: ProviderApis, emulator: Emulator, body: str) -> None:
    emulator.fault("setu", "sandbox", times=1, status=502, body=body)
    response = api.setu()
    assert (response.status_code, response.text) == (502, body)
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(("disconnect", "status"), [("before", 0), ("middle", 200)])
def test_a_disconnect_fault_closes_the_connection(
    api: ProviderApis, emulator: Emulator, disconnect: str, status: int
) -> None:
    emulator.fault("setu", "sandbox", times=1, disconnect=disconnect)
    with pytest.raises(httpx.RemoteProtocolError):
        api.setu()
    assert [call.status for call in emulator.calls] == [status]
    assert api.setu().status_code == 200


def test_a_latency_fault_delays_the_response(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.05)
    start = time.monotonic()
    assert api.setu().status_code == 200
    assert time.monotonic() - start >= 0.05


def test_a_trickle_fault_sends_the_whole_body(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, trickle=0)
    assert api.setu().json()["success"] is True


def test_a_success_fault_sets_the_flag_of_a_200(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, success=False)
    response = api.setu()
    assert (response.status_code, response.json()["success"]) == (200, False)


@pytest.mark.parametrize("lifetime", ["10", 1.5, 0, -1, 1_800_000, [], {}])
def test_a_lifetime_fault_states_any_value(api: ProviderApis, emulator: Emulator, lifetime: object) -> None:
    emulator.fault("setu", "sandbox", times=1, lifetime=lifetime)
    assert api.setu().json()["data"]["expiresIn"] == lifetime


def test_fields_can_be_removed_and_replaced(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", times=1, lifetime="remove", patch={"/status": "remove"})
    response = api.setu().json()
    assert (list(response), list(response["data"])) == (["success", "data"], ["token"])
    emulator.fault("setu", "sandbox", times=1, patch={"/data": None, "/a/b": [1]})
    response = api.setu().json()
    assert (response["data"], response["a"]) == (None, {"b": [1]})


def test_a_token_fault_issues_this_token(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("su", "sandbox", times=1, token="live_wrong-prefix=")
    token = api.su().json()["data"]["token"]
    assert token == "live_wrong-prefix="
    assert api.echo("su", "sandbox", token).status_code == 200


def test_an_example_fault_selects_another_example_of_the_spec(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="generateEntityToken", times=1, example="gracePeriod")
    response = api.sahamati_entity().json()
    assert "grace period" in response["message"]
    assert api.echo("sahamati", "uat", response["accessToken"]).status_code == 200


def test_a_fault_of_the_echo_api_does_not_apply_to_token_requests(
    api: ProviderApis, emulator: Emulator
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", times=1, status=403)
    token = api.setu().json()["data"]["token"]
    assert [api.echo("setu", "sandbox", token).status_code for _ in range(2)] == [403, 200]


def test_a_status_fault_does_not_consume_quota(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("su", "sandbox", times=5, status=500)
    assert [api.su().status_code for _ in range(36)] == [500] * 5 + [200] * 30 + [422]


def test_an_impossible_fault_raises_with_the_choices(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match=r"there are decentro, sahamati, .*setu, "):
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
