"""Requests read and rotate secrets."""

from __future__ import annotations

from datetime import datetime

from gatepass_emulator import Emulator

from .conftest import FakeClock, ProviderApis


def test_a_reset_replaces_the_secret_and_keeps_tokens_valid(api: ProviderApis, emulator: Emulator) -> None:
    user_token = api.sahamati_user().json()["accessToken"]
    old = emulator.credentials("sahamati", "uat")["secret"]
    token = api.sahamati_entity().json()["accessToken"]

    new = api.sahamati_secret("reset", user_token).json()["secret"]
    assert new == f"{old}-1"
    assert api.sahamati_entity(secret=old).status_code == 401
    assert api.sahamati_entity(secret=new).status_code == 200
    assert api.echo("sahamati", "uat", token).status_code == 200
    assert api.sahamati_secret("read", user_token).json()["secret"] == new
    assert emulator.variables()["SAHAMATI_UAT_SECRET"] == new
    assert emulator.variables()["SAHAMATI_SANDBOX_SECRET"] == "fake-sandbox-sahamati-secret"


def test_the_expiry_of_a_secret_has_the_format_of_the_example(api: ProviderApis, clock: FakeClock) -> None:
    user_token = api.sahamati_user().json()["accessToken"]
    for action, scale in (("read", 1), ("reset", 1000)):
        response = api.sahamati_secret(action, user_token).json()
        expiry = datetime.fromisoformat(response["expirationDate"] + "+00:00").timestamp()
        assert response["expiresOn"] == expiry * scale
        assert expiry >= clock.now


def test_a_secret_request_needs_a_user_token(api: ProviderApis) -> None:
    for token in ("unknown", api.sahamati_entity().json()["accessToken"]):
        rejected = api.sahamati_secret("read", token)
        assert (rejected.status_code, rejected.json()["errorCode"]) == (401, "Unauthorized")


def test_an_unknown_account_is_a_401_as_the_provider_documents_it(api: ProviderApis) -> None:
    user_token = api.sahamati_user().json()["accessToken"]
    for action in ("read", "reset"):
        rejected = api.sahamati_secret(action, user_token, entity="somebody-else")
        assert (rejected.status_code, rejected.json()["errorMsg"]) == (401, "Invalid entity id")
        missing = api.sahamati_secret(action, user_token, entity="")
        assert (missing.status_code, missing.json()["errorMsg"]) == (
            400,
            "Entity Id is missing in the request",
        )
