"""Secrets are read and really rotated."""

from __future__ import annotations

from datetime import datetime

from gatepass_emulator import Emulator

from .conftest import Clock, Desk


def test_a_reset_secret_replaces_the_old_one_and_tokens_live_on(desk: Desk, emulator: Emulator) -> None:
    user = desk.user().json()["accessToken"]
    before = emulator.credentials("sahamati", "uat")["secret"]
    token = desk.entity().json()["accessToken"]

    reset = desk.secret("reset", user).json()["secret"]
    assert reset == f"{before}-1"
    assert desk.entity(secret=before).status_code == 401
    assert desk.entity(secret=reset).status_code == 200
    assert desk.echo("sahamati", "uat", token).status_code == 200
    assert desk.secret("read", user).json()["secret"] == reset
    assert emulator.variables()["SAHAMATI_UAT_SECRET"] == reset
    assert emulator.variables()["SAHAMATI_SANDBOX_SECRET"] == "fake-sandbox-sahamati-secret"


def test_the_end_of_a_secret_has_the_shape_of_the_example(desk: Desk, clock: Clock) -> None:
    user = desk.user().json()["accessToken"]
    for verb, scale in (("read", 1), ("reset", 1000)):
        reply = desk.secret(verb, user).json()
        end = datetime.fromisoformat(reply["expirationDate"] + "+00:00").timestamp()
        assert reply["expiresOn"] == end * scale
        assert end >= clock.now


def test_a_secret_call_wants_a_user_token(desk: Desk) -> None:
    for token in ("unknown", desk.entity().json()["accessToken"]):
        refused = desk.secret("read", token)
        assert (refused.status_code, refused.json()["errorCode"]) == (401, "Unauthorized")


def test_an_unknown_account_is_a_401_as_the_provider_documents_it(desk: Desk) -> None:
    user = desk.user().json()["accessToken"]
    for verb in ("read", "reset"):
        refused = desk.secret(verb, user, entity="somebody-else")
        assert (refused.status_code, refused.json()["errorMsg"]) == (401, "Invalid entity id")
        missing = desk.secret(verb, user, entity="")
        assert (missing.status_code, missing.json()["errorMsg"]) == (
            400,
            "Entity Id is missing in the request",
        )
