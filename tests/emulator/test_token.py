"""Tokens are issued, rejected, rate-limited and refreshed as the specs state."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gatepass_emulator import Emulator

from .conftest import SPECS, FakeClock, ProviderApis

ACME = SPECS.parent / "tests" / "generate" / "acme.yaml"


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return payload


def spec(name: str) -> Any:
    return yaml.safe_load((SPECS / f"{name}.yaml").read_text())


def test_every_provider_and_environment_has_variables(emulator: Emulator) -> None:
    variables = emulator.variables()
    assert variables["SETU_SANDBOX_BASE_URL"] == emulator.url("setu", "sandbox")
    assert variables["SAHAMATI_UAT_ENTITY_ID"] == "fake-aa-1"
    assert variables["SU_PRODUCTION_CLIENT_ID"] == "fake-domain.example"
    secrets = [variables[f"SETU_{name}_SECRET"] for name in ("SANDBOX", "PRODUCTION")]
    assert secrets == ["fake-sandbox-setu-secret", "fake-production-setu-secret"]


def test_a_jwt_claims_its_lifetime_provider_and_environment(api: ProviderApis, clock: FakeClock) -> None:
    payload = claims(api.setu().json()["data"]["token"])
    assert payload["exp"] - payload["iat"] == 1800
    assert payload["iat"] == clock.now
    assert (payload["provider"], payload["environment"]) == ("setu", "sandbox")


def test_a_wrong_secret_gets_the_spec_s_own_example(api: ProviderApis) -> None:
    response = api.setu(secret="wrong")
    call = spec("setu")["paths"]["/auth/token"]["post"]
    assert response.status_code == 400
    examples = call["responses"]["400"]["content"]["application/json"]["examples"]
    assert response.json() == examples["rejected"]["value"]


def test_the_secret_of_another_environment_is_rejected(api: ProviderApis, emulator: Emulator) -> None:
    secret = emulator.credentials("setu", "production")["secret"]
    assert api.setu("sandbox", secret=secret).status_code == 400


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[]", b'{"clientID": "x"}', b'{"clientID": 1, "secret": 2}']
)
def test_a_request_that_does_not_match_the_schema_is_a_400(api: ProviderApis, content: bytes) -> None:
    url = api.url("setu", "sandbox") + "/auth/token"
    response = api.client.post(url, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400


def test_a_provider_of_forms_accepts_no_json(api: ProviderApis, emulator: Emulator) -> None:
    assert api.sahamati_entity().status_code == 200
    assert api.sahamati_entity(secret="wrong").status_code == 401
    url = api.url("sahamati", "uat") + "/entity/token/generate"
    assert api.client.post(url, json={"id": "fake-aa-1", "secret": "x"}).status_code == 400


def test_a_short_lifetime_is_stated_and_applied(
    api: ProviderApis, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.lifetime("su", "sandbox", 2)
    data = api.su().json()["data"]
    assert data["expire_in"] == "2"
    clock.now += 2
    assert api.echo("su", "sandbox", data["token"]).status_code == 401


def test_an_opaque_token_has_its_prefix_and_awkward_characters(api: ProviderApis) -> None:
    for environment, prefix in (("sandbox", "sandbox_"), ("production", "live_")):
        token = api.su(environment).json()["data"]["token"]
        assert token.startswith(prefix)
        assert token.endswith("=")
        assert "/" in token or "+" in token


def test_a_client_id_encoded_twice_or_not_at_all_is_rejected(api: ProviderApis) -> None:
    twice = base64.b64encode(b"ZmFrZS1kb21haW4uZXhhbXBsZQ==").decode()
    assert api.su(client_id=twice).status_code == 401
    assert api.su(client_id="fake-domain.example").status_code == 401


def test_the_quota_is_a_sliding_window_of_issued_tokens(api: ProviderApis, clock: FakeClock) -> None:
    assert api.su(client_secret="wrong").status_code == 401
    for _ in range(30):
        assert api.su().status_code == 200
        clock.now += 1
    rate_limited = api.su()
    assert rate_limited.status_code == 422
    assert rate_limited.json()["Errors"][0]["Code"] == "548"
    assert api.su("production").status_code == 200
    clock.now += 3600 - 30
    assert [api.su().status_code for _ in range(2)] == [200, 422]


def test_a_get_with_a_body_and_the_alternative_post_issue_tokens(api: ProviderApis) -> None:
    for method in ("GET", "POST"):
        token = api.decentro(method).json()["access_token"]
        assert api.echo("decentro", "sandbox", token).status_code == 200


def test_a_refresh_token_is_valid_in_its_own_environment_only(api: ProviderApis, clock: FakeClock) -> None:
    first = api.decentro().json()
    clock.now += 901
    again = api.decentro(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert api.echo("decentro", "sandbox", again.json()["access_token"]).status_code == 200
    assert api.echo("decentro", "sandbox", first["refresh_token"]).status_code == 401
    url = api.url("decentro", "production") + "/v2/auth/token"
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert api.client.post(url, json=body).status_code == 401
    assert api.decentro(grant_type="refresh_token", refresh_token="x").status_code == 401


def test_an_option_may_have_any_value_of_its_type(api: ProviderApis, emulator: Emulator) -> None:
    credentials = emulator.credentials("singleview", "production")
    body = {
        "clientId": credentials["client_id"],
        "clientCode": credentials["client_code"],
        "merchantId": credentials["merchant_id"],
    }
    url = api.url("singleview", "production") + "/v1/api/observice/token"
    for grant, status in (("Client_Credentials", 200), ("password", 200), ("", 400), (7, 400)):
        assert api.client.post(url, json=body | {"grantType": grant}).status_code == status
    assert api.client.post(url, json=body).status_code == 400


@pytest.mark.parametrize(
    ("mode", "level", "status"),
    [
        ("exchange", "basic", 200),
        ("Exchange", "gold", 200),
        ("password", "basic", 401),
        ("password", "gold", 401),
        ("exchange", 7, 401),
    ],
)
def test_a_constant_that_is_no_option_must_match_except_for_its_case(
    tmp_path: Path, client: httpx.Client, mode: str, level: object, status: int
) -> None:
    text = ACME.read_text(encoding="utf-8").replace("enum: [exchange, other]", "minLength: 1")
    (tmp_path / "acme.yaml").write_text(text, encoding="utf-8")
    with Emulator(specs=tmp_path) as emulator:
        credentials = emulator.credentials("acme", "sandbox", "acmeToken")
        words = {"time": "2024-10-10T11:11:45.096Z", "mode": mode, "level": level}

        response = client.post(
            emulator.url("acme", "sandbox") + "/login",
            json={"class": credentials["shop"], "request": words},
            headers={"X-Acme-Key": credentials["key"]},
        )

    assert response.status_code == status


def test_a_wrong_method_is_a_405_with_the_allowed_ones_and_a_wrong_path_a_404(api: ProviderApis) -> None:
    response = api.client.put(api.url("decentro", "sandbox") + "/v2/auth/token")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    missing = api.client.get(api.url("setu", "sandbox") + "/nowhere")
    assert (missing.status_code, list(missing.json())) == (404, ["error"])
