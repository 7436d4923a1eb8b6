"""Tokens are granted, refused, limited and renewed as the specs say."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml

from gatepass_emulator import Emulator

from .conftest import SPECS, Clock, Desk


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return told


def spec(name: str) -> Any:
    return yaml.safe_load((SPECS / f"{name}.yaml").read_text())


def test_every_provider_and_environment_opens_with_its_variables(emulator: Emulator) -> None:
    variables = emulator.variables()
    assert variables["SETU_SANDBOX_BASE_URL"] == emulator.url("setu", "sandbox")
    assert variables["SAHAMATI_UAT_ENTITY_ID"] == "fake-aa-1"
    assert variables["SU_PRODUCTION_CLIENT_ID"] == "fake-domain.example"
    secrets = [variables[f"SETU_{name}_SECRET"] for name in ("SANDBOX", "PRODUCTION")]
    assert secrets == ["fake-sandbox-setu-secret", "fake-production-setu-secret"]


def test_a_jwt_tells_its_life_and_where_it_belongs(desk: Desk, clock: Clock) -> None:
    told = claims(desk.setu().json()["data"]["token"])
    assert told["exp"] - told["iat"] == 1800
    assert told["iat"] == clock.now
    assert (told["provider"], told["environment"]) == ("setu", "sandbox")


def test_a_wrong_secret_gets_the_spec_s_own_example(desk: Desk) -> None:
    reply = desk.setu(secret="wrong")
    call = spec("setu")["paths"]["/auth/token"]["post"]
    assert reply.status_code == 400
    examples = call["responses"]["400"]["content"]["application/json"]["examples"]
    assert reply.json() == examples["refused"]["value"]


def test_the_secret_of_another_environment_is_refused(desk: Desk, emulator: Emulator) -> None:
    other = emulator.credentials("setu", "production")["secret"]
    assert desk.setu("sandbox", secret=other).status_code == 400


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[]", b'{"clientID": "x"}', b'{"clientID": 1, "secret": 2}']
)
def test_a_request_that_breaks_the_schema_is_a_400(desk: Desk, content: bytes) -> None:
    url = desk.url("setu", "sandbox") + "/auth/token"
    reply = desk.client.post(url, content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 400


def test_a_form_provider_takes_a_form_and_no_json(desk: Desk, emulator: Emulator) -> None:
    assert desk.entity().status_code == 200
    assert desk.entity(secret="wrong").status_code == 401
    url = desk.url("sahamati", "uat") + "/entity/token/generate"
    assert desk.client.post(url, json={"id": "fake-aa-1", "secret": "x"}).status_code == 400


def test_a_short_life_is_told_and_kept(desk: Desk, emulator: Emulator, clock: Clock) -> None:
    emulator.lifetime("su", "sandbox", 2)
    data = desk.su().json()["data"]
    assert data["expire_in"] == "2"
    clock.now += 2
    assert desk.echo("su", "sandbox", data["token"]).status_code == 401


def test_an_opaque_token_has_its_prefix_and_its_awkward_characters(desk: Desk) -> None:
    for environment, prefix in (("sandbox", "sandbox_"), ("production", "live_")):
        token = desk.su(environment).json()["data"]["token"]
        assert token.startswith(prefix)
        assert token.endswith("=")
        assert "/" in token or "+" in token


def test_a_client_id_that_is_encoded_twice_or_not_at_all_is_refused(desk: Desk) -> None:
    twice = base64.b64encode(b"ZmFrZS1kb21haW4uZXhhbXBsZQ==").decode()
    assert desk.su(client_id=twice).status_code == 401
    assert desk.su(client_id="fake-domain.example").status_code == 401


def test_the_quota_is_a_sliding_window_of_granted_tokens(desk: Desk, clock: Clock) -> None:
    assert desk.su(client_secret="wrong").status_code == 401
    for _ in range(30):
        assert desk.su().status_code == 200
        clock.now += 1
    limited = desk.su()
    assert limited.status_code == 422
    assert limited.json()["Errors"][0]["Code"] == "548"
    assert desk.su("production").status_code == 200
    clock.now += 3600 - 30
    assert [desk.su().status_code for _ in range(2)] == [200, 422]


def test_a_get_with_a_body_and_its_post_twin_issue_tokens(desk: Desk) -> None:
    for method in ("GET", "POST"):
        token = desk.decentro(method).json()["access_token"]
        assert desk.echo("decentro", "sandbox", token).status_code == 200


def test_a_refresh_token_buys_a_token_in_its_own_environment(desk: Desk, clock: Clock) -> None:
    first = desk.decentro().json()
    clock.now += 901
    again = desk.decentro(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert desk.echo("decentro", "sandbox", again.json()["access_token"]).status_code == 200
    assert desk.echo("decentro", "sandbox", first["refresh_token"]).status_code == 401
    url = desk.url("decentro", "production") + "/v2/auth/token"
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert desk.client.post(url, json=body).status_code == 401
    assert desk.decentro(grant_type="refresh_token", refresh_token="x").status_code == 401


def test_the_grant_type_counts_but_not_its_case(desk: Desk, emulator: Emulator) -> None:
    known = emulator.credentials("singleview", "production")
    body = {
        "clientId": known["client_id"],
        "clientCode": known["client_code"],
        "merchantId": known["merchant_id"],
    }
    url = desk.url("singleview", "production") + "/v1/api/observice/token"
    for grant, status in (("Client_Credentials", 200), ("password", 401)):
        assert desk.client.post(url, json=body | {"grantType": grant}).status_code == status


def test_a_wrong_method_names_the_right_ones_and_a_wrong_path_is_a_404(desk: Desk) -> None:
    wrong = desk.client.put(desk.url("decentro", "sandbox") + "/v2/auth/token")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    lost = desk.client.get(desk.url("setu", "sandbox") + "/nowhere")
    assert (lost.status_code, list(lost.json())) == (404, ["error"])
