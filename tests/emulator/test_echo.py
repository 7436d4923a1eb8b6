"""The echo API accepts valid tokens and rejects all others."""

from __future__ import annotations

import httpx

from gatepass_emulator import Emulator

from .conftest import FakeClock, ProviderApis


def test_the_echo_api_accepts_an_issued_token(api: ProviderApis) -> None:
    response = api.setu()
    assert response.status_code == 200
    assert response.json()["data"]["expiresIn"] == 1800
    echoed = api.echo("setu", "sandbox", response.json()["data"]["token"])
    assert echoed.status_code == 200
    assert echoed.json() == {
        "provider": "setu",
        "environment": "sandbox",
        "scheme": "setuToken",
        "method": "GET",
        "path": "/",
        "expires_in": 1800.0,
    }


def test_a_token_of_another_environment_is_rejected(api: ProviderApis) -> None:
    token = api.setu().json()["data"]["token"]
    rejected = api.echo("setu", "production", token)
    assert rejected.status_code == 401
    assert rejected.headers["www-authenticate"] == "Bearer"
    assert token not in rejected.text


def test_an_expired_token_is_rejected(api: ProviderApis, clock: FakeClock) -> None:
    token = api.setu().json()["data"]["token"]
    clock.now += 1799
    assert api.echo("setu", "sandbox", token).status_code == 200
    clock.now += 1
    assert api.echo("setu", "sandbox", token).status_code == 401


def test_the_echo_api_accepts_alternative_headers(api: ProviderApis, emulator: Emulator) -> None:
    credentials = emulator.credentials("decentro", "sandbox")
    assert api.echo("decentro", "sandbox", headers=credentials).status_code == 200
    assert api.echo("decentro", "production", headers=credentials).status_code == 401


def test_a_revoked_token_is_rejected(api: ProviderApis, emulator: Emulator) -> None:
    first, second = (api.setu().json()["data"]["token"] for _ in range(2))
    emulator.revoke(first)
    assert api.echo("setu", "sandbox", first).status_code == 401
    assert api.echo("setu", "sandbox", second).status_code == 200
    emulator.revoke_all("setu", "sandbox")
    assert api.echo("setu", "sandbox", second).status_code == 401


def test_the_echo_api_accepts_any_method_and_path(api: ProviderApis) -> None:
    token = api.setu().json()["data"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    for method in ("POST", "DELETE", "PROPFIND"):
        url = api.url("setu", "sandbox") + "/echo/a/b"
        echoed: httpx.Response = api.client.request(method, url, headers=headers)
        assert (echoed.json()["method"], echoed.json()["path"]) == (method, "/a/b")


def test_the_404_of_an_unknown_path_names_the_echo_api(api: ProviderApis) -> None:
    response = api.client.get(f"{api.url('setu', 'sandbox')}/payment-links")

    assert response.status_code == 404
    assert f"{api.url('setu', 'sandbox')}/echo" in response.json()["error"]
