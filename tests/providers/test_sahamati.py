"""Sahamati: two kinds of token, warnings, and the secrets of entities."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Rejected, Sahamati, SahamatiUser, Unavailable

from ..helpers import SYNC_AND_ASYNCIO, parametrize_credentials

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner

ENTITY = "fake-aa-1"


@pytest.fixture
def user(emulator: Emulator, clock: FakeClock) -> SahamatiUser:
    return SahamatiUser("sandbox", clock=clock.clock)


def secret_response(**changes: object) -> dict[str, object]:
    return {
        "ver": "1.0.0",
        "timestamp": "2024-10-10T11:11:45.096203206Z",
        "txnId": "fake-1",
        "entityId": ENTITY,
        "secret": "fake-secret-of-the-test",
    } | changes


def test_a_token_request_is_a_form_and_a_secret_request_is_json_with_the_user_token(
    runner: Runner, mock_provider: MockProvider
) -> None:
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser), secret_response()
    )
    runner.read_secret(user, ENTITY)
    login, read = mock_provider.requests
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert read.headers["content-type"] == "application/json"
    assert read.headers["authorization"] == "Bearer fake.sahamati.token"


def test_the_body_of_a_secret_request_has_days_only_if_given(
    runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser), secret_response()
    )
    runner.read_secret(user, ENTITY)
    runner.reset_secret(user, ENTITY, days=100)
    read, reset = (json.loads(sent.content) for sent in mock_provider.requests[1:])
    assert set(read) == {"ver", "timestamp", "txnId", "entityId"}
    assert reset["secretExpiryDays"] == 100
    assert (read["ver"], read["entityId"]) == ("1.0.0", ENTITY)
    assert datetime.fromisoformat(read["timestamp"]) == datetime.fromtimestamp(clock.now, UTC)
    assert uuid.UUID(read["txnId"]) != uuid.UUID(reset["txnId"])


@pytest.mark.parametrize("entity", ["", " ", "fake\naa"])
def test_an_invalid_entity_id_is_rejected_before_anything_is_sent(
    entity: str, runner: Runner, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError, match="entity_id"):
        runner.reset_secret(mock_provider.credential(SahamatiUser), entity)
    assert mock_provider.requests == []


@parametrize_credentials("credential_class", [Sahamati, SahamatiUser], other_runners=SYNC_AND_ASYNCIO)
def test_timestamps_with_nanoseconds_and_unknown_fields_are_accepted(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    body = mock_provider.example_response(credential_class) | {
        "timestamp": "2024-10-10T11:11:45.096203206Z",
        "unheardOf": [1],
    }
    assert runner.token(mock_provider.credential(credential_class, body)).value == "fake.sahamati.token"


def test_the_message_beside_an_entity_token_is_its_warning(
    runner: Runner, mock_provider: MockProvider
) -> None:
    credential = mock_provider.credential(
        Sahamati, mock_provider.example_response(Sahamati) | {"message": "fake warning"}
    )
    assert runner.token(credential).warning == "fake warning"


@pytest.mark.parametrize(
    ("expiry", "expires_at"),
    [
        ({"expiresOn": 1734419452}, 1734419452),
        ({"expiresOn": 1734419452929}, 1734419452.929),
        ({"expiresOn": "1734419452"}, 1734419452),
        ({"expirationDate": "2024-12-17T07:10:52.929400"}, 1734419452.9294),
        ({"expirationDate": "2024-12-17T07:10:52.929400123"}, 1734419452.9294),
        ({"expirationDate": "2024-12-17T12:40:52+05:30"}, 1734419452),
        ({"expiresOn": 0, "expirationDate": "2024-12-17T07:10:52"}, 1734419452),
        ({"expirationDate": "soon"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_expiry_of_a_secret_may_be_seconds_milliseconds_or_a_utc_date(
    expiry: dict[str, object], expires_at: float | None, runner: Runner, mock_provider: MockProvider
) -> None:
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser), secret_response(**expiry)
    )
    assert runner.read_secret(user, ENTITY).expires_at == expires_at


@pytest.mark.posix
def test_a_date_without_a_time_zone_is_utc(
    runner: Runner, mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = secret_response(expirationDate="2024-12-17T07:10:52")
    user = mock_provider.credential(SahamatiUser, mock_provider.example_response(SahamatiUser), body)
    with monkeypatch.context() as context:
        context.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        expires_at = runner.read_secret(user, ENTITY).expires_at
    time.tzset()
    assert expires_at == 1734419452


def test_a_reset_invalidates_the_old_secret_but_not_its_tokens(
    runner: Runner, user: SahamatiUser, emulator: Emulator, clock: FakeClock
) -> None:
    entity = Sahamati("sandbox", clock=clock.clock)
    runner.token(entity)
    new = runner.reset_secret(user, ENTITY)
    assert new.value == emulator.credentials("sahamati", "sandbox")["secret"]
    assert runner.get(entity, emulator.url("sahamati", "sandbox") + "/echo").status_code == 200
    entity.invalidate()
    with pytest.raises(Rejected):
        runner.token(entity)


def test_an_entity_whose_secret_is_read_by_a_function_survives_a_reset(
    runner: Runner, user: SahamatiUser, emulator: Emulator, clock: FakeClock
) -> None:
    entity = Sahamati("sandbox", secret=lambda: user.read_secret(ENTITY).value, clock=clock.clock)
    first = runner.token(entity)
    runner.reset_secret(user, ENTITY)
    clock.advance(86_400)
    assert runner.token(entity).value != first.value


@pytest.mark.parametrize(
    "fault",
    [
        {"disconnect": "before"},
        {"disconnect": "middle"},
        {"status": 500},
        {"body": "<html>"},
        {"status": 302},
    ],
    ids=str,
)
def test_a_reset_with_an_unknown_outcome_is_sent_once_and_a_read_returns_the_current_secret(
    fault: dict[str, Any], runner: Runner, user: SahamatiUser, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("sahamati", "sandbox", operation="resetEntitySecret", **fault)
    with pytest.raises(Unavailable):
        runner.reset_secret(user, ENTITY)
    assert emulator.count("sahamati", kind="secret") == 1
    current = emulator.credentials("sahamati", "sandbox")["secret"]
    assert runner.read_secret(user, ENTITY).value == current
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422, 429])
def test_a_failed_reset_is_sent_once(
    status: int, runner: Runner, user: SahamatiUser, emulator: Emulator
) -> None:
    emulator.fault("sahamati", "sandbox", operation="resetEntitySecret", status=status)
    with pytest.raises(Exception, match=f"HTTP {status}"):
        runner.reset_secret(user, ENTITY)
    assert emulator.count("sahamati", kind="secret") == 1


def test_a_reset_that_cannot_connect_is_tried_once(runner: Runner, mock_provider: MockProvider) -> None:
    def unreachable(_request: httpx.Request) -> Any:
        raise httpx.ConnectError("fake")

    user = mock_provider.credential(SahamatiUser, mock_provider.example_response(SahamatiUser), unreachable)
    with pytest.raises(Unavailable):
        runner.reset_secret(user, ENTITY)
    assert len(mock_provider.requests) == 2


def test_a_reset_with_a_revoked_token_is_not_repeated_but_the_next_one_has_a_new_token(
    runner: Runner, user: SahamatiUser, emulator: Emulator
) -> None:
    runner.token(user)
    emulator.revoke()
    with pytest.raises(Rejected) as caught:
        runner.reset_secret(user, ENTITY)
    assert caught.value.status == 401
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (1, 1)
    runner.reset_secret(user, ENTITY)
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (2, 2)


def test_a_read_with_a_revoked_token_is_repeated_with_a_new_token(
    runner: Runner, user: SahamatiUser, emulator: Emulator
) -> None:
    runner.token(user)
    emulator.revoke()
    assert runner.read_secret(user, ENTITY).value == emulator.credentials("sahamati", "sandbox")["secret"]
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (2, 2)


def test_a_failed_read_is_repeated_once(runner: Runner, user: SahamatiUser, emulator: Emulator) -> None:
    emulator.fault("sahamati", "sandbox", operation="readEntitySecret", times=1, status=503)
    runner.read_secret(user, ENTITY)
    assert emulator.count("sahamati", kind="secret") == 2


def test_a_read_after_a_reset_returns_the_new_secret(
    runner: Runner, user: SahamatiUser, emulator: Emulator
) -> None:
    before = runner.read_secret(user, ENTITY).value
    reset = runner.reset_secret(user, ENTITY)
    after = runner.read_secret(user, ENTITY)
    assert after.value == reset.value != before
    assert emulator.count("sahamati") == 1


def test_a_400_of_a_secret_request_is_a_rejection_and_costs_no_second_login(
    runner: Runner, user: SahamatiUser, emulator: Emulator
) -> None:
    emulator.fault("sahamati", "sandbox", operation="readEntitySecret", status=400)
    with pytest.raises(Rejected) as caught:
        runner.read_secret(user, ENTITY)
    assert caught.value.code == "Bad Request"
    assert emulator.count("sahamati") == 1
