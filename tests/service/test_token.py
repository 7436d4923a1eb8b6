"""A client gets tokens, by HTTP Basic or the form, and says that an API rejected one."""

from __future__ import annotations

import re

import httpx
import pytest

from gatepass._providers import installed
from gatepass_emulator import Emulator

from ..helpers import TLS_CONTEXT
from .conftest import Serve
from .process import GRANT, Service, TestClock

COMMANDS = ["setu", "sahamati", "sahamati-user", "decentro", "su", "singleview"]


def echo(emulator: Emulator, account: str, headers: dict[str, str]) -> int:
    provider, environment = account.split("/")
    provider = installed().modules[installed().commands[provider]]
    url = f"{emulator.url(provider, environment)}/echo"
    return httpx.get(url, headers=headers, verify=TLS_CONTEXT).status_code


@pytest.mark.parametrize("command", COMMANDS)
def test_an_api_accepts_the_token(service: Service, emulator: Emulator, command: str) -> None:
    response = service.post(f"/{command}/sandbox/token")

    token = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert token.keys() == {"access_token", "token_type", "expires_in", "headers"}
    assert token["token_type"] == "Bearer"
    assert token["headers"] == {"Authorization": f"Bearer {token['access_token']}"}
    assert isinstance(token["expires_in"], int)
    assert echo(emulator, f"{command}/sandbox", token["headers"]) == 200
    assert service.post(f"/{command}/sandbox/token").json()["access_token"] == token["access_token"]


def test_the_default_client_may_send_its_key_in_the_form(service: Service, emulator: Emulator) -> None:
    form = {**GRANT, "client_id": "gatepass", "client_secret": service.key}

    assert service.post("/setu/sandbox/token", form, auth=None).status_code == 200
    assert emulator.count("setu") == 1


def test_each_environment_has_its_own_token(service: Service, emulator: Emulator) -> None:
    tokens = {service.token(f"sahamati/{environment}") for environment in ("sandbox", "uat", "production")}

    assert len(tokens) == 3
    assert [emulator.count("sahamati", name) for name in ("sandbox", "uat", "production")] == [1, 1, 1]


def test_expires_in_is_what_is_left(service: Service, test_clock: TestClock) -> None:
    first = service.post("/setu/sandbox/token").json()
    test_clock.advance(600)

    second = service.post("/setu/sandbox/token").json()

    assert second["access_token"] == first["access_token"]
    assert 1700 < first["expires_in"] <= 1800
    assert first["expires_in"] - second["expires_in"] >= 600


@pytest.mark.parametrize("early", [10, 60], ids=["as Go", "as Spring"])
def test_a_library_that_renews_early_gets_a_new_token_and_no_loop(
    service: Service, emulator: Emulator, test_clock: TestClock, early: int
) -> None:
    """It asks again when the token that it has ends in so many seconds."""
    first = service.post("/setu/sandbox/token").json()
    test_clock.advance(first["expires_in"] - early + 1)

    second = service.post("/setu/sandbox/token").json()

    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] > 1700
    assert emulator.count("setu") == 2


def test_a_stale_token_is_served_while_the_next_one_is_fetched(
    service: Service, emulator: Emulator, test_clock: TestClock
) -> None:
    first = service.post("/setu/sandbox/token").json()
    test_clock.advance(1500)

    stale = service.post("/setu/sandbox/token").json()
    while (renewed := service.post("/setu/sandbox/token").json())["access_token"] == first["access_token"]:
        pass

    assert stale["access_token"] == first["access_token"]
    assert 0 < stale["expires_in"] <= 300
    assert renewed["expires_in"] > 1700
    assert emulator.count("setu") == 2


def test_a_rejected_token_is_replaced(service: Service, emulator: Emulator) -> None:
    rejected, other = service.token(), service.token("su/sandbox")
    emulator.revoke(rejected)

    service.revoke(rejected)
    service.revoke(rejected)

    token = service.token()
    assert token != rejected
    assert echo(emulator, "setu/sandbox", {"Authorization": f"Bearer {token}"}) == 200
    assert emulator.count("setu") == 2
    assert service.token("su/sandbox") == other


def test_an_unknown_token_is_revoked_without_effect(service: Service, emulator: Emulator) -> None:
    token = service.token()

    service.revoke("fake-unknown")

    assert service.token() == token
    assert emulator.count("setu") == 1


def test_apis_that_reject_every_token_cost_two(service: Service, emulator: Emulator) -> None:
    for _ in range(20):
        service.revoke(service.token())

    assert emulator.count("setu") == 2
    assert service.post("/setu/sandbox/token").status_code == 200


def test_a_rejected_token_is_not_served_while_there_is_no_other(
    service: Service, emulator: Emulator, test_clock: TestClock
) -> None:
    rejected = service.token()
    emulator.fault("setu", "sandbox", status=503)
    service.revoke(rejected)

    response = service.post("/setu/sandbox/token")

    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    emulator.clear_faults("setu", "sandbox")
    test_clock.advance(60)
    assert service.token() not in ("", rejected)


def test_headers_are_those_of_a_credential_helper(service: Service, emulator: Emulator) -> None:
    body = service.get("/setu/sandbox/headers", auth=service.auth).json()

    assert body["headers"] == {"Authorization": [f"Bearer {service.token()}"]}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["expires"])


def test_auth_has_them_as_headers_of_an_empty_response(service: Service) -> None:
    response = service.get("/setu/sandbox/auth", auth=service.auth)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["authorization"] == f"Bearer {service.token()}"
    assert response.headers["cache-control"] == "no-store"


def test_a_library_finds_the_endpoints_by_the_issuer(service: Service) -> None:
    metadata = service.get("/.well-known/oauth-authorization-server/su/production").json()

    assert metadata["issuer"] == f"{service.url}/su/production"
    assert metadata["grant_types_supported"] == ["client_credentials"]
    for kind in ("token", "revocation"):
        assert metadata[f"{kind}_endpoint_auth_methods_supported"] == [
            "client_secret_basic",
            "client_secret_post",
        ]
    form = {**GRANT, "client_id": "gatepass", "client_secret": service.key}
    assert httpx.post(metadata["token_endpoint"], data=form).status_code == 200
    form["token"] = "fake-unknown"
    assert httpx.post(metadata["revocation_endpoint"], data=form).status_code == 200


def test_the_end_of_a_token_is_never_past(serve: Serve, emulator: Emulator) -> None:
    emulator.lifetime("setu", "sandbox", 2)
    service = serve()
    left = [service.post("/setu/sandbox/token").json()["expires_in"] for _ in range(200)]

    assert min(left) >= 1
