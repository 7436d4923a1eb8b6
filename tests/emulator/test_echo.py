"""The echo API takes the tokens that it should, and for as long as it should."""

from __future__ import annotations

import httpx

from gatepass_emulator import Emulator

from .conftest import Clock, Desk


def test_a_granted_token_opens_the_echo_api(desk: Desk) -> None:
    reply = desk.setu()
    assert reply.status_code == 200
    assert reply.json()["data"]["expiresIn"] == 1800
    echoed = desk.echo("setu", "sandbox", reply.json()["data"]["token"])
    assert echoed.status_code == 200
    assert echoed.json() == {
        "provider": "setu",
        "environment": "sandbox",
        "scheme": "setuToken",
        "method": "GET",
        "path": "/",
        "expires_in": 1800.0,
    }


def test_a_token_of_another_environment_is_refused(desk: Desk) -> None:
    token = desk.setu().json()["data"]["token"]
    refused = desk.echo("setu", "production", token)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert token not in refused.text


def test_a_token_expires(desk: Desk, clock: Clock) -> None:
    token = desk.setu().json()["data"]["token"]
    clock.now += 1799
    assert desk.echo("setu", "sandbox", token).status_code == 200
    clock.now += 1
    assert desk.echo("setu", "sandbox", token).status_code == 401


def test_apis_take_the_headers_that_replace_the_token(desk: Desk, emulator: Emulator) -> None:
    known = emulator.credentials("decentro", "sandbox")
    assert desk.echo("decentro", "sandbox", headers=known).status_code == 200
    assert desk.echo("decentro", "production", headers=known).status_code == 401


def test_a_revoked_token_is_refused(desk: Desk, emulator: Emulator) -> None:
    first, second = (desk.setu().json()["data"]["token"] for _ in range(2))
    emulator.revoke(first)
    assert desk.echo("setu", "sandbox", first).status_code == 401
    assert desk.echo("setu", "sandbox", second).status_code == 200
    emulator.revoke_all("setu", "sandbox")
    assert desk.echo("setu", "sandbox", second).status_code == 401


def test_the_echo_api_takes_any_method_and_path(desk: Desk) -> None:
    token = desk.setu().json()["data"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    for method in ("POST", "DELETE", "PROPFIND"):
        url = desk.url("setu", "sandbox") + "/echo/a/b"
        echoed: httpx.Response = desk.client.request(method, url, headers=headers)
        assert (echoed.json()["method"], echoed.json()["path"]) == (method, "/a/b")


def test_a_path_that_no_spec_has_names_the_echo_api(desk: Desk) -> None:
    response = desk.client.get(f"{desk.url('setu', 'sandbox')}/payment-links")

    assert response.status_code == 404
    assert f"{desk.url('setu', 'sandbox')}/echo" in response.json()["error"]
